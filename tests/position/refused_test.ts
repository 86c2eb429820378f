import { assert, assertEquals } from "@std/assert";
import { tokenAt } from "../../lib/events/token.ts";
import { assertSays, isRoot, run, temporaryFolder } from "../client.ts";
import { CREDENTIALS, lines, numbered, ORG_URL, refusal, startFakeApi } from "../fake_api.ts";
import { assertRefused, follow, json, namesIn, savedAt, siemPosition, UNIX } from "./positions.ts";

/** As the service gives them, of a moment that it still keeps. */
const TOKEN = tokenAt(Date.now()).replace(/0{12}$/, "46ef060440a8");

Deno.test("position refused: one of another stream is refused, and so is the published client's", async () => {
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

Deno.test("position refused: one of another organisation than the one found is refused", async () => {
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

Deno.test("position refused: the ways to write one address share it", async () => {
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

Deno.test("position refused: what is none is refused and stays as it is", async () => {
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
    ["a later version", json({ ...good, version: 3 })],
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

Deno.test("position refused: a cursor that cannot be one of the API is refused", async () => {
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

Deno.test("position refused: of a later version the message says so", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi();
  await Deno.writeTextFile(folder.path("position"), json({ ...siemPosition(api, {}), version: 3 }));
  assertSays((await follow(api, folder.path("position"))).stderr, "later", "format 3");
});

Deno.test({
  ...UNIX,
  name: "position refused: one that others can write is refused",
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
  name: "position refused: one that belongs to somebody else is refused",
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
    assertSays(stderr, "65534", "run as that user");
    assert(!stderr.includes("remove"), stderr);
    assertEquals(api.requests, []);
  },
});

Deno.test("position refused: a run that the service shows to be for another organisation, several or none leaves nothing", async () => {
  const rows: readonly (readonly [orgUrls: readonly string[], code: number, says: string])[] = [
    [[ORG_URL, "https://b.example"], 2, "for several, name one with --orgurl"],
    [[], 3, "for no organisation"],
  ];
  for (const [orgUrls, code, says] of rows) {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ orgUrls });
    const output = ["--output", folder.path("events")];
    const finished = await follow(api, folder.path("new/position"), output, "log");
    assertEquals([finished.code, finished.stdout], [code, ""]);
    assertSays(finished.stderr, says);
    assertEquals(namesIn(folder.path(".")), []);
    const search = await run(["--apiurl", api.logUrl, ...output], { env: CREDENTIALS });
    assertEquals([search.code, search.stdout], [code, ""]);
    assertEquals(namesIn(folder.path(".")), []);
  }
  await using folder = temporaryFolder();
  await using api = startFakeApi();
  const of = { api: "log", address: api.logUrl, cursor: TOKEN } as const;
  const saved = json(siemPosition(api, { ...of, organisation: "https://a.example" }));
  await Deno.writeTextFile(folder.path("position"), saved, { mode: 0o600 });
  const args = ["--output", folder.path("events")];
  const { code, stderr } = await follow(api, folder.path("position"), args, "log");
  assertEquals(code, 7);
  assertSays(stderr, "it is for organisation", "https://a.example", ORG_URL);
  assertEquals(namesIn(folder.path(".")), ["position"]);
  assertEquals(await Deno.readTextFile(folder.path("position")), saved);
});

Deno.test("position refused: an organisation that could not be asked for does not move the start of a first run", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ fault: () => refusal(503) });
  const position = folder.path("position");
  const { code } = await follow(api, position, ["--since", "1h"], "log");
  assertEquals(code, 5);
  const start = await savedAt(position);
  assertEquals([start.organisation, start.caughtUp], [null, false]);
  api.fault = () => undefined;
  api.events.push(...numbered(2));
  const later = await follow(api, position, [], "log");
  assertEquals(later, { code: 0, stdout: lines(api.events), stderr: "" });
  assertEquals((await savedAt(position)).organisation, ORG_URL);
});
