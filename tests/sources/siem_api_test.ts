import { assert, assertEquals } from "@std/assert";
import { encodeBase64 } from "@std/encoding/base64";
import type { StoredEvent } from "../../lib/sources/demo_events.ts";
import { assertSays, type Finished, run, temporaryFolder } from "../client.ts";
import {
  CREDENTIALS,
  type FakeApi,
  type Fault,
  lines,
  numbered,
  parametersOf,
  siemPage,
  startFakeApi,
} from "../fake_api.ts";
import { follow, readPosition, search } from "../runs.ts";

const DAY = 86_400_000;

Deno.test("SIEM API: a search prints every event once and in order, however many there are", async () => {
  const sizes = [0, 1, 9, 10, 11, 100];
  const results = await Promise.all(sizes.map(async (size) => {
    await using api = startFakeApi({ events: numbered(size) });
    const finished = await search(api.siemUrl, ["--limit", "10"]);
    return { size, ...finished, expected: lines(api.events), requests: api.requests.length };
  }));
  for (const { size, expected, requests, ...finished } of results) {
    assertEquals(finished, { code: 0, stdout: expected, stderr: "" }, `${size} events`);
    assertEquals(requests, Math.floor(size / 10) + 1, `requests for ${size} events`);
  }
});

Deno.test("SIEM API: each page is printed as one indented array, an empty one as []", async () => {
  await using api = startFakeApi({ events: numbered(4) });
  const events = api.events.map(({ text }) => JSON.parse(text));
  const { stdout } = await run(["--apiurl", api.siemUrl, "--limit", "2"], { env: CREDENTIALS });
  const pages = [events.slice(0, 2), events.slice(2), []];
  assertEquals(stdout, pages.map((page) => `${JSON.stringify(page, null, 4)}\n`).join(""));
});

Deno.test("SIEM API: -x makes one query, even if there are more events", async () => {
  await using api = startFakeApi({ events: numbered(5) });
  const finished = await search(api.siemUrl, ["--limit", "2", "-x"]);
  assertEquals(finished, { code: 0, stdout: lines(api.events.slice(0, 2)), stderr: "" });
  assertEquals(api.requests.length, 1);
});

Deno.test("SIEM API: every request is a POST of an empty JSON object to the very address", async () => {
  await using api = startFakeApi({ events: numbered(3) });
  await search(api.siemUrl, ["--limit", "2"]);
  const seen = api.requests.map(({ method, url, headers, body }) => [
    method,
    url.pathname,
    headers.get("content-type"),
    body,
  ]);
  const expected = ["POST", "/prod/logs", "application/json", "{}"];
  assertEquals(seen, [expected, expected]);
});

Deno.test("SIEM API: the first request carries since and until exactly", async () => {
  const rows: readonly (readonly [args: readonly string[], expected: Record<string, string>])[] = [
    [["--since", "2017-05-03T16:22:18Z"], { since: "2017-05-03T16:22:18Z" }],
    [["--since", "2017-05-03 18:22:18.250+02:00", "--until", "2017-05-04T00:00:00.123456789Z"], {
      since: "2017-05-03T16:22:18.250Z",
      until: "2017-05-04T00:00:00.123456789Z",
    }],
    [["--until", "2017-05-10T00:00:00Z"], {
      since: "2017-05-03T00:00:00Z",
      until: "2017-05-10T00:00:00Z",
    }],
  ];
  await using api = startFakeApi();
  const searches = rows.map(async ([args, expected], i) => {
    const limit = `${10 + i}`;
    const { code } = await search(api.siemUrl, [...args, "--limit", limit]);
    const sent = api.requests.filter(({ url }) => url.searchParams.get("limit") === limit);
    assertEquals(code, 0);
    assertEquals(sent.map(parametersOf), [Object.entries({ limit, ...expected }).sort()]);
  });
  await Promise.all(searches);
});

Deno.test("SIEM API: without --since the first request asks for the last seven days", async () => {
  await using api = startFakeApi();
  const before = Date.now();
  await search(api.siemUrl);
  const [[limit, since] = [], ...more] = api.requests.map(parametersOf);
  assertEquals([limit, since?.[0], more], [["limit", "1000"], "since", []]);
  const days = (Date.parse(since![1]) + 7 * DAY - before) / 60_000;
  assert(days >= 0 && days < 1, since![1]);
});

Deno.test("SIEM API: the cursor goes with our own parameters, each name once, ours where both have it", async () => {
  const orgUrl = "https://www.example.edu/ä?a=1&b=+%20#c";
  await using api = startFakeApi({
    fault: (_, index) =>
      index === 0
        ? siemPage(numbered(2), {
          link: "<https://elsewhere.example/logs?after=x%2By+z%20%7e,;&LIMIT=3&orgurl=old" +
            `&Until=1999&%74enant=old&tenant=older&keep=&since=2020&service=theirs>; rel="next"`,
        })
        : siemPage([]),
  });
  const until = "2024-05-01T00:00:00Z";
  const args = ["--limit", "2", "--orgurl", orgUrl, "--until", until];
  await search(api.siemUrl, [...args, "--query", "tenant=a&b=c +%,metrictype=cas"]);
  const own = { limit: "2", metrictype: "cas", orgUrl, tenant: "a&b=c +%", until };
  assertEquals(api.requests.map(parametersOf), [
    Object.entries({ ...own, since: "2024-04-24T00:00:00Z" }).sort(),
    Object.entries({ ...own, after: "x+y z ~,;", keep: "", since: "2020", service: "theirs" })
      .sort(),
  ]);
  const raw = api.requests[1]!.url.search.slice(1).split("&");
  const theirs = raw.filter((part) => /^(after|keep|since|service)=/.test(part));
  assertEquals(theirs, ["after=x%2By+z%20%7e,;", "keep=", "since=2020", "service=theirs"]);
});

Deno.test("SIEM API: every filter is sent with every page under its own name", async () => {
  await using api = startFakeApi({ events: numbered(40) });
  const filters = {
    clientip: "192.0.2.0",
    correlationid: "c0",
    metricsubtype: "success",
    metrictype: "authentication",
    service: "idp",
    tenant: "tenant & sons",
    user: "user0@example.edu",
  };
  const query = Object.entries(filters).map(([key, value]) => `${key}=${value}`).join(",");
  await search(api.siemUrl, ["--query", query, "--limit", "1"]);
  const names = Object.keys(filters);
  assertEquals(
    api.requests.map((request) => parametersOf(request).filter(([name]) => names.includes(name))),
    [Object.entries(filters), Object.entries(filters)],
  );
});

Deno.test("SIEM API: what only the client can match is not sent, and matched here", async () => {
  await using api = startFakeApi({ events: numbered(40) });
  const query = "clientip=192.0.2.0/29,service!=idp,tenant=other,user!=user1@example.edu";
  const finished = await search(api.siemUrl, ["--query", query, "--limit", "10"]);
  const expected = api.events.filter(({ text }) => {
    const { clientIP, service, tenant, logData } = JSON.parse(text);
    return /^192\.0\.2\.[0-7]$/.test(clientIP) && service !== "idp" && tenant === "other" &&
      !JSON.stringify(logData).includes("user1@");
  });
  assertEquals([expected.length > 2, expected.length < 20], [true, true]);
  assertEquals(finished, { code: 0, stdout: lines(expected), stderr: "" });
  const names = ["limit", "since", "after"];
  assertEquals(
    new Set(api.requests.flatMap((request) => parametersOf(request)).map(([name]) => name)),
    new Set([...names, "tenant"]),
  );
});

Deno.test("SIEM API: a next link is followed however it is written, and its host is never used", async () => {
  await using elsewhere = startFakeApi();
  const other = new URL(elsewhere.siemUrl);
  const links = [
    `ORIGIN/prod/logs?after=2; rel="next"`,
    `<ORIGIN/prod/logs?after=2>; rel="next"`,
    `/prod/logs?after=2; rel="next"`,
    `</prod/logs?after=2>; rel=next`,
    `?after=2; rel="next"`,
    `<ORIGIN/prod/logs?after=0>; rel="first", <ORIGIN/prod/logs?after=2>; rel="next"`,
    `ORIGIN/prod/logs?after=2; rel="next", ORIGIN/prod/logs?after=0; rel="prev"`,
    `<ORIGIN/other/path?after=2>; rel="next"`,
    `<${other.origin}/prod/logs?after=2>; rel="next"`,
    `<//${other.host}/prod/logs?after=2>; rel="next"`,
    `<https://key:secret@elsewhere.example/?after=2>; rel="next"`,
    `${other.origin}/prod/logs?after=2; rel="next"`,
  ];
  await Promise.all(links.map(async (text) => {
    const events = numbered(3);
    const { finished, api } = await searchAfter(
      events,
      (origin) => siemPage(events.slice(0, 2), { link: text.replaceAll("ORIGIN", origin) }),
    );
    assertEquals(finished, { code: 0, stdout: lines(events), stderr: "" }, text);
    assertEquals(
      api.requests.map(({ url }) => [url.pathname, url.searchParams.get("after")]),
      [["/prod/logs", null], ["/prod/logs", "2"]],
      text,
    );
  }));
  assertEquals(elsewhere.requests, []);
});

Deno.test("SIEM API: a page without a next link ends a search, full or not", async () => {
  const results = await Promise.all([1, 2].map(async (count) => {
    await using api = startFakeApi({ fault: () => siemPage(numbered(count)) });
    const finished = await search(api.siemUrl, ["--limit", "2"]);
    return [
      finished.code,
      finished.stderr,
      finished.stdout.split("\n").length - 1,
      api.requests.length,
    ];
  }));
  assertEquals(results, [[0, "", 1, 1], [0, "", 2, 1]]);
});

Deno.test("SIEM API: a Link header without a next link ends a search", async () => {
  await using api = startFakeApi({
    fault: () => siemPage(numbered(2), { link: '</a?b>; rel="prev"' }),
  });
  const { code, stderr } = await search(api.siemUrl, ["--limit", "2"]);
  assertEquals([code, stderr, api.requests.length], [0, "", 1]);
});

Deno.test("SIEM API: without a next link the position holds how many events were delivered, and their digest", async () => {
  await using folder = temporaryFolder();
  const events = numbered(3);
  await using api = startFakeApi({ fault: () => siemPage(events) });
  const finished = await follow(api.siemUrl, folder.path("position"), [
    "--since",
    "2024-05-01T00:00:00Z",
  ]);
  assertEquals(finished, { code: 0, stdout: lines(events), stderr: "" });
  const { cursor, delivered } = await readPosition(folder.path("position"));
  assertEquals(cursor, "since=2024-05-01T00%3A00%3A00Z");
  assertEquals(delivered, { events: 3, digest: await digestOf(events) });
});

Deno.test("SIEM API: where there was no next link the next runs deliver what is new and nothing else", async () => {
  await using folder = temporaryFolder();
  const events = numbered(6);
  let answered = events.slice(0, 3);
  let headers: HeadersInit = {};
  await using api = startFakeApi({ fault: () => siemPage(answered, headers) });
  const position = folder.path("position");
  const outcomes: Finished[] = [await follow(api.siemUrl, position)];
  outcomes.push(await follow(api.siemUrl, position));
  answered = events.slice(0, 5);
  outcomes.push(await follow(api.siemUrl, position));
  answered = events;
  headers = { link: '</?after=6>; rel="next"' };
  outcomes.push(await follow(api.siemUrl, position));
  assertEquals(
    outcomes,
    [events.slice(0, 3), [], events.slice(3, 5), events.slice(5)].map((delivered) => ({
      code: 0,
      stdout: lines(delivered),
      stderr: "",
    })),
  );
  assertEquals(new Set(api.requests.map(({ url }) => url.search)).size, 1);
  const { cursor, delivered } = await readPosition(position);
  assertEquals([cursor, delivered], ["after=6", undefined]);
});

Deno.test("SIEM API: delivered events are told by their text, not by the white space around it", async () => {
  await using folder = temporaryFolder();
  const events = numbered(3);
  const texts = events.map(({ text }) => text);
  let body = `[${texts.slice(0, 2).join(",")}]`;
  await using api = startFakeApi({ fault: () => new Response(body) });
  await follow(api.siemUrl, folder.path("position"));
  body = `\ufeff[\n  ${texts.join("\n , ")}\n]\n`;
  const finished = await follow(api.siemUrl, folder.path("position"));
  assertEquals(finished, { code: 0, stdout: lines(events.slice(2)), stderr: "" });
});

Deno.test("SIEM API: a page that changed since it was delivered comes whole, and one line says so", async () => {
  const [a, b, c, d] = numbered(4) as [StoredEvent, StoredEvent, StoredEvent, StoredEvent];
  const changed = [[a, d, c], [a, b], [b, a, c, d], [b, c]];
  await Promise.all(changed.map(async (after) => {
    await using folder = temporaryFolder();
    let answered: StoredEvent[] = [a, b, c];
    await using api = startFakeApi({ fault: () => siemPage(answered) });
    await follow(api.siemUrl, folder.path("position"));
    answered = after;
    const { code, stdout, stderr } = await follow(api.siemUrl, folder.path("position"));
    assertEquals([code, stdout], [0, lines(after)]);
    assertSays(stderr, "twice");
    const { delivered } = await readPosition(folder.path("position"));
    assertEquals(delivered, { events: after.length, digest: await digestOf(after) });
  }));
});

Deno.test("SIEM API: a full page that was delivered before, with no next link, ends with 4", async () => {
  await using folder = temporaryFolder();
  const events = numbered(2);
  await using api = startFakeApi({ fault: () => siemPage(events) });
  const position = folder.path("position");
  assertEquals((await follow(api.siemUrl, position, ["--limit", "2"])).code, 0);
  const before = await Deno.readTextFile(position);
  const { code, stdout, stderr } = await follow(api.siemUrl, position, ["--limit", "2"]);
  assertEquals([code, stdout], [4, ""]);
  assertSays(stderr, "Cannot go on");
  assertEquals(await Deno.readTextFile(position), before);
});

Deno.test("SIEM API: a cursor that does not move although there are events ends with 4", async () => {
  for (const count of [2, 1]) {
    const events = numbered(2 + count);
    await using api = startFakeApi({
      fault: (_, index) =>
        siemPage(index === 0 ? events.slice(0, 2) : events.slice(2), {
          link: '</?after=2>; rel="next"',
        }),
    });
    const { code, stdout, stderr } = await search(api.siemUrl, ["--limit", "2"]);
    assertEquals([code, stdout, api.requests.length], [4, lines(events.slice(0, 2)), 2]);
    assertSays(stderr, "does not move");
  }
});

Deno.test("SIEM API: cursors that lead back to where the run has been end with 4", async () => {
  await using api = startFakeApi({
    fault: (_, index) =>
      siemPage(numbered(1, index), { link: `</?after=${index % 3}>; rel="next"` }),
  });
  const { code, stdout, stderr } = await search(api.siemUrl, ["--limit", "1"]);
  assertEquals([code, api.requests.length, stdout.split("\n").length - 1], [4, 4, 3]);
  assertSays(stderr, "sends this run back");
});

Deno.test("SIEM API: a cursor that does not move when there are no events is the end", async () => {
  await using api = startFakeApi({
    fault: (_, index) =>
      siemPage(index === 0 ? numbered(2) : [], { link: '</?after=2>; rel="next"' }),
  });
  const { code, stderr } = await search(api.siemUrl, ["--limit", "2"]);
  assertEquals([code, stderr, api.requests.length], [0, "", 2]);
});

Deno.test("SIEM API: a Link header that cannot be read or gone on from ends with 4 at once", async () => {
  const links = [
    "garbage of no kind",
    `<http://host.example/?after=2; rel="next"`,
    `</prod/logs>; rel="next"`,
    `<http://[/?after=2>; rel="next"`,
    `</prod/logs?https://elsewhere.example/>; rel="next"`,
    `</?after=${"x".repeat(20_000)}>; rel="next"`,
  ];
  await Promise.all(links.map(async (link) => {
    await using api = startFakeApi({ fault: () => siemPage(numbered(2), { link }) });
    const { code, stdout, stderr } = await search(api.siemUrl, ["--retries", "3"]);
    assertEquals([code, stdout, api.requests.length], [4, "", 1], link);
    assertSays(stderr, "Cannot use the answer", "Link");
  }));
});

Deno.test("SIEM API: what an answer has beyond the expected is tolerated", async () => {
  const events = numbered(3);
  const texts = events.map(({ text }) => text);
  const link = { link: '</?after=2>; rel="next"' };
  const twoEvents = `[${texts.slice(0, 2).join(",")}]`;
  const rows: readonly (readonly [name: string, first: Response])[] = [
    ["byte order mark", new Response(`\ufeff${twoEvents}`, { headers: link })],
    ["gzip", await zipped(twoEvents, link)],
    ["no content type", new Response(new TextEncoder().encode(twoEvents), { headers: link })],
    [
      "content type",
      new Response(twoEvents, { headers: { ...link, "content-type": "text/html" } }),
    ],
    ["white space", new Response(`\n[ ${texts[0]}\r\n,\t${texts[1]} ]\n\n`, { headers: link })],
    ["status 203", new Response(twoEvents, { status: 203, headers: link })],
    ["more events than the limit", siemPage(events, { link: '</?after=3>; rel="next"' })],
  ];
  await Promise.all(rows.map(async ([name, first]) => {
    const { finished, api } = await searchAfter(events, () => first);
    assertEquals(finished, { code: 0, stdout: lines(events), stderr: "" }, name);
    assertEquals(api.requests.length, 2, name);
  }));
});

Deno.test("SIEM API: events may have any fields, or none", async () => {
  const texts = [
    "{}",
    '{"timeStampISO":17,"logData":"none"}',
    '{"timeStampISO":"not a time","new":{"deep":[1.0,9007199254740993,1E400]},"new":null}',
    '{"logType":["x"],"clientIP":{},"s":"\\u0000\\ud800 \u2028😀"}',
  ];
  await using api = startFakeApi({ fault: () => new Response(`[${texts.join(",")}]`) });
  const finished = await search(api.siemUrl);
  assertEquals(finished, {
    code: 0,
    stdout: texts.map((text) => `${text}\n`).join(""),
    stderr: "",
  });
});

Deno.test("SIEM API: a body that is no array of objects in JSON ends with 4 and prints nothing", async () => {
  const bodies = [
    "",
    "[",
    '[{"a":1}',
    '[{"a":1},]',
    "null",
    "{}",
    '"[]"',
    '{"logEvents":[]}',
    "[1]",
    "[null]",
    "[[]]",
    '[{"a":1},"b"]',
    "<html>Sign in</html>",
    new Uint8Array([0x5b, 0x22, 0xff, 0x22, 0x5d]),
  ];
  await using api = startFakeApi({
    fault: ({ url }) => new Response(bodies[Number(url.searchParams.get("limit")) - 1]!),
  });
  const finished = await Promise.all(
    bodies.map((_, i) => search(api.siemUrl, ["--limit", `${i + 1}`])),
  );
  for (const [i, { code, stdout, stderr }] of finished.entries()) {
    assertEquals([code, stdout], [4, ""], `${bodies[i]}`);
    assertSays(stderr, "Cannot use the answer of", api.siemUrl);
  }
  assertEquals(api.requests.length, bodies.length);
});

/** A search with two events a page, whose first answer is made by hand. */
async function searchAfter(
  events: StoredEvent[],
  first: (origin: string) => Fault,
): Promise<{ finished: Finished; api: FakeApi }> {
  await using api = startFakeApi({
    events,
    fault: ({ url }, index) => index === 0 ? first(url.origin) : undefined,
  });
  return { finished: await search(api.siemUrl, ["--limit", "2"]), api };
}

async function zipped(body: string, headers: Record<string, string>): Promise<Response> {
  const stream = new Response(body).body!.pipeThrough(new CompressionStream("gzip"));
  const bytes = await new Response(stream).bytes();
  return new Response(bytes, { headers: { ...headers, "content-encoding": "gzip" } });
}

/** The digest in a position, made in another way: SHA-256 over the texts, each with a zero after it. */
async function digestOf(events: readonly StoredEvent[]): Promise<string> {
  const whole = new TextEncoder().encode(events.map(({ text }) => `${text}\0`).join(""));
  return encodeBase64(new Uint8Array(await crypto.subtle.digest("SHA-256", whole)));
}
