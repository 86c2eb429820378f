/** A position belongs to one stream: what was asked for, from when, and where it went. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { tokenAt } from "../../lib/events/token.ts";
import type { Position } from "../../lib/position/position.ts";
import { startOf } from "../../lib/resume.ts";
import {
  assertSays,
  available,
  commandLine,
  environment,
  type Folder,
  runInShell,
  temporaryFolder,
} from "../client.ts";
import { needs } from "../form.ts";
import {
  CREDENTIALS,
  type FakeApi,
  lines,
  logPage,
  numbered,
  numberedEvent,
  ORG_URL,
  siemPage,
  startFakeApi,
} from "../fake_api.ts";
import {
  assertRefused,
  follow,
  followArguments,
  json,
  savedAt,
  siemPosition,
} from "./positions.ts";

const DONE = { code: 0, stdout: "", stderr: "" };
const TERMINAL = { ignore: needs("terminal").ignore || !await available("script") };

Deno.test("stream: another --query is refused, and takes nothing out of it", async () => {
  await using api = startFakeApi({ events: numbered(3) });
  const proxy = { service: "proxy", metrictype: "oidc" };
  const rows: readonly (readonly [query: object, args: string[], theirs: string, ours: string])[] =
    [
      [{}, ["--query", "service=proxy"], "no --query", 'run for --query "service=proxy"'],
      [proxy, [], '--query "metrictype=oidc,service=proxy"', "run for no --query"],
      [proxy, ["--query", "service=proxy"], "metrictype=oidc", '"service=proxy"'],
      [proxy, ["--query", "service=idp,metrictype=oidc"], "service=proxy", "service=idp"],
      [proxy, ["-x"], "service=proxy", "no --query"],
    ];
  await Promise.all(rows.map(async ([query, args, theirs, ours]) => {
    const position = json({ ...siemPosition(api, {}), version: 2, query });
    const stderr = await assertRefused(api, args.join(" "), position, args);
    assertSays(stderr, theirs, ours, "another --position", "search without -c");
  }));
  assertEquals(api.requests, []);
});

Deno.test("stream: the same --query goes on, in whatever order its items are", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(12) });
  const position = folder.path("position");
  await follow(api, position, ["--query", "service=proxy,metrictype=oidc"]);
  const { query } = await savedAt(position);
  assertEquals(JSON.stringify(query), '{"metrictype":"oidc","service":"proxy"}');
  const again = ["--query", "metrictype=oidc", "--query", "service=proxy"];
  assertEquals(await follow(api, position, again), DONE);
});

Deno.test("stream: what is left out belongs to the --query of a position, however long that is", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(12) });
  const position = folder.path("position");
  const query = (...items: string[]) => items.flatMap((item) => ["--query", item]);
  const long = "x".repeat(200);
  const first = query("user!=b", '"user!=a,b"', "tenant=c", `clientip!=${long}`);
  assertEquals((await follow(api, position, first)).code, 0);
  assertEquals((await savedAt(position)).query, {
    [`clientip!=${long}`]: "",
    tenant: "c",
    "user!=a,b": "",
    "user!=b": "",
  });
  assertEquals(await follow(api, position, [...query("user!=b"), ...first]), DONE);
  const others = [
    query("user=b", '"user!=a,b"', "tenant=c", `clientip!=${long}`),
    query("user!=b", "user!=a", "tenant=c", `clientip!=${long}`),
    query("user!=b", '"user!=a,b"', "tenant=c", `clientip!=${long}y`),
  ];
  for (const other of others) assertEquals((await follow(api, position, other)).code, 7);
  const comma = folder.path("comma");
  await follow(api, comma, query('"tenant=a,user=b"'));
  const refused = await follow(api, comma, query("tenant=a", "user=b"));
  assertEquals(refused.code, 7);
  assertSays(refused.stderr, `it is for --query ""tenant=a,user=b"", this run for`);
});

Deno.test("stream: a position of the first format goes on with any --query, which counts from then on, and says so", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(3) });
  const position = folder.path("position");
  await Deno.writeTextFile(position, json(siemPosition(api, {})), { mode: 0o600 });
  const query = ["--query", "tenant=other"];
  const { code, stderr } = await follow(api, position, query);
  assertEquals(code, 0);
  assertSays(stderr, position, "does not say for which --query it is");
  assertEquals((await savedAt(position)).query, { tenant: "other" });
  assertEquals((await follow(api, position)).code, 7);
});

Deno.test("stream: what went to --output until now and goes into a pipe says so, once", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(2) });
  const position = folder.path("position");
  const output = ["--output", folder.path("out")];
  assertEquals(await follow(api, position, output), DONE);
  assertEquals(await follow(api, position, ["-x"]), DONE);
  api.events.push(...numbered(2, 2));
  const piped = await follow(api, position);
  assertEquals([piped.code, piped.stdout], [0, lines(api.events.slice(2))]);
  assertSays(piped.stderr, `"${position}" went to a file until now`, "to standard output");
  assertEquals(await follow(api, position), DONE);
  const back = await follow(api, position, output);
  assertEquals(back.code, 0);
  assertSays(back.stderr, "went to standard output until now", folder.path("out"));
  assertEquals(await follow(api, position, ["--output", folder.path("2026-11-26")]), DONE);
});

Deno.test(
  "stream: a standard output that is always redirected to a file is no change",
  needs("redirection"),
  async () => {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ events: numbered(2) });
    const position = folder.path("position");
    const args = followArguments(api, position);
    const into = (name: string, more: string[] = []) =>
      runInShell(`"$@" >>'${folder.path(name)}'`, [...args, ...more], CREDENTIALS);
    assertEquals(await into("one"), DONE);
    // After a rotation it is another file.
    for (const name of ["one", "two", "two"]) assertEquals(await into(name), DONE, name);
    assertEquals((await savedAt(position)).redirected, true);
    assertSays((await into("two", ["--output", folder.path("out")])).stderr, "until now");
    assertSays((await into("two")).stderr, "went to a file until now");
  },
);

Deno.test({
  ...TERMINAL,
  name: "stream: events that go to a file are not taken to a terminal, but -x shows them",
  async fn() {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ events: numbered(2) });
    const position = folder.path("position");
    assertEquals(await follow(api, position, ["--output", folder.path("out")]), DONE);
    const before = await Deno.readTextFile(position);
    api.events.push(...numbered(2, 2));
    const refused = await onTerminal(followArguments(api, position));
    assertEquals(refused.code, 7);
    assertSays(refused.text, "go to a file", "--output", "-x");
    const looked = await onTerminal(followArguments(api, position, ["-x"]));
    assertEquals(looked, { code: 0, text: lines(api.events.slice(2)) });
    assertEquals(await Deno.readTextFile(position), before);
  },
});

Deno.test({
  ...TERMINAL,
  name: "stream: that --since does not count is said on a terminal, and elsewhere with -v",
  async fn() {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ events: numbered(2) });
    const position = folder.path("position");
    const since = ["--since", "2h"];
    assertEquals((await onTerminal(followArguments(api, position, since))).code, 0);
    assertEquals((await onTerminal(followArguments(api, position))).text, "");
    const { text } = await onTerminal(followArguments(api, position, since));
    assertSays(text, "--since does not count", position);
    assertEquals(await follow(api, position, since), DONE);
    const { stderr } = await follow(api, position, [...since, "-v"]);
    assertMatch(stderr, /--since does not count/);
  },
});

Deno.test("stream: a first run into a file that is not empty says that it starts over, and from when", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(2) });
  const position = folder.path("position");
  const since = new Date(Date.now() - 3600_000).toISOString();
  const args = ["--output", folder.path("out"), "--since", since];
  assertEquals(await follow(api, position, args), DONE);
  await Deno.remove(position);
  const { code, stderr } = await follow(api, position, args);
  assertEquals(code, 0);
  assertSays(stderr, `Starting over at ${since}`, position, folder.path("out"));
});

Deno.test("stream: what a first run leaves out by --since, the next one leaves out, too", async () => {
  const since = Math.floor(Date.now() / 1000) * 1000 - 30 * 60_000;
  // Every third event arrived late: it happened before --since.
  const events = Array.from({ length: 9 }, (_, n) => ({
    ...numberedEvent(n, since + (n % 3 === 1 ? -300_000 : n * 1000)),
    arrived: since + n * 1000,
  }));
  const wanted = lines(events.filter((_, n) => n % 3 !== 1));
  await using folder = temporaryFolder();
  await using api = startFakeApi({
    events,
    fault: (_, index) => index === 1 ? new Response("", { status: 503 }) : undefined,
  });
  const position = folder.path("position");
  const args = ["--limit", "3", "--orgurl", ORG_URL, "--since", new Date(since).toISOString()];
  const first = await follow(api, position, args, "log");
  assertEquals(first.code, 5);
  const second = await follow(api, position, args, "log");
  assertEquals([second.code, second.stderr], [0, ""]);
  assertEquals(first.stdout + second.stdout, wanted);
});

for (const dialect of ["siem", "log"] as const) {
  Deno.test(`stream: a start by a clock that was ahead leaves out nothing once it is right (${dialect})`, async () => {
    await using folder = temporaryFolder();
    await using api = startFakeApi();
    const position = folder.path("position");
    const args = ["--orgurl", ORG_URL];
    assertEquals(await follow(api, position, args, dialect), DONE);
    // As that run would have saved it 200 days ahead of the real time.
    const since = new Date(Date.now() + 200 * 86_400_000).toISOString();
    const saved = await savedAt(position);
    const cursor = dialect === "siem"
      ? new URLSearchParams({ since }).toString()
      : tokenAt(Date.parse(since));
    const ahead = { ...saved, cursor, ...(dialect === "log" && { since }) };
    await Deno.writeTextFile(position, json(ahead));
    api.events.push(...numbered(3));
    const next = await follow(api, position, args, dialect);
    assertEquals(next, { code: 0, stdout: lines(api.events), stderr: "" });
  });
}

Deno.test("stream: a run whose lock is taken away saves nothing more", async () => {
  await using folder = temporaryFolder();
  const position = folder.path("position");
  await using api = startFakeApi({
    events: numbered(6),
    async fault(_, index) {
      if (index === 1) await Deno.remove(`${position}.lock`);
      return undefined;
    },
  });
  const { code, stderr } = await follow(api, position, ["--limit", "2"]);
  assertEquals(code, 7);
  assertSays(stderr, "it was removed while this run held it");
});

Deno.test("stream: a lowered --limit knows again what was delivered of the last page", async () => {
  await using folder = temporaryFolder();
  const position = folder.path("position");
  const events = numbered(6);
  await using api = startFakeApi({
    fault: ({ url }) => siemPage(events.slice(0, Number(url.searchParams.get("limit")))),
  });
  const args = ["--output", folder.path("out")];
  assertEquals(await follow(api, position, [...args, "--limit", "100"]), DONE);
  assertEquals(await follow(api, position, [...args, "--limit", "3"]), DONE);
  assertEquals(await Deno.readTextFile(folder.path("out")), lines(events));
});

Deno.test("stream: a mark that makes no sense is a damaged position", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(2) });
  const position = folder.path("position");
  const args = ["--output", folder.path("out")];
  assertEquals(await follow(api, position, args), DONE);
  const saved = await savedAt(position);
  for (const bytes of [0.5, -5, 0, 1e9]) {
    const output = { inode: "1", length: 5, open: false, begins: { bytes, digest: "" } };
    await Deno.writeTextFile(position, json({ ...saved, output }));
    const { code, stderr } = await follow(api, position, args);
    assertEquals(code, 7, `${bytes}`);
    assertSays(stderr, "it is damaged");
  }
});

Deno.test("stream: a cursor of the service's that has a since among others is no start", () => {
  const position = { api: "siem", caughtUp: false, address: "", organisation: null, query: {} };
  const at = (cursor: string) => startOf({ ...position, cursor, saved: "" } as Position);
  assertEquals(at("since=2024-05-01T00%3A00%3A00Z"), Date.parse("2024-05-01T00:00:00Z"));
  assertEquals(at("since=2024-05-01T00%3A00%3A00Z&after=4"), undefined);
});

Deno.test("stream: a published client's position that the service refuses is a gap with a window", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({
    fault: () => Response.json({ detail: "too old" }, { status: 400 }),
  });
  const path = folder.path("position");
  const link = `${api.siemUrl}?after=2; rel="next"`;
  await Deno.writeTextFile(path, link, { mode: 0o600 });
  const written = Date.now() - 86_400_000;
  await Deno.utime(path, written / 1000, written / 1000);
  const { code, stdout, stderr } = await follow(api, path);
  assertEquals([code, stdout], [4, ""]);
  const since = `${new Date(written).toISOString().slice(0, 19)}Z`;
  assertSays(stderr, '400 "too old"', `events from ${since} to `, `--since ${since}`, "--since 1h");
  assertEquals(await Deno.readTextFile(path), link);
});

Deno.test("stream: another --format than until now is said, once", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(2) });
  const position = folder.path("position");
  assertEquals((await follow(api, position)).code, 0);
  const ecs = ["--format", "ecs"];
  assertEquals(await follow(api, position, [...ecs, "-x"]), DONE);
  const { code, stderr } = await follow(api, position, ecs);
  assertEquals([code, (await savedAt(position)).format], [0, "ecs"]);
  assertSays(stderr, position, "in format ndjson until now", "in ecs");
  assertEquals(await follow(api, position, ecs), DONE);
});

Deno.test("stream: a service that goes back in time, as in a circle from run to run, does so in public", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(2) });
  const position = folder.path("position");
  const [early, late] = [3, 2].map((hours) =>
    tokenAt(Date.now() - hours * 3_600_000).replace(/0{12}$/, "46ef060440a8")
  );
  const of = { api: "log", address: api.logUrl, organisation: ORG_URL, cursor: late! } as const;
  await Deno.writeTextFile(position, json(siemPosition(api, of)), { mode: 0o600 });
  const pages = [early, early, late, late].map((nextToken, i) =>
    logPage(i % 2 === 0 ? api.events : [], { nextToken })
  );
  api.fault = () => pages.shift();
  const args = ["--orgurl", ORG_URL, "--limit", "10"];
  const { code, stderr } = await follow(api, position, args, "log");
  assertEquals(code, 0);
  assertSays(stderr, "The service goes back from ", "events of that time may come again");
  assertEquals((await follow(api, position, args, "log")).stderr, "");
});

/** A first run and a service that asks for peace, for an hour. */
async function busy(api: FakeApi, folder: Folder): Promise<string> {
  const position = folder.path("position");
  assertEquals((await follow(api, position)).code, 0);
  api.fault = () => new Response("", { status: 429, headers: { "retry-after": "3600" } });
  assertEquals((await follow(api, position)).code, 5);
  return position;
}

Deno.test("stream: until when the service asked not to be called is in the position, and is kept to", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(2) });
  const position = await busy(api, folder);
  const { retryAt, ...rest } = await savedAt(position);
  const wait = Date.parse(String(retryAt)) - Date.now();
  assert(wait > 3500_000 && wait <= 3600_000, `${wait} ms`);
  const requests = api.requests.length;
  const early = await follow(api, position);
  assertEquals([early.code, early.stdout, api.requests.length], [5, "", requests]);
  assertSays(early.stderr, String(retryAt));
  api.fault = () => undefined;
  const past = new Date(Date.now() - 1000).toISOString();
  // A clock that was wrong proves nothing.
  const days = (count: number) => new Date(Date.now() + count * 86_400_000).toISOString();
  for (const [asked, time] of [[rest.retryAsked, past], [past, days(100)], [days(3), days(3.1)]]) {
    await Deno.writeTextFile(position, json({ ...rest, retryAt: time, retryAsked: asked }));
    assertEquals(await follow(api, position), DONE);
    const saved = await savedAt(position);
    assertEquals([saved.retryAt, saved.retryAsked], [undefined, undefined]);
  }
});

/** Runs the client on a terminal of its own. A live line, which a slow run has, is left out. */
async function onTerminal(args: readonly string[]): Promise<{ code: number; text: string }> {
  const words = commandLine(args).map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  const command = new Deno.Command("script", {
    args: ["-qec", `stty cols 200 rows 24 -onlcr; exec ${words}`, "/dev/null"],
    clearEnv: true,
    env: { ...environment(CREDENTIALS), TERM: "xterm", SHELL: "/bin/sh" },
    stdin: "null",
  });
  const { code, stdout } = await command.output();
  const shown = new TextDecoder().decode(stdout);
  const live = new RegExp("\r[^\n]*?\x1b\\[K|siem-client: \\d+ events? in [^\n]*\n", "g");
  return { code, text: shown.replace(live, "") };
}
