import { assertEquals } from "@std/assert";
import type { StoredEvent } from "../../lib/sources/demo_events.ts";
import { assertSays, type Finished, run, temporaryFolder } from "../client.ts";
import {
  CREDENTIALS,
  type FakeApi,
  type Fault,
  lines,
  numbered,
  numberedEvent,
  ORG_URL,
  type Recorded,
  startFakeApi,
} from "../fake_api.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const TOKEN = "018ec539-2f4d-7e4c-9310-46ef060440a8";

Deno.test("Log API: a search prints every event once and in order, however many there are", async () => {
  const sizes = [0, 1, 9, 10, 11, 100];
  const results = await Promise.all(sizes.map(async (size) => {
    await using api = startFakeApi({ events: numbered(size) });
    const finished = await search(api, ["--limit", "10"]);
    return { size, ...finished, expected: lines(api.events), requests: api.requests.length };
  }));
  for (const { size, expected, requests, ...finished } of results) {
    assertEquals(finished, { code: 0, stdout: expected, stderr: "" }, `${size} events`);
    // Where nothing comes for the token that was made, it is asked once more, without one.
    const expectedRequests = size === 0 ? 2 : Math.floor(size / 10) + 1;
    assertEquals(requests, expectedRequests, `requests for ${size} events`);
  }
});

Deno.test("Log API: each page is printed as one indented array of its events, an empty one as []", async () => {
  await using api = startFakeApi({ events: numbered(4) });
  const events = api.events.map(({ text }) => JSON.parse(text));
  const { stdout } = await run(["--apiurl", api.logUrl, "--orgurl", ORG_URL, "--limit", "2"], {
    env: CREDENTIALS,
  });
  const pages = [events.slice(0, 2), events.slice(2), []];
  assertEquals(stdout, pages.map((page) => `${JSON.stringify(page, null, 4)}\n`).join(""));
});

Deno.test("Log API: every request is a GET of /orgLogs, without a body, with the token of the page before", async () => {
  const tokens = [TOKEN, "another-token_~.of+any/kind="];
  await using api = startFakeApi({
    fault: (_, index) => page(numbered(index < 2 ? 2 : 1), { nextToken: tokens[index] ?? null }),
  });
  await search(api, ["--limit", "2", "--since", "2024-04-09T23:37:23.021Z"]);
  const first = "018ec539-2f4d-7000-8000-000000000000";
  assertEquals(
    api.requests.map(({ method, url, body }) => [method, url.pathname, body]),
    tokens.concat("").map(() => ["GET", "/logs/v1/orgLogs", ""]),
  );
  assertEquals(
    api.requests.map(entries),
    [first, ...tokens].map((nextToken) => [
      ["limit", "2"],
      ["nextToken", nextToken],
      ["orgUrl", ORG_URL],
    ]),
  );
});

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
    await search(api, ["-x", "--since", since, "--limit", limit]);
    const sent = api.requests.filter(({ url }) => url.searchParams.get("limit") === limit);
    assertEquals(sent.map(({ url }) => url.searchParams.get("nextToken")), [token], since);
  }));
});

Deno.test("Log API: without --since the start is seven days before now, or before --until", async () => {
  await using api = startFakeApi();
  const before = Date.now();
  await search(api, ["-x"]);
  const late = timeOf(api.requests[0]!) + 7 * DAY - before;
  assertEquals(late >= 0 && late < MINUTE, true, `${late} ms`);
  await search(api, ["-x", "--until", "2024-04-16T23:37:23.021Z"]);
  assertEquals(timeOf(api.requests[1]!), Date.parse("2024-04-09T23:37:23.021Z"));
});

Deno.test("Log API: without --orgurl the one organisation of the credentials is used", async () => {
  await using api = startFakeApi({ events: numbered(2) });
  const finished = await run(["--apiurl", api.logUrl, "--format", "ndjson"], { env: CREDENTIALS });
  assertEquals(finished, { code: 0, stdout: lines(api.events), stderr: "" });
  assertEquals(
    api.requests.map(({ method, url }) => [
      method,
      url.pathname,
      url.searchParams.get("orgUrl"),
    ]),
    [["GET", "/logs/v1/orgUrls", null], ["GET", "/logs/v1/orgLogs", ORG_URL]],
  );
});

Deno.test("Log API: without --orgurl several organisations are listed, and the run ends with 2", async () => {
  await using api = startFakeApi({ orgUrls: [ORG_URL, "http://other.example/ä?x=1"] });
  const { code, stdout, stderr } = await run(["--apiurl", api.logUrl], { env: CREDENTIALS });
  assertEquals([code, stdout, api.requests.length], [2, "", 1]);
  assertSays(stderr, "--orgurl", `"${ORG_URL}"`, '"http://other.example/ä?x=1"');
});

Deno.test("Log API: without --orgurl credentials for no organisation end with 3", async () => {
  await using api = startFakeApi({ orgUrls: [] });
  const { code, stdout, stderr } = await run(["--apiurl", api.logUrl], { env: CREDENTIALS });
  assertEquals([code, stdout, api.requests.length], [3, "", 1]);
  assertSays(stderr, "organisation");
});

Deno.test("Log API: an answer about organisations that cannot be used ends with 4", async () => {
  const bodies = ["[]", "{}", '{"orgUrls":null}', '{"orgUrls":[1]}', "{"];
  await Promise.all(bodies.map(async (body) => {
    await using api = startFakeApi({ fault: () => new Response(body) });
    const { code, stdout, stderr } = await run(["--apiurl", api.logUrl, "--retries", "0"], {
      env: CREDENTIALS,
    });
    assertEquals([code, stdout, api.requests.length], [4, "", 1], body);
    assertSays(stderr, "/orgUrls");
  }));
});

Deno.test("Log API: an organisation is sent exactly as it was given", async () => {
  const orgUrls = ["https://www.example.edu", "https://www.example.edu/ä b?c=1&d=+%2F#e"];
  await using api = startFakeApi({ fault: () => page([]) });
  await Promise.all(orgUrls.map((orgUrl) => search(api, ["-x", "--orgurl", orgUrl])));
  assertEquals(api.requests.map(({ url }) => url.searchParams.getAll("orgUrl")).sort(), [
    [orgUrls[0]!],
    [orgUrls[1]!],
  ]);
});

Deno.test("Log API: filters that the service has are sent with every page under its names", async () => {
  await using api = startFakeApi({ events: numbered(60) });
  const query = "metrictype=authentication,metricsubtype=success,service=idp,tenant=tenant & sons";
  const expected = api.events.filter((_, n) => n % 30 === 0);
  const finished = await search(api, ["--limit", "1", "--query", query]);
  assertEquals(finished, { code: 0, stdout: lines(expected), stderr: "" });
  const names = ["limit", "nextToken", "orgUrl"];
  assertEquals(
    api.requests.map((request) => entries(request).filter(([name]) => !names.includes(name))),
    [1, 2, 3].map(() => [
      ["logSubtype", "success"],
      ["logType", "authentication"],
      ["service", "idp"],
      ["tenant", "tenant & sons"],
    ]),
  );
});

Deno.test("Log API: clientip, correlationid and user are matched in the client, exactly", async () => {
  const texts = {
    plain: '{"clientIP":"192.0.2.1","correlationId":"c1","logData":{"eppn":"ana@example.edu"}}',
    nested: '{"logData":{"a":[{"b":[["ana@example.edu"]]}]},"n":1}',
    string: '{"logData":"ana@example.edu"}',
    user: '{"user":"ana@example.edu","clientIP":"192.0.2.10"}',
    userId: '{"userId":"ana@example.edu","correlationId":"c11"}',
    username: '{"username":"ana@example.edu","clientIP":["192.0.2.1"]}',
    escaped: '{"logData":{"eppn":"\\u0061na@example.edu"},"clientIP":"192.0.2.\\u0031"}',
    longer: '{"logData":{"eppn":"ana@example.edu "},"clientIP":"192.0.2.1 "}',
    part: '{"logData":{"eppn":"diana@example.edu"},"correlationId":"c"}',
    otherCase: '{"logData":{"eppn":"Ana@example.edu"},"correlationId":"C1"}',
    aKey: '{"logData":{"ana@example.edu":1},"c1":"192.0.2.1"}',
    elsewhere: '{"tenant":"ana@example.edu","clientip":"192.0.2.1","correlationid":"c1"}',
    inLogData: '{"logData":{"clientIP":"192.0.2.1","correlationId":"c1","n":42}}',
    number: '{"logData":{"id":42},"clientIP":1,"correlationId":42}',
    string42: '{"logData":{"id":"42"},"correlationId":"42"}',
    empty: "{}",
    nulls: '{"logData":null,"user":null,"clientIP":null,"correlationId":null}',
  };
  const rows: readonly (readonly [query: string, names: readonly (keyof typeof texts)[]])[] = [
    ["clientip=192.0.2.1", ["plain", "escaped"]],
    ["correlationid=c1", ["plain"]],
    ["correlationid=42", ["string42"]],
    ["user=ana@example.edu", [
      "plain",
      "nested",
      "string",
      "user",
      "userId",
      "username",
      "escaped",
    ]],
    ["user=42", ["string42"]],
    ["clientip=192.0.2.1,user=ana@example.edu,correlationid=c1", ["plain"]],
    ["clientip=192.0.2.1,correlationid=c2", []],
  ];
  const stored = Object.values(texts).map((text) => ({ arrived: Date.now(), text }));
  await using api = startFakeApi({ fault: () => page(stored) });
  await Promise.all(rows.map(async ([query, names]) => {
    const finished = await search(api, ["--query", query]);
    const stdout = names.map((name) => `${texts[name]}\n`).join("");
    assertEquals(finished, { code: 0, stdout, stderr: "" }, query);
  }));
  const names = ["limit", "nextToken", "orgUrl"];
  assertEquals(api.requests.map((request) => entries(request).map(([name]) => name)), [
    ...rows.map(() => names),
  ]);
});

Deno.test("Log API: a user is found however deep logData is nested", async () => {
  const deep = `{"logData":${"[".repeat(50_000)}"ana"${"]".repeat(50_000)}}`;
  await using api = startFakeApi({ fault: () => page([{ arrived: 0, text: deep }]) });
  const { code, stdout } = await search(api, ["--query", "user=ana"]);
  assertEquals([code, stdout === `${deep}\n`], [0, true]);
});

Deno.test("Log API: whether a page is full is decided before events are matched in the client", async () => {
  await using api = startFakeApi({ events: numbered(25) });
  const finished = await search(api, ["--limit", "5", "--query", "clientip=192.0.2.7"]);
  const expected = api.events.filter((_, n) => n % 10 === 7);
  assertEquals(finished, { code: 0, stdout: lines(expected), stderr: "" });
  assertEquals(api.requests.length, 6);
});

Deno.test("Log API: a page of which nothing matches is [] when indented, and nothing as lines", async () => {
  await using api = startFakeApi({ events: numbered(3) });
  const args = ["--query", "user=nobody"];
  const asJson = await run(["--apiurl", api.logUrl, "--orgurl", ORG_URL, ...args], {
    env: CREDENTIALS,
  });
  assertEquals(asJson, { code: 0, stdout: "[]\n", stderr: "" });
  assertEquals(await search(api, args), { code: 0, stdout: "", stderr: "" });
});

Deno.test("Log API: events count by their own time stamp, both ends included, and unreadable ones are kept", async () => {
  const rows: readonly (readonly [timeStampISO: unknown, kept: boolean])[] = [
    ["2024-05-01T09:59:59+00:00", false],
    ["2024-05-01T09:59:59.999Z", false],
    ["2024-05-01T10:00:00+00:00", true],
    ["2024-05-01T10:30:00.123456Z", true],
    ["2024-05-01T12:30:00+02:00", true],
    ["2024-05-01T13:30:00+02:00", false],
    ["2024-05-01T11:00:00Z", true],
    ["2024-05-01T11:00:00.001Z", false],
    ["2020-01-01T00:00:00Z", false],
    ["2024-05-01T10:00:00+0000", true],
    ["2024-05-01 09:00:00+00:00", false],
    ["2024-05-01T09:00:00", true],
    ["2024-05-01", true],
    ["unknown 3", true],
    ["soon", true],
    ["", true],
    [1714500000, true],
    [null, true],
    [undefined, true],
  ];
  const events = rows.map(([timeStampISO], n) => ({
    arrived: 0,
    text: JSON.stringify({ n, timeStampISO }),
  }));
  await using api = startFakeApi({ fault: () => page(events) });
  const window = ["--since", "2024-05-01T10:00:00Z", "--until", "2024-05-01T11:00:00Z"];
  const finished = await search(api, window);
  const stdout = lines(events.filter((_, n) => rows[n]![1]));
  assertEquals(finished, { code: 0, stdout, stderr: "" });
});

Deno.test("Log API: reading stops one hour of arrival time past --until", async () => {
  const start = Math.floor((Date.now() - DAY) / 1000) * 1000;
  const at = (minutes: number) => start + minutes * MINUTE;
  const iso = (ms: number) => new Date(ms).toISOString();
  const events = Array.from({ length: 30 }, (_, n) => numberedEvent(n, at(10 * n)));
  // This one reached the log 59 minutes after it happened, which was at the last moment of all.
  events[11] = {
    arrived: at(119),
    text: JSON.stringify({ late: true, timeStampISO: iso(at(60)) }),
  };
  await using api = startFakeApi({ events });
  const finished = await search(api, [
    ...["--since", iso(start), "--until", iso(at(60))],
    ...["--limit", "3"],
  ]);
  const expected = [...events.slice(0, 7), events[11]!];
  assertEquals(finished, { code: 0, stdout: lines(expected), stderr: "" });
  // Pages end with arrivals at 20, 50, 80, 119 and 140 minutes; the limit is at 120.
  assertEquals(api.requests.length, 5);
});

Deno.test("Log API: without --until reading goes on to the newest event", async () => {
  const start = Date.now() - DAY;
  const events = Array.from({ length: 9 }, (_, n) => numberedEvent(n, start + n * 2 * HOUR));
  await using api = startFakeApi({ events });
  const finished = await search(api, ["--limit", "2"]);
  assertEquals(finished, { code: 0, stdout: lines(events), stderr: "" });
});

Deno.test("Log API: what reached the log an hour after --since is delivered, however old it says it is", async () => {
  const start = Math.floor((Date.now() - DAY) / 1000) * 1000;
  const events = [10, 50, 70, 80, 90].map((minutes, n) =>
    numberedEvent(n, start + minutes * MINUTE)
  );
  const old = (arrived: number) => ({
    arrived: start + arrived * MINUTE,
    text: JSON.stringify({ arrived, timeStampISO: new Date(start - DAY).toISOString() }),
  });
  events.splice(1, 0, old(20));
  events.push(old(100));
  await using api = startFakeApi({ events });
  const since = new Date(start).toISOString();
  const finished = await search(api, ["--since", since, "--limit", "2"]);
  const stdout = lines(events.filter((_, n) => n !== 1));
  assertEquals(finished, { code: 0, stdout, stderr: "" });
});

Deno.test("Log API: -x asks exactly once, whatever comes", async () => {
  const rows: readonly (readonly [answer: () => Fault, code: number])[] = [
    [() => page(numbered(5), { nextToken: TOKEN }), 0],
    [() => page([]), 0],
    [() => page([], { nextToken: TOKEN }), 0],
    [() => refusal(422), 4],
    [() => refusal(400), 4],
    [() => refusal(500), 5],
  ];
  await Promise.all(rows.map(async ([answer, expected], i) => {
    await using api = startFakeApi({ fault: answer });
    const { code } = await search(api, ["-x", "--limit", "5"]);
    assertEquals([code, api.requests.length], [expected, 1], `row ${i}`);
  }));
});

Deno.test("Log API: where the service refuses the token made for --since, it is asked without one", async () => {
  await Promise.all([400, 404, 408, 410, 422, 425, 500].map(async (status) => {
    await using api = startFakeApi({ events: numbered(12), fault: refusingMadeTokens(status) });
    const { code, stdout, stderr } = await search(api, [
      ...["--since", "2024-05-01T00:00:00Z"],
      ...["--limit", "5"],
    ]);
    assertEquals([code, stdout], [0, lines(api.events)], `${status}`);
    const first: string = JSON.parse(api.events[0]!.text).timeStampISO;
    assertSays(stderr, "2024-05-01T00:00:00Z", `${status}`, first.replace("+00:00", "Z"));
    assertEquals(
      api.requests.map(({ url }) => url.searchParams.has("nextToken")),
      [true, false, true, true],
      `${status}`,
    );
  }));
});

Deno.test("Log API: a first answer of very many events says from when on they are there", async () => {
  const timeStampISO = "2024-05-02T00:00:00Z";
  const events = Array(150_000).fill({ arrived: 0, text: JSON.stringify({ timeStampISO }) });
  await using api = startFakeApi({
    fault: (request) => isMade(request) ? refusal(404) : page(events),
  });
  const { code, stderr } = await search(api, ["--since", "2024-05-01T00:00:00Z"]);
  assertEquals(code, 0);
  assertSays(stderr, timeStampISO);
});

Deno.test("Log API: a 500 that stays is one that stays after all retries", async () => {
  await using api = startFakeApi({
    events: numbered(2),
    fault: (_, index) => index < 1 ? refusal(500) : undefined,
  });
  const finished = await search(api, ["--retries", "1"]);
  assertEquals(finished, { code: 0, stdout: lines(api.events), stderr: "" });
  assertEquals(api.requests.map(isMade), [true, true]);
});

Deno.test("Log API: where the service gives nothing for the token made for --since, it is asked without one", async () => {
  await Promise.all([null, TOKEN].map(async (nextToken) => {
    await using api = startFakeApi({
      events: numbered(12),
      fault: (request) => isMade(request) ? page([], { nextToken }) : undefined,
    });
    const { code, stdout, stderr } = await search(api, ["--since", "2d", "--limit", "5"]);
    assertEquals([code, stdout], [0, lines(api.events)]);
    const first: string = JSON.parse(api.events[0]!.text).timeStampISO;
    assertSays(stderr, first.replace("+00:00", "Z"));
    assertEquals(
      api.requests.map(({ url }) => url.searchParams.has("nextToken")),
      [true, false, true, true],
    );
  }));
});

Deno.test("Log API: nothing is said where a request without a token reaches back as far as --since", async () => {
  const answers: FakeApi["fault"][] = [
    refusingMadeTokens(422),
    (request) => isMade(request) ? page([]) : undefined,
  ];
  await Promise.all(answers.map(async (fault) => {
    await using api = startFakeApi({ events: numbered(12), fault });
    const finished = await search(api, ["--since", "59m", "--limit", "5"]);
    assertEquals(finished, { code: 0, stdout: lines(api.events), stderr: "" });
  }));
});

Deno.test("Log API: asked without a token, events before --since are left out all the same", async () => {
  const now = Date.now();
  const events = [50, 40, 30, 20, 10].map((ago, n) => numberedEvent(n, now - ago * MINUTE));
  await using api = startFakeApi({ events, fault: refusingMadeTokens(422) });
  const finished = await search(api, ["--since", "25m", "--limit", "2"]);
  assertEquals(finished, { code: 0, stdout: lines(events.slice(3)), stderr: "" });
});

Deno.test("Log API: where there are no events with and without a token, there is nothing to say", async () => {
  const answers: FakeApi["fault"][] = [refusingMadeTokens(422), () => undefined];
  await Promise.all(answers.map(async (fault) => {
    await using api = startFakeApi({ fault });
    assertEquals(await search(api, []), { code: 0, stdout: "", stderr: "" });
    assertEquals(api.requests.map(isMade), [true, false]);
  }));
});

Deno.test("Log API: a request that fails without a token too ends the run", async () => {
  await using api = startFakeApi({ fault: () => refusal(422) });
  const { code, stdout, stderr } = await search(api, []);
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
    const { code, stdout, stderr } = await search(api, []);
    const queries = api.requests.filter(({ url }) => url.pathname.endsWith("/orgLogs"));
    assertEquals([code, stdout, queries.length], [expected, "", 1], `${status}`);
    assertSays(stderr, "Cannot");
  }));
});

Deno.test("Log API: a wrong organisation is answered with the permitted ones", async () => {
  await using api = startFakeApi({ orgUrls: ["https://a.example/", "https://b.example/"] });
  const args = ["--apiurl", api.logUrl, "--orgurl", "https://a.example"];
  const { code, stdout, stderr } = await run(args, { env: CREDENTIALS });
  assertEquals([code, stdout], [3, ""]);
  assertSays(stderr, '; these credentials are for "https://a.example/", "https://b.example/"');
});

Deno.test("Log API: a token that the service gave is not guarded within a search", async () => {
  await Promise.all([422, 500].map(async (status) => {
    await using api = startFakeApi({
      events: numbered(4),
      fault: (_, index) => index === 1 ? refusal(status) : undefined,
    });
    const { code, stdout, stderr } = await search(api, ["--limit", "2"]);
    assertEquals([code, stdout], [status === 500 ? 5 : 4, lines(api.events.slice(0, 2))]);
    assertEquals(api.requests.length, 2);
    assertSays(stderr, `${status}`);
  }));
});

Deno.test("Log API: a token that the service gave is not guarded in the next run", async () => {
  const rows: readonly (readonly [answer: () => Fault, code: number])[] = [
    [() => refusal(422), 4],
    [() => refusal(500), 5],
    [() => page([], { nextToken: TOKEN }), 0],
  ];
  await Promise.all(rows.map(async ([answer, expected]) => {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ fault: () => page(numbered(1), { nextToken: TOKEN }) });
    const position = folder.path("position");
    assertEquals((await follow(api, position)).code, 0);
    api.fault = answer;
    const { code, stdout } = await follow(api, position);
    assertEquals([code, stdout], [expected, ""]);
    assertEquals(
      api.requests.slice(1).map(({ url }) => url.searchParams.get("nextToken")),
      [TOKEN],
    );
    assertEquals(await cursorAt(position), TOKEN);
  }));
});

Deno.test("Log API: a made token that was saved is still guarded in the next run", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi();
  const position = folder.path("position");
  const since = "2024-04-09T23:37:23.021Z";
  const first = await follow(api, position, ["--since", since]);
  assertEquals(first, { code: 0, stdout: "", stderr: "" });
  assertEquals(await cursorAt(position), "018ec539-2f4d-7000-8000-000000000000");
  api.events.push(...numbered(3));
  api.fault = refusingMadeTokens(422);
  const second = await follow(api, position);
  assertEquals([second.code, second.stdout], [0, lines(api.events)]);
  assertSays(second.stderr, since, "422");
  const third = await follow(api, position);
  assertEquals(third, { code: 0, stdout: "", stderr: "" });
});

Deno.test("Log API: a run that found nothing yet goes on from --since of the first one", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi();
  const position = folder.path("position");
  await follow(api, position, ["--since", "3d"]);
  api.events.push(numberedEvent(1, Date.now() - 2 * DAY), ...numbered(2, 2));
  const second = await follow(api, position);
  assertEquals(second, { code: 0, stdout: lines(api.events), stderr: "" });
  const third = await follow(api, position);
  assertEquals(third, { code: 0, stdout: "", stderr: "" });
});

Deno.test("Log API: an answer need not say more than which events there are", async () => {
  const two = numbered(3);
  const rows: readonly (readonly [name: string, outer: Record<string, unknown>, last: string])[] = [
    ["next is null", { next: null, nextToken: TOKEN }, TOKEN],
    ["next is no address", { next: "http://[", nextToken: TOKEN }, TOKEN],
    ["next names another token", { next: "https://h.example/?nextToken=b", nextToken: "a" }, "a"],
    ["only next names a token", { next: "https://h.example/x?a=1&nextToken=a%2Bb" }, "a+b"],
    ["only a relative next names one", { next: "?nextToken=abc", nextToken: null }, "abc"],
    ["the count is wrong", { nextToken: TOKEN, count: 7 }, TOKEN],
    ["the count is no number", { nextToken: TOKEN, count: "many" }, TOKEN],
    ["there are unknown fields", { nextToken: TOKEN, new: { nextToken: [null] }, ref: 5 }, TOKEN],
  ];
  await Promise.all(rows.map(async ([name, outer, token]) => {
    await using api = startFakeApi({
      fault: (_, index) =>
        index === 0 ? page(two.slice(0, 2), outer) : page(two.slice(2), { nextToken: null }),
    });
    const finished = await search(api, ["--limit", "2"]);
    assertEquals(finished, { code: 0, stdout: lines(two), stderr: "" }, name);
    assertEquals(
      api.requests.slice(1).map(({ url }) => [url.origin, url.searchParams.get("nextToken")]),
      [[new URL(api.logUrl).origin, token]],
      name,
    );
  }));
});

Deno.test("Log API: a page without a next token ends a search, full or not", async () => {
  const outers = [{}, { next: null }, { nextToken: null }, { next: null, nextToken: null }, {
    next: "https://h.example/?limit=2",
    nextToken: "",
  }];
  const events = numbered(2);
  await Promise.all(outers.map(async (outer) => {
    await using api = startFakeApi({ fault: () => page(events, outer) });
    const finished = await search(api, ["--limit", "2"]);
    const said = JSON.stringify(outer);
    assertEquals(finished, { code: 0, stdout: lines(events), stderr: "" }, said);
    assertEquals(api.requests.length, 1, said);
  }));
});

Deno.test("Log API: where there was no next token the next run leaves out what was delivered", async () => {
  await using folder = temporaryFolder();
  const events = numbered(5);
  let answered = events.slice(0, 2);
  await using api = startFakeApi({ fault: () => page(answered, { nextToken: null }) });
  const position = folder.path("position");
  const first = await follow(api, position);
  const same = await follow(api, position);
  answered = events;
  const more = await follow(api, position);
  assertEquals(
    [first, same, more],
    [events.slice(0, 2), [], events.slice(2)].map((delivered) => ({
      code: 0,
      stdout: lines(delivered),
      stderr: "",
    })),
  );
});

Deno.test("Log API: a token that does not move although the page is full ends with 4", async () => {
  const events = numbered(4);
  await using api = startFakeApi({
    fault: (_, index) =>
      page(index === 0 ? events.slice(0, 2) : events.slice(2), { nextToken: TOKEN }),
  });
  const { code, stdout, stderr } = await search(api, ["--limit", "2"]);
  assertEquals([code, stdout, api.requests.length], [4, lines(events.slice(0, 2)), 2]);
  assertSays(stderr, "does not move");
});

Deno.test("Log API: a token that is repeated without events is the end", async () => {
  const events = numbered(2);
  await using api = startFakeApi({
    fault: (_, index) => page(index === 0 ? events : [], { nextToken: TOKEN }),
  });
  const finished = await search(api, ["--limit", "2"]);
  assertEquals(finished, { code: 0, stdout: lines(events), stderr: "" });
  assertEquals(api.requests.length, 2);
});

Deno.test("Log API: what an answer has beyond the expected is tolerated", async () => {
  const events = numbered(3);
  const texts = events.map(({ text }) => text);
  const body = `{"nextToken":"${TOKEN}","logEvents":[${texts.slice(0, 2).join(",")}]}`;
  const stream = new Response(body).body!.pipeThrough(new CompressionStream("gzip"));
  const zipped = await new Response(stream).bytes();
  const rows: readonly (readonly [name: string, first: Response, sent?: number])[] = [
    ["byte order mark", new Response(`\ufeff${body}`)],
    ["gzip", new Response(zipped, { headers: { "content-encoding": "gzip" } })],
    ["content type", new Response(body, { headers: { "content-type": "text/plain" } })],
    [
      "keys in another order, with white space",
      new Response(
        `\n{ "logEvents" : [ ${texts[0]}\n,\t${texts[1]} ] , "next":null,"nextToken":"${TOKEN}" }`,
      ),
    ],
    ["a key given twice", new Response(`{"logEvents":[{"no":1}],${body.slice(1)}`)],
    ["more events than the limit", page(events, { nextToken: TOKEN }), 3],
  ];
  await Promise.all(rows.map(async ([name, first, sent = 2]) => {
    await using api = startFakeApi({
      fault: (_, index) => index === 0 ? first : page(events.slice(sent)),
    });
    const finished = await search(api, ["--limit", "2"]);
    assertEquals(finished, { code: 0, stdout: lines(events), stderr: "" }, name);
    assertEquals(api.requests.length, 2, name);
  }));
});

Deno.test("Log API: a body of another shape ends with 4 and prints nothing", async () => {
  const bodies = [
    "",
    "{",
    "null",
    "[]",
    "{}",
    '{"logEvents":null}',
    '{"logEvents":{}}',
    '{"logEvents":[1]}',
    '{"logEvents":[{"a":1},null]}',
    '{"logEvents":[],"nextToken":5}',
    '{"logEvents":[],"next":{}}',
    '{"logEvents":[{"a":1}],"nextToken":"a token"}',
    '{"logEvents":[{"a":1}],"nextToken":"https://h.example/"}',
    '{"logEvents":[{"a":1}]',
    "<html></html>",
    new Uint8Array([...new TextEncoder().encode('{"logEvents":[{"a":"'), 0xff, 0x22, 0x7d, 0x5d]),
  ];
  await using api = startFakeApi({
    fault: ({ url }) => new Response(bodies[Number(url.searchParams.get("limit")) - 1]!),
  });
  const finished = await Promise.all(bodies.map((_, i) => search(api, ["--limit", `${i + 1}`])));
  for (const [i, { code, stdout, stderr }] of finished.entries()) {
    assertEquals([code, stdout], [4, ""], `${bodies[i]}`);
    assertSays(stderr, "Cannot use the answer of", `${api.logUrl}/orgLogs`);
  }
  assertEquals(api.requests.length, bodies.length);
});

/** A search for one organisation whose answers are not asked for again. */
function search(api: FakeApi, args: readonly string[]): Promise<Finished> {
  const retries = args.includes("--retries") ? [] : ["--retries", "0"];
  const organisation = args.includes("--orgurl") ? [] : ["--orgurl", ORG_URL];
  const fixed = ["--apiurl", api.logUrl, "--format", "ndjson", ...organisation, ...retries];
  return run([...fixed, ...args], { env: CREDENTIALS });
}

/** A continuous run. */
function follow(api: FakeApi, position: string, args: readonly string[] = []): Promise<Finished> {
  return search(api, ["-c", "--position", position, ...args]);
}

/** A page of the API's shape; what it says besides its events is up to the test. */
function page(events: readonly StoredEvent[], outer: Record<string, unknown> = {}): Response {
  const texts = events.map(({ text }) => text).join(",");
  const rest = JSON.stringify(outer).slice(1, -1);
  return new Response(`{${rest}${rest === "" ? "" : ","}"logEvents":[${texts}]}`);
}

function refusal(status: number): Response {
  return Response.json({ detail: "refused" }, { status });
}

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

/** The parameters of a request, decoded and sorted. */
function entries({ url }: Recorded): [string, string][] {
  return [...url.searchParams].sort();
}

async function cursorAt(path: string): Promise<string> {
  return JSON.parse(await Deno.readTextFile(path)).cursor;
}
