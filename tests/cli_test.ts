import { assert, assertEquals, assertMatch } from "@std/assert";
import { help, shortHelp } from "../lib/cli/help.ts";
import { assertSays, client, type Finished, run, temporaryFolder } from "./client.ts";
import { TARGET } from "./form.ts";
import {
  CREDENTIALS,
  type FakeApi,
  KEY,
  numbered,
  ORG_URL,
  SECRET,
  startFakeApi,
} from "./fake_api.ts";
import project from "../deno.json" with { type: "json" };

const SIGNED_IN = { env: CREDENTIALS };
const APIS = ["log", "siem"] as const;
/** As a token: 018cc251-f400-7000-8000-000000000000. */
const SINCE = "2024-01-01T00:00:00Z";

function urlOf(api: FakeApi, name: typeof APIS[number]): string {
  return name === "log" ? api.logUrl : api.siemUrl;
}

function noEvents(): Response {
  return Response.json([]);
}

function failed(code: number, message: string): Finished {
  return { code, stdout: "", stderr: `siem-client: ${message}\n` };
}

Deno.test("help is on standard output, without credentials and whatever else is wrong", async () => {
  const rows: [string[], string][] = [
    [["-h"], shortHelp()],
    [["--help"], help()],
    [["--nope", "stray", "-h"], shortHelp()],
  ];
  const finished = await Promise.all(rows.map(([argv]) => run(argv)));
  assertEquals(finished, rows.map(([, stdout]) => ({ code: 0, stdout, stderr: "" })));
});

Deno.test("the version is on standard output, with the runtime and the target", async () => {
  for (const { code, stdout, stderr } of await Promise.all([run(["-V"]), run(["--version"])])) {
    assertEquals({ code, stderr }, { code: 0, stderr: "" });
    const [client, version, rest] = stdout.split(" ", 3);
    assertEquals([client, version, rest], ["siem-client", project.version, "(Deno"]);
    assertMatch(stdout, new RegExp(` \\(Deno \\d+\\.\\d+\\.\\d+, ${TARGET}\\)\n$`));
  }
});

Deno.test("nobody has to read the help text", async () => {
  const child = client(["--help"]).spawn();
  await child.stdout.cancel();
  const { code, stderr } = {
    ...await child.status,
    stderr: await new Response(child.stderr).text(),
  };
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
});

const USAGE_ERRORS: readonly (readonly [argv: readonly string[], message: string])[] = [
  [["--limt", "5"], 'Cannot use option "--limt": there is no such option; the nearest is --limit'],
  [["--x"], 'Cannot use option "--x": there is no such option; the nearest is -x'],
  [
    ["--apisecrt=hunter2"],
    'Cannot use option "--apisecrt": there is no such option; the nearest is --apisecret',
  ],
  [["stray"], 'Cannot use --apiurl with file "stray": nobody is called'],
  [["--", "-c"], 'Cannot use --apiurl with file "-c": nobody is called'],
  [["API_SECRET=hunter2"], 'Cannot use --apiurl with file "API_SECRET": nobody is called'],
  [
    ["--orgurl"],
    'Cannot use --orgurl without a value (one that begins with "-" is written --orgurl=VALUE)',
  ],
  [["--nope"], 'Cannot use option "--nope": there is no such option; --help shows all'],
  [["-c=1"], 'Cannot use -c with "1": it takes no value'],
  [["--limit", "0"], 'Cannot use --limit "0": it must be a whole number from 1 on'],
  [["--limit", "010"], 'Cannot use --limit "010": it must be a whole number from 1 on'],
  [["--limit", "1e3"], 'Cannot use --limit "1e3": it must be a whole number from 1 on'],
  [
    ["--retries", "-1"],
    'Cannot use --retries without a value (one that begins with "-" is written --retries=VALUE)',
  ],
  [["--timeout", "0"], 'Cannot use --timeout "0s": it must be at least 1s'],
  [["--api", "both"], 'Cannot use --api "both": it must be siem or log'],
  [
    ["--format", "xml"],
    'Cannot use --format "xml": it must be json, ndjson, table, logins, csv, ecs or ocsf',
  ],
  [
    ["--since", "last week"],
    'Cannot use --since "last week": it must be a time such as 2026-11-01, "2026-11-01 18:00", 2026-11-01T18:00:00Z, 18:00 or yesterday, or an age such as 90m, 24h or 7d',
  ],
  [["--until", "2026-13-01"], 'Cannot use --until "2026-13-01": there is no month 13'],
  [["--since", "1h", "--until", "2h"], 'Cannot use --since "1h": it is after --until'],
  [
    ["-c", "--until", "1h"],
    "Cannot use --until with -c: a continuous run goes on to the newest event",
  ],
  [
    ["--query", "name=ana"],
    'Cannot use --query item "name=ana": there is no key "name"; the keys are tenant, service, metrictype, metricsubtype, clientip, correlationid, user (with a comma: user="Doe, Jane")',
  ],
  [["--demo"], "Cannot use --demo with --apiurl: the demonstration has an address of its own"],
  [["--apikey", "a:b"], "Cannot sign in: the API key has a colon in it"],
  [
    ["--apisecret", "a\nb"],
    "Cannot sign in: a line break or another control character is in the API key or secret",
  ],
];

Deno.test("a usage error is one line on standard error, exit status 2 and no request", async () => {
  await using api = startFakeApi({ events: numbered(3) });
  const finished = await Promise.all(
    USAGE_ERRORS.map(([argv]) => run(["--apiurl", api.logUrl, ...argv], SIGNED_IN)),
  );
  assertEquals(finished, USAGE_ERRORS.map(([, message]) => failed(2, message)));
  assertEquals(api.requests, []);
});

Deno.test("missing credentials are exit status 2 before any request", async () => {
  await using api = startFakeApi();
  const noKey = failed(
    2,
    "Cannot sign in: no --apikey, and no API_KEY in the environment (or name a file with --credentials)",
  );
  const noSecret = failed(
    2,
    "Cannot sign in: no --apisecret, and no API_SECRET in the environment (or name a file with --credentials)",
  );
  const rows: [string[], Record<string, string>, Finished][] = [
    [[], {}, noKey],
    [[], { API_KEY: KEY }, noSecret],
    [[], { API_KEY: KEY, API_SECRET: "" }, noSecret],
    [["--apikey", "", "--apisecret", SECRET], {}, noKey],
  ];
  const finished = await Promise.all(
    rows.map(([argv, env]) => run(["--apiurl", api.logUrl, ...argv], { env })),
  );
  assertEquals(finished, rows.map(([, , expected]) => expected));
  assertEquals(api.requests, []);
});

Deno.test("nothing at all says how to try it, and where the help is", async () => {
  const { code, stdout, stderr } = await run([]);
  assertEquals({ code, stdout }, { code: 2, stdout: "" });
  assertSays(stderr, "Cannot sign in: ", "siem-client --demo --since 1h", "siem-client --help");
});

Deno.test("the key and the secret are sent as UTF-8 in Basic authentication", async () => {
  await using api = startFakeApi({ fault: noEvents });
  const options = { env: { API_KEY: "schlüssel", API_SECRET: "p:äß☂𝄞" } };
  assertEquals(await run(["--apiurl", api.siemUrl, "-x"], options), {
    code: 0,
    stdout: "[]\n",
    stderr: "",
  });
  // base64 of the UTF-8 bytes of schlüssel:p:äß☂𝄞
  assertEquals(api.requests.map(({ headers }) => headers.get("authorization")), [
    "Basic c2NobMO8c3NlbDpwOsOkw5/imILwnYSe",
  ]);
});

const HARD = "a&b=c+d%20 e#f?ü/𝄞";
const HARD_ENCODED = "a%26b%3Dc%2Bd%2520+e%23f%3F%C3%BC%2F%F0%9D%84%9E";

Deno.test("all values are URL-encoded on the SIEM API", async () => {
  await using api = startFakeApi({ fault: noEvents });
  const keys = [
    "tenant",
    "service",
    "metrictype",
    "metricsubtype",
    "clientip",
    "correlationid",
    "user",
  ];
  await run([
    ...["--apiurl", api.siemUrl, "--since", SINCE, "--until", "2024-01-02T00:00:00.5+01:00"],
    ...["--orgurl", `https://x.example/${HARD}`, "--limit", "7"],
    ...keys.flatMap((key) => ["--query", `${key}=${HARD}`]),
  ], SIGNED_IN);
  const filters = keys.map((key) => `${key}=${HARD_ENCODED}`).join("&");
  assertEquals(
    api.requests.map(({ method, url, headers, body }) => ({
      method,
      path: url.pathname,
      search: url.search,
      contentType: headers.get("content-type"),
      body,
    })),
    [{
      method: "POST",
      path: "/prod/logs",
      search: `?since=2024-01-01T00%3A00%3A00Z&${filters}&limit=7` +
        `&orgUrl=https%3A%2F%2Fx.example%2F${HARD_ENCODED}&until=2024-01-01T23%3A00%3A00.5Z`,
      contentType: "application/json",
      body: "{}",
    }],
  );
});

Deno.test("all values are URL-encoded on Log API v1", async () => {
  await using api = startFakeApi();
  await run([
    ...["--apiurl", api.logUrl, "-x", "--since", SINCE, "--orgurl", `https://x.example/${HARD}`],
    ...["--limit", "7", "--query", `tenant=${HARD},service=idp,metrictype=cas`],
    ...["--query", `metricsubtype=login,clientip=${HARD},correlationid=${HARD},user=${HARD}`],
  ], SIGNED_IN);
  assertEquals(
    // This organisation is refused, and then the permitted ones are asked for.
    api.requests.slice(0, 1).map(({ method, url, body }) => ({
      method,
      path: url.pathname,
      search: url.search,
      body,
    })),
    [{
      method: "GET",
      path: "/logs/v1/orgLogs",
      search: `?orgUrl=https%3A%2F%2Fx.example%2F${HARD_ENCODED}&limit=7` +
        "&nextToken=018cc251-f400-7000-8000-000000000000" +
        `&tenant=${HARD_ENCODED}&service=idp&logType=cas&logSubtype=login`,
      body: "",
    }],
  );
});

for (const name of APIS) {
  Deno.test(`standard error of a normal run is empty (${name})`, async () => {
    await using api = startFakeApi({ events: numbered(7) });
    await using folder = temporaryFolder();
    const argv = ["--apiurl", urlOf(api, name), "--limit", "3", "--format", "ndjson"];
    const stdout = api.events.map(({ text }) => `${text}\n`).join("");
    const continuous = [...argv, "-c", "--position", folder.path("position")];
    assertEquals(await run(argv, SIGNED_IN), { code: 0, stdout, stderr: "" });
    assertEquals(await run(continuous, SIGNED_IN), { code: 0, stdout, stderr: "" });
    assertEquals(await run(continuous, SIGNED_IN), { code: 0, stdout: "", stderr: "" });
  });

  Deno.test(`-x makes one query, even if more events are there (${name})`, async () => {
    await using api = startFakeApi({ events: numbered(5) });
    const argv = ["-x", "--apiurl", urlOf(api, name), "--orgurl", ORG_URL, "--limit", "2"];
    assertEquals(await run([...argv, "--format=ndjson", "--since=1h"], SIGNED_IN), {
      code: 0,
      stdout: api.events.slice(0, 2).map(({ text }) => `${text}\n`).join(""),
      stderr: "",
    });
    assertEquals(api.requests.length, 1);
  });

  Deno.test(`refused credentials are exit status 3 (${name})`, async () => {
    await using api = startFakeApi();
    const argv = ["--apiurl", urlOf(api, name), "--orgurl", ORG_URL, "--apisecret", "wrong"];
    const place = `${urlOf(api, name)}${name === "log" ? "/orgLogs" : ""}`;
    assertEquals(
      await run(argv, SIGNED_IN),
      failed(
        3,
        `Cannot sign in at ${place}: it refused the credentials (401 "invalid API ` +
          'authentication"); check the API key and its secret; a new one takes up to 15 minutes to work',
      ),
    );
  });

  Deno.test(`a refused organisation is exit status 3 (${name})`, async () => {
    const fault = () => Response.json({ detail: "Not authorized for org" }, { status: 403 });
    await using api = startFakeApi({ fault });
    const argv = ["--apiurl", urlOf(api, name), "--orgurl", "https://www.example.edu"];
    const place = `${urlOf(api, name)}${name === "log" ? "/orgLogs" : ""}`;
    assertEquals(
      await run(argv, SIGNED_IN),
      failed(
        3,
        `Cannot read events at ${place}: it does not let these credentials read this organisation (403 ` +
          '"Not authorized for org"); check --orgurl, which has to match exactly, to the trailing ' +
          "slash",
      ),
    );
  });
}

Deno.test("-v says each request, its answer, and the position read and saved", async () => {
  await using api = startFakeApi({ events: numbered(2) });
  await using folder = temporaryFolder();
  const position = folder.path("position");
  const argv = ["-cv", "--apiurl", api.siemUrl, "--since", "1h", "--position", position];
  const spoken = async () =>
    (await run(argv, SIGNED_IN)).stderr
      .replaceAll(/\d+ bytes in \d+\.\d{3} s/g, "N bytes in T s")
      .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, "TIME")
      .replaceAll(/since=[^&]+/g, "since=TIME").split("\n");
  assertEquals(await spoken(), [
    "siem-client: starting at TIME",
    `siem-client: POST ${api.siemUrl}?since=TIME&limit=1000`,
    "siem-client: 200, N bytes in T s",
    "siem-client: 2 events",
    `siem-client: saved after=2 to ${position}`,
    "",
  ]);
  assertEquals(await spoken(), [
    `siem-client: going on from after=2, read from ${position}; --since does not count`,
    `siem-client: POST ${api.siemUrl}?after=2&limit=1000`,
    "siem-client: 200, N bytes in T s",
    "siem-client: 0 events",
    `siem-client: saved after=2 to ${position}`,
    "",
  ]);
});

// Beginnings only, so that a part of a secret counts as well. The base64 forms are of the secret
// alone and of key:secret.
const TRACES = ["S3cr", "UzNjcit0L3A9", "dGVzdC1rZXk6UzNj"];
const ENCODED = [
  "UzNjcit0L3A9c3Mgd8O2cmQ=",
  "dGVzdC1rZXk6UzNjcit0L3A9c3Mgd8O2cmQ=",
  "S3cr%2Bt%2Fp%3Dss%20w%C3%B6rd",
  "S3cr%2Bt%2Fp%3Dss+w%C3%B6rd",
  "S3cr+t/p=ss%20w%C3%B6rd",
];
/** What a service may make of it, or an attacker who wants it in a log. */
const DISGUISED = [
  "S3cr+t\\/p=ss w\\u00f6rd",
  "S3cr&#43;t&#x2f;p=ss w&#246;rd",
  "\\u00533cr+t/p=ss wo\u0308rd",
  "S\u200b3\u0000c\x1br+t/p=ss\u2028wörd",
  "533363722b742f703d73732077c3b67264",
];

function assertNoTrace({ stdout, stderr }: Finished): void {
  assertEquals(TRACES.filter((trace) => `${stdout}${stderr}`.includes(trace)), []);
}

for (const name of APIS) {
  for (const [status, code] of [[400, 4], [401, 3], [403, 3], [422, 4], [500, 5]] as const) {
    Deno.test(`an error ${status} that echoes the secret does not show it (${name})`, async () => {
      const fault = () => Response.json({ detail: [SECRET, ...ENCODED].join(" ") }, { status });
      await using api = startFakeApi({ fault });
      const argv = ["--apiurl", urlOf(api, name), "--orgurl", ORG_URL, "--retries", "0"];
      for (const more of [[], ["-v"]]) {
        const finished = await run([...argv, ...more], SIGNED_IN);
        assertNoTrace(finished);
        assert(finished.stderr.includes(`${status} "*** *** *** *** *** ***"`));
        assertEquals(finished.code, code);
      }
    });
  }

  Deno.test(`a redirect that echoes the secret does not show it (${name})`, async () => {
    const location = `https://elsewhere.example/?${ENCODED.join("&")}`;
    const fault = () => new Response(null, { status: 302, headers: { location } });
    await using api = startFakeApi({ fault });
    const argv = ["-v", "--apiurl", urlOf(api, name), "--orgurl", ORG_URL, "--retries", "0"];
    const finished = await run(argv, SIGNED_IN);
    assertNoTrace(finished);
    assert(
      finished.stderr.includes('it redirects to "https://elsewhere.example/?***&***&***&***&***"'),
    );
    assertEquals(finished.code, 4);
    assertEquals(api.requests.length, 1);
  });
}

Deno.test("an error that echoes the secret in disguise does not show it", async () => {
  const fault = () => Response.json({ detail: DISGUISED.join(" and ") }, { status: 400 });
  await using api = startFakeApi({ fault });
  const { stderr } = await run(["--apiurl", api.siemUrl], SIGNED_IN);
  assertMatch(stderr, /400 "\*\*\*(?: and \*\*\*){4}"\n$/);
});

Deno.test("a redirect that echoes the secret in bare UTF-8 does not show it", async () => {
  const bytes = `HTTP/1.1 302 Found\r\nlocation: /?${SECRET}\r\ncontent-length: 0\r\n\r\n`;
  await using api = startFakeApi({ fault: () => ({ bytes }) });
  assertNoTrace(await run(["--apiurl", api.siemUrl], SIGNED_IN));
});

Deno.test("an error that echoes the secret where the message is cut does not show a part", async () => {
  const fault = () => Response.json({ detail: "x".repeat(295) + SECRET }, { status: 400 });
  await using api = startFakeApi({ fault });
  assertNoTrace(await run(["--apiurl", api.siemUrl], SIGNED_IN));
});

Deno.test("the secret in a wrong value does not show", async () => {
  const expected = failed(2, 'Cannot use --limit "***": it must be a whole number from 1 on');
  const onlyKey = { env: { API_KEY: KEY } };
  assertEquals(await run(["--limit", SECRET], SIGNED_IN), expected);
  assertEquals(await run(["--apisecret", SECRET, "--limit", SECRET], onlyKey), expected);
  assertEquals(await run([`--apisecret=${SECRET}`, "--limit", SECRET], onlyKey), expected);
});

Deno.test("the secret does not show in what -v says of a good run", async () => {
  await using api = startFakeApi({ events: numbered(3) });
  await using folder = temporaryFolder();
  const argv = ["-cv", "--apiurl", api.logUrl, "--position", folder.path("position")];
  const finished = await run(argv, SIGNED_IN);
  assertNoTrace(finished);
  assertEquals(finished.code, 0);
});

for (const name of APIS) {
  Deno.test(`--demo needs no credentials, and two -c runs repeat nothing (${name})`, async () => {
    await using folder = temporaryFolder();
    const argv = ["--demo", "--api", name, "--format", "ndjson", "--limit", "100"];
    const continuous = [...argv, "-c", "--since", "1h", "--position", folder.path("position")];
    const first = await run(continuous);
    const second = await run(continuous);
    assertEquals([first.code, first.stderr, second.code, second.stderr], [0, "", 0, ""]);
    const events = `${first.stdout}${second.stdout}`.trimEnd().split("\n");
    // One about every ten seconds.
    assert(events.length > 300);
    assertEquals(new Set(events).size, events.length);
  });
}
