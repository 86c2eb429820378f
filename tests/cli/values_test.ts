/** What the values of options mean: numbers, moments, spans, formats, paths. */

import { assertEquals } from "@std/assert";
import { DAY, instantAt } from "../../lib/base/time.ts";
import { assertMistakes, assertOptions, NOW, options, type Row } from "./command_lines.ts";

const TIME_FORMS = 'it must be a time such as 2026-11-01, "2026-11-01 18:00", ' +
  "2026-11-01T18:00:00Z, 18:00 or yesterday, or an age such as 90m, 24h or 7d";

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
    [["--timeout", "0"], 'Cannot use --timeout "0s": it must be at least 1s'],
    [["--timeout", "0s"], 'Cannot use --timeout "0s": it must be at least 1s'],
    [
      ["--timeout", "1.5"],
      'Cannot use --timeout "1.5": it must be a span such as 50s, 5m or 1h30m',
    ],
    [["--timeout", "5min"], 'Cannot use --timeout "5min": its units are w, d, h, m and s, not min'],
  ]);
});

Deno.test("--timeout is never longer than a timer can wait", () => {
  // Timers take signed 32-bit milliseconds, and ring at once for more.
  assertOptions("timeout", [[["--timeout", "2147483"], 2_147_483_000], [
    ["--timeout", "99999999"],
    2_147_483_000,
  ]]);
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

Deno.test("--since or --until that is neither a time nor an age is a mistake that says why", () => {
  const rows = [
    ["last week", TIME_FORMS],
    ["20170503T162218Z", TIME_FORMS],
    ["2026-13-01", "there is no month 13"],
    ["1493828538", "it needs a unit: w, d, h, m or s"],
    ["-1h", "an age is written without a sign: 1h"],
  ] as const;
  assertMistakes(
    ["--since", "--until"].flatMap((option) =>
      rows.flatMap(([text, why]): Row<string>[] => [
        [[option, text], `Cannot use ${option} "${text}": ${why}`],
        [[`${option}=${text}`], `Cannot use ${option} "${text}": ${why}`],
      ])
    ),
  );
});

Deno.test("--since at a time of today that is still to come is a mistake that says so", () => {
  // In no zone has that second come at NOW.
  assertMistakes([[
    ["--since", "23:59:59"],
    'Cannot use --since "23:59:59": it is in the future; a time without a date is one of today',
  ]]);
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

Deno.test("--orgurl, --position and --format are taken as they are", () => {
  assertOptions("orgUrl", [[["--orgurl", "http://a/?b=c&d#é "], "http://a/?b=c&d#é "]]);
  assertOptions("position", [[["--position", "./my position"], "./my position"]]);
  assertOptions("format", [[["--format", "json"], "json"], [["--format=ndjson"], "ndjson"]]);
  assertMistakes([
    [
      ["--format", "JSON"],
      'Cannot use --format "JSON": it must be json, ndjson, table, logins, csv, ecs or ocsf',
    ],
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
    [["-c", "--every", "5"], 'Cannot use --every "5": it needs a unit: w, d, h, m or s'],
    [
      ["-c", "--budget", endless],
      `Cannot use --budget "${endless}": it is too long`,
    ],
  ]);
});
