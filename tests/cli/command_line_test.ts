/** How a command line is taken apart, and which ones are mistakes. */

import { assertEquals, assertThrows } from "@std/assert";
import type { Environment } from "../../lib/base/environment.ts";
import { Failure } from "../../lib/base/errors.ts";
import { DAY } from "../../lib/base/time.ts";
import { VERSION_LINE } from "../../lib/base/version.ts";
import { parse, possibleSecrets } from "../../lib/cli/command_line.ts";
import { help, shortHelp } from "../../lib/cli/help.ts";
import {
  assertMistakes,
  assertOptions,
  from,
  NOW,
  options,
  printed,
  type Row,
  SIGNED_IN,
} from "./command_lines.ts";

Deno.test("an empty command line asks for the last 7 days of the production service", () => {
  assertEquals(options([], { ...SIGNED_IN, TEMP: "C:\\Temp" }), {
    files: [],
    api: "log",
    apiUrl: "https://api.cirrusidentity.com/logs/v1",
    address: "https://api.cirrusidentity.com/logs/v1",
    credentials: { key: "env-key", secret: "env-secret" },
    credentialsFile: undefined,
    orgUrl: undefined,
    limit: 1000,
    retries: 5,
    timeout: 60_000,
    once: false,
    since: { ms: NOW - 7 * DAY, text: "2024-04-24T12:00:00Z" },
    until: undefined,
    filters: [],
    continuous: false,
    sinceIsGiven: false,
    position: Deno.build.os === "windows"
      ? "C:\\Temp\\example-client.run"
      : "/tmp/example-client.run",
    receipts: undefined,
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

Deno.test("-c -x does not write into a file that the stream goes on with", () => {
  const why = "-x does not move the position, so the next run would write these events again";
  assertMistakes([[["-c", "-x", "--output", "f"], `Cannot use --output with -c -x: ${why}`]]);
});

Deno.test("what an --apiurl holds that could be a secret is never echoed", () => {
  for (
    const text of [
      "https://key:hunter2@api.example/",
      "https://key:hunter2%40api.example/",
      "https://key:hunter2\uFF20api.example/",
      "https://key:hunter2/",
    ]
  ) {
    const error = assertThrows(() => options(["--apiurl", text]));
    assertEquals(error.message.includes("hunter2"), false, error.message);
  }
});

Deno.test("a secret that begins with a hyphen is never echoed", () => {
  assertMistakes([
    [["--apisecret", "-zebra2"], withoutValue("--apisecret")],
    [["--apisecret", "--hunter2"], withoutValue("--apisecret")],
    [["--apikey", "-zebra2"], withoutValue("--apikey")],
  ]);
});

Deno.test("arguments that are no options are files, also behind flags and two hyphens", () => {
  const rows: Row<readonly string[]>[] = [
    [["a"], ["a"]],
    [["a", "-", "./b"], ["a", "-", "./b"]],
    [["5", "007"], ["5", "007"]],
    [["--summary", "a"], ["a"]],
    [["-v", "a"], ["a"]],
    [["-x", "--limit", "5", "a"], ["a"]],
    [["a", "-xv", "b", "--format=ndjson", "c"], ["a", "b", "c"]],
    [["-o", "-", "a"], ["a"]],
    [["a", "--", "-c"], ["a", "-c"]],
    [["--", "--help", "--since"], ["--help", "--since"]],
    [["a=b"], ["a=b"]],
  ];
  assertOptions("files", rows);
});

Deno.test("a search of files needs no credentials, and has no bounds but those that are given", () => {
  const asked = options(["a"], {});
  assertEquals([asked.since.ms, asked.sinceIsGiven, asked.until], [0, false, undefined]);
  const bounded = options(["--since", "2024-04-01T00:00:00Z", "--until=2034-01-01T00:00:00Z", "a"]);
  assertEquals(bounded.since.text, "2024-04-01T00:00:00Z");
  assertEquals(bounded.until?.text, "2034-01-01T00:00:00Z");
  assertEquals(options(["-x", "--limit", "5000", "a"]).limit, 5000);
});

Deno.test("what makes no sense where files are searched is a mistake", () => {
  const once = "files are read once, from their beginning";
  const nobody = "nobody is called";
  assertMistakes([
    [["-c", "a"], `Cannot use -c with file "a": ${once}`],
    [["a", "--position", "p"], `Cannot use --position with file "a": ${once}`],
    [["a", "--every", "5m"], `Cannot use --every with file "a": ${once}`],
    [["a", "--budget", "5m"], `Cannot use --budget with file "a": ${once}`],
    [["a", "--receipts", "r"], `Cannot use --receipts with file "a": ${once}`],
    [["a", "--credentials", "f"], `Cannot use --credentials with file "a": ${nobody}`],
    [["a", "--apikey", "k"], `Cannot use --apikey with file "a": ${nobody}`],
    [["a", "--apisecret", "s"], `Cannot use --apisecret with file "a": ${nobody}`],
    [["a", "--orgurl", "https://x/"], `Cannot use --orgurl with file "a": ${nobody}`],
    [["a", "--apiurl", "https://x/"], `Cannot use --apiurl with file "a": ${nobody}`],
    [["a", "--api", "log"], `Cannot use --api with file "a": ${nobody}`],
    [["a", "--retries", "1"], `Cannot use --retries with file "a": ${nobody}`],
    [["a", "--timeout", "1s"], `Cannot use --timeout with file "a": ${nobody}`],
    [
      ["--demo", "a"],
      'Cannot use --demo with file "a": the demonstration has events of its own',
    ],
    [
      ["--status", "a"],
      'Cannot use --status with file "a": it is about the position of a continuous run',
    ],
    [["--generate", "man", "a"], 'Cannot use --generate with file "a": it only prints a text'],
    [
      ["--limit", "5", "a"],
      'Cannot use --limit with file "a" and without -x: all of it is read',
    ],
    [
      ["--since", "2024-04-02T00:00:00Z", "--until", "2024-04-01T00:00:00Z", "a"],
      'Cannot use --since "2024-04-02T00:00:00Z": it is after --until',
    ],
    [[""], 'Cannot search "": a file has a name'],
    [["\uFFFD"], 'Cannot search "\uFFFD": the name is not UTF-8'],
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
    [["-c=true"], 'Cannot use -c with "true": it takes no value'],
    [["-x5"], 'Cannot use -x with "5": it takes no value'],
    [["--demo=false"], 'Cannot use --demo with "false": it takes no value'],
    [
      ["--demo", "true"],
      'Cannot use --demo with file "true": the demonstration has events of its own',
    ],
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

Deno.test("an age with a hyphen before it is a mistake, and no call for help", () => {
  assertMistakes([
    [
      ["--since", "-1h"],
      'Cannot use --since "-1h": an age is written without a sign: 1h',
    ],
  ]);
});

Deno.test("options that make no sense together are a mistake", () => {
  assertMistakes([
    [["--every", "5m", "--until=1h"], "Cannot use --every with --until: it goes on for ever"],
    [["--every", "5m", "--summary"], "Cannot use --every with --summary: it goes on for ever"],
    [["--every", "5m", "-x"], "Cannot use --every with -x: it goes on for ever"],
    [
      ["--every", "5m", "-o", "f"],
      "Cannot use --output with --every and without -c: a search that stays has no position; " +
      "add -c, which loses nothing",
    ],
    ...["json", "csv", "ecs", "ocsf"].map((name): [string[], string] => [
      ["--every", "5m", "--format", name],
      `Cannot use --format ${name} with --every and without -c: a search that stays prints table, ` +
      "logins or ndjson",
    ]),
    [
      ["--receipts", "r", "--api", "siem"],
      "Cannot use --receipts without -c on the SIEM API: it takes any --since",
    ],
    [
      ["--receipts", "r", "--every", "5m", "--format", "table"],
      "Cannot use --receipts with --every and without -c: nothing earlier is searched",
    ],
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
  const asked = (...more: string[]) =>
    parse(["--status", "--position", "p", "--max-lag", "1h", ...more], from({}), NOW);
  const options = { position: "p", receipts: undefined, maxLag: 3_600_000, form: undefined };
  assertEquals(asked(), { kind: "status", options });
  assertEquals(asked("--format", "ecs"), { kind: "status", options });
  for (const form of ["json", "prometheus"] as const) {
    assertEquals(asked("--format", form), { kind: "status", options: { ...options, form } });
  }
});
