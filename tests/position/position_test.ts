import { assert, assertEquals, assertMatch } from "@std/assert";
import { tokenAt } from "../../lib/events/token.ts";
import { run, temporaryFolder } from "../client.ts";
import { CREDENTIALS, lines, numbered, numberedEvent, ORG_URL, startFakeApi } from "../fake_api.ts";
import { follow, namesIn, savedAt, siemPosition, UNIX } from "./positions.ts";

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
    version: 2,
    api: "siem",
    address: api.siemUrl,
    organisation: null,
    query: {},
    format: "ndjson",
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
    version: 2,
    api: "log",
    address: api.logUrl,
    organisation: ORG_URL,
    query: {},
    format: "json",
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
    version: 2,
    api: "siem",
    address: api.siemUrl,
    organisation: null,
    query: {},
    format: "ndjson",
    cursor: "after=0",
    caughtUp: true,
  });
});

Deno.test({
  ...UNIX,
  name: "position: only its owner can write it, and read it, unless others were let in to read",
  async fn() {
    await using folder = temporaryFolder();
    await using api = startFakeApi();
    const rows = [[undefined, 0o600], [0o600, 0o600], [0o644, 0o644], [0o640, 0o640], [
      0o400,
      0o600,
    ]];
    for (const [before, after] of rows) {
      if (before !== undefined) await Deno.chmod(folder.path("position"), before);
      assertEquals((await follow(api, folder.path("position"))).code, 0);
      assertEquals((await Deno.lstat(folder.path("position"))).mode! & 0o7777, after);
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
    const args = ["--limit", "2", "--orgurl", ORG_URL, "--since", "1h"];
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

for (const dialect of ["siem", "log"] as const) {
  Deno.test(`position: a run whose first request fails goes on later from where it was to begin (${dialect})`, async () => {
    await using folder = temporaryFolder();
    const position = folder.path("position");
    // One that the first run would have delivered, and a first run that began later would not.
    const began = Date.now();
    const events = [numberedEvent(0, began - 3600_000 + 30_000), ...numbered(2, 1)];
    await using api = startFakeApi({ events, fault: () => new Response("", { status: 503 }) });
    const since = (ms: number) => ["--since", new Date(ms).toISOString()];
    const first = await follow(api, position, since(began - 3600_000), dialect);
    assertEquals([first.code, first.stdout], [5, ""]);
    assertEquals(namesIn(folder.path(".")), ["position", "position.lock"]);
    assertEquals((await savedAt(position)).caughtUp, false);
    api.fault = () => undefined;
    const second = await follow(api, position, since(began - 3000_000), dialect);
    assertEquals(second, { code: 0, stdout: lines(events), stderr: "" });
  });
}

Deno.test("position: after a run whose first request failed, the next one needs no --since to begin there", async () => {
  await using folder = temporaryFolder();
  const position = folder.path("position");
  const now = Date.now();
  const events = [numberedEvent(0, now - 2 * 86_400_000), ...numbered(2, 1)];
  await using api = startFakeApi({ events, fault: () => new Response("", { status: 503 }) });
  assertEquals((await follow(api, position, ["--since", "1h"])).code, 5);
  api.fault = () => undefined;
  const second = await follow(api, position);
  assertEquals(second, { code: 0, stdout: lines(events.slice(1)), stderr: "" });
});

Deno.test("position: after a run whose first request failed an earlier --since still counts, with --output too", async () => {
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
  assertEquals(namesIn(folder.path(".")), []);
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
    assertEquals(
      { ...rest, saved },
      { ...expected, version: 2, query: {}, format: "ndjson", caughtUp: true, saved },
      text,
    );
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
