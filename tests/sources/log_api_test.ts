/** How is Log API v1 read, page by page, and which answers are used? */

import { assertEquals } from "@std/assert";
import { assertSays, run, temporaryFolder } from "../client.ts";
import {
  CREDENTIALS,
  type Fault,
  lines,
  logPage,
  numbered,
  numberedEvent,
  ORG_URL,
  parametersOf,
  refusal,
  startFakeApi,
} from "../fake_api.ts";
import { follow, search } from "../runs.ts";

const TOKEN = "018ec539-2f4d-7e4c-9310-46ef060440a8";

Deno.test("Log API: a search prints every event once and in order, however many there are", async () => {
  const sizes = [0, 1, 9, 10, 11, 100];
  const results = await Promise.all(sizes.map(async (size) => {
    await using api = startFakeApi({ events: numbered(size) });
    const finished = await search(api.logUrl, ["--limit", "10"]);
    return { size, ...finished, expected: lines(api.events), requests: api.requests.length };
  }));
  for (const { size, expected, requests, ...finished } of results) {
    assertEquals(finished, { code: 0, stdout: expected, stderr: "" }, `${size} events`);
    // Where nothing comes for the token that was made, it is asked once more, without one.
    const expectedRequests = size === 0 ? 2 : Math.ceil(size / 10) + 1;
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
  const events = [0, 1].map((n) => numberedEvent(n, Date.parse("2024-04-10T00:00:00Z")));
  await using api = startFakeApi({
    fault: (_, index) =>
      logPage(events.slice(0, index < 2 ? 2 : 1), { nextToken: tokens[index] ?? null }),
  });
  await search(api.logUrl, ["--limit", "2", "--since", "2024-04-09T23:37:23.021Z"]);
  const first = "018ec539-2f4d-7000-8000-000000000000";
  assertEquals(
    api.requests.map(({ method, url, body }) => [method, url.pathname, body]),
    tokens.concat("").map(() => ["GET", "/logs/v1/orgLogs", ""]),
  );
  assertEquals(
    api.requests.map(parametersOf),
    [first, ...tokens].map((nextToken) => [
      ["limit", "2"],
      ["nextToken", nextToken],
      ["orgUrl", ORG_URL],
    ]),
  );
});

Deno.test("Log API: -x asks exactly once, whatever comes", async () => {
  const rows: readonly (readonly [answer: () => Fault, code: number])[] = [
    [() => logPage(numbered(5), { nextToken: TOKEN }), 0],
    [() => logPage([]), 0],
    [() => logPage([], { nextToken: TOKEN }), 0],
    [() => refusal(422), 4],
    [() => refusal(400), 4],
    [() => refusal(500), 5],
  ];
  await Promise.all(rows.map(async ([answer, expected], i) => {
    await using api = startFakeApi({ fault: answer });
    const { code } = await search(api.logUrl, ["-x", "--limit", "5"]);
    assertEquals([code, api.requests.length], [expected, 1], `row ${i}`);
  }));
});

Deno.test("Log API: without --orgurl the one organisation of the credentials is used", async () => {
  await using api = startFakeApi({ events: numbered(2) });
  const finished = await run(["--apiurl", api.logUrl, "--format", "ndjson", "--since", "1h"], {
    env: CREDENTIALS,
  });
  assertEquals(finished, { code: 0, stdout: lines(api.events), stderr: "" });
  assertEquals(
    api.requests.map(({ method, url }) => [
      method,
      url.pathname,
      url.searchParams.get("orgUrl"),
    ]),
    [
      ["GET", "/logs/v1/orgUrls", null],
      ["GET", "/logs/v1/orgLogs", ORG_URL],
      ["GET", "/logs/v1/orgLogs", ORG_URL],
    ],
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
  await using api = startFakeApi({ fault: () => logPage([]) });
  await Promise.all(orgUrls.map((orgUrl) => search(api.logUrl, ["-x", "--orgurl", orgUrl])));
  assertEquals(api.requests.map(({ url }) => url.searchParams.getAll("orgUrl")).sort(), [
    [orgUrls[0]!],
    [orgUrls[1]!],
  ]);
});

Deno.test("Log API: a wrong organisation is answered with the permitted ones", async () => {
  await using api = startFakeApi({ orgUrls: ["https://a.example/", "https://b.example/"] });
  const args = ["--apiurl", api.logUrl, "--orgurl", "https://a.example"];
  const { code, stdout, stderr } = await run(args, { env: CREDENTIALS });
  assertEquals([code, stdout], [3, ""]);
  assertSays(stderr, '; these credentials are for "https://a.example/", "https://b.example/"');
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
        index === 0 ? logPage(two.slice(0, 2), outer) : logPage(two.slice(2), { nextToken: null }),
    });
    const finished = await search(api.logUrl, ["--limit", "2"]);
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
    await using api = startFakeApi({ fault: () => logPage(events, outer) });
    const finished = await search(api.logUrl, ["--limit", "2"]);
    const said = JSON.stringify(outer);
    assertEquals(finished, { code: 0, stdout: lines(events), stderr: "" }, said);
    assertEquals(api.requests.length, 1, said);
  }));
});

Deno.test("Log API: where there was no next token the next run leaves out what was delivered", async () => {
  await using folder = temporaryFolder();
  const events = numbered(5);
  let answered = events.slice(0, 2);
  await using api = startFakeApi({ fault: () => logPage(answered, { nextToken: null }) });
  const position = folder.path("position");
  const first = await follow(api.logUrl, position);
  const same = await follow(api.logUrl, position);
  answered = events;
  const more = await follow(api.logUrl, position);
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
      logPage(index === 0 ? events.slice(0, 2) : events.slice(2), { nextToken: TOKEN }),
  });
  const { code, stdout, stderr } = await search(api.logUrl, ["--limit", "2"]);
  assertEquals([code, stdout, api.requests.length], [4, lines(events.slice(0, 2)), 2]);
  assertSays(stderr, "does not move");
});

Deno.test("Log API: a token that is repeated without events is the end", async () => {
  const events = numbered(2);
  await using api = startFakeApi({
    fault: (_, index) => logPage(index === 0 ? events : [], { nextToken: TOKEN }),
  });
  const finished = await search(api.logUrl, ["--limit", "2"]);
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
    ["more events than the limit", logPage(events, { nextToken: TOKEN }), 3],
  ];
  await Promise.all(rows.map(async ([name, first, sent = 2]) => {
    await using api = startFakeApi({
      fault: (_, index) => index === 0 ? first : logPage(events.slice(sent)),
    });
    const finished = await search(api.logUrl, ["--limit", "2"]);
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
  const finished = await Promise.all(
    bodies.map((_, i) => search(api.logUrl, ["--limit", `${i + 1}`])),
  );
  for (const [i, { code, stdout, stderr }] of finished.entries()) {
    assertEquals([code, stdout], [4, ""], `${bodies[i]}`);
    assertSays(stderr, "Cannot use the answer of", `${api.logUrl}/orgLogs`);
  }
  assertEquals(api.requests.length, bodies.length);
});
