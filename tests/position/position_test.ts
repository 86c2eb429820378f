import { assert, assertEquals, assertMatch } from "@std/assert";
import { tokenAt } from "../../lib/events/token.ts";
import {
  assertSays,
  client,
  commandLine,
  environment,
  type Finished,
  isExecutable,
  isRoot,
  run,
  temporaryFolder,
} from "../client.ts";
import { inWine, needs } from "../form.ts";
import {
  CREDENTIALS,
  type FakeApi,
  lines,
  numbered,
  numberedEvent,
  ORG_URL,
  startFakeApi,
} from "../fake_api.ts";

/** Tests of what this system has no notion of. */
const UNIX = needs("modes");
/** As the service gives them, of a moment that it still keeps. */
const TOKEN = tokenAt(Date.now()).replace(/0{12}$/, "46ef060440a8");

Deno.test("position: the first run saves it, later ones go on from it", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(5) });
  const position = folder.path("position");
  const first = await follow(api, position, ["--limit", "2"]);
  assertEquals(first, { code: 0, stdout: lines(api.events), stderr: "" });
  const second = await follow(api, position, ["--limit", "2"]);
  assertEquals(second, { code: 0, stdout: "", stderr: "" });
  const more = numbered(3, 5);
  api.events.push(...more);
  const third = await follow(api, position, ["--limit", "2"]);
  assertEquals(third, { code: 0, stdout: lines(more), stderr: "" });
  assertEquals(
    api.requests.map(({ url }) => [url.searchParams.has("since"), url.searchParams.get("after")]),
    [[true, null], [false, "2"], [false, "4"], [false, "5"], [false, "5"], [false, "7"]],
  );
});

Deno.test("position: a later --since does not count", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(2) });
  await follow(api, folder.path("position"), ["--since", "2h"]);
  const later = await follow(api, folder.path("position"), ["--since", "6d"]);
  assertEquals(later, { code: 0, stdout: "", stderr: "" });
  assertEquals(api.requests[1]!.url.searchParams.get("since"), null);
});

Deno.test("position: for the SIEM API it is one line of JSON that says all that is needed", async () => {
  await using folder = temporaryFolder();
  const lastEvent = "2024-05-01T10:00:00Z";
  const events = [...numbered(2), numberedEvent(2, Date.parse(lastEvent))];
  await using api = startFakeApi({ events });
  const before = Date.now();
  await follow(api, folder.path("position"), ["--since", "2024-04-01T00:00:00Z"]);
  const { saved, ...rest } = await savedAt(folder.path("position"));
  assertEquals(rest, {
    version: 1,
    api: "siem",
    address: api.siemUrl,
    organisation: null,
    cursor: "after=3",
    lastEvent,
    caughtUp: true,
  });
  assertMatch(saved, /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/);
  assert(Date.parse(saved) >= before && Date.parse(saved) <= Date.now());
});

Deno.test("position: for the Log API it names the organisation that was found", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(3) });
  const args = ["--apiurl", api.logUrl, "-c", "--position", folder.path("position")];
  await run(args, { env: CREDENTIALS });
  const { saved: _, ...rest } = await savedAt(folder.path("position"));
  const { arrived, text } = api.events.at(-1)!;
  assertEquals(rest, {
    version: 1,
    api: "log",
    address: api.logUrl,
    organisation: ORG_URL,
    cursor: `${tokenAt(arrived).slice(0, -12)}000000000003`,
    lastEvent: JSON.parse(text).timeStampISO.replace("+00:00", "Z"),
    caughtUp: true,
  });
});

Deno.test("position: a run without new events keeps the last event's time", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(1) });
  const position = folder.path("position");
  await follow(api, position);
  const first = await savedAt(position);
  await follow(api, position);
  assertEquals({ ...await savedAt(position), saved: first.saved }, first);
});

Deno.test("position: a run that finds nothing at all saves one without such a time", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi();
  await follow(api, folder.path("position"), ["--since", "2h"]);
  const { saved: _, ...rest } = await savedAt(folder.path("position"));
  assertEquals(rest, {
    version: 1,
    api: "siem",
    address: api.siemUrl,
    organisation: null,
    cursor: "after=0",
    caughtUp: true,
  });
});

Deno.test({
  ...UNIX,
  name: "position: only its owner can read or write it, whatever it was before",
  async fn() {
    await using folder = temporaryFolder();
    await using api = startFakeApi();
    for (const before of [undefined, 0o600, 0o644, 0o400]) {
      if (before !== undefined) await Deno.chmod(folder.path("position"), before);
      assertEquals((await follow(api, folder.path("position"))).code, 0);
      assertEquals((await Deno.lstat(folder.path("position"))).mode! & 0o7777, 0o600);
    }
  },
});

Deno.test("position: its folder is made where there is none, and nothing else is left in it", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi();
  const { code } = await follow(api, folder.path("new/folder/position"));
  assertEquals([code, namesIn(folder.path("new/folder"))], [0, ["position", "position.lock"]]);
});

Deno.test("position: a name without a folder is one in the working directory", async () => {
  await using folder = temporaryFolder();
  await Deno.mkdir(folder.path("here"));
  await using api = startFakeApi();
  const args = ["--apiurl", api.siemUrl, "-c", "--position", "my position"];
  const { code } = await run(args, { env: CREDENTIALS, cwd: folder.path("here") });
  assertEquals([code, namesIn(folder.path("here"))], [0, ["my position", "my position.lock"]]);
});

for (const dialect of ["siem", "log"] as const) {
  Deno.test(`position: it is saved after every page, so that a failure costs nothing (${dialect})`, async () => {
    await using folder = temporaryFolder();
    const position = folder.path("position");
    await using api = startFakeApi({
      events: numbered(7),
      fault: (_, index) => index === 2 ? new Response("", { status: 503 }) : undefined,
    });
    const args = ["--limit", "2", "--orgurl", ORG_URL];
    const failed = await follow(api, position, args, dialect);
    assertEquals([failed.code, failed.stdout], [5, lines(api.events.slice(0, 4))]);
    const { cursor, lastEvent } = await savedAt(position);
    const { arrived, text } = api.events[3]!;
    assertEquals([cursor, lastEvent], [
      dialect === "siem" ? "after=4" : `${tokenAt(arrived).slice(0, -12)}000000000004`,
      JSON.parse(text).timeStampISO.replace("+00:00", "Z"),
    ]);
    const next = await follow(api, position, args, dialect);
    assertEquals(next, { code: 0, stdout: lines(api.events.slice(4)), stderr: "" });
  });
}

Deno.test("position: a run whose first request fails saves none", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ fault: () => new Response("", { status: 503 }) });
  const { code, stdout } = await follow(api, folder.path("position"));
  assertEquals([code, stdout, namesIn(folder.path("."))], [5, "", ["position.lock"]]);
});

Deno.test("position: after a run whose first request failed --since still counts, with --output too", async () => {
  await using folder = temporaryFolder();
  const events = [numberedEvent(0, Date.now() - 20 * 86_400_000)];
  await using api = startFakeApi({
    events,
    fault: (_, index) => index === 0 ? new Response("", { status: 401 }) : undefined,
  });
  const output = ["--output", folder.path("out")];
  assertEquals((await follow(api, folder.path("position"), output)).code, 3);
  await follow(api, folder.path("position"), [...output, "--since", "30d"]);
  assertEquals(await Deno.readTextFile(folder.path("out")), lines(events));
});

Deno.test("position: -x goes on from it and leaves it byte for byte", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(2) });
  const position = folder.path("position");
  await follow(api, position);
  const before = await Deno.readTextFile(position);
  const more = numbered(3, 2);
  api.events.push(...more);
  for (let i = 0; i < 2; i++) {
    const once = await follow(api, position, ["-x", "--limit", "2"]);
    assertEquals(once, { code: 0, stdout: lines(more.slice(0, 2)), stderr: "" });
    assertEquals(await Deno.readTextFile(position), before);
  }
});

Deno.test("position: -x in the very first run makes none", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(2) });
  const once = await follow(api, folder.path("position"), ["-x"]);
  assertEquals(once, { code: 0, stdout: lines(api.events), stderr: "" });
  assertEquals(namesIn(folder.path(".")), ["position.lock"]);
});

Deno.test("position: a search neither reads nor writes it", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(2) });
  const position = folder.path("position");
  const args = ["--apiurl", api.siemUrl, "--position", position, "--format", "ndjson"];
  const none = await run(args, { env: CREDENTIALS });
  assertEquals(none, { code: 0, stdout: lines(api.events), stderr: "" });
  assertEquals(namesIn(folder.path(".")), []);
  for (const text of ["garbage", JSON.stringify(siemPosition(api, { cursor: "after=1" }))]) {
    await Deno.writeTextFile(position, text);
    const beside = await run(args, { env: CREDENTIALS });
    assertEquals(beside, { code: 0, stdout: lines(api.events), stderr: "" });
    assertEquals(await Deno.readTextFile(position), text);
    assertEquals(namesIn(folder.path(".")), ["position"]);
  }
});

Deno.test("position: the published client's line is gone on from", async () => {
  const texts = [
    `ORIGIN/prod/logs?after=2; rel="next"`,
    `ORIGIN/prod/logs?after=2; rel="next"\n`,
    `ORIGIN/prod/logs?after=2;rel="next"\r\n`,
    `<ORIGIN/prod/logs?after=2>; rel="next"`,
    `<ORIGIN/prod/logs?after=2>; rel=next\n`,
    `/prod/logs?after=2; rel="next"`,
    `</prod/logs?after=2>; rel="next"`,
    `?after=2; rel="next"`,
    `ORIGIN/another/path?after=2; rel="next"`,
  ];
  await Promise.all(texts.map(async (text) => {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ events: numbered(3) });
    const position = folder.path("position");
    const { origin } = new URL(api.siemUrl);
    await Deno.writeTextFile(position, text.replace("ORIGIN", origin), { mode: 0o644 });
    const finished = await follow(api, position, ["--orgurl", ORG_URL]);
    assertEquals(finished, { code: 0, stdout: lines(api.events.slice(2)), stderr: "" }, text);
    assertEquals(
      api.requests.map(({ url }) => [url.pathname, ...[...url.searchParams].sort()]),
      [["/prod/logs", ["after", "2"], ["limit", "1000"], ["orgUrl", ORG_URL]]],
      text,
    );
    const { saved, lastEvent: _, ...rest } = await savedAt(position);
    const expected = siemPosition(api, { cursor: "after=3", organisation: ORG_URL });
    assertEquals({ ...rest, saved }, { ...expected, caughtUp: true, saved }, text);
  }));
});

Deno.test("position: the published client's line is kept to the letter in what is sent", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ fault: () => new Response("[]") });
  const line = `${api.siemUrl}?after=a%2Fb+c%20%7e,&limit=5&x; rel="next"`;
  await Deno.writeTextFile(folder.path("position"), line);
  assertEquals((await follow(api, folder.path("position"))).code, 0);
  assertEquals(api.requests.map(({ url }) => url.search), ["?after=a%2Fb+c%20%7e,&x&limit=1000"]);
});

Deno.test("position: one of another stream is refused, and so is the published client's", async () => {
  await using api = startFakeApi();
  const { host, port } = new URL(api.siemUrl);
  const log = { api: "log", address: api.logUrl, organisation: ORG_URL, cursor: TOKEN } as const;
  const rows: readonly (readonly [name: string, text: string, args: readonly string[]])[] = [
    ["API", json(siemPosition(api, {})), ["--api", "log", "--orgurl", ORG_URL]],
    [
      "API, Log API's",
      json(siemPosition(api, { ...log, address: api.siemUrl })),
      ["--orgurl", ORG_URL],
    ],
    ["address", json(siemPosition(api, { address: "https://h.example/prod/logs" })), []],
    ["address, by its path", json(siemPosition(api, { address: `${api.siemUrl}/x` })), []],
    [
      "address, by its port",
      json(siemPosition(api, { address: "http://127.0.0.1/prod/logs" })),
      [],
    ],
    ["organisation", json(siemPosition(api, { organisation: "https://a.example" })), [
      "--orgurl",
      "https://b.example",
    ]],
    ["organisation, by a slash", json(siemPosition(api, { organisation: "https://a.example" })), [
      "--orgurl",
      "https://a.example/",
    ]],
    ["organisation, none now", json(siemPosition(api, { organisation: ORG_URL })), []],
    ["organisation, none then", json(siemPosition(api, {})), ["--orgurl", ORG_URL]],
    [
      "Log API's address",
      json(siemPosition(api, { ...log, address: "https://h.example/logs/v1" })),
      [
        ...["--apiurl", api.logUrl],
        ...["--orgurl", ORG_URL],
      ],
    ],
    [
      "Log API's organisation",
      json(siemPosition(api, { ...log, organisation: "https://a.example" })),
      [
        ...["--apiurl", api.logUrl],
        ...["--orgurl", ORG_URL],
      ],
    ],
    ["published, another host", `http://localhost:${port}/prod/logs?after=2; rel="next"`, []],
    ["published, another port", `<http://127.0.0.1:1/prod/logs?after=2>; rel="next"`, []],
    ["published, host in the query", `https://h.example/?http://${host}/; rel="next"`, []],
    ["published, relative to another host", `//h.example/prod/logs?after=2; rel="next"`, []],
    ["published, for the Log API", `${api.logUrl}/orgLogs?nextToken=${TOKEN}; rel="next"`, [
      ...["--apiurl", api.logUrl],
      ...["--orgurl", ORG_URL],
    ]],
    ["published, without a query", `${api.siemUrl}; rel="next"`, []],
    ["published, no address", `http://[/?after=1; rel="next"`, []],
  ];
  await Promise.all(rows.map(([name, text, args]) => assertRefused(api, name, text, args)));
  assertEquals(api.requests, []);
});

Deno.test("position: one of another organisation than the one found is refused", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi();
  const position = folder.path("position");
  const other = { api: "log", address: api.logUrl, organisation: "https://a.example" } as const;
  const text = json(siemPosition(api, { ...other, cursor: TOKEN }));
  await Deno.writeTextFile(position, text);
  const { code, stdout, stderr } = await follow(api, position, [], "log");
  assertEquals([code, stdout, await Deno.readTextFile(position)], [7, "", text]);
  assertSays(stderr, position, ORG_URL, "https://a.example");
  assertEquals(api.requests.map(({ url }) => url.pathname), ["/logs/v1/orgUrls"]);
});

Deno.test("position: the ways to write one address share it", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi();
  const { host } = new URL(api.logUrl);
  const ways: readonly (readonly [apiUrl: string, address: string])[] = [
    ...["", "/", "/orgLogs", "/orgLogs/"].map((end) => [api.logUrl + end, api.logUrl] as const),
    [`HTTP://${host}/logs/v1`, api.logUrl],
    [`http://${host}/x/../logs/v1`, api.logUrl],
    [api.siemUrl, api.siemUrl],
    [`${api.siemUrl}/`, api.siemUrl],
  ];
  await Promise.all(ways.map(async ([apiUrl, address], i) => {
    const position = folder.path(`position ${i}`);
    const isLog = address === api.logUrl;
    const found = siemPosition(api, {
      organisation: ORG_URL,
      ...(isLog ? { api: "log", address, cursor: TOKEN } : {}),
    });
    await Deno.writeTextFile(position, json(found));
    const args = ["--apiurl", apiUrl, "--orgurl", ORG_URL, "-c", "--position", position];
    const finished = await run(args, { env: CREDENTIALS });
    assertEquals(finished, { code: 0, stdout: "[]\n", stderr: "" }, apiUrl);
    assertEquals((await savedAt(position)).address, address, apiUrl);
  }));
});

Deno.test("position: what is none is refused and stays as it is", async () => {
  await using api = startFakeApi();
  const good = siemPosition(api, {});
  const whole = json(good);
  const without = (name: keyof typeof good) =>
    json(Object.fromEntries(Object.entries(good).filter(([key]) => key !== name)));
  const notUtf8 = new TextEncoder().encode(json({ ...good, saved: "?" }));
  notUtf8[notUtf8.indexOf(0x3f)] = 0xff;
  const large = new Uint8Array(10_000_000).fill(0x20);
  large.set(new TextEncoder().encode(whole));
  const rows: readonly (readonly [name: string, content: string | Uint8Array])[] = [
    ["empty", ""],
    ["a line break", "\n"],
    ["half a line", whole.slice(0, 40)],
    ["all but the last character", whole.trimEnd().slice(0, -1)],
    ["zeros", new Uint8Array(200)],
    ["a line and then zeros", whole + "\0".repeat(100)],
    ["two lines", whole + whole],
    ["not UTF-8", notUtf8],
    ["10 MB", large],
    ["text", "hello"],
    ["null", "null"],
    ["a number", "5"],
    ["a list", `[${whole}]`],
    ["an empty object", "{}"],
    ["a published line of another relation", `${api.siemUrl}?after=1; rel="prev"`],
    ["an address alone", `${api.siemUrl}?after=1`],
    ["two published lines", `${api.siemUrl}?after=1; rel="next"\n`.repeat(2)],
    ["a published line of no address", '"; rel="next"'],
    ["a published line of a link that is not closed", '<x; rel="next"'],
    ["a published line that goes nowhere", `${api.siemUrl}?after=5;rel=prev; rel="next"`],
    ["a version that is text", json({ ...good, version: "1" })],
    ["version 0", json({ ...good, version: 0 })],
    ["a later version", json({ ...good, version: 2 })],
    ["a later version of another shape", '{"version":17,"streams":[]}'],
    ["an unknown API", json({ ...good, api: "cloud" })],
    ["an address that is null", json({ ...good, address: null })],
    ["an organisation that is a number", json({ ...good, organisation: 5 })],
    ["a cursor that is a number", json({ ...good, cursor: 5 })],
    ["a cursor that is a list", json({ ...good, cursor: ["after=1"] })],
    ["a last event that is a number", json({ ...good, lastEvent: 5 })],
    ["no version", without("version")],
    ["no API", without("api")],
    ["no address", without("address")],
    ["no organisation", without("organisation")],
    ["no cursor", without("cursor")],
    ["no time", without("saved")],
    ["an unknown field", json({ ...good, more: 1 })],
    ["a count that is text", json({ ...good, delivered: { events: "1", digest: "" } })],
    ["a count of zero", json({ ...good, delivered: { events: 0, digest: "" } })],
    ["a count below zero", json({ ...good, delivered: { events: -1, digest: "" } })],
    ["a count that is not whole", json({ ...good, delivered: { events: 1.5, digest: "" } })],
    ["a count without digest", json({ ...good, delivered: { events: 1 } })],
  ];
  await Promise.all(rows.map(([name, content]) => assertRefused(api, name, content)));
  assertEquals(api.requests, []);
});

Deno.test("position: a cursor that cannot be one of the API is refused", async () => {
  await using api = startFakeApi();
  const log = { api: "log", address: api.logUrl, organisation: ORG_URL } as const;
  const toLog = ["--apiurl", api.logUrl, "--orgurl", ORG_URL];
  const siemCursors = [
    "",
    "https://h.example/prod/logs?after=1",
    "//h.example/prod/logs?after=1",
    "?after=1",
    "after=1#x",
    "after=1\n",
    "after=1 2",
    `after=${"x".repeat(20_000)}`,
    TOKEN,
  ];
  const logCursors = [
    "",
    "https://h.example/?nextToken=a",
    "//h.example/a",
    "a b",
    "a\n",
    "a&limit=1",
    "after=1",
    "since=2024-05-01T00%3A00%3A00Z",
    "x".repeat(2000),
  ];
  await Promise.all([
    ...siemCursors.map((cursor) =>
      assertRefused(api, `SIEM API, ${cursor.slice(0, 40)}`, json(siemPosition(api, { cursor })))
    ),
    ...logCursors.map((cursor) => {
      const text = json(siemPosition(api, { ...log, cursor }));
      return assertRefused(api, `Log API, ${cursor.slice(0, 40)}`, text, toLog);
    }),
  ]);
  assertEquals(api.requests.map(({ url }) => url.href), []);
});

Deno.test("position: of a later version the message says so", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi();
  await Deno.writeTextFile(folder.path("position"), json({ ...siemPosition(api, {}), version: 2 }));
  assertSays((await follow(api, folder.path("position"))).stderr, "later", "format 2");
});

Deno.test({
  ...UNIX,
  name: "position: what is no plain file is refused, without waiting for anybody",
  async fn() {
    await using folder = temporaryFolder();
    await using api = startFakeApi();
    const target = folder.path("target");
    const text = json(siemPosition(api, {}));
    await Deno.writeTextFile(target, text);
    await Deno.symlink(target, folder.path("link"));
    await Deno.symlink(folder.path("nowhere"), folder.path("dangling"));
    await Deno.mkdir(folder.path("directory"));
    await makeFifo(folder.path("fifo"));
    const names = ["link", "dangling", "directory", "fifo"];
    const kinds = () =>
      names.map((name) => {
        const { isSymlink, isDirectory, isFile, ino } = Deno.lstatSync(folder.path(name));
        return { isSymlink, isDirectory, isFile, ino };
      });
    const before = kinds();
    await Promise.all(names.map(async (name) => {
      const { code, stdout, stderr } = await follow(api, folder.path(name));
      assertEquals([code, stdout], [7, ""], name);
      assertSays(stderr, folder.path(name), "--position");
    }));
    assertEquals(kinds(), before);
    assertEquals(await Deno.readTextFile(target), text);
    const expected = [...names, ...names.map((name) => `${name}.lock`), "target"].sort();
    assertEquals(namesIn(folder.path(".")), expected);
    assertEquals(api.requests, []);
  },
});

Deno.test({
  ...UNIX,
  name: "position: one that others can write is refused",
  async fn() {
    await using api = startFakeApi();
    await Promise.all([0o620, 0o602, 0o666, 0o777].map(async (mode) => {
      const name = mode.toString(8);
      const stderr = await assertRefused(
        api,
        name,
        json(siemPosition(api, {})),
        [],
        (path) => Deno.chmod(path, mode),
      );
      assertSays(stderr, "chmod 600");
    }));
    assertEquals(api.requests, []);
  },
});

Deno.test({
  name: "position: one that belongs to somebody else is refused",
  // Only root can give a file away.
  ignore: UNIX.ignore || !isRoot(),
  async fn() {
    await using api = startFakeApi();
    const text = json(siemPosition(api, {}));
    const stderr = await assertRefused(
      api,
      "foreign",
      text,
      [],
      (path) => Deno.chown(path, 65_534, 65_534),
    );
    assertSays(stderr, "65534");
    assertEquals(api.requests, []);
  },
});

Deno.test({
  name: "position: a lock that belongs to somebody else is refused",
  // Only root can give a file away.
  ignore: UNIX.ignore || !isRoot(),
  async fn() {
    await using folder = temporaryFolder();
    await using api = startFakeApi();
    await Deno.writeTextFile(folder.path("position.lock"), "");
    await Deno.chown(folder.path("position.lock"), 65_534, 65_534);
    const { code, stderr } = await follow(api, folder.path("position"));
    assertEquals(code, 7);
    assertSays(stderr, "position.lock", "another user");
    assertEquals(api.requests, []);
  },
});

Deno.test({
  ...UNIX,
  name: "position: a lock that is no plain file is refused and never written through",
  async fn() {
    await using folder = temporaryFolder();
    await using api = startFakeApi();
    const victim = folder.path("victim");
    await Deno.writeTextFile(victim, "precious");
    await Deno.symlink(victim, folder.path("link.lock"));
    await Deno.symlink(folder.path("nowhere"), folder.path("dangling.lock"));
    await Deno.mkdir(folder.path("directory.lock"));
    await makeFifo(folder.path("fifo.lock"));
    await Deno.link(victim, folder.path("hard.lock"));
    const names = ["link", "dangling", "directory", "fifo", "hard"];
    await Promise.all(names.map(async (name) => {
      const { code, stdout, stderr } = await follow(api, folder.path(name));
      assertEquals([code, stdout], [7, ""], name);
      assertSays(stderr, `${folder.path(name)}.lock`);
    }));
    assertEquals(await Deno.readTextFile(victim), "precious");
    assertEquals(
      namesIn(folder.path(".")),
      [...names.map((name) => `${name}.lock`), "victim"].sort(),
    );
    assertEquals(api.requests, []);
  },
});

Deno.test({
  ...UNIX,
  name: "position: a link where the new one is made first is never written through",
  async fn() {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ events: numbered(1) });
    const victim = folder.path("victim");
    await Deno.writeTextFile(victim, "precious");
    await Deno.symlink(victim, folder.path("link.new"));
    await Deno.symlink(folder.path("nowhere"), folder.path("dangling.new"));
    await Deno.writeTextFile(folder.path("file.new"), "left by a run that was killed");
    await Promise.all(["link", "dangling", "file"].map(async (name) => {
      const finished = await follow(api, folder.path(name));
      assertEquals(finished, { code: 0, stdout: lines(api.events), stderr: "" }, name);
      assertEquals((await savedAt(folder.path(name))).cursor, "after=1", name);
      const { isFile, mode } = await Deno.lstat(folder.path(name));
      assertEquals([isFile, mode! & 0o7777], [true, 0o600], name);
    }));
    assertEquals(await Deno.readTextFile(victim), "precious");
    assertEquals(
      namesIn(folder.path(".")),
      ["link", "dangling", "file"].flatMap((name) => [name, `${name}.lock`]).concat("victim")
        .sort(),
    );
  },
});

Deno.test("position: where it could not be saved nothing is asked for", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(1) });
  await Deno.mkdir(folder.path("position.new/inside"), { recursive: true });
  await Deno.writeTextFile(folder.path("file"), "");
  for (const name of ["position", "file/position"]) {
    const { code, stdout, stderr } = await follow(api, folder.path(name));
    assertEquals([code, stdout], [7, ""], name);
    assertSays(stderr, folder.path(name), "its folder must be writable", "--position");
  }
  assertEquals(api.requests, []);
});

Deno.test({
  ...UNIX,
  name: "position: where there is no room for it nothing is asked for, and later it goes on",
  async fn() {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ events: numbered(1) });
    const position = folder.path("position");
    await follow(api, position);
    const before = await Deno.readTextFile(position);
    api.events.push(...numbered(1, 1));
    api.requests.length = 0;
    // Deno itself would be killed for filling its cache.
    const script = `${isExecutable ? "" : "trap '' XFSZ; "}ulimit -f 0; exec "$@"`;
    const { code, stdout, stderr } = await new Deno.Command("/bin/sh", {
      args: ["-c", script, "sh", ...commandLine(followArguments(api, position))],
      clearEnv: true,
      env: environment(CREDENTIALS),
    }).output();
    assertEquals([code, stdout.length], [7, 0]);
    assertSays(new TextDecoder().decode(stderr), position, "File too large; ", "--position");
    assertEquals(api.requests, []);
    assertEquals(await Deno.readTextFile(position), before);
    const later = await follow(api, position);
    assertEquals(later, { code: 0, stdout: lines(api.events.slice(1)), stderr: "" });
  },
});

Deno.test("position: a second run ends with 7 and names the one at work, until that one is gone", async () => {
  await using folder = temporaryFolder();
  const position = folder.path("position");
  const asked = Promise.withResolvers<void>();
  const released = Promise.withResolvers<undefined>();
  await using api = startFakeApi({
    events: numbered(2),
    fault(_, index) {
      if (index > 0) return undefined;
      asked.resolve();
      return released.promise;
    },
  });
  const holder = client(followArguments(api, position), { env: CREDENTIALS }).spawn();
  const held = holder.output();
  let second: Finished;
  let waited: number;
  try {
    await asked.promise;
    const started = performance.now();
    second = await follow(api, position);
    waited = performance.now() - started;
  } finally {
    holder.kill("SIGKILL");
    await held;
    released.resolve(undefined);
  }
  assertEquals([second.code, second.stdout], [7, ""]);
  assertSays(second.stderr, `${position}.lock`, inWine ? "process " : `process ${holder.pid}`);
  assert(waited > 1900 && waited < 8000, `${waited} ms`);
  assertEquals(api.requests.length, 1);
  const third = await follow(api, position);
  assertEquals(third, { code: 0, stdout: lines(api.events), stderr: "" });
});

Deno.test("position: a second run waits for the first to end, and delivers nothing twice", async () => {
  await using folder = temporaryFolder();
  const position = folder.path("position");
  const asked = Promise.withResolvers<void>();
  const released = Promise.withResolvers<undefined>();
  await using api = startFakeApi({
    events: numbered(2),
    fault(_, index) {
      if (index > 0) return undefined;
      asked.resolve();
      return released.promise;
    },
  });
  const first = follow(api, position);
  await asked.promise;
  const second = follow(api, position);
  released.resolve(undefined);
  assertEquals(await Promise.all([first, second]), [
    { code: 0, stdout: lines(api.events), stderr: "" },
    { code: 0, stdout: "", stderr: "" },
  ]);
});

Deno.test("position: runs with different ones do not mind each other", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(2) });
  const finished = await Promise.all(["a", "b"].map((name) => follow(api, folder.path(name))));
  const expected = { code: 0, stdout: lines(api.events), stderr: "" };
  assertEquals(finished, [expected, expected]);
});

/** The command line of a continuous run whose answers are not asked for again. */
function followArguments(
  api: FakeApi,
  position: string,
  args: readonly string[] = [],
  dialect: "siem" | "log" = "siem",
): string[] {
  const apiUrl = args.includes("--apiurl")
    ? []
    : ["--apiurl", dialect === "siem" ? api.siemUrl : api.logUrl];
  return ["-c", "--position", position, "--format", "ndjson", "--retries", "0", ...apiUrl, ...args];
}

function follow(...parameters: Parameters<typeof followArguments>): Promise<Finished> {
  return run(followArguments(...parameters), { env: CREDENTIALS });
}

/** A position of the SIEM API, as this client saves it, apart from what a test changes. */
function siemPosition(api: FakeApi, changes: {
  api?: "siem" | "log";
  address?: string;
  organisation?: string;
  cursor?: string;
}) {
  const usual = { version: 1, api: "siem", address: api.siemUrl, organisation: null };
  return { ...usual, cursor: "after=1", saved: "2024-05-01T00:00:00.000Z", ...changes };
}

/** The line of a position file. */
function json(position: object): string {
  return `${JSON.stringify(position)}\n`;
}

/** What was saved, which has to be one line. */
async function savedAt(path: string): Promise<Record<string, unknown> & { saved: string }> {
  const text = await Deno.readTextFile(path);
  const position = JSON.parse(text);
  assertEquals(text, json(position));
  return position;
}

/**
 * A run that finds this in its position file ends with 7 and one line that names the file and a way
 * out, prints nothing, and leaves the file as it was. Returns that line.
 */
async function assertRefused(
  api: FakeApi,
  name: string,
  content: string | Uint8Array,
  args: readonly string[] = [],
  prepare: (path: string) => Promise<void> = async () => {},
): Promise<string> {
  await using folder = temporaryFolder();
  const position = folder.path("position");
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  await Deno.writeFile(position, bytes, { mode: 0o600 });
  await prepare(position);
  const before = await Deno.lstat(position);
  const { code, stdout, stderr } = await follow(api, position, args);
  assertEquals([code, stdout], [7, ""], `${name}: ${stderr}`);
  assertSays(stderr, `"${position}"`);
  assertMatch(stderr, /remove |chmod /);
  const after = await Deno.lstat(position);
  const unchanged = ({ ino, mode, uid, size }: Deno.FileInfo) => [ino, mode, uid, size];
  assertEquals(unchanged(after), unchanged(before), name);
  const now = await Deno.readFile(position);
  assert(now.every((byte, i) => byte === bytes[i]), name);
  assertEquals(namesIn(folder.path(".")), ["position", "position.lock"], name);
  return stderr;
}

function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

async function makeFifo(path: string): Promise<void> {
  const { success } = await new Deno.Command("mkfifo", { args: [path] }).output();
  assert(success, "mkfifo failed");
}
