/** Events that nobody would want on a terminal. */

import type { Event } from "../lib/events/events.ts";

const PIECES = [
  "\x1b[2J",
  "\x1b]0;title\x07",
  "\x9b31m",
  "\u202e",
  "\u2066",
  "\r\n",
  "\0",
  "\x7f",
  "\u2028",
  "\ud800",
  "\udfff",
  "\u200d",
  "\ufeff",
  "\u3164",
  "e\u0301",
  "\u0301",
  "\u0301".repeat(50),
  "東京",
  "ﾊﾝ",
  "한",
  "\u1112\u1161\u11ab",
  "👩‍👩‍👧",
  "👍🏽",
  "❤️",
  "🇩🇪",
  "𠮷",
  "ที่",
  "क्षि",
  "/",
  " ",
  "ordinary",
  "zoë@example.edu",
  "",
];
const NAMES = ["timeStampISO", "service", "logType", "logSubtype", "clientIP", "tenant"];
const VALUES = [undefined, null, 0, -1.5e300, true, {}, [], ["a"], { eppn: ["b"] }];
const TIMES = [
  "2024-04-09T23:37:16Z",
  "+275760-09-13T00:00:00Z",
  "-271821-04-20T00:00:00Z",
  "never",
];

/** An event of which every field may be anything. */
export function hostileEvent(below: (limit: number) => number): Event {
  const text = () => Array.from({ length: below(12) }, () => PIECES[below(PIECES.length)]).join("");
  const value = () => below(4) === 0 ? VALUES[below(VALUES.length)] : text();
  return {
    ...Object.fromEntries(NAMES.map((name) => [name, value()])),
    correlationId: value(),
    ...(below(2) === 0 ? { timeStampISO: TIMES[below(TIMES.length)] } : {}),
    ...(below(3) === 0 ? { logSubtype: "failure" } : {}),
    logData: below(2) === 0 ? value() : { [text()]: value(), reason: value(), eppn: value() },
  };
}

/** Events that are too large, too deep, or nothing like an event. */
export function hostileEvents(): Event[] {
  const long = "\u202e長".repeat(500_000);
  const deep = JSON.parse(`${'{"a":['.repeat(50_000)}1${"]}".repeat(50_000)}`);
  const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`key${i}`, i]));
  return [
    ...["service", "logType", "logSubtype", "clientIP", "tenant", "correlationId", "timeStampISO"]
      .map((name) => ({ [name]: long })),
    { logData: long },
    { logData: { eppn: long, reason: long } },
    { logData: deep },
    { logData: many },
    { logData: Array.from({ length: 100_000 }, () => ({})) },
    JSON.parse('{"__proto__": {"service": "idp"}, "logData": {"__proto__": "x", "eppn": {}}}'),
    { clientIP: 3_221_226_219, logData: null },
    { clientIP: ["192.0.2.4"], logData: [[[["deep"]]]] },
    {},
  ];
}

/**
 * The same, and what is a long time to handle them: two seconds, or on a busy host twenty times as long
 * as it took to make them.
 */
export function timedHostileEvents(): { events: Event[]; isLong: (ms: number) => boolean } {
  const started = performance.now();
  const events = hostileEvents();
  const limit = Math.max(2000, 20 * (performance.now() - started));
  return { events, isLong: (ms) => ms > limit };
}
