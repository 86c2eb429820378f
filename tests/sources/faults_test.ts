/** What the network and the service can do to a run, and what the run makes of it. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { assertSays, run } from "../client.ts";
import { needs } from "../form.ts";
import { CREDENTIALS, type Fault, lines, numbered, ORG_URL, startFakeApi } from "../fake_api.ts";
import { search } from "../runs.ts";
import { AUTHORITY, serveTls } from "../tls.ts";

const SOON = { "retry-after": "0" };
/** As without the option. */
const RETRYING = ["--retries", "5"];

/** Faults that may heal, and how a run ends where they do not. */
const TRANSIENT: [name: string, fault: () => Fault, code: number, message: RegExp][] = [
  ...[408, 425, 429, 500, 502, 503, 504, 506, 507, 520, 524, 530, 599].map((status) =>
    [
      `status ${status}`,
      () => new Response("", { status, headers: SOON }),
      5,
      new RegExp(`Cannot get an answer from \\S+/logs/v1/orgLogs: ${status}$`),
    ] as [string, () => Fault, number, RegExp]
  ),
  ["a connection closed without an answer", () => ({ bytes: "" }), 5, /Cannot reach \S+: .+/],
  ["an answer that is not HTTP", () => ({ bytes: "ready.\r\n\r\n" }), 5, /Cannot reach \S+: .+/],
  [
    "headers that end early",
    () => ({ bytes: "HTTP/1.1 200 OK\r\ncont" }),
    5,
    /Cannot reach \S+: .+/,
  ],
  [
    "a header that is not valid",
    () => ({ bytes: "HTTP/1.1 200 OK\r\nx: a\0b\r\ncontent-length: 2\r\n\r\n[]" }),
    4,
    /Cannot use the answer of \S+: its head is not as HTTP has it \(invalid HTTP header parsed\)$/,
  ],
  ["a body that ends early", () => ({ cut: 1 }), 5, /Cannot reach \S+: .+/],
  [
    "a body without length that ends early",
    () => ({ bytes: 'HTTP/1.1 200 OK\r\n\r\n{"logEvents":[{"n":1}' }),
    4,
    /: 21 bytes \(of no stated type\) that are not whole, valid JSON in UTF-8$/,
  ],
  ["no body", () => new Response(""), 4, /: 0 bytes .* that are not whole/],
  [
    "a page of HTML",
    () => new Response("<html>", { headers: { "content-type": "text/html" } }),
    4,
    /: 6 bytes \(text\/html\) that are not whole/,
  ],
  [
    "bytes that are not UTF-8",
    () => new Response(new Uint8Array([0x22, 0xff, 0x22])),
    4,
    /valid JSON in UTF-8$/,
  ],
  [
    "another shape",
    () => new Response("[]"),
    4,
    /Cannot use the answer of \S+: it is not an object$/,
  ],
  [
    "events that are no list",
    () => new Response('{"logEvents":null}'),
    4,
    /Cannot use the answer of \S+: "logEvents" is wrong: they are not a list$/,
  ],
  [
    "an event that is no object",
    () => new Response('{"logEvents":[{},1]}'),
    4,
    /Cannot use the answer of \S+: "logEvents.1" is wrong: it is not an object$/,
  ],
  [
    "two megabytes that are no event",
    () => new Response(`{"logEvents":[],"other":[${"{},".repeat(700_000)}{}]}`),
    4,
    /Cannot use the answer of \S+: it holds more than 1 MiB beside events$/,
  ],
];

for (const [name, fault, code, message] of TRANSIENT) {
  Deno.test(`${name} is tried again, and ends the run where it stays`, async () => {
    const events = numbered(3);
    await using healing = startFakeApi({
      events,
      fault: (_, index) => index === 0 ? fault() : undefined,
    });
    await using staying = startFakeApi({ events, fault });
    const [healed, failed] = await Promise.all([
      search(healing.logUrl, ["--retries", "1"]),
      search(staying.logUrl, ["--retries", "0", "-x"]),
    ]);
    assertEquals(healed, { code: 0, stdout: lines(events), stderr: "" });
    assertEquals(failed.code, code, failed.stderr);
    assertEquals(failed.stdout, "");
    assertMatch(failed.stderr, /^siem-client: [^\n]+\n$/);
    assertMatch(failed.stderr.trimEnd(), message);
    // Deno 2.7 itself repeats a request whose connection ended without an answer.
    const most = /^a connection closed|^headers that end/.test(name) ? 2 : 1;
    assert(staying.requests.length >= 1 && staying.requests.length <= most);
  });
}

/** Answers that no repetition will heal. */
const FINAL: [name: string, reply: () => Response, code: number, message: string][] = [
  [
    "401",
    () => Response.json({ detail: "invalid API authentication" }, { status: 401 }),
    3,
    'Cannot sign in at URL: it refused the credentials (401 "invalid API authentication"); ' +
    "check the API key and its secret; a new one takes up to 15 minutes to work",
  ],
  [
    "403",
    () => Response.json({ detail: "Not authorized for org" }, { status: 403 }),
    3,
    "Cannot read events at URL: it does not let these credentials read this organisation " +
    '(403 "Not authorized for org"); check --orgurl, which has to match exactly, to the trailing ' +
    "slash",
  ],
  [
    "422",
    () =>
      Response.json({
        detail: [{ loc: ["query", "limit"], msg: "too\u001b[31m large", type: "x" }, {
          loc: ["query", "tenant"],
          msg: "unknown",
          type: "x",
        }],
      }, { status: 422 }),
    4,
    'Cannot use the answer of URL: GET gave 422 "limit: too [31m large; tenant: unknown"; ' +
    "check --limit, tenant in --query",
  ],
  [
    "404 with a long page",
    () => new Response("<html>".repeat(100_000), { status: 404 }),
    4,
    "Cannot use the answer of URL: GET gave 404; is --apiurl right, and is it the API that --api names?",
  ],
  [
    "501",
    () => Response.json({ message: "Not here" }, { status: 501 }),
    4,
    'Cannot use the answer of URL: GET gave 501 "Not here"',
  ],
  [
    "505",
    () => Response.json({ error: "Not so" }, { status: 505 }),
    4,
    'Cannot use the answer of URL: GET gave 505 "Not so"',
  ],
  [
    "422 for a filter",
    () =>
      Response.json({
        detail: [{ loc: ["query", "logType"], msg: "value is not valid", type: "x" }],
      }, { status: 422 }),
    4,
    'Cannot use the answer of URL: GET gave 422 "logType: value is not valid"; ' +
    "check metrictype in --query",
  ],
  [
    "a redirect",
    () => new Response("", { status: 302, headers: { location: "https://evil.example/x" } }),
    4,
    'Cannot use the answer of URL: it redirects to "https://evil.example/x", and credentials go ' +
    "nowhere but to --apiurl",
  ],
];

for (const [name, reply, code, message] of FINAL) {
  Deno.test(`${name} is not tried again`, async () => {
    await using api = startFakeApi({ fault: reply });
    const finished = await search(api.logUrl, ["-x", ...RETRYING]);
    const place = `${api.logUrl}/orgLogs`;
    const stderr = `siem-client: ${message.replace("URL", place)}\n`;
    assertEquals(finished, { code, stdout: "", stderr });
    const queries = api.requests.filter(({ url }) => url.pathname.endsWith("/orgLogs"));
    assertEquals(queries.length, 1);
  });
}

Deno.test("a clock that is wrong is said once", async () => {
  const hours = (count: number) => new Date(Date.now() + count * 3_600_000).toUTCString();
  for (const [offset, says] of [[-2, "2.0 h ahead of"], [3, "3.0 h behind"]] as const) {
    await using api = startFakeApi({
      fault: () =>
        new Response('{"logEvents":[],"nextToken":null}', { headers: { date: hours(offset) } }),
    });
    const finished = await search(api.logUrl, RETRYING);
    const stderr = `siem-client: The clock of this host is ${says} the service's\n`;
    assertEquals(finished, { code: 0, stdout: "", stderr });
  }
});

Deno.test("a port that the runtime calls no service at is said, with what to do, and tried once", async () => {
  const finished = await search("http://127.0.0.1:1/logs/v1", RETRYING);
  assertEquals([finished.code, finished.stdout], [5, ""]);
  // Older runtimes do call it.
  if (/connection refused/i.test(finished.stderr)) return;
  const why =
    "Requests to port 1 are blocked; the runtime calls no service at this port; correct --apiurl";
  assertEquals(
    finished.stderr,
    `siem-client: Cannot reach http://127.0.0.1:1/logs/v1/orgLogs: ${why}\n`,
  );
});

Deno.test("a proxy that refuses is named, with what to do", async () => {
  for (
    const [status, says] of [
      [407, "proxy authentication required; write HTTPS_PROXY as http://USER:PASSWORD@HOST:PORT"],
      [403, "unsuccessful tunnel; the proxy that HTTPS_PROXY names does not let this host through"],
    ]
  ) {
    await using proxy = startFakeApi({
      fault: () => ({ bytes: `HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n` }),
    });
    const env = { ...CREDENTIALS, HTTPS_PROXY: new URL(proxy.logUrl).origin };
    const args = ["--apiurl", "https://service.invalid/logs/v1", "--orgurl", ORG_URL];
    const { code, stderr } = await run([...args, "--retries", "0"], { env });
    assertEquals(code, 5);
    assertSays(stderr, `Cannot reach https://service.invalid/logs/v1/orgLogs: ${says}`);
  }
});

Deno.test("a service on this host is called without a proxy, and so is the demonstration", async () => {
  await using api = startFakeApi({ events: numbered(2) });
  await using proxy = startFakeApi();
  const origin = new URL(proxy.logUrl).origin;
  const env = { ...CREDENTIALS, HTTP_PROXY: origin, ALL_PROXY: origin, no_proxy: "a.example" };
  const args = ["--apiurl", api.logUrl, "--orgurl", ORG_URL, "--format", "ndjson"];
  const done = { code: 0, stdout: lines(api.events), stderr: "" };
  assertEquals(await run(args, { env }), done);
  const demo = await run(["--demo", "--since", "1h", "--retries", "0"], { env });
  assertEquals([demo.code, demo.stderr], [0, ""]);
  assertEquals(proxy.requests, []);
});

Deno.test("a long Retry-After ends the run, and says until when", async () => {
  await using api = startFakeApi({
    fault: () => new Response("", { status: 503, headers: { "retry-after": "3600" } }),
  });
  const { code, stderr } = await search(api.logUrl, RETRYING);
  assertEquals(code, 5);
  assertMatch(stderr, /: 503; it wants no call before \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n$/);
  assertEquals(api.requests.length, 1);
});

Deno.test("a port that nobody listens on is unreachable", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const { code, stdout, stderr } = await search(
    `http://127.0.0.1:${port}/logs/v1`,
    ["--retries", "1"],
  );
  assertEquals([code, stdout], [5, ""]);
  assertMatch(
    stderr,
    /^siem-client: Cannot reach \S+\/orgLogs: tcp connect error: Connection refused; is /,
  );
  assertStringIncludes(stderr, "--apiurl right, and does this host need a proxy (HTTPS_PROXY)");
});

Deno.test("a service that never answers, or stalls in the middle, is given up", async () => {
  await using silent = startFakeApi({ fault: () => ({ bytes: "", hold: true }) });
  await using stalling = startFakeApi({
    fault: () => ({ bytes: 'HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"logEv', hold: true }),
  });
  for (const api of [silent, stalling]) {
    const { code, stderr } = await search(api.logUrl, ["--timeout", "1"]);
    assertEquals(code, 5);
    assertMatch(stderr, /Cannot reach \S+: no byte came for 1 seconds \(see --timeout\)\n$/);
  }
});

Deno.test("a slow body is waited for as long as some of it keeps coming", async () => {
  const pieces = ['{"nextToken":"", ', '"logEvents"', ':[{"n"', ":1}", "]}"];
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
    const body = new ReadableStream({
      // In all longer than --timeout, which is what this is about.
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, 300));
        const piece = pieces.shift();
        if (piece === undefined) controller.close();
        else controller.enqueue(new TextEncoder().encode(piece));
      },
    });
    return new Response(body);
  });
  const { code, stdout, stderr } = await search(
    `http://127.0.0.1:${server.addr.port}/logs/v1`,
    ["--timeout", "1"],
  );
  assertEquals({ code, stdout, stderr }, { code: 0, stdout: '{"n":1}\n', stderr: "" });
});

Deno.test(
  "a body of 64 MiB or more is refused, however small it is on the wire",
  needs("memory"),
  async () => {
    const zeros = new Blob([new Uint8Array(64 * 1024 * 1024)]).stream()
      .pipeThrough(new CompressionStream("gzip"));
    const body = await new Response(zeros).bytes();
    await using api = startFakeApi({
      fault: () => new Response(body, { headers: { "content-encoding": "gzip" } }),
    });
    const { code, stderr } = await search(api.logUrl, ["-x", ...RETRYING]);
    assertEquals(code, 4);
    assertStringIncludes(stderr, "it is 64 MiB or more; try a smaller --limit");
    assertEquals(api.requests.length, 1);
  },
);

Deno.test(
  "a certificate that does not verify is not tried again, and is explained",
  needs("stores"),
  async () => {
    let calls = 0;
    await using server = await serveTls(() =>
      Response.json({ logEvents: [], nextToken: `token-${calls++}` })
    );
    const url = `https://127.0.0.1:${server.addr.port}/logs/v1`;
    const refused = await search(url, RETRYING);
    assertEquals([refused.code, refused.stdout, calls], [5, "", 0]);
    assertMatch(refused.stderr, /^siem-client: Cannot reach \S+: .*certificate.*; behind a proxy/);
    assertStringIncludes(refused.stderr, "DENO_CERT");
    assertStringIncludes(refused.stderr, "DENO_TLS_CA_STORE=system");

    const trusting = (env: Record<string, string>) =>
      run(["--apiurl", url, "--orgurl", ORG_URL, "-x"], { env: { ...CREDENTIALS, ...env } });
    const trusted = { code: 0, stdout: "[]\n", stderr: "" };
    assertEquals(await trusting({ DENO_CERT: AUTHORITY }), trusted);
    // What the system trusts counts too, unless the store is said to be another.
    const system = { SSL_CERT_FILE: AUTHORITY };
    assertEquals(await trusting(system), trusted);
    assertEquals((await trusting({ ...system, DENO_TLS_CA_STORE: "mozilla" })).code, 5);
  },
);

Deno.test("a TLS handshake that is cut is tried again", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let connections = 0;
  const closing = (async () => {
    for await (const connection of listener) {
      connections++;
      connection.close();
      if (connections === 2) break;
    }
  })();
  const { code } = await search(
    `https://127.0.0.1:${listener.addr.port}/logs/v1`,
    ["--retries", "1"],
  );
  await closing;
  assertEquals({ code, connections }, { code: 5, connections: 2 });
});

Deno.test("a run that fails on a later page has delivered the earlier ones", async () => {
  await using api = startFakeApi({
    events: numbered(5),
    fault: (_, index) => index === 2 ? new Response("", { status: 418 }) : undefined,
  });
  const { code, stdout } = await search(api.logUrl, ["--limit", "2", ...RETRYING]);
  assertEquals(code, 4);
  assertEquals(stdout, lines(api.events.slice(0, 4)));
  assert(api.requests.length === 3);
});

Deno.test("a failure is what its status says, whatever its body does", async () => {
  const bodies: [bytes: string, hold?: true][] = [
    ['content-length: 100\r\n\r\n{"detail"'],
    ["content-encoding: gzip\r\ncontent-length: 5\r\n\r\nhello"],
    ["transfer-encoding: chunked\r\n\r\nno length"],
    ["content-length: 100\r\n\r\n", true],
  ];
  const rows: [status: string, code: number, says: RegExp][] = [
    ["401 Unauthorized", 3, /: it refused the credentials \(401\); check/],
    ["429 Too Many Requests", 5, /: 429; it wants no call before /],
  ];
  for (const [status, expected, says] of rows) {
    await Promise.all(bodies.map(async ([body, hold]) => {
      const bytes = `HTTP/1.1 ${status}\r\nretry-after: 3600\r\n${body}`;
      await using api = startFakeApi({ fault: () => ({ bytes, ...(hold && { hold }) }) });
      const { code, stderr } = await search(api.logUrl, [...RETRYING, "--timeout", "1"]);
      assertEquals([code, api.requests.length], [expected, 1], bytes);
      assertMatch(stderr, says);
    }));
  }
});

Deno.test("what a failure says is shown, under whichever name", async () => {
  const rows: [body: unknown, shown: string][] = [
    [{ detail: "one", message: "two" }, '400 "one"'],
    [{ detail: null, message: "two" }, '400 "two"'],
    [{ message: "Forbidden\u001b[31m" }, '400 "Forbidden [31m"'],
    [{ error: "invalid_request", status: 400 }, '400 "invalid_request"'],
    [{ error: { code: 5 } }, "400"],
    [["message"], "400"],
    ["message", "400"],
  ];
  await Promise.all(rows.map(async ([body, shown]) => {
    await using api = startFakeApi({ fault: () => Response.json(body, { status: 400 }) });
    const { stderr } = await search(api.siemUrl, ["-x"]);
    assertEquals(
      stderr,
      `siem-client: Cannot use the answer of ${api.siemUrl}: POST gave ${shown}\n`,
    );
  }));
});

Deno.test("only a 404 on the first page makes one doubt the address", async () => {
  await using api = startFakeApi({
    events: numbered(3),
    fault: (_, index) => index === 1 ? new Response("", { status: 404 }) : undefined,
  });
  const { code, stderr } = await search(api.siemUrl, ["--limit", "2"]);
  assertEquals([code, stderr], [
    4,
    `siem-client: Cannot use the answer of ${api.siemUrl}: POST gave 404\n`,
  ]);
});

Deno.test("https to this host goes past a proxy too", needs("stores"), async () => {
  await using proxy = startFakeApi();
  await using server = await serveTls(() => Response.json([]));
  const env = {
    ...CREDENTIALS,
    DENO_CERT: AUTHORITY,
    HTTPS_PROXY: new URL(proxy.logUrl).origin,
  };
  const url = `https://localhost:${server.addr.port}/prod/logs`;
  const finished = await run(["--apiurl", url, "-x", "--retries", "0"], { env });
  assertEquals(finished, { code: 0, stdout: "[]\n", stderr: "" });
  assertEquals(proxy.requests, []);
});
