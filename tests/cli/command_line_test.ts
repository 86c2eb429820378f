import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Environment } from "../../lib/base/environment.ts";
import { Failure } from "../../lib/base/errors.ts";
import { DAY, instantAt } from "../../lib/base/time.ts";
import { parse, possibleSecrets } from "../../lib/cli/command_line.ts";
import { help, shortHelp } from "../../lib/cli/help.ts";
import type { Options } from "../../lib/cli/options.ts";
import { VERSION_LINE } from "../../lib/base/version.ts";

const NOW = Date.UTC(2024, 4, 1, 12);
const SIGNED_IN = { API_KEY: "env-key", API_SECRET: "env-secret" };
const KEYS =
  "; the keys are tenant, service, metrictype, metricsubtype, clientip, correlationid, user " +
  '(with a comma: user="Doe, Jane")';
const TIME_FORMS =
  "it must be a time such as 2017-05-03T16:22:18Z, or an age such as 90m, 24h or 7d";

/** A row of a table: a command line, and what comes of it. */
type Row<Outcome> = readonly [argv: readonly string[], outcome: Outcome];

function from(variables: Readonly<Record<string, string>>): Environment {
  return (name) => variables[name];
}

function options(
  argv: readonly string[],
  variables: Record<string, string> = SIGNED_IN,
  file: Record<string, string> = {},
): Options {
  const asked = parse(argv, from(variables), NOW, () => (name) => file[name]);
  assert(asked.kind === "pull");
  return asked.options;
}

function mistake(argv: readonly string[], variables: Record<string, string> = SIGNED_IN): string {
  const error = assertThrows(
    () => parse(argv, from(variables), NOW, () => () => undefined),
    Failure,
  ) as Failure;
  assertEquals(error.kind, "usage");
  return error.message;
}

function printed(argv: readonly string[]): string {
  const command = parse(argv, from({}), NOW);
  assert(command.kind === "print");
  return command.text;
}

function assertMistakes(rows: readonly Row<string>[]): void {
  assertEquals(rows.map(([argv]) => [argv, mistake(argv)]), rows.map((row) => [...row]));
}

function assertOptions<Name extends keyof Options>(
  name: Name,
  rows: readonly Row<Options[Name]>[],
): void {
  assertEquals(rows.map(([argv]) => [argv, options(argv)[name]]), rows.map((row) => [...row]));
}

Deno.test("an empty command line asks for the last 7 days of the production service", () => {
  assertEquals(options([], { ...SIGNED_IN, TEMP: "C:\\Temp" }), {
    api: "log",
    apiUrl: "https://api.cirrusidentity.com/logs/v1",
    address: "https://api.cirrusidentity.com/logs/v1",
    credentials: { key: "env-key", secret: "env-secret" },
    orgUrl: undefined,
    limit: 1000,
    retries: 5,
    timeout: 60_000,
    once: false,
    since: { ms: NOW - 7 * DAY, text: "2024-04-24T12:00:00Z" },
    until: undefined,
    filters: new Map(),
    continuous: false,
    position: Deno.build.os === "windows"
      ? "C:\\Temp\\example-client.run"
      : "/tmp/example-client.run",
    output: undefined,
    format: "json",
    summary: false,
    every: undefined,
    budget: undefined,
    verbose: false,
    demo: false,
    remarks: [],
  });
});

Deno.test("help and version are outcomes of their own, without credentials", () => {
  const rows: Row<string>[] = [
    [["-h"], shortHelp()],
    [["--help"], help()],
    [["-V"], VERSION_LINE],
    [["--version"], VERSION_LINE],
    [["-hV"], shortHelp()],
    [["-V", "-h"], shortHelp()],
    [["-h", "--help"], help()],
  ];
  assertEquals(rows.map(([argv]) => [argv, printed(argv)]), rows.map((row) => [...row]));
});

Deno.test("-h and --help win over every mistake", () => {
  const rows = [
    ["-h", "--nope"],
    ["--nope", "-h"],
    ["stray", "--help"],
    ["--limit", "-h"],
    ["--limit", "none", "-h"],
    ["-c", "--until", "1h", "-h"],
    ["--limit", "1", "--limit", "2", "-h"],
    ["-xh"],
  ];
  assertEquals(
    rows.map((argv) => [argv, printed(argv)]),
    rows.map((argv) => [argv, argv.includes("--help") ? help() : shortHelp()]),
  );
});

Deno.test("an unknown option is named, with one that is close to it", () => {
  const nearest = (argv: string[], name: string, similar: string): Row<string> => [
    argv,
    `Cannot use option "${name}": there is no such option; the nearest is ${similar}`,
  ];
  assertMistakes([
    nearest(["--limt", "5"], "--limt", "--limit"),
    nearest(["--Limit=5"], "--Limit", "--limit"),
    nearest(["-limit", "5"], "-limit", "--limit"),
    nearest(["--verson"], "--verson", "--version"),
    nearest(["--verbos"], "--verbos", "--verbose"),
    nearest(["--o"], "--o", "-o"),
  ]);
});

Deno.test("an unknown option that is close to none leads to the help, and none to -c", () => {
  const rows = [
    [["--nope"], "--nope"],
    [["--no-limit"], "--no-limit"],
    [["-C"], "-C"],
    [["--c"], "--c"],
    [["--cc"], "--cc"],
    [["-cq"], "-cq"],
    [["-X"], "-X"],
    [["--__proto__=1"], "--__proto__"],
    [["--no\npe"], "--no pe"],
    [[`--${"output".repeat(50)}`], `--${"output".repeat(50).slice(0, 98)}…`],
  ] as const;
  assertMistakes(rows.map(([argv, name]) => [
    argv,
    `Cannot use option "${name}": there is no such option; --help shows all`,
  ]));
});

Deno.test("a secret under a mistyped name is never echoed", () => {
  assertMistakes([
    [
      ["--apisecrt=hunter2"],
      'Cannot use option "--apisecrt": there is no such option; the nearest is --apisecret',
    ],
    [
      ["--apisecrt=hun\nter2"],
      'Cannot use option "--apisecrt": there is no such option; the nearest is --apisecret',
    ],
    [
      ["--apisecrt", "hunter2"],
      'Cannot use option "--apisecrt": there is no such option; the nearest is --apisecret',
    ],
    [
      ["-apisecret", "hunter2"],
      'Cannot use option "-apisecret": there is no such option; the nearest is --apisecret',
    ],
  ]);
});

Deno.test("a secret that begins with a hyphen is never echoed", () => {
  assertMistakes([
    [["--apisecret", "-zebra2"], withoutValue("--apisecret")],
    [["--apisecret", "--hunter2"], withoutValue("--apisecret")],
    [["--apikey", "-zebra2"], withoutValue("--apikey")],
  ]);
});

Deno.test("a stray argument is named", () => {
  assertMistakes([
    [["stray"], 'Cannot use argument "stray": only options are taken'],
    [["--limit", "5", "stray"], 'Cannot use argument "stray": only options are taken'],
    [["--", "stray"], 'Cannot use argument "stray": only options are taken'],
    [["--", "-c"], 'Cannot use argument "-c": only options are taken'],
    [["5"], 'Cannot use argument "5": only options are taken'],
    [["-"], 'Cannot use argument "-": only options are taken'],
    [[""], 'Cannot use argument "": only options are taken'],
    [["a\nb"], 'Cannot use argument "a b": only options are taken'],
  ]);
});

function withoutValue(option: string): string {
  return `Cannot use ${option} without a value (one that begins with "-" is written ${option}=VALUE)`;
}

const SINGLE_VALUED = [
  "--apikey",
  "--apisecret",
  "--orgurl",
  "--apiurl",
  "--api",
  "--limit",
  "--since",
  "--until",
  "--position",
  "--format",
  "--retries",
  "--timeout",
];

for (const option of [...SINGLE_VALUED, "--query"]) {
  Deno.test(`${option} without a value is a mistake`, () => {
    assertMistakes([
      [[option], withoutValue(option)],
      [[option, "-c"], withoutValue(option)],
      [[option, "--demo"], withoutValue(option)],
    ]);
  });
}

for (const option of [...SINGLE_VALUED.slice(2), "--query"]) {
  Deno.test(`${option} with an empty value is a mistake`, () => {
    assertMistakes([[[option, ""], withoutValue(option)], [[`${option}=`], withoutValue(option)]]);
  });
}

Deno.test("a value that begins with a hyphen is written with =", () => {
  assertOptions("position", [[["--position=-x"], "-x"]]);
  assertMistakes([[["--limit", "-5"], withoutValue("--limit")]]);
});

Deno.test("of an option given twice the last value counts, whatever the first one is", () => {
  assertOptions("limit", [[["--limit", "none", "--limit=5"], 5]]);
  assertOptions("output", [[["--output", "a", "-o", "b"], "b"], [["-o", "b", "--output=a"], "a"]]);
  assertOptions("position", [[["--position=a", "--position=b"], "b"]]);
  assertOptions("every", [[["-c", "--every=1m", "--every=2m"], 120_000]]);
});

Deno.test("-o is --output, and --verbose is -v", () => {
  assertOptions("output", [
    [["-o", "f"], "f"],
    [["-o=f"], "f"],
    [["-co", "f"], "f"],
    [["--output", "f"], "f"],
  ]);
  assertOptions("verbose", [[["--verbose"], true], [["-v", "--verbose"], true], [[], false]]);
  assertMistakes([
    [["-o"], withoutValue("--output")],
    [["-o", "-v"], withoutValue("--output")],
    [["--verbose=1"], 'Cannot use --verbose with "1": it takes no value'],
  ]);
});

Deno.test("a flag with a value is a mistake", () => {
  assertMistakes([
    [["-c", "1"], 'Cannot use -c with "1": it takes no value'],
    [["-c=true"], 'Cannot use -c with "true": it takes no value'],
    [["-x5"], 'Cannot use -x with "5": it takes no value'],
    [["-cv", "stray"], 'Cannot use --verbose with "stray": it takes no value'],
    [["--demo=false"], 'Cannot use --demo with "false": it takes no value'],
    [["--demo", "true"], 'Cannot use --demo with "true": it takes no value'],
  ]);
});

Deno.test("a short flag has no long form", () => {
  assertMistakes([
    [["--c"], 'Cannot use option "--c": there is no such option; --help shows all'],
    [["--x"], 'Cannot use option "--x": there is no such option; the nearest is -x'],
    [["--v"], 'Cannot use option "--v": there is no such option; the nearest is -v'],
    [["--x=1"], 'Cannot use option "--x": there is no such option; the nearest is -x'],
  ]);
});

Deno.test("short flags stand alone, combined, in any order and more than once", () => {
  const flags = (argv: readonly string[]) => {
    const { continuous, once, verbose } = options(argv);
    return { continuous, once, verbose };
  };
  const rows: Row<ReturnType<typeof flags>>[] = [
    [["-c"], { continuous: true, once: false, verbose: false }],
    [["-x"], { continuous: false, once: true, verbose: false }],
    [["-v"], { continuous: false, once: false, verbose: true }],
    [["-cv"], { continuous: true, once: false, verbose: true }],
    [["-vxc"], { continuous: true, once: true, verbose: true }],
    [["-v", "-v"], { continuous: false, once: false, verbose: true }],
  ];
  assertEquals(rows.map(([argv]) => [argv, flags(argv)]), rows.map((row) => [...row]));
});

Deno.test("--limit is a whole number from 1; above 1000 counts as 1000", () => {
  assertOptions("limit", [
    [["--limit", "1"], 1],
    [["--limit=5"], 5],
    [["--limit", "1000"], 1000],
    [["--limit", "1001"], 1000],
    [["--limit", "99999999999999999999999"], 1000],
  ]);
});

Deno.test("--limit in another notation is a mistake", () => {
  const texts = ["0", "010", "1e3", "0x10", "5.0", "+5", "1_000", "1,000", "٥", "ten", "Infinity"];
  assertMistakes([...texts, "-5"].map((text) => [
    [`--limit=${text}`],
    `Cannot use --limit "${text}": it must be a whole number from 1 on`,
  ]));
});

Deno.test("--retries is a whole number", () => {
  assertOptions("retries", [[["--retries", "0"], 0], [["--retries=12"], 12]]);
  assertMistakes([
    [["--retries", "few"], 'Cannot use --retries "few": it must be a whole number from 0 on'],
  ]);
});

Deno.test("--timeout is a span, and a number alone is one of seconds", () => {
  assertOptions("timeout", [
    [["--timeout", "1"], 1000],
    [["--timeout=90"], 90_000],
    [["--timeout=5s"], 5000],
    [["--timeout=2m"], 120_000],
  ]);
  assertMistakes([
    [["--timeout", "0"], 'Cannot use --timeout "0": it must be a span such as 50s, 5m or 2h'],
    [["--timeout", "0s"], 'Cannot use --timeout "0s": it must be at least 1s'],
    [["--timeout", "1.5"], 'Cannot use --timeout "1.5": it must be a span such as 50s, 5m or 2h'],
  ]);
});

Deno.test("--timeout is never longer than a timer can wait", () => {
  // Timers take signed 32-bit milliseconds, and ring at once for more.
  assertOptions("timeout", [[["--timeout", "2147483"], 2_147_483_000], [
    ["--timeout", "99999999"],
    2_147_483_000,
  ]]);
});

Deno.test("--apikey and --apisecret come before the environment, and empty counts as missing", () => {
  const rows: Row<Options["credentials"]>[] = [
    [[], { key: "env-key", secret: "env-secret" }],
    [["--apikey", "k", "--apisecret", "s"], { key: "k", secret: "s" }],
    [["--apikey", "k"], { key: "k", secret: "env-secret" }],
    [["--apisecret=s"], { key: "env-key", secret: "s" }],
    [["--apikey", "", "--apisecret="], { key: "env-key", secret: "env-secret" }],
  ];
  assertOptions("credentials", rows);
});

Deno.test("a missing key or secret is a mistake that names both ways to give it", () => {
  const noKey =
    "Cannot sign in: no --apikey, and no API_KEY in the environment (or name a file with --credentials)";
  const noSecret =
    "Cannot sign in: no --apisecret, and no API_SECRET in the environment (or name a file with --credentials)";
  const rows: [string[], Record<string, string>, string][] = [
    [["-x"], {}, noKey],
    [[], { API_KEY: "k" }, noSecret],
    [[], { API_SECRET: "s" }, noKey],
    [[], { API_KEY: "", API_SECRET: "s" }, noKey],
    [["--apikey", "k"], { API_SECRET: "" }, noSecret],
    [["--apikey", "", "--apisecret", "s"], {}, noKey],
    [["--apikey=k", "--apisecret="], {}, noSecret],
  ];
  assertEquals(
    rows.map(([argv, variables]) => mistake(argv, variables)),
    rows.map(([, , message]) => message),
  );
});

Deno.test("keys and secrets stay text, whatever they look like", () => {
  const texts = ["12345", "010", "1e3", "0x10", "true", "null", "a=b=c", " ", "ä☂𝄞", "a,b"];
  assertEquals(
    texts.map((text) => options(["--apikey", text, "--apisecret", text]).credentials),
    texts.map((text) => ({ key: text, secret: text })),
  );
});

Deno.test("what HTTP Basic cannot send is a mistake that does not echo it", () => {
  const control =
    "Cannot sign in: a line break or another control character is in the API key or secret";
  assertMistakes([
    [["--apikey", "hunter:2"], "Cannot sign in: the API key has a colon in it"],
    [["--apikey", "hunter\n2"], control],
    [["--apisecret", "hunter2\r\n"], control],
    [["--apisecret=hunter\u00002"], control],
    [["--apisecret=hunter\u00852"], control],
  ]);
  assertOptions("credentials", [[["--apisecret", "a:b"], { key: "env-key", secret: "a:b" }]]);
});

Deno.test("--demo needs no credentials and has an address of its own", () => {
  const { credentials, api, address, demo } = options(["--demo"], {});
  assertEquals({ credentials, api, address, demo }, {
    credentials: { key: "demo", secret: "no-secret-at-all" },
    api: "log",
    address: "demo",
    demo: true,
  });
  assertOptions("api", [[["--demo", "--api", "siem"], "siem"], [["--demo", "--api=log"], "log"]]);
  assertMistakes([[
    ["--demo", "--apiurl", "https://logs.example.edu/"],
    "Cannot use --demo with --apiurl: the demonstration has an address of its own",
  ]]);
});

Deno.test("--apiurl is one address in each way of writing it", () => {
  const texts = [
    "https://logs.example.edu/logs/v1",
    "https://logs.example.edu/logs/v1/",
    "https://logs.example.edu/logs/v1//",
    "https://logs.example.edu/logs/v1/orgLogs",
    "https://logs.example.edu/logs/v1/orgLogs/",
    "https://LOGS.example.edu:443/logs/v1",
    "https://logs.example.edu/prod/../logs/v1",
  ];
  const address = "https://logs.example.edu/logs/v1";
  assertEquals(texts.map(serviceAt), texts.map((text) => [text, "log", address, address]));
});

Deno.test("--apiurl tells the API by its path", () => {
  const host = "https://logs.example.edu";
  const rows = [
    [`${host}/orgLogs`, "log", host, host],
    [host, "siem", `${host}/`, host],
    [`${host}/prod/logs`, "siem", `${host}/prod/logs`, `${host}/prod/logs`],
    [`${host}/prod/logs/`, "siem", `${host}/prod/logs/`, `${host}/prod/logs`],
    [`${host}/logs/v2`, "siem", `${host}/logs/v2`, `${host}/logs/v2`],
    [`${host}/mylogs/v1`, "siem", `${host}/mylogs/v1`, `${host}/mylogs/v1`],
  ];
  assertEquals(rows.map(([text]) => serviceAt(text!)), rows);
});

function serviceAt(text: string): string[] {
  const { api, apiUrl, address } = options(["--apiurl", text]);
  return [text, api, apiUrl, address];
}

Deno.test("--api decides where the path of --apiurl does not tell", () => {
  const rows: Row<string>[] = [
    [["--api", "log", "--apiurl", "https://logs.example.edu/elsewhere/"], "log"],
    [["--api", "siem", "--apiurl", "https://logs.example.edu/logs/v1"], "siem"],
    [["--api", "siem"], "siem"],
  ];
  assertEquals(rows.map(([argv]) => [argv, options(argv).api]), rows.map((row) => [...row]));
  assertMistakes([[["--api", "SIEM"], 'Cannot use --api "SIEM": it must be siem or log']]);
});

Deno.test("--apiurl may be plain http to this host only", () => {
  const own = ["localhost", "localhost:8080", "127.0.0.1", "127.1.2.3:8080", "[::1]", "[::1]:8080"];
  assertEquals(
    own.map((host) => options(["--apiurl", `http://${host}/logs/v1`]).apiUrl),
    own.map((host) => `http://${host}/logs/v1`),
  );
  const others = [
    "logs.example.edu",
    "192.0.2.1",
    "localhost.example.edu",
    "127.0.0.1.example.edu",
    "[::2]",
  ];
  assertMistakes(others.map((host) => [
    ["--apiurl", `http://${host}/logs/v1`],
    `Cannot use --apiurl "http://${host}/logs/v1": it must begin with https:// ` +
    "(http:// is for this host only)",
  ]));
});

Deno.test("--apiurl that is no address of a service is a mistake", () => {
  const scheme = "it must begin with https:// (http:// is for this host only)";
  const ending = "it must end with the path";
  const rows = [
    ["logs.example.edu/logs/v1", "it is not a URL"],
    ["https://", "it is not a URL"],
    ["/logs/v1", "it is not a URL"],
    ["ftp://logs.example.edu/", scheme],
    ["file:///logs/v1", scheme],
    ["javascript:1", scheme],
    ["https://logs.example.edu/?limit=1", ending],
    ["https://logs.example.edu/#top", ending],
    ["https://logs.example.edu/logs/v1?", ending],
    ["https://logs.example.edu/logs/v1#", ending],
  ];
  assertMistakes(
    rows.map(([text, why]) => [["--apiurl", text!], `Cannot use --apiurl "${text}": ${why}`]),
  );
});

Deno.test("an --apiurl with an @, which may follow a password, is a mistake and never shown", () => {
  const texts = [
    "https://key:hunter2@logs.example.edu/logs/v1",
    "https:key:hunter2@logs.example.edu/logs",
    "https:/key:hunter2@logs.example.edu/logs",
    "https:\\\\key:hunter2@logs.example.edu/logs",
    "https:\\key:hunter2@logs.example.edu/logs",
    "https://key:hunter2@logs.example.edu/a//b@c",
    "http:key:hunter2@127.0.0.1/logs",
    "https://key:hunt/er2@logs.example.edu/",
    "https://logs.example.edu/hunter2@",
    "key:hunter2@logs.example.edu/logs",
    "ftp:key:hunter2@x/",
  ];
  const why = 'credentials do not belong in it, nor does an "@"';
  assertMistakes(texts.map((text) => [["--apiurl", text], `Cannot use --apiurl: ${why}`]));
  assertEquals(
    texts.map((text) => mistake([], { ...SIGNED_IN, API_URL: text })),
    texts.map(() => `Cannot use API_URL of the environment: ${why}`),
  );
});

Deno.test("API_URL and ORG_URL are taken from option, file and environment, in this order", () => {
  const at = (name: string) => ({
    API_URL: `https://${name}.example.edu/logs/v1`,
    ORG_URL: `https://${name}.example/`,
  });
  const file = { API_KEY: "k", API_SECRET: "s", ...at("file") };
  const env = { ...SIGNED_IN, ...at("env") };
  const taken = (argv: string[], file: Record<string, string>, env: Record<string, string>) => {
    const { apiUrl, orgUrl, credentials } = options(argv, env, file);
    return [apiUrl, orgUrl, credentials.key];
  };
  const typed = ["--apiurl", at("option").API_URL, "--orgurl", at("option").ORG_URL];
  const withFile = ["--credentials", "f"];
  const result = (name: string, key: string) => [...Object.values(at(name)), key];
  assertEquals(taken([...typed, ...withFile], file, env), result("option", "k"));
  assertEquals(taken(withFile, file, env), result("file", "k"));
  assertEquals(taken(withFile, { ...file, API_URL: "", ORG_URL: "" }, env), result("env", "k"));
  assertEquals(taken([], {}, env), result("env", "env-key"));
  assertEquals(taken(["--demo"], {}, env).slice(1), [undefined, "demo"]);
  // Both options come before the file's key, and the file still says the rest.
  assertEquals(
    taken([...withFile, "--apikey=o", "--apisecret=o"], file, env),
    result("file", "o"),
  );
});

Deno.test("a wrong API_URL or ORG_URL is a mistake that says where it stands", () => {
  const wrong = { API_URL: "logs.example.edu" };
  assertEquals(
    mistake([], { ...SIGNED_IN, ...wrong }),
    'Cannot use API_URL of the environment "logs.example.edu": it is not a URL',
  );
  const settings: Record<string, string> = { API_KEY: "k", API_SECRET: "s", ORG_URL: "here" };
  const error = assertThrows(
    () => parse(["--credentials", "f"], from({}), NOW, () => (name) => settings[name]),
    Failure,
  );
  assertEquals(error.message, 'Cannot use ORG_URL in "f" "here": it is not a URL');
});

Deno.test("--since and --until take a time or an age", () => {
  const rows: [string, string][] = [
    ["2017-05-03T16:22:18Z", "2017-05-03T16:22:18Z"],
    ["2017-05-03 16:22:18Z", "2017-05-03T16:22:18Z"],
    ["2017-05-03t16:22:18z", "2017-05-03T16:22:18Z"],
    ["2017-05-03T16:22:18.123456789+02:00", "2017-05-03T14:22:18.123456789Z"],
    ["90m", "2024-05-01T10:30:00Z"],
    ["24h", "2024-04-30T12:00:00Z"],
    ["7d", "2024-04-24T12:00:00Z"],
  ];
  const texts = rows.map(([text]) => [
    options(["--since", text]).since.text,
    options(["--until", text]).until?.text,
  ]);
  assertEquals(texts, rows.map(([, moment]) => [moment, moment]));
});

Deno.test("--since or --until that is neither a time nor an age is a mistake", () => {
  const texts = ["yesterday", "2017-05-03", "2017-05-03T16:22:18", "1493828538", "1w", "010"];
  assertMistakes(
    texts.flatMap((text): Row<string>[] => [
      [["--since", text], `Cannot use --since "${text}": ${TIME_FORMS}`],
      [["--until", text], `Cannot use --until "${text}": ${TIME_FORMS}`],
    ]),
  );
});

Deno.test("a future --until counts as now", () => {
  assertOptions("until", [
    [["--until", "2999-01-01T00:00:00Z"], instantAt(NOW)],
    [["--until", "2024-05-01T12:00:00.001Z"], instantAt(NOW)],
    [["--until", "0s"], instantAt(NOW)],
  ]);
});

Deno.test("without --since a search begins 7 days before --until", () => {
  assertOptions("since", [
    [["--until", "2017-05-08T00:00:00Z"], instantAt(Date.UTC(2017, 4, 1))!],
    [["--until", "2999-01-01T00:00:00Z"], instantAt(NOW - 7 * DAY)!],
  ]);
});

Deno.test("without --since a search begins in 1970 where 7 days before --until are no date", () => {
  assertOptions("since", [[["--until", "1970-01-02T00:00:00Z"], instantAt(0)!]]);
});

Deno.test("--since after --until or now is a mistake; at the same moment it is not", () => {
  assertMistakes([
    [["--since", "1h", "--until", "2h"], 'Cannot use --since "1h": it is after --until'],
    [
      ["--since", "2024-05-01T12:00:01Z"],
      'Cannot use --since "2024-05-01T12:00:01Z": it is in the future',
    ],
    [
      ["--since", "2999-01-01T00:00:00Z", "--until", "2999-01-02T00:00:00Z"],
      'Cannot use --since "2999-01-01T00:00:00Z": it is in the future',
    ],
  ]);
  assertOptions("since", [
    [["--since", "1h", "--until", "60m"], instantAt(NOW - 3_600_000)!],
    [["--since", "0s"], instantAt(NOW)!],
  ]);
});

Deno.test("--until with -c is a mistake that says why", () => {
  assertMistakes([[
    ["-c", "--until", "1h"],
    "Cannot use --until with -c: a continuous run goes on to the newest event",
  ]]);
});

Deno.test("--query takes every key, several times, and values with =", () => {
  assertOptions("filters", [
    [[], new Map()],
    [
      ["--query", "tenant=a=b=,user=ana@example.edu", "--query=clientip=192.0.2.1"],
      new Map([
        ["tenant", "a=b="],
        ["user", "ana@example.edu"],
        ["clientip", "192.0.2.1"],
      ]),
    ],
    [
      ["--api", "siem", "--query", "service=any,metrictype=a b,metricsubtype=ä,correlationid=#"],
      new Map([
        ["service", "any"],
        ["metrictype", "a b"],
        ["metricsubtype", "ä"],
        ["correlationid", "#"],
      ]),
    ],
  ]);
});

Deno.test("--query does without the white space around items, keys and values", () => {
  const both = new Map([["service", "proxy"], ["metrictype", "cas"]] as const);
  assertOptions("filters", [
    [["--query", "service=proxy, metrictype=cas"], both],
    [["--query", " service = proxy ,\n metrictype = cas "], both],
  ]);
});

Deno.test("--query takes keys as events have them, in any case", () => {
  const queries: [string, string][] = [
    ["logType", "metrictype"],
    ["logSubtype", "metricsubtype"],
    ["clientIP", "clientip"],
    ["correlationId", "correlationid"],
    ["LOGTYPE", "metrictype"],
    ["metricType", "metrictype"],
    ["Tenant", "tenant"],
    ["USER", "user"],
  ];
  assertEquals(
    queries.map(([key]) => [...options(["--api=siem", "--query", `${key}=a`]).filters]),
    queries.map(([, known]) => [[known, "a"]]),
  );
});

Deno.test("--query takes values in quotes, as CSV has them", () => {
  const rows: [string, [string, string][]][] = [
    ['user="Doe, Jane"', [["user", "Doe, Jane"]]],
    ['"user=Doe, Jane"', [["user", "Doe, Jane"]]],
    ['user = "Doe, Jane" , tenant=a', [["user", "Doe, Jane"], ["tenant", "a"]]],
    ['tenant=a,"user=CN=Jane Doe,OU=People"', [["tenant", "a"], [
      "user",
      "CN=Jane Doe,OU=People",
    ]]],
    ['user="Jane ""JD"" Doe"', [["user", 'Jane "JD" Doe']]],
    ['"user=Jane ""JD"" Doe"', [["user", 'Jane "JD" Doe']]],
    ['user=" a "', [["user", " a "]]],
    ['user="a=b"', [["user", "a=b"]]],
    ['user=5" pipe', [["user", '5" pipe']]],
  ];
  assertEquals(
    rows.map(([text]): typeof rows[number] => [text, [...options(["--query", text]).filters]]),
    rows,
  );
});

Deno.test("--query item that cannot be used is a mistake that names the keys there are", () => {
  const noEqual = "it has no =";
  const rows = [
    ["tenant", `Cannot use --query item "tenant": ${noEqual}`],
    ["tenant=a,", `Cannot use --query item "": ${noEqual}`],
    ["user=Doe, Jane", `Cannot use --query item "Jane": ${noEqual}`],
    ["tenant=", 'Cannot use --query item "tenant=": it has no value'],
    ['tenant=""', 'Cannot use --query item "tenant=""": it has no value'],
    ["=a", 'Cannot use --query item "=a": there is no key ""'],
    ["__proto__=a", 'Cannot use --query item "__proto__=a": there is no key "__proto__"'],
    ["constructor=a", 'Cannot use --query item "constructor=a": there is no key "constructor"'],
    ["orgurl=a", 'Cannot use --query item "orgurl=a": there is no key "orgurl"'],
    ["tenant=a,tenant=b", 'Cannot use --query item "tenant=b": "tenant" is given twice'],
    [
      "metrictype=cas,logType=a",
      'Cannot use --query item "logType=a": "metrictype" is given twice',
    ],
  ];
  assertMistakes(rows.map(([text, message]) => [["--query", text!], `${message}${KEYS}`]));
  assertMistakes([[
    ["--query", "user=a", "--query", "user=a"],
    `Cannot use --query item "user=a": "user" is given twice${KEYS}`,
  ]]);
  const quotes = 'a quote has to be closed, and be written "" inside';
  const open = ['user="Doe, Jane', '"user=Doe', 'user="Doe" Jane', 'user="a"b"', '"user"=a'];
  assertEquals(
    open.map((text) => mistake(["--query", text]).endsWith(quotes)),
    open.map(() => true),
  );
});

Deno.test("--query item with a line break is a mistake in one line", () => {
  assertEquals(mistake(["--query", "ten\nant=a"]).includes("\n"), false);
});

// From the service's OpenAPI document 1.0.3.
const LOG_API_VALUES = {
  service: "bridge, gateway, idGeneration, idp, mail, proxy",
  metrictype: "account, authentication, cas, create, emailMFA, oidc, password, sending",
  metricsubtype: "authenticationSuccess, authorize, error, expiredCode, failure, idToken, " +
    "invalidCode, login, logout, manage, noEmail, queued, request, samlValidate, send, sent, " +
    "serviceValidate, success, token, userinfo, validate",
};
for (const [key, values] of Object.entries(LOG_API_VALUES)) {
  Deno.test(`--query ${key} takes the values of Log API v1, and others with a remark`, () => {
    const taken = (query: string, api = "log") => {
      const { filters, remarks } = options(["--query", query, "--api", api]);
      return { query: [...filters].flat().join("="), remarks };
    };
    const queries = values.split(", ").map((value) => `${key}=${value}`);
    assertEquals(
      queries.map((query) => taken(query)),
      queries.map((query) => ({ query, remarks: [] })),
    );
    const remark = `--query: the documented values of ${key} are ${values}, and not "Nope"`;
    assertEquals(taken(`${key}=Nope`), { query: `${key}=Nope`, remarks: [remark] });
    assertEquals(taken(`${key}=Nope`, "siem").remarks, []);
  });
}

Deno.test("--limit and --since say what was made of them, where that may surprise", () => {
  assertOptions("remarks", [
    [["--limit", "1000", "--since", "90d"], []],
    [["--limit", "5000"], ["--limit 5000: 1000 is the most, and is taken"]],
    [["--since", "200d"], [
      "--since 200d: asks from 2023-10-14T12:00:00Z on; the service keeps 90 days",
    ]],
  ]);
});

Deno.test("--output - is standard output", () => {
  for (const argv of [["--output", "-"], ["--output=-"], ["-o", "-"], ["-co", "-"]]) {
    const { output, format } = options(argv);
    assertEquals({ output, format }, { output: undefined, format: "json" });
  }
  assertOptions("output", [[["--output=./-"], "./-"]]);
  assertOptions("format", [[["--output", "-", "--format", "table"], "table"]]);
});

Deno.test("a path that is not UTF-8 is a mistake, since it would be another file", () => {
  assertMistakes(["--output", "--position", "--credentials"].map((option) => [
    [option, "caf\uFFFD"],
    `Cannot use ${option} "caf\uFFFD": the name is not UTF-8`,
  ]));
  assertMistakes([
    [["--apisecret", "p\uFFFDss"], "Cannot sign in: the API key or secret is not UTF-8"],
  ]);
});

Deno.test("a variable that cannot be read matters only where it is needed", () => {
  const env: Environment = (name) => {
    if (name === "API_SECRET") throw new Failure("usage", "Cannot use API_SECRET");
    return undefined;
  };
  const read = (argv: string[]) => {
    possibleSecrets(argv, env);
    return parse(argv, env, NOW, () => (name) => name.endsWith("_URL") ? undefined : "made-up");
  };
  for (const argv of [["--help"], ["-V"], ["--credentials", "f"], ["--demo"], ["--status"]]) {
    read(argv);
  }
  assertThrows(() => read(["--apikey", "k"]), Failure, "Cannot use API_SECRET");
});

Deno.test("--orgurl that is no URL is a mistake on Log API v1, which would answer 422", () => {
  assertMistakes(["www.example.edu", "/", "https://", "example"].map((text) => [
    ["--orgurl", text],
    `Cannot use --orgurl "${text}": it is not a URL`,
  ]));
  assertOptions("orgUrl", [[["--orgurl", "example", "--api", "siem"], "example"]]);
});

Deno.test("--orgurl, --position and --format are taken as they are", () => {
  assertOptions("orgUrl", [[["--orgurl", "http://a/?b=c&d#é "], "http://a/?b=c&d#é "]]);
  assertOptions("position", [[["--position", "./my position"], "./my position"]]);
  assertOptions("format", [[["--format", "json"], "json"], [["--format=ndjson"], "ndjson"]]);
  assertMistakes([
    [["--format", "JSON"], 'Cannot use --format "JSON": it must be json, ndjson or table'],
  ]);
});

Deno.test("spans of time are milliseconds, of any length", () => {
  assertOptions("every", [
    [["-c", "--every", "5m"], 300_000],
    [["-c", "--every=10s"], 10_000],
    // More than a timer of 31 bits can wait.
    [["-c", "--every=28d"], 28 * DAY],
  ]);
  assertOptions("budget", [
    [["-c", "--budget", "50s"], 50_000],
    [["-c", "--budget", "0s"], 0],
    [["-c", "--budget", "99d"], 99 * DAY],
  ]);
  const endless = "9".repeat(20) + "d";
  assertMistakes([
    [["-c", "--every", "9s"], 'Cannot use --every "9s": it must be at least 10s'],
    [["-c", "--every", "5"], 'Cannot use --every "5": it must be a span such as 50s, 5m or 2h'],
    [
      ["-c", "--budget", endless],
      `Cannot use --budget "${endless}": it must be a span such as 50s, 5m or 2h`,
    ],
  ]);
});

Deno.test("an age with a hyphen before it is a mistake, and no call for help", () => {
  assertMistakes([
    [
      ["--since", "-1h"],
      'Cannot use --since without a value (one that begins with "-" is written --since=VALUE)',
    ],
  ]);
});

Deno.test("options that make no sense together are a mistake", () => {
  assertMistakes([
    [["--every", "5m"], "Cannot use --every without -c: a search runs once"],
    [["--budget", "5m"], "Cannot use --budget without -c: only a continuous run can go on later"],
    [["-cx", "--every", "5m"], "Cannot use --every with -x: it goes on for ever"],
    [["-c", "--every=5m", "--budget=1m"], "Cannot use --every with --budget: it goes on for ever"],
    [["-c", "--summary"], "Cannot use --summary with -c: it is for searches"],
    [["--max-lag", "1h"], "Cannot use --max-lag without --status"],
    [
      ["-c", "--format", "table"],
      "Cannot use --format table with -c: it is for people, and leaves things out",
    ],
    [
      ["--output", "f", "--format", "table"],
      "Cannot use --format table with --output: it is for people, and leaves things out",
    ],
    [
      ["--credentials", "f", "--apikey", "k"],
      "Cannot use --apikey with --credentials: add --apisecret, or leave it out",
    ],
  ]);
});

Deno.test("--status needs no credentials, and takes a position and a span", () => {
  const asked = parse(["--status", "--position", "p", "--max-lag", "1h"], from({}), NOW);
  assertEquals(asked, { kind: "status", options: { position: "p", maxLag: 3_600_000 } });
});
