/** Where does reading Log API v1 begin, and what if the service does not take that start? */

import { assertEquals } from "@std/assert";
import { assertSays, run, temporaryFolder } from "../client.ts";
import {
  CREDENTIALS,
  type FakeApi,
  type Fault,
  lines,
  logPage,
  numbered,
  numberedEvent,
  ORG_URL,
  type Recorded,
  refusal,
  startFakeApi,
} from "../fake_api.ts";
import { follow, readPosition, search } from "../runs.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const TOKEN = "018ec539-2f4d-7e4c-9310-46ef060440a8";

Deno.test("Log API: the start is a version 7 UUID of the very millisecond whose other bits are zero", async () => {
  const rows: readonly (readonly [since: string, token: string])[] = [
    ["2024-04-09T23:37:23.021Z", "018ec539-2f4d-7000-8000-000000000000"],
    ["2024-04-10T01:37:23.021999+02:00", "018ec539-2f4d-7000-8000-000000000000"],
    ["1970-01-01T00:00:00.001Z", "00000000-0001-7000-8000-000000000000"],
    ["2017-05-03T16:22:18Z", "015bcf1e-8e90-7000-8000-000000000000"],
  ];
  await using api = startFakeApi();
  await Promise.all(rows.map(async ([since, token], i) => {
    const limit = `${10 + i}`;
    await search(api.logUrl, ["-x", "--since", since, "--limit", limit]);
    const sent = api.requests.filter(({ url }) => url.searchParams.get("limit") === limit);
    assertEquals(sent.map(({ url }) => url.searchParams.get("nextToken")), [token], since);
  }));
});

Deno.test("Log API: without --since the start is seven days before now, or before --until", async () => {
  await using api = startFakeApi();
  const before = Date.now();
  await run(["--apiurl", api.logUrl, "--orgurl", ORG_URL, "-x"], { env: CREDENTIALS });
  const late = timeOf(api.requests[0]!) + 7 * DAY - before;
  assertEquals(late >= 0 && late < MINUTE, true, `${late} ms`);
  await search(api.logUrl, ["-x", "--until", "2024-04-16T23:37:23.021Z"]);
  assertEquals(timeOf(api.requests[1]!), Date.parse("2024-04-09T23:37:23.021Z"));
});

Deno.test("Log API: where the service refuses the token made for --since, it is asked without one", async () => {
  await Promise.all([400, 404, 408, 410, 422, 425, 500].map(async (status) => {
    await using api = startFakeApi({ events: numbered(12), fault: refusingMadeTokens(status) });
    const { code, stdout, stderr } = await search(api.logUrl, [
      ...["--since", "2024-05-01T00:00:00Z"],
      ...["--limit", "5"],
    ]);
    assertEquals([code, stdout], [0, lines(api.events)], `${status}`);
    const first: string = JSON.parse(api.events[0]!.text).timeStampISO;
    assertSays(stderr, "2024-05-01T00:00:00Z", `${status}`, first.replace("+00:00", "Z"));
    assertEquals(
      api.requests.map(({ url }) => url.searchParams.has("nextToken")),
      // Once more with it, since the first refusal may have been a failure of the moment.
      [true, false, true, true, true, true],
      `${status}`,
    );
  }));
});

Deno.test("Log API: what looks like a refusal of the token, but is over soon, loses nothing", async () => {
  await Promise.all([404, 408, 500].map(async (status) => {
    const events = [numberedEvent(0, Date.now() - 3 * 60 * MINUTE), ...numbered(2, 1)];
    await using api = startFakeApi({
      events,
      fault: (_, index) => index === 0 ? refusal(status) : undefined,
    });
    const finished = await search(api.logUrl, ["--since", "1d"]);
    assertEquals(finished, { code: 0, stdout: lines(events), stderr: "" }, `${status}`);
  }));
});

Deno.test("Log API: --since is over when all that was there is delivered", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(2) });
  const position = folder.path("position");
  await follow(api.logUrl, position, ["--since", "10m"]);
  assertEquals((await readPosition(position)).since, undefined);
  // It arrives now; by its own time it is older than --since.
  api.events.push({ ...numberedEvent(2, Date.now() - 30 * MINUTE), arrived: Date.now() });
  const second = await follow(api.logUrl, position);
  assertEquals(second, { code: 0, stdout: lines(api.events.slice(2)), stderr: "" });
});

Deno.test("Log API: a --since that is ahead of the service's own time leaves out nothing", async () => {
  const events = numbered(2);
  const date = new Date(Date.now() - 8 * 60 * MINUTE).toUTCString();
  const page = logPage(events);
  page.headers.set("date", date);
  await using api = startFakeApi({ fault: (_, index) => index === 0 ? page : undefined });
  const { code, stdout } = await search(api.logUrl, ["--since", "0s"]);
  assertEquals([code, stdout], [0, lines(events)]);
});

Deno.test("Log API: a first answer of very many events says from when on they are there", async () => {
  const timeStampISO = "2024-05-02T00:00:00Z";
  const events = Array(150_000).fill({ arrived: 0, text: JSON.stringify({ timeStampISO }) });
  await using api = startFakeApi({
    fault: (request) => isMade(request) ? refusal(404) : logPage(events),
  });
  const { code, stderr } = await search(api.logUrl, ["--since", "2024-05-01T00:00:00Z"]);
  assertEquals(code, 0);
  assertSays(stderr, timeStampISO);
});

Deno.test("Log API: a 500 that stays is one that stays after all retries", async () => {
  await using api = startFakeApi({
    events: numbered(2),
    fault: (_, index) => index < 1 ? refusal(500) : undefined,
  });
  const finished = await search(api.logUrl, ["--retries", "1"]);
  assertEquals(finished, { code: 0, stdout: lines(api.events), stderr: "" });
  assertEquals(api.requests.map(isMade), [true, true, false]);
});

Deno.test("Log API: where the service gives nothing for the token made for --since, it is asked without one", async () => {
  await Promise.all([null, TOKEN].map(async (nextToken) => {
    await using api = startFakeApi({
      events: numbered(12),
      fault: (request) => isMade(request) ? logPage([], { nextToken }) : undefined,
    });
    const { code, stdout, stderr } = await search(api.logUrl, ["--since", "2d", "--limit", "5"]);
    assertEquals([code, stdout], [0, lines(api.events)]);
    const first: string = JSON.parse(api.events[0]!.text).timeStampISO;
    assertSays(stderr, first.replace("+00:00", "Z"));
    assertEquals(
      api.requests.map(({ url }) => url.searchParams.has("nextToken")),
      [true, false, true, true, true],
    );
  }));
});

Deno.test("Log API: nothing is said where a request without a token reaches back as far as --since", async () => {
  const answers: FakeApi["fault"][] = [
    refusingMadeTokens(422),
    (request) => isMade(request) ? logPage([]) : undefined,
  ];
  await Promise.all(answers.map(async (fault) => {
    await using api = startFakeApi({ events: numbered(12), fault });
    const finished = await search(api.logUrl, ["--since", "59m", "--limit", "5"]);
    assertEquals(finished, { code: 0, stdout: lines(api.events), stderr: "" });
  }));
});

Deno.test("Log API: asked without a token, events before --since are left out all the same", async () => {
  const now = Date.now();
  const events = [50, 40, 30, 20, 10].map((ago, n) => numberedEvent(n, now - ago * MINUTE));
  await using api = startFakeApi({ events, fault: refusingMadeTokens(422) });
  const finished = await search(api.logUrl, ["--since", "25m", "--limit", "2"]);
  assertEquals(finished, { code: 0, stdout: lines(events.slice(3)), stderr: "" });
});

Deno.test("Log API: where there are no events with and without a token, there is nothing to say", async () => {
  const rows: [fault: FakeApi["fault"], made: boolean[]][] = [
    [refusingMadeTokens(422), [true, false, true]],
    [() => undefined, [true, false]],
  ];
  await Promise.all(rows.map(async ([fault, made]) => {
    await using api = startFakeApi({ fault });
    assertEquals(await search(api.logUrl), { code: 0, stdout: "", stderr: "" });
    assertEquals(api.requests.map(isMade), made);
  }));
});

Deno.test("Log API: a request that fails without a token too ends the run", async () => {
  await using api = startFakeApi({ fault: () => refusal(422) });
  const { code, stdout, stderr } = await search(api.logUrl);
  assertEquals([code, stdout, api.requests.length], [4, "", 2]);
  assertSays(stderr, "422");
});

Deno.test("Log API: 401, 403, 429 and statuses about the server are no refusal of the token", async () => {
  const rows: readonly (readonly [status: number, code: number])[] = [
    [401, 3],
    [403, 3],
    [429, 5],
    [502, 5],
    [503, 5],
    [504, 5],
    [302, 4],
  ];
  await Promise.all(rows.map(async ([status, expected]) => {
    await using api = startFakeApi({ fault: () => refusal(status) });
    const { code, stdout, stderr } = await search(api.logUrl);
    const queries = api.requests.filter(({ url }) => url.pathname.endsWith("/orgLogs"));
    assertEquals([code, stdout, queries.length], [expected, "", 1], `${status}`);
    assertSays(stderr, "Cannot");
  }));
});

Deno.test("Log API: a token that the service gave is not guarded within a search", async () => {
  await Promise.all([422, 500].map(async (status) => {
    await using api = startFakeApi({
      events: numbered(4),
      fault: (_, index) => index === 1 ? refusal(status) : undefined,
    });
    const { code, stdout, stderr } = await search(api.logUrl, ["--limit", "2"]);
    assertEquals([code, stdout], [status === 500 ? 5 : 4, lines(api.events.slice(0, 2))]);
    assertEquals(api.requests.length, 2);
    assertSays(stderr, `${status}`);
  }));
});

Deno.test("Log API: a token that the service gave is not guarded in the next run", async () => {
  const rows: readonly (readonly [answer: () => Fault, code: number])[] = [
    [() => refusal(422), 4],
    [() => refusal(500), 5],
    [() => logPage([], { nextToken: TOKEN }), 0],
  ];
  await Promise.all(rows.map(async ([answer, expected]) => {
    await using folder = temporaryFolder();
    const fault: FakeApi["fault"] = (_, index) =>
      logPage(index === 0 ? numbered(1) : [], { nextToken: TOKEN });
    await using api = startFakeApi({ fault });
    const position = folder.path("position");
    assertEquals((await follow(api.logUrl, position)).code, 0);
    api.fault = answer;
    const { code, stdout } = await follow(api.logUrl, position);
    assertEquals([code, stdout], [expected, ""]);
    assertEquals(
      api.requests.slice(2).map(({ url }) => url.searchParams.get("nextToken")),
      [TOKEN],
    );
    assertEquals((await readPosition(position)).cursor, TOKEN);
  }));
});

Deno.test("Log API: a made token that was saved is still guarded in the next run", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi();
  const position = folder.path("position");
  const since = "2024-04-09T23:37:23.021Z";
  const first = await follow(api.logUrl, position, ["--since", since]);
  assertEquals(first, { code: 0, stdout: "", stderr: "" });
  assertEquals((await readPosition(position)).cursor, "018ec539-2f4d-7000-8000-000000000000");
  api.events.push(...numbered(3));
  api.fault = refusingMadeTokens(422);
  const second = await follow(api.logUrl, position);
  assertEquals([second.code, second.stdout], [0, lines(api.events)]);
  assertSays(second.stderr, since, "422");
  const third = await follow(api.logUrl, position);
  assertEquals(third, { code: 0, stdout: "", stderr: "" });
});

Deno.test("Log API: a run that found nothing yet goes on from --since of the first one", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi();
  const position = folder.path("position");
  await follow(api.logUrl, position, ["--since", "3d"]);
  api.events.push(numberedEvent(1, Date.now() - 2 * DAY), ...numbered(2, 2));
  const second = await follow(api.logUrl, position);
  assertEquals(second, { code: 0, stdout: lines(api.events), stderr: "" });
  const third = await follow(api.logUrl, position);
  assertEquals(third, { code: 0, stdout: "", stderr: "" });
});

function refusingMadeTokens(status: number): FakeApi["fault"] {
  return (request) => isMade(request) ? refusal(status) : undefined;
}

function isMade({ url }: Recorded): boolean {
  return /-7000-8000-000000000000$/.test(url.searchParams.get("nextToken") ?? "");
}

/** The moment in the token of a request, in milliseconds since 1970. */
function timeOf({ url }: Recorded): number {
  return parseInt(url.searchParams.get("nextToken")!.replace("-", "").slice(0, 12), 16);
}
