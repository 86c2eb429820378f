/** What people see on a terminal: a real one, made by script(1). */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { lineFor, type RunSoFar } from "../../lib/terminal/live_line.ts";
import {
  available,
  commandLine,
  environment,
  readUntil,
  temporaryFolder,
  until,
} from "../client.ts";
import { SYSTEM } from "../form.ts";
import { CREDENTIALS, lines, numbered, ORG_URL, startFakeApi } from "../fake_api.ts";
import { continuous, lastHour } from "../runs.ts";

const ignore = SYSTEM !== "linux" || !await available("script") || !await available("stty");

const ESCAPE = "\x1b";
/** Colours, and control characters but for the newline. */
const CONTROL = new RegExp(`${ESCAPE}\\[\\d*m|[^\\P{Cc}\\n]|[\u2028\u2029\u202a-\u202e]`, "gu");
/** A line that is drawn and then wiped, and a wiped one. */
const DRAWN = new RegExp(`\r([^\r\n${ESCAPE}]+)${ESCAPE}\\[K`, "g");
const WIPED = `\r${ESCAPE}[K`;

/** Runs the client with standard error on a terminal; standard output goes to a file or stays there. */
async function onTerminal(
  args: readonly string[],
  { columns = 80, output = undefined as string | undefined, env = {} } = {},
): Promise<string> {
  const command = terminalCommand(args, { columns, output, env, stdin: "null" });
  return new TextDecoder().decode((await command.output()).stdout);
}

function terminalCommand(
  args: readonly string[],
  { columns, output, env, stdin, pidFile = "/dev/null" }: {
    columns: number;
    output: string | undefined;
    env: Record<string, string>;
    stdin: "null" | "piped";
    pidFile?: string;
  },
): Deno.Command {
  const words = commandLine(args).map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  const redirect = output === undefined ? "" : `>'${output}'`;
  const program = `stty cols ${columns} rows 24 -onlcr; echo $$ >'${pidFile}'; exec ${words}`;
  return new Deno.Command("script", {
    args: ["-qec", `${program} ${redirect}`, "/dev/null"],
    clearEnv: true,
    env: { ...environment(CREDENTIALS), TERM: "xterm", SHELL: "/bin/sh", ...env },
    stdin,
    stdout: "piped",
  });
}

/** What a screen shows at the end, and each line that was drawn over before. */
function screen(text: string): { shown: string; drawn: string[] } {
  const drawn = [...text.matchAll(DRAWN)].map(([, line]) => line!);
  const shown = text.replace(DRAWN, "").replaceAll(WIPED, "");
  return { shown, drawn };
}

/** What stays on a screen, however long the run took: no live line, and none about the whole run. */
function lasting(text: string): string {
  return screen(text).shown.replace(/^siem-client: .* in \d+ pages?, .*\n/m, "");
}

/** Events that try to take over a terminal. */
const HOSTILE = ["\x1b[2J\x1b]0;owned\x07", "\x9b31mC1", "\u202Eevil", "line\r\nbreak\u2028"].map((
  text,
  n,
) => ({
  arrived: Date.now() - 1000,
  text: JSON.stringify({
    n,
    timeStampISO: new Date().toISOString(),
    logSubtype: n === 0 ? "failure" : "success",
    clientIP: text,
    tenant: text,
    logData: { user: text },
  }),
}));

for (const columns of [40, 80, 200]) {
  Deno.test({
    name: `--format table on a terminal of ${columns} columns shows no event data raw`,
    ignore,
    async fn() {
      await using api = startFakeApi({ events: HOSTILE });
      const args = lastHour(api, "--format", "table", "--summary");
      const coloured = lasting(await onTerminal(args, { columns, env: { NO_COLOR: "" } }));
      assertEquals([...coloured.matchAll(CONTROL)].map(([code]) => code), ["\x1b[31m", "\x1b[39m"]);
      const plain = lasting(await onTerminal(args, { columns }));
      assertEquals([...plain.matchAll(CONTROL)], []);
      assertEquals(plain, coloured.replace(CONTROL, ""));
      assertEquals(plain.split("\n").filter((line) => line.length > columns), []);
      assertMatch(plain, /\n4 events, 1 failure \(25\.0 %\)\n/);
    },
  });
}

/** A service that is slow once: it wants no call for two seconds. */
function slowApi() {
  return startFakeApi({
    events: numbered(5),
    fault: (_, index) =>
      index === 1 ? new Response("", { status: 503, headers: { "retry-after": "2" } }) : undefined,
  });
}

for (const columns of [40, 80, 200] as const) {
  Deno.test({
    name: `a longer run has a live line, gone at the end but for a summary (${columns} columns)`,
    ignore,
    async fn() {
      await using folder = temporaryFolder();
      await using api = slowApi();
      const args = lastHour(api, "--limit", "3");
      args.push("--format", "ndjson");
      const text = await onTerminal(args, { columns, output: folder.path("out") });
      const { shown, drawn } = screen(text);
      assertMatch(shown, /^siem-client: 5 events in 2 pages, \d\.\d s, up to \S+Z\n$/);
      assert(drawn.length > 0);
      assertEquals(drawn.filter((line) => line.length >= columns), []);
      // What it waits for is there at every width; the rest as far as there is room.
      const rest = columns < 80 ? "" : "3 events in 1 page, 9/s, at TZ, ";
      const steady = drawn.map((line) => line.replace(/\d+\/s, at \S+Z/, "9/s, at TZ"));
      assert(steady.includes(`${rest}retry 1 of 5 in 2.0 s: 503`), `${drawn}`);
      assertEquals(await Deno.readTextFile(folder.path("out")), lines(api.events));
    },
  });
}

Deno.test({
  name: "there is no live line for a short run, with -v, or on a terminal that can do nothing",
  ignore,
  async fn() {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ events: numbered(5) });
    const output = folder.path("out");
    const args = ["--orgurl", ORG_URL, "--since", "1h"];
    assertEquals(await onTerminal([...args, "--apiurl", api.logUrl], { output }), "");
    await using slow = slowApi();
    const longer = [...args, "--apiurl", slow.logUrl, "--limit", "3"];
    const verbose = await onTerminal([...longer, "-v"], { output });
    assert(verbose.includes("retry 1 of 5"));
    assert(!verbose.includes("\r") && !verbose.includes(ESCAPE));
    slow.requests.length = 0;
    assertEquals(await onTerminal(longer, { output, env: { TERM: "dumb" } }), "");
  },
});

Deno.test({
  name: "where events go to the same terminal, the live line makes way for them",
  ignore,
  async fn() {
    await using api = slowApi();
    const args = lastHour(api, "--limit", "3");
    const text = await onTerminal([...args, "--format", "ndjson"]);
    const { shown } = screen(text);
    assertEquals(shown.slice(0, shown.lastIndexOf("siem-client")), lines(api.events));
  },
});

Deno.test({
  name: "a failure on a terminal stands on a line of its own",
  ignore,
  async fn() {
    await using api = startFakeApi({
      fault: () => new Response("", { status: 503, headers: { "retry-after": "2" } }),
    });
    const args = lastHour(api, "--retries", "1");
    const { shown } = screen(await onTerminal(args));
    const [failure, rest] = shown.split("\n").slice(-2);
    assertMatch(
      failure!,
      /^siem-client: Cannot get an answer from \S+: 503; tried 2 times in \S+ s$/,
    );
    assertEquals(rest, "");
  },
});

Deno.test({
  name: "the live line is there while pages come: it makes way for events only, and not for long",
  ignore,
  async fn() {
    await using folder = temporaryFolder();
    await using api = slowApi();
    const args = lastHour(api, "--limit", "1");
    args.push("--format", "ndjson");
    const apart = await onTerminal(args, { output: folder.path("out") });
    assertEquals(apart.split(WIPED).length, 2, "it was wiped before the end");
    api.requests.length = 0;
    const among = await onTerminal(args);
    // The second page comes after the wait, and all others at once after it.
    for (const { text } of api.events.slice(1)) {
      const after = among.slice(among.indexOf(text) + text.length);
      assertMatch(after, /^\n\r\d events? in \d pages?, /);
    }
  },
});

for (const ending of ["by itself", "by SIGTERM"] as const) {
  Deno.test({
    name: `a terminal that was stopped does not hold up events, and the run ends ${ending}`,
    ignore,
    async fn() {
      await using folder = temporaryFolder();
      const stopped = Promise.withResolvers<void>();
      await using api = startFakeApi({
        events: numbered(5),
        async fault(_, index) {
          if (index === 1) await stopped.promise;
          return index === 4 && ending === "by SIGTERM" ? { bytes: "", hold: true } : undefined;
        },
      });
      const output = folder.path("out");
      const args = continuous(api, folder, "--limit", "1", "--output", output);
      const pidFile = folder.path("pid");
      const child = terminalCommand(args, {
        ...{ columns: 80, output: undefined, env: {}, stdin: "piped", pidFile },
      }).spawn();
      const seen = await readUntil(child.stdout, "1 event in 1 page");
      // Ctrl-S, as the terminal has it; it is in force when its echo would come, which is never.
      const keyboard = child.stdin.getWriter();
      await keyboard.write(new Uint8Array([0x13]));
      stopped.resolve();
      if (ending === "by SIGTERM") {
        await until(() => api.requests.length === 5);
        Deno.kill(Number(await Deno.readTextFile(pidFile)), "SIGTERM");
      }
      await until(async () => !await isAlive(Number(await Deno.readTextFile(pidFile))));
      // Ctrl-Q
      await keyboard.write(new Uint8Array([0x11]));
      const { code } = await child.status;
      await Promise.all([seen.drop(), keyboard.close().catch(() => {})]);
      const all = ending === "by itself";
      assertEquals(await Deno.readTextFile(output), lines(api.events.slice(0, all ? 5 : 4)));
      assertEquals(code, all ? 0 : 143);
    },
  });
}

/** Whether a process still runs. */
async function isAlive(pid: number): Promise<boolean> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`).catch(() => "gone) Z");
  return !/\) [ZX]/.test(stat);
}

Deno.test({
  name: "a terminal of 0 columns does not know its width, and has 80",
  ignore,
  async fn() {
    await using api = startFakeApi({ events: numbered(3) });
    const args = lastHour(api, "--format", "table");
    const narrow = lasting(await onTerminal(args, { columns: 0 }));
    assertEquals(narrow, lasting(await onTerminal(args)));
  },
});

Deno.test({
  name: "--summary is as wide as the terminal that shows it",
  ignore,
  async fn() {
    await using folder = temporaryFolder();
    const user = "u".repeat(200);
    const timeStampISO = new Date().toISOString();
    await using api = startFakeApi({
      events: [{
        arrived: Date.now() - 1000,
        text: JSON.stringify({ timeStampISO, logData: { user } }),
      }],
    });
    const args = lastHour(api, "--summary");
    const text = lasting(await onTerminal(args, { columns: 60, output: folder.path("out") }));
    assertEquals(Math.max(...text.split("\n").map((line) => line.length)), 60);
  },
});

const PROGRESS: RunSoFar = {
  events: 12_345,
  pages: 13,
  seconds: 10,
  reached: Date.UTC(2026, 10, 26, 21, 5, 22),
  waiting: undefined,
};
Deno.test("lineFor() leaves out what is least important as room gets short", () => {
  assertEquals([100, 79, 70, 50, 30, 10, 0].map((room) => lineFor(PROGRESS, room)), [
    "12,345 events in 13 pages, 1,235/s, at 2026-11-26T21:05:22Z, waiting for the service",
    "12,345 events in 13 pages, at 2026-11-26T21:05:22Z, waiting for the service",
    "12,345 events in 13 pages, waiting for the service",
    "12,345 events in 13 pages, waiting for the service",
    "12,345 events in 13 pages, 1,2",
    "12,345 eve",
    "",
  ]);
  const waiting = "retry 1 of 5 in 2.0 s: 503";
  assertEquals(lineFor({ ...PROGRESS, waiting }, 40), waiting);
});
