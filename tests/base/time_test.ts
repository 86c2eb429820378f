import { assertEquals } from "@std/assert";
import {
  DAY,
  HOUR,
  type Instant,
  instantAt,
  parseDuration,
  parseInstant,
} from "../../lib/base/time.ts";

const NOW = Date.UTC(2024, 4, 1, 12, 0, 0, 250);

/** Each text with what it is read as: the text that is sent and the milliseconds, or undefined. */
function instants(texts: readonly string[]): unknown[] {
  return texts.map((text) => {
    const instant = parseInstant(text, NOW);
    return [text, instant?.text, instant?.ms];
  });
}

Deno.test("parseInstant() reads RFC 3339 and turns every offset into UTC", () => {
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

Deno.test("parseInstant() keeps fractions of a second as they were given", () => {
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

Deno.test("parseInstant() reads every fraction of three digits to the millisecond", () => {
  const second = Date.UTC(2017, 4, 3, 16, 22, 18);
  const milliseconds = Array.from({ length: 1000 }, (_, i) => i);
  assertEquals(
    milliseconds.map((i) =>
      parseInstant(`2017-05-03T16:22:18.${String(i).padStart(3, "0")}Z`, NOW)?.ms
    ),
    milliseconds.map((i) => second + i),
  );
});

Deno.test("parseInstant() counts an age back from now", () => {
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

Deno.test("parseInstant() knows the years 1970 to 9999", () => {
  const rows = [
    ["1969-12-31T23:59:59Z", undefined, undefined],
    ["1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z", 0],
    ["1970-01-01T00:00:00+00:01", undefined, undefined],
    ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z", Date.UTC(10_000) - 1000],
    ["9999-12-31T23:59:59-00:01", undefined, undefined],
    ["10000-01-01T00:00:00Z", undefined, undefined],
    ["99999d", undefined, undefined],
    ["999999999999999999999d", undefined, undefined],
  ] as const;
  assertEquals(instants(rows.map(([text]) => text)), rows.map((row) => [...row]));
});

Deno.test("parseInstant() takes nothing else for a moment", () => {
  const texts = [
    "",
    "now",
    "yesterday",
    "2017-05-03",
    "2017-05-03T16:22Z",
    "2017-05-03T16:22:18",
    "2017-05-03T16:22:18.Z",
    "2017-05-03T16:22:18,5Z",
    "2017-05-03T16:22:18+0200",
    "2017-05-03T16:22:18+02",
    "2017-05-03T16:22:18+25:00",
    "2017-05-03T16:22:18 Z",
    "2017-05-03  16:22:18Z",
    " 2017-05-03T16:22:18Z",
    "2017-05-03T16:22:18Z ",
    "2017-05-03T16:22:18Z\n",
    "2017-02-29T00:00:00Z",
    "2017-13-01T00:00:00Z",
    "2017-05-03T24:00:00Z",
    "2017-05-03T16:60:00Z",
    "17-05-03T16:22:18Z",
    "20170503T162218Z",
    "1493828538",
    "Wed, 03 May 2017 16:22:18 GMT",
    "-5m",
    "1.5h",
    "1e3s",
    "90 m",
    "90M",
    "7d ",
    "m",
    "1w",
    "1d12h",
  ];
  assertEquals(instants(texts), texts.map((text) => [text, undefined, undefined]));
});

Deno.test("parseDuration() reads seconds, minutes, hours and days", () => {
  const rows: [string, number | undefined][] = [
    ["0s", 0],
    ["45s", 45_000],
    ["90m", 90 * 60_000],
    ["24h", 24 * HOUR],
    ["7d", 7 * DAY],
    ["7", undefined],
    ["d", undefined],
    ["7D", undefined],
    ["-7d", undefined],
    ["7.5d", undefined],
  ];
  assertEquals(rows.map(([text]) => [text, parseDuration(text)]), rows);
});

Deno.test("instantAt() writes whole seconds without a fraction and milliseconds with one", () => {
  const rows: [number, Instant | undefined][] = [
    [0, { ms: 0, text: "1970-01-01T00:00:00Z" }],
    [NOW - 250, { ms: NOW - 250, text: "2024-05-01T12:00:00Z" }],
    [NOW, { ms: NOW, text: "2024-05-01T12:00:00.250Z" }],
    [NOW + 0.9, { ms: NOW, text: "2024-05-01T12:00:00.250Z" }],
    [Date.UTC(10_000) - 1, { ms: Date.UTC(10_000) - 1, text: "9999-12-31T23:59:59.999Z" }],
    [Date.UTC(10_000), undefined],
    [-1, undefined],
    [NaN, undefined],
    [Infinity, undefined],
  ];
  assertEquals(rows.map(([ms]) => [ms, instantAt(ms)]), rows);
});
