/** What people see on a terminal: a real one, made by script(1). */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { available, commandLine, environment, temporaryFolder } from "../client.ts";
import { CREDENTIALS, lines, numbered, ORG_URL, startFakeApi } from "../fake_api.ts";

const ignore = Deno.build.os !== "linux" || !await available("script") || !await available("stty");

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
  const words = commandLine(args).map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  const redirect = output === undefined ? "" : `>'${output}'`;
  const command = new Deno.Command("script", {
    args: ["-qec", `stty cols ${columns} rows 24 -onlcr; exec ${words} ${redirect}`, "/dev/null"],
    clearEnv: true,
    env: { ...environment(CREDENTIALS), TERM: "xterm", SHELL: "/bin/sh", ...env },
    stdin: "null",
  });
  return new TextDecoder().decode((await command.output()).stdout);
}

/** What a screen shows at the end, and each line that was drawn over before. */
function screen(text: string): { shown: string; drawn: string[] } {
  const drawn = [...text.matchAll(DRAWN)].map(([, line]) => line!);
  const shown = text.replace(DRAWN, "").replaceAll(WIPED, "");
  return { shown, drawn };
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
      const args = ["--apiurl", api.logUrl, "--orgurl", ORG_URL, "--format", "table", "--summary"];
      const coloured = await onTerminal(args, { columns, env: { NO_COLOR: "" } });
      assertEquals([...coloured.matchAll(CONTROL)].map(([code]) => code), ["\x1b[31m", "\x1b[39m"]);
      const plain = await onTerminal(args, { columns });
      assertEquals([...plain.matchAll(CONTROL)], []);
      assertEquals(plain, coloured.replace(CONTROL, ""));
      assertEquals(plain.split("\n").filter((line) => line.length > columns), []);
      assertMatch(plain, /\n4 events, 1 failure \(25\.0 %\)\n/);
    },
  });
}

/** A service that is slow once: it asks to come back in two seconds. */
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
      const args = ["--apiurl", api.logUrl, "--orgurl", ORG_URL, "--limit", "3"];
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
    const args = ["--orgurl", ORG_URL];
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
    const args = ["--apiurl", api.logUrl, "--orgurl", ORG_URL, "--limit", "3"];
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
    const args = ["--apiurl", api.logUrl, "--orgurl", ORG_URL, "--retries", "1"];
    const { shown } = screen(await onTerminal(args));
    const [failure, rest] = shown.split("\n").slice(-2);
    assertMatch(failure!, /^siem-client: Cannot get an answer from \S+: 503$/);
    assertEquals(rest, "");
  },
});
