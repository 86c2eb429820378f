/** How a run ends when it is told to. */

import { assert, assertEquals } from "@std/assert";
import { isMade } from "../../lib/events/token.ts";
import {
  available,
  client,
  commandLine,
  decode,
  environment,
  readUntil,
  temporaryFolder,
  until,
} from "../client.ts";
import { CREDENTIALS, lines, numbered, ORG_URL, startFakeApi } from "../fake_api.ts";

const ENDINGS = [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]] as const;
/** More than a pipe holds. */
const LARGE = "x".repeat(300_000);

function start(apiUrl: string, position: string, ...more: string[]): Deno.ChildProcess {
  const args = [
    "-c",
    "--apiurl",
    apiUrl,
    "--orgurl",
    ORG_URL,
    "--since",
    "1h",
    "--position",
    position,
    ...more,
  ];
  return client(args, { env: CREDENTIALS }).spawn();
}

for (const [signal, code] of ENDINGS) {
  Deno.test(`${signal} ends a pending request at once, with status ${code}`, async () => {
    await using folder = temporaryFolder();
    const arrived = Promise.withResolvers<void>();
    await using api = startFakeApi({
      fault() {
        arrived.resolve();
        return { bytes: "", hold: true };
      },
    });
    const child = start(api.logUrl, folder.path("position"));
    await arrived.promise;
    child.kill(signal);
    const output = await child.output();
    assertEquals(output.code, code);
    assertEquals(decode(output.stderr), `siem-client: Ended by ${signal}\n`);
  });

  Deno.test(`${signal} ends a wait for the next try at once, with status ${code}`, async () => {
    await using folder = temporaryFolder();
    await using api = startFakeApi({
      fault: () => new Response("", { status: 503, headers: { "retry-after": "120" } }),
    });
    const child = start(api.logUrl, folder.path("position"), "-v");
    const said = await readUntil(child.stderr, "retry 1 of 5 in 120.0 s");
    child.kill(signal);
    const [{ code: ended }] = await Promise.all([child.status, child.stdout.cancel(), said.drop()]);
    assertEquals(ended, code);
  });
}

Deno.test("a page that is being written is finished and its position saved", async () => {
  await using folder = temporaryFolder();
  const events = [{ arrived: Date.now(), text: JSON.stringify({ n: 0, LARGE }) }, ...numbered(1)];
  await using api = startFakeApi({
    events,
    fault: (_, index) => index === 1 ? { bytes: "", hold: true } : undefined,
  });
  const child = start(api.logUrl, folder.path("position"), "--limit", "1", "--format", "ndjson");
  const written = await readUntil(child.stdout, "{");
  child.kill("SIGTERM");
  const stdout = await written.rest();
  const [{ code }] = await Promise.all([child.status, child.stderr.cancel()]);
  assertEquals(code, 143);
  assert(stdout === `${events[0]!.text}\n`);
  const { cursor } = JSON.parse(await Deno.readTextFile(folder.path("position")));
  assertEquals(cursor.slice(-12), "000000000001");
});

Deno.test("a pipe that nobody reads does not keep a run alive, and its page is not saved", async () => {
  await using folder = temporaryFolder();
  const events = [{ arrived: Date.now(), text: JSON.stringify({ LARGE }) }];
  await using api = startFakeApi({ events });
  const child = start(api.logUrl, folder.path("position"), "--limit", "1");
  const written = await readUntil(child.stdout, "[");
  child.kill("SIGTERM");
  const { code } = await child.status;
  await Promise.all([written.drop(), child.stderr.cancel()]);
  assertEquals(code, 143);
  // It stands where the run was to begin.
  const { cursor, caughtUp } = JSON.parse(await Deno.readTextFile(folder.path("position")));
  assertEquals([isMade(cursor), caughtUp], [true, false]);
});

Deno.test("a signal between an answer and its page does not wait for a reader either", async () => {
  await using folder = temporaryFolder();
  // Without a next link the page's digest is made in between, which takes a while.
  const body = `[${JSON.stringify({ LARGE: "x".repeat(60_000_000) })}]`;
  await using api = startFakeApi({ fault: () => new Response(body) });
  const child = start(api.siemUrl, folder.path("position"), "-v");
  const said = await readUntil(child.stderr, "1 event");
  child.kill("SIGTERM");
  const code = await endOf(child);
  await Promise.all([child.stdout.cancel(), said.drop()]);
  assertEquals(code, 143);
});

for (const more of [[], ["-v"]]) {
  Deno.test(`a pipe that nobody reads and that has both outputs does not keep a run alive ${more}`, async () => {
    await using folder = temporaryFolder();
    await using api = startFakeApi({
      events: [{ arrived: Date.now(), text: JSON.stringify({ LARGE }) }],
    });
    const [program, ...args] = commandLine([
      ...["-c", "--apiurl", api.siemUrl, "--position", folder.path("position"), ...more],
    ]);
    const child = new Deno.Command("/bin/sh", {
      args: ["-c", 'exec "$@" 2>&1', "sh", program, ...args],
      clearEnv: true,
      env: environment(CREDENTIALS),
      stdout: "piped",
    }).spawn();
    const written = await readUntil(child.stdout, "[");
    child.kill("SIGTERM");
    const code = await endOf(child);
    await written.drop();
    assertEquals(code, 143);
  });
}

Deno.test("a second signal ends a run at once, whatever it is doing", async () => {
  await using folder = temporaryFolder();
  const events = [{ arrived: Date.now(), text: JSON.stringify({ LARGE }) }];
  await using api = startFakeApi({ events });
  const child = start(api.logUrl, folder.path("position"), "--limit", "1", "-v");
  const written = await readUntil(child.stdout, "[");
  child.kill("SIGTERM");
  const said = await readUntil(child.stderr, "SIGTERM: finishing");
  child.kill("SIGTERM");
  const { signal } = await child.status;
  await Promise.all([written.drop(), said.drop()]);
  // Ended by the system, not in order.
  assertEquals(signal, "SIGTERM");
});

Deno.test({
  name: "setsid keeps a run alive when its terminal goes, as the docs say",
  ignore: Deno.build.os !== "linux" || !await available("script") || !await available("setsid"),
  async fn() {
    await using folder = temporaryFolder();
    const arrived = Promise.withResolvers<void>();
    const gone = Promise.withResolvers<void>();
    await using api = startFakeApi({
      events: numbered(3),
      async fault() {
        arrived.resolve();
        await gone.promise;
        return undefined;
      },
    });
    const output = folder.path("out");
    const text = (path: string) => Deno.readTextFile(path).catch(() => "{}");
    const words = commandLine([
      ...["-c", "--apiurl", api.logUrl, "--orgurl", ORG_URL, "--since", "1h", "--output", output],
      ...["--position", folder.path("position")],
    ]);
    const run = words.map((word) => `'${word}'`).join(" ");
    const terminal = new Deno.Command("script", {
      // The shell of the terminal ends when its input does.
      args: ["-qec", `setsid ${run} & cat`, "/dev/null"],
      clearEnv: true,
      env: { ...environment(CREDENTIALS), SHELL: "/bin/sh" },
      stdin: "piped",
      stdout: "null",
    }).spawn();
    await arrived.promise;
    await terminal.stdin.close();
    await terminal.status;
    gone.resolve();
    await until(async () => await text(output) === lines(api.events));
    await until(async () => JSON.parse(await text(folder.path("position"))).caughtUp);
  },
});

/** The status of a run that has to end within ten seconds. */
async function endOf(child: Deno.ChildProcess): Promise<number> {
  const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
  const { code } = await child.status;
  clearTimeout(timer);
  return code;
}
