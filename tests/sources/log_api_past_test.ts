/** What does a service make of a start in the past, and is a window that is not whole ever said to be? */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { tokenAt } from "../../lib/events/token.ts";
import type { StoredEvent } from "../../lib/sources/demo_events.ts";
import { assertSays, run, temporaryFolder } from "../client.ts";
import { CREDENTIALS, lines, numberedEvent, ORG_URL, startFakeApi } from "../fake_api.ts";
import { follow, readPosition, search } from "../runs.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Events that arrived so many minutes ago; by their time stamps they happened `late` minutes before. */
function arrived(minutesAgo: readonly number[], late = 0): StoredEvent[] {
  const now = Date.now();
  return minutesAgo.map((ago, n) => {
    const at = Math.round(now - ago * MINUTE);
    return { ...numberedEvent(n, at - late * MINUTE), arrived: at };
  });
}

const OLD = [2 * 24 * 60, 2 * 24 * 60 - 1, 300, 200];
const RECENT = [55, 54, 20, 3];

/** The time of an event as a message has it. */
function timeOf({ text }: StoredEvent): string {
  return JSON.parse(text).timeStampISO.replace("+00:00", "Z");
}

const MISSING = /^siem-client: Cannot start at 20\S+Z: the service /;

for (const late of [0, 10]) {
  const name = late === 0 ? "at once" : "ten minutes late";

  Deno.test(`a start in the past that is honoured (events come ${name})`, async () => {
    const rows: [minutesAgo: number[], requests: number][] = [
      [[...OLD, ...RECENT], 2],
      [OLD, 2],
      // Only here it has to be found out.
      [RECENT, 4],
      [[], 2],
    ];
    await Promise.all(rows.map(async ([minutesAgo, requests]) => {
      await using api = startFakeApi({ events: arrived(minutesAgo, late) });
      const finished = await search(api.logUrl, ["--since", "3d"]);
      assertEquals(finished, { code: 0, stdout: lines(api.events), stderr: "" });
      assertEquals(api.requests.length, requests, `${minutesAgo}`);
    }));
  });

  Deno.test(`a start in the past that is ignored (events come ${name})`, async () => {
    await using api = startFakeApi({
      events: arrived([...OLD, ...RECENT], late),
      madeTokens: "ignored",
    });
    const { code, stdout, stderr } = await search(api.logUrl, ["--since", "3d"]);
    const there = api.events.slice(OLD.length);
    assertEquals([code, stdout], [0, lines(there)]);
    assertMatch(stderr, MISSING);
    assertSays(stderr, "ignores", timeOf(there[0]!), "export", "--receipts");
    const small = api.requests.slice(1, 3).map(({ url }) => url.searchParams);
    assertEquals(small.map((query) => [query.get("limit"), query.has("nextToken")]), [
      ["1", false],
      ["1", true],
    ]);
    assertEquals(api.requests.length, 4);
  });

  Deno.test(`a start in the past that is refused (events come ${name})`, async () => {
    for (const recent of [RECENT, []]) {
      await using api = startFakeApi({
        events: arrived([...OLD, ...recent], late),
        madeTokens: "refused",
      });
      const { code, stdout, stderr } = await search(api.logUrl, ["--since", "3d"]);
      const there = api.events.slice(OLD.length);
      assertEquals([code, stdout], [0, lines(there)]);
      assertMatch(stderr, MISSING);
      assertSays(stderr, "answers 422", there[0] === undefined ? "begins at" : timeOf(there[0]));
    }
  });

  Deno.test(`a start in the past for which nothing is given (events come ${name})`, async () => {
    await using api = startFakeApi({
      events: arrived([...OLD, ...RECENT], late),
      madeTokens: "nothing",
    });
    const { code, stdout, stderr } = await search(api.logUrl, ["--since", "3d"]);
    const there = api.events.slice(OLD.length);
    assertEquals([code, stdout], [0, lines(there)]);
    assertMatch(stderr, MISSING);
    assertSays(stderr, "gives nothing for", timeOf(there[0]!));
  });
}

Deno.test("without events of the last hour nothing can be told, and the summary says so", async () => {
  await Promise.all((["ignored", "nothing"] as const).map(async (madeTokens) => {
    await using api = startFakeApi({ events: arrived(OLD), madeTokens });
    const finished = await search(api.logUrl, ["--since", "3d"]);
    assertEquals(finished, { code: 0, stdout: "", stderr: "" }, madeTokens);
    assertEquals(api.requests.length, 2, madeTokens);
    const { stderr } = await search(api.logUrl, ["--since", "3d", "--summary"]);
    assertMatch(stderr, /^No events\nComplete only from 20\S+Z on\n$/);
  }));
});

Deno.test("an event that comes late while it is found out does not look like an old one", async () => {
  await using api = startFakeApi({ events: arrived([20]) });
  api.fault = (_, index) => {
    if (index === 2) api.events.push({ ...arrived([0], 10)[0]!, arrived: Date.now() + 1000 });
    return undefined;
  };
  const finished = await search(api.logUrl, ["--since", "3d"]);
  assertEquals(finished, { code: 0, stdout: lines(api.events), stderr: "" });
});

Deno.test("an ignored start is told though the hour moves on from call to call", async () => {
  const events = arrived(Array.from({ length: 400 }, (_, n) => 62 - n / 6.5));
  const start = Date.now();
  let calls = 0;
  await using api = startFakeApi({
    events,
    madeTokens: "ignored",
    now: () => start + 5_000 * calls,
    fault: () => void calls++,
  });
  const { code, stderr } = await search(api.logUrl, ["--since", "3d"]);
  assertEquals(code, 0);
  assertSays(stderr, "ignores");
});

Deno.test("an honoured start is told from others where the first pages are empty", async () => {
  const query = ["--since", "3d", "--query", "service=mail"];
  const mail = (event: StoredEvent) => ({ ...event, text: event.text.replace("proxy", "mail") });
  const events = arrived([4000, ...OLD, 190, 180, 170, ...RECENT]).map((event, n) =>
    n < 5 ? { ...event, text: event.text.replace("idp", "proxy") } : mail(event)
  );
  await using api = startFakeApi({ events, readAtOnce: 2 });
  const finished = await search(api.logUrl, query);
  const wanted = events.filter(({ text }) => text.includes("mail"));
  assertEquals(finished, { code: 0, stdout: lines(wanted), stderr: "" });
  const others = arrived([...OLD, ...RECENT]).map((event, n) => n > 6 ? mail(event) : event);
  await using ignoring = startFakeApi({ events: others, readAtOnce: 2, madeTokens: "ignored" });
  const late = await search(ignoring.logUrl, query);
  assertEquals(late.code, 0);
  assertSays(late.stderr, "ignores", "it begins at");
});

Deno.test("-x makes one call, and says when the first event is later than asked for", async () => {
  const events = arrived([...OLD, ...RECENT]);
  await using honouring = startFakeApi({ events });
  const whole = await search(honouring.logUrl, ["-x", "--since", "3d"]);
  assertEquals(whole, { code: 0, stdout: lines(events), stderr: "" });
  await using ignoring = startFakeApi({ events, madeTokens: "ignored" });
  const late = await search(ignoring.logUrl, ["-x", "--since", "3d"]);
  assertEquals([late.code, late.stdout], [0, lines(events.slice(4))]);
  assertSays(late.stderr, `The first event is of ${timeOf(events[4]!)}`, "without -x");
  await using refusing = startFakeApi({ events, madeTokens: "refused" });
  const refused = await search(refusing.logUrl, ["-x", "--since", "3d"]);
  assertEquals([refused.code, refused.stdout], [4, ""]);
  assertSays(refused.stderr, "422", "run without -x");
  assertEquals([honouring, ignoring, refusing].map(({ requests }) => requests.length), [1, 1, 1]);
});

Deno.test("the window that was read is in the summary, and nowhere if it is the one asked for", async () => {
  const args = ["--apiurl", "", "--orgurl", ORG_URL, "--summary", "--format", "ndjson"];
  for (const madeTokens of ["honoured", "ignored"] as const) {
    await using api = startFakeApi({ events: arrived([...OLD, ...RECENT]), madeTokens });
    args[1] = api.logUrl;
    const { stderr } = await run(args, { env: CREDENTIALS });
    assertEquals(/^Complete only from 20\S+Z on$/m.test(stderr), madeTokens === "ignored");
  }
});

Deno.test("the window that was read is said beside formats for people, in a pipe, too", async () => {
  await Promise.all((["refused", "nothing", "ignored"] as const).map(async (madeTokens) => {
    await using api = startFakeApi({ events: arrived([...OLD, ...RECENT]), madeTokens });
    const [first] = api.events.slice(OLD.length);
    for (const format of ["table", "logins", "csv"]) {
      const since = new Date(Date.now() - 3 * DAY).toISOString();
      const { code, stdout, stderr } = await search(api.logUrl, [
        ...["--since", since, "--format", format],
      ]);
      assertEquals([code, stdout !== ""], [0, true]);
      assertSays(stderr, `Cannot start at ${since}`, `events are there from ${timeOf(first!)} on`);
    }
  }));
});

Deno.test("-c says it in the first run, and the position knows the real beginning", async () => {
  await Promise.all((["refused", "nothing", "ignored"] as const).map(async (madeTokens) => {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ events: arrived([...OLD, ...RECENT]), madeTokens });
    const position = folder.path("position");
    const first = await follow(api.logUrl, position, ["--since", "3d"]);
    assertMatch(first.stderr, MISSING);
    const { begins } = await readPosition(position);
    const late = Date.parse(begins) - (Date.now() - HOUR);
    assertEquals(late > -5 * MINUTE && late <= 0, true, begins);
    api.events.push(...arrived([0]));
    const second = await follow(api.logUrl, position);
    assertEquals(second, { code: 0, stdout: lines(api.events.slice(-1)), stderr: "" });
    assertEquals((await readPosition(position)).begins, begins);
  }));
});

Deno.test("-c says it when the first events of a quiet organisation come", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: arrived(OLD), madeTokens: "ignored" });
  const position = folder.path("position");
  for (let round = 0; round < 2; round++) {
    const quiet = await follow(api.logUrl, position, ["--since", "3d"]);
    assertEquals(quiet, { code: 0, stdout: "", stderr: "" });
  }
  const { since, begins, cursor } = await readPosition(position);
  assertEquals(cursor, tokenAt(Date.parse(since)));
  api.events.push(...arrived([1]));
  const { code, stdout, stderr } = await follow(api.logUrl, position);
  assertEquals([code, stdout], [0, lines(api.events.slice(-1))]);
  const to = begins.replace(/\.\d+Z$/, "Z");
  assertSays(stderr, `Events from ${since} to ${to} may be missing: the service ignores`, "export");
  api.events.push(...arrived([0]));
  assertEquals((await follow(api.logUrl, position)).stderr, "");
});

Deno.test("-c says what may be missing where it comes more than an hour after it asked in vain", async () => {
  const rows: [askedAgo: number, isMissing: boolean][] = [[3 * HOUR, true], [20 * MINUTE, false]];
  for (const [askedAgo, isMissing] of rows) {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ madeTokens: "ignored" });
    const position = folder.path("position");
    await follow(api.logUrl, position);
    const saved = await readPosition(position);
    assertEquals([saved.caughtUp, saved.begins], [true, undefined]);
    const asked = new Date(Date.now() - askedAgo).toISOString();
    const since = new Date(Date.now() - 5 * HOUR);
    const old = { ...saved, since: since.toISOString(), cursor: tokenAt(since.getTime()) };
    await Deno.writeTextFile(position, JSON.stringify({ ...old, saved: asked }));
    api.events.push(...arrived([10, 5]));
    const { code, stdout, stderr } = await follow(api.logUrl, position);
    assertEquals([code, stdout], [0, lines(api.events)]);
    if (isMissing) assertSays(stderr, `Events from ${asked} to `, "may be missing", "export");
    else assertEquals(stderr, "");
  }
});

Deno.test("a start is not found out where --since is within the hour", async () => {
  await using api = startFakeApi({ events: arrived(RECENT), madeTokens: "ignored" });
  const { code, stdout, stderr } = await search(api.logUrl, ["--since", "30m"]);
  assertEquals([code, stdout, stderr], [0, lines(api.events.slice(2)), ""]);
  assertEquals(api.requests.length, 2);
});

Deno.test("the demonstration ignores a start in the past on Log API v1, and has its days on the SIEM API", async () => {
  const args = ["--demo", "--since", "2d", "--format", "ndjson", "--query", "service=mail"];
  const late = await run(args);
  assertEquals(late.code, 0);
  assertSays(late.stderr, "ignores");
  const whole = await run([...args, "--api", "siem"]);
  assertEquals([whole.code, whole.stderr], [0, ""]);
  const first = Date.parse(JSON.parse(whole.stdout.split("\n")[0]!).timeStampISO);
  assertEquals(first < Date.now() - 1.9 * DAY, true);
  assertStringIncludes(whole.stdout, late.stdout.split("\n")[0]!);
});
