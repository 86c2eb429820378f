/** What people write for a moment or a span, in several time zones. */

import { assertEquals, assertThrows } from "@std/assert";
import { readMoment, readSpan } from "../../lib/base/read_time.ts";
import { DAY, HOUR } from "../../lib/base/time.ts";
import { decode, environment, run } from "../client.ts";
import { needs } from "../form.ts";

const NOW = Date.UTC(2024, 4, 1, 12, 0, 0, 250);

/** Each text with what it is read as: the text that is sent, and the milliseconds. */
function instants(texts: readonly string[]): unknown[] {
  return texts.map((text) => {
    const { text: sent, ms } = readMoment(text, NOW);
    return [text, sent, ms];
  });
}

/** Each text with what is wrong with it. */
function assertWrong(
  read: (text: string) => unknown,
  rows: readonly (readonly [string, string])[],
) {
  const said = rows.map((
    [text],
  ) => [text, assertThrows(() => read(text), SyntaxError).message]);
  assertEquals(said, rows.map((row) => [...row]));
}

const moment = (text: string) => readMoment(text, NOW);
const MOMENT_FORMS = 'it must be a time such as 2026-11-01, "2026-11-01 18:00", ' +
  "2026-11-01T18:00:00Z, 18:00 or yesterday, or an age such as 90m, 24h or 7d";

Deno.test("readMoment() reads RFC 3339 and turns every offset into UTC", () => {
  const rows = [
    ["2017-05-03T16:22:18Z", "2017-05-03T16:22:18Z", Date.UTC(2017, 4, 3, 16, 22, 18)],
    ["2017-05-03t16:22:18z", "2017-05-03T16:22:18Z", Date.UTC(2017, 4, 3, 16, 22, 18)],
    ["2017-05-03 16:22:18Z", "2017-05-03T16:22:18Z", Date.UTC(2017, 4, 3, 16, 22, 18)],
    ["2017-05-03 16:22:18z", "2017-05-03T16:22:18Z", Date.UTC(2017, 4, 3, 16, 22, 18)],
    ["2017-05-03T16:22:18+00:00", "2017-05-03T16:22:18Z", Date.UTC(2017, 4, 3, 16, 22, 18)],
    ["2017-05-03T16:22:18-00:00", "2017-05-03T16:22:18Z", Date.UTC(2017, 4, 3, 16, 22, 18)],
    ["2017-05-03T16:22:18+02:00", "2017-05-03T14:22:18Z", Date.UTC(2017, 4, 3, 14, 22, 18)],
    ["2017-05-03 16:22:18-07:30", "2017-05-03T23:52:18Z", Date.UTC(2017, 4, 3, 23, 52, 18)],
    ["2017-01-01T00:30:00+01:00", "2016-12-31T23:30:00Z", Date.UTC(2016, 11, 31, 23, 30)],
    ["2016-02-29T00:00:00Z", "2016-02-29T00:00:00Z", Date.UTC(2016, 1, 29)],
  ] as const;
  assertEquals(instants(rows.map(([text]) => text)), rows.map((row) => [...row]));
});

Deno.test("readMoment() keeps fractions of a second as they were given", () => {
  const second = Date.UTC(2017, 4, 3, 14, 22, 18);
  const rows = [
    ["2017-05-03T14:22:18.5Z", "2017-05-03T14:22:18.5Z", second + 500],
    ["2017-05-03T14:22:18.000Z", "2017-05-03T14:22:18.000Z", second],
    ["2017-05-03T14:22:18.069Z", "2017-05-03T14:22:18.069Z", second + 69],
    ["2017-05-03T16:22:18.123456789+02:00", "2017-05-03T14:22:18.123456789Z", second + 123],
    ["2017-05-03T14:22:18.999999Z", "2017-05-03T14:22:18.999999Z", second + 999],
  ] as const;
  assertEquals(instants(rows.map(([text]) => text)), rows.map((row) => [...row]));
});

Deno.test("readMoment() reads every fraction of three digits to the millisecond", () => {
  const second = Date.UTC(2017, 4, 3, 16, 22, 18);
  const milliseconds = Array.from({ length: 1000 }, (_, i) => i);
  assertEquals(
    milliseconds.map((i) =>
      readMoment(`2017-05-03T16:22:18.${String(i).padStart(3, "0")}Z`, NOW)?.ms
    ),
    milliseconds.map((i) => second + i),
  );
});

Deno.test("readMoment() counts an age back from now", () => {
  const rows = [
    ["0s", "2024-05-01T12:00:00.250Z", NOW],
    ["30s", "2024-05-01T11:59:30.250Z", NOW - 30_000],
    ["90m", "2024-05-01T10:30:00.250Z", NOW - 90 * 60_000],
    ["24h", "2024-04-30T12:00:00.250Z", NOW - DAY],
    ["7d", "2024-04-24T12:00:00.250Z", NOW - 7 * DAY],
    ["007d", "2024-04-24T12:00:00.250Z", NOW - 7 * DAY],
  ] as const;
  assertEquals(instants(rows.map(([text]) => text)), rows.map((row) => [...row]));
});

Deno.test("readMoment() takes seconds for granted", () => {
  const rows = [
    ["2017-05-03T16:22Z", "2017-05-03T16:22:00Z", Date.UTC(2017, 4, 3, 16, 22)],
    ["2017-05-03 16:22+02:00", "2017-05-03T14:22:00Z", Date.UTC(2017, 4, 3, 14, 22)],
  ] as const;
  assertEquals(instants(rows.map(([text]) => text)), rows.map((row) => [...row]));
});

Deno.test("readMoment() knows the years 1970 to 9999", () => {
  const rows = [
    ["1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z", 0],
    ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z", Date.UTC(10_000) - 1000],
  ] as const;
  assertEquals(instants(rows.map(([text]) => text)), rows.map((row) => [...row]));
  const outside = [
    "1969-12-31T23:59:59Z",
    "1970-01-01T00:00:00+00:01",
    "9999-12-31T23:59:59-00:01",
    "0000-01-01",
    "0099-01-01",
    "99999d",
  ];
  assertWrong(moment, outside.map((text) => [text, "it must lie in the years 1970 to 9999"]));
});

Deno.test("readMoment() says which part of a moment is wrong", () => {
  assertWrong(moment, [
    ["2026-13-01", "there is no month 13"],
    ["2026-00-01", "there is no month 00"],
    ["2026-02-29", "2026-02 has no day 29"],
    ["2026-11-31 18:00", "2026-11 has no day 31"],
    ["2026-11-00", "2026-11 has no day 00"],
    ["2017-05-03T24:00:00Z", "there is no hour 24"],
    ["24:00", "there is no hour 24"],
    ["6:22", "its hour needs two digits: 06"],
    ["2026-11-24 8:15", "its hour needs two digits: 08"],
    ["2017-05-03T16:60:00Z", "there is no minute 60"],
    ["18:61", "there is no minute 61"],
    ["2017-05-03 16:59:60", "there is no second 60"],
    ["18:00:99", "there is no second 99"],
    ["2017-05-03T16:22:18+25:00", "there is no offset +25:00"],
    ["2017-05-03T16:22:18-02:60", "there is no offset -02:60"],
    ["-1h", "an age is written without a sign: 1h"],
    ["+1h30m", "an age is written without a sign: 1h30m"],
    ["1493828538", "it needs a unit: w, d, h, m or s"],
    ["7", "it needs a unit: w, d, h, m or s"],
    ["1.5h", "it must be whole, such as 1h30m"],
    ["1,5h", "it must be whole, such as 1h30m"],
    ["90M", "its units are w, d, h, m and s, not M"],
    ["5min", "its units are w, d, h, m and s, not min"],
    ["1h30min", "its units are w, d, h, m and s, not min"],
    [`${"9".repeat(20)}d`, "it is too long"],
  ]);
});

Deno.test("readMoment() takes nothing else for a moment", () => {
  const texts = [
    "",
    "now",
    "Today",
    "tomorrow",
    "2017-05",
    "2017-05-03T",
    "2017-05-03T16",
    "2017-05-03Z",
    "2017-05-03T16:22:18.Z",
    "2017-05-03T16:22:18,5Z",
    "2017-05-03T16:22:18+0200",
    "2017-05-03T16:22:18+02",
    "2017-05-03T16:22:18 Z",
    "2017-05-03  16:22:18Z",
    " 2017-05-03T16:22:18Z",
    "2017-05-03T16:22:18Z ",
    "2017-05-03T16:22:18Z\n",
    "10000-01-01T00:00:00Z",
    "17-05-03T16:22:18Z",
    "20170503T162218Z",
    "2017-5-3",
    "03.05.2017",
    "16:22Z",
    "16:22:18.5",
    "Wed, 03 May 2017 16:22:18 GMT",
    "-5",
    "- 5m",
    "90 m",
    "7d ",
    "m",
    "h1",
    "1h5x",
    "1e3s",
    "٧d",
  ];
  assertWrong(moment, texts.map((text) => [text, MOMENT_FORMS]));
});

Deno.test("readSpan() reads weeks, days, hours, minutes and seconds, and sums of them", () => {
  const rows: [string, number][] = [
    ["0s", 0],
    ["45s", 45_000],
    ["90m", 90 * 60_000],
    ["24h", 24 * HOUR],
    ["7d", 7 * DAY],
    ["1w", 7 * DAY],
    ["1h30m", 90 * 60_000],
    ["1w2d3h4m5s", 9 * DAY + 3 * HOUR + 245_000],
    ["30m1h", 90 * 60_000],
  ];
  assertEquals(rows.map(([text]) => [text, readSpan(text)]), rows);
  const forms = "it must be a span such as 50s, 5m or 1h30m";
  assertWrong(readSpan, [
    ["7", "it needs a unit: w, d, h, m or s"],
    ["7D", "its units are w, d, h, m and s, not D"],
    ["7.5d", "it must be whole, such as 1h30m"],
    ["d", forms],
    ["-7d", forms],
    ["1h 30m", forms],
    ["yesterday", forms],
  ]);
});

/**
 * What a zone makes of texts, `now` being a moment (RFC 3339), in a process of its own: the zone is that
 * of the process. Rows of the texts and what is sent.
 */
async function inZone(zone: string, now: string, texts: readonly string[]): Promise<string[]> {
  const module = new URL("../../lib/base/read_time.ts", import.meta.url);
  const program = `import { readMoment } from "${module}";
    const [now, ...texts] = Deno.args;
    for (const text of texts) console.log(readMoment(text, Date.parse(now)).text);`;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-config",
      `data:application/typescript,${encodeURIComponent(program)}`,
      now,
      ...texts,
    ],
    clearEnv: true,
    env: environment({ TZ: zone }),
  }).output();
  const lines = decode(stdout).trim().split("\n");
  assertEquals(lines.length, texts.length, decode(stderr));
  return lines;
}

/** Of a zone and a moment: what people write then, and what it stands for. */
const IN_ZONES: readonly [zone: string, now: string, rows: Readonly<Record<string, string>>][] = [
  ["UTC", "2026-11-27T00:30:00Z", {
    "today": "2026-11-27T00:00:00Z",
    "yesterday": "2026-11-26T00:00:00Z",
    "2026-11-01": "2026-11-01T00:00:00Z",
    "2026-11-01 18:00": "2026-11-01T18:00:00Z",
    "00:15": "2026-11-27T00:15:00Z",
  }],
  // Summer time begins on 29 March at 02:00, and ends on 25 October at 03:00.
  ["Europe/Berlin", "2026-03-29T20:00:00Z", {
    "today": "2026-03-28T23:00:00Z",
    "yesterday": "2026-03-27T23:00:00Z",
    "18:00": "2026-03-29T16:00:00Z",
    "01:59:59": "2026-03-29T00:59:59Z",
    "02:00": "2026-03-29T01:00:00Z",
    "02:30": "2026-03-29T01:30:00Z",
    "03:00": "2026-03-29T01:00:00Z",
    "2026-03-29T02:30:00.25": "2026-03-29T01:30:00.25Z",
    "2026-03-29 02:30:00Z": "2026-03-29T02:30:00Z",
    "1d": "2026-03-28T20:00:00Z",
  }],
  ["Europe/Berlin", "2026-10-26T09:00:00Z", {
    "today": "2026-10-25T23:00:00Z",
    // The day of 25 hours.
    "yesterday": "2026-10-24T22:00:00Z",
    "2026-10-25 01:59:59": "2026-10-24T23:59:59Z",
    "2026-10-25 02:00": "2026-10-25T00:00:00Z",
    "2026-10-25 02:59:59": "2026-10-25T00:59:59Z",
    "2026-10-25 03:00": "2026-10-25T02:00:00Z",
  }],
  // Here the clock is set by half an hour.
  ["Australia/Lord_Howe", "2026-04-05T12:00:00Z", {
    "2026-04-05 01:45": "2026-04-04T14:45:00Z",
    "2026-10-04 02:15": "2026-10-03T15:45:00Z",
    "today": "2026-04-04T13:00:00Z",
  }],
  // 27 March 2022 began at 01:00.
  ["Asia/Beirut", "2022-03-28T06:00:00Z", {
    "yesterday": "2022-03-26T22:00:00Z",
    "2022-03-27": "2022-03-26T22:00:00Z",
  }],
  // 30 December 2011 was left out.
  ["Pacific/Apia", "2011-12-31T12:00:00Z", {
    "today": "2011-12-31T10:00:00Z",
    "2011-12-30 12:00": "2011-12-30T22:00:00Z",
    "yesterday": "2011-12-30T10:00:00Z",
  }],
  ["Asia/Kathmandu", "2026-11-27T18:20:00Z", {
    "today": "2026-11-27T18:15:00Z",
    "yesterday": "2026-11-26T18:15:00Z",
    "00:01": "2026-11-27T18:16:00Z",
  }],
  ["America/Los_Angeles", "2026-11-27T07:59:00Z", {
    "today": "2026-11-26T08:00:00Z",
    "23:30": "2026-11-27T07:30:00Z",
  }],
  // POSIX's own form, without a name.
  ["XYZ5", "2026-11-27T04:00:00Z", {
    "today": "2026-11-26T05:00:00Z",
    "2026-11-01 18:00": "2026-11-01T23:00:00Z",
  }],
];

for (const [zone, now, rows] of IN_ZONES) {
  Deno.test(`readMoment() reads times without a zone as those of ${zone}, at ${now}`, async () => {
    const texts = Object.keys(rows);
    const read = await inZone(zone, now, texts);
    assertEquals(Object.fromEntries(texts.map((text, i) => [text, read[i]])), rows);
  });
}

for (const TZ of ["UTC", "Asia/Kathmandu", "America/St_Johns"]) {
  Deno.test({
    name: `a time that is copied from the table can be pasted, TZ=${TZ}`,
    ...needs("redirection"),
    async fn() {
      const args = ["--demo", "--api", "siem", "--format", "table"];
      const shown = await run([...args, "--since", "3h"], { env: { TZ } });
      const lines = shown.stdout.trim().split("\n");
      const row = lines[Math.floor(lines.length / 2)]!;
      const time = row.slice(0, "2026-11-01 18:00:00".length);
      const pasted = await run([...args, "--since", time, "--until", time], { env: { TZ } });
      const found = pasted.stdout.trim().split("\n");
      assertEquals(found[0], lines[0]);
      assertEquals(found.slice(1), lines.filter((line) => line.startsWith(time)));
    },
  });
}
