/** What can get to a terminal or a log by way of a message? */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { assertSays, run, temporaryFolder } from "../client.ts";
import { SYSTEM } from "../form.ts";
import { CREDENTIALS, ORG_URL, SECRET, startFakeApi } from "../fake_api.ts";

/** What takes over a terminal, ends a line, or turns the reading direction. */
const HOSTILE = "\x1b]0;owned\x07\x1b[2J\x1b[31m\nsiem-client: All is well\u202e\u009b5m\u2028";
const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

Deno.test("what the service calls an organisation does not control a terminal", async () => {
  await using folder = temporaryFolder();
  const orgUrls = ["https://a.example/"];
  await using api = startFakeApi({ orgUrls });
  const args = ["-c", "--position", folder.path("position"), "--apiurl", api.logUrl];
  assertEquals((await run(args, { env: CREDENTIALS })).stderr, "");
  orgUrls[0] = `https://b.example/${HOSTILE}`;
  const { code, stderr } = await run(args, { env: CREDENTIALS });
  assertEquals(code, 7);
  assertSays(stderr, '"https://b.example/ ]0;owned [2J [31m siem-client: All is well 5m ');
  assertEquals(CONTROL.test(stderr.trimEnd()), false);
});

Deno.test({
  name: "a path in a message does not control a terminal, nor does the stack of -v",
  ignore: SYSTEM === "windows",
  async fn() {
    await using folder = temporaryFolder();
    const position = folder.path(`p${HOSTILE}`);
    await Deno.writeTextFile(position, "no position", { mode: 0o600 });
    await using api = startFakeApi();
    const args = ["-c", "--position", position, "--apiurl", api.logUrl, "--orgurl", ORG_URL];
    const short = await run(args, { env: CREDENTIALS });
    assertEquals(short.code, 7);
    assertSays(short.stderr, "p ]0;owned [2J [31m siem-client: All is well 5m ");
    const verbose = await run([...args, "-v"], { env: CREDENTIALS });
    const [message, ...stack] = verbose.stderr.trimEnd().split("\n");
    assertEquals(`${message}\n`, short.stderr);
    assert(stack.length > 2);
    // No line of it passes for one of ours.
    for (const line of stack) assertMatch(line, /^ {4}/);
    assertEquals([message, ...stack].filter((line) => CONTROL.test(line!)), []);
  },
});

Deno.test("--status escapes what JSON lets through and terminals do not", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ orgUrls: [`https://b.example/${HOSTILE}`] });
  const position = folder.path("position");
  const pulled = await run(["-c", "--position", position, "--apiurl", api.logUrl], {
    env: CREDENTIALS,
  });
  assertEquals(pulled.code, 0);
  const { stdout } = await run(["--status", "--position", position]);
  assertEquals(CONTROL.test(stdout.trimEnd()), false);
  assertEquals(JSON.parse(stdout).organisation, `https://b.example/${HOSTILE}`);
});

Deno.test("a secret is hidden where a message was cut inside it", async () => {
  const { code, stderr } = await run(["x".repeat(95) + SECRET], { env: CREDENTIALS });
  assertEquals(code, 2);
  assertSays(stderr, `"${"x".repeat(95)}***…"`);
});

Deno.test("a secret is hidden in an answer, also with other spaces", async () => {
  const secret = "two  spaces";
  await using api = startFakeApi();
  api.fault = () => Response.json({ detail: `you sent ${secret}` }, { status: 401 });
  const args = ["--apiurl", api.logUrl, "--orgurl", ORG_URL];
  const { stderr } = await run(args, { env: { API_KEY: "key", API_SECRET: secret } });
  assertSays(stderr, "you sent ***");
});

Deno.test("--summary shows no secret, whole or cut", async () => {
  const timeStampISO = new Date().toISOString();
  const users = [SECRET, `${"x".repeat(95)}/${SECRET}`, `${"y".repeat(55)}${SECRET}`];
  await using api = startFakeApi({
    events: users.map((user) => ({
      arrived: Date.now() - 1000,
      text: JSON.stringify({ timeStampISO, logData: { user } }),
    })),
  });
  const args = ["--apiurl", api.logUrl, "--orgurl", ORG_URL, "--summary"];
  const { code, stderr } = await run(args, { env: CREDENTIALS });
  assertEquals(code, 0);
  assertMatch(stderr, /\nBusiest users\n/);
  assertEquals(stderr.match(/\*\*\*/g)?.length, 3);
  assert(!/S3|p=s|w[öo]/.test(stderr), stderr);
});

for (const [TZ, heading] of [["UTC-3", "Time (GMT+3)"], ["Europe/Berlin", "Europe/Berlin GMT+"]]) {
  Deno.test(`the table's heading for TZ=${TZ} says the offset`, async () => {
    await using api = startFakeApi({
      events: [{ arrived: Date.now() - 1000, text: '{"timeStampISO":"2026-11-26T10:00:00Z"}' }],
    });
    const args = ["--apiurl", api.logUrl, "--orgurl", ORG_URL, "--since", "2000d"];
    args.push("--format", "table", "--summary");
    const { stdout, stderr } = await run(args, { env: { ...CREDENTIALS, TZ: TZ! } });
    assertEquals(stdout.slice(0, heading!.length), heading);
    const place = TZ === "UTC-3" ? "GMT+3" : "Europe/Berlin, GMT+1";
    assert(stderr.includes(`\nEvents over time (${place})\n`), stderr);
  });
}
