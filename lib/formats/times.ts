/** When did an event happen? Read from its bytes, and written, without a Date for each. */

import { DAY, HOUR } from "../base/time.ts";
import { timeOf } from "../events/fields.ts";
import { type Span, textOf } from "./event_parts.ts";
import { putPlain, type Writer } from "./json_writer.ts";

/** Years of four digits are all that other programs read. */
const MIN_MS = Date.parse("0000-01-01T00:00:00Z"), MAX_MS = Date.parse("9999-12-31T23:59:59.999Z");

/** What the service writes, but for the last days of a month: `0` stands for any digit. */
const USUAL = new TextEncoder().encode("0000-00-00T00:00:00+00:00");
const ZERO = 0x30, NINE = 0x39;

/** Milliseconds since 1970 of a time stamp; NaN where it cannot be read. */
export function readTime(bytes: Uint8Array, stamp: Span | undefined): number {
  if (stamp === undefined) return NaN;
  const usual = usualTime(bytes, stamp);
  if (!Number.isNaN(usual)) return usual;
  const ms = timeOf({ timeStampISO: textOf(bytes, stamp) });
  return ms >= MIN_MS && ms <= MAX_MS ? ms : NaN;
}

function usualTime(bytes: Uint8Array, { start, end }: Span): number {
  if (end - start !== USUAL.length) return NaN;
  for (let i = 0; i < USUAL.length; i++) {
    const byte = bytes[start + i]!;
    const isUsual = USUAL[i] === ZERO && i < 20 ? byte >= ZERO && byte <= NINE : byte === USUAL[i];
    if (!isUsual) return NaN;
  }
  const two = (at: number) => 10 * bytes[start + at]! + bytes[start + at + 1]! - 11 * ZERO;
  const month = two(5), day = two(8), hour = two(11), minute = two(14), second = two(17);
  // Date.UTC would take a later day for one of the next month, and a year before 100 for one after 1900.
  const isSure = two(0) > 0 && month >= 1 && month <= 12 && day >= 1 && day <= 28 && hour < 24 &&
    minute < 60 && second < 60;
  return isSure ? Date.UTC(100 * two(0) + two(2), month - 1, day, hour, minute, second) : NaN;
}

/** Makes a function that writes a time in UTC, such as "2024-04-09T23:37:16.000Z". */
export function createTimeWriter(): (ms: number, to: Writer) => void {
  let day = NaN;
  let date = "";
  return (ms, to) => {
    const days = Math.floor(ms / DAY);
    // Most events happen on the day of the one before.
    if (days !== day) [day, date] = [days, `"${new Date(days * DAY).toISOString().slice(0, 11)}`];
    const time = ms - days * DAY;
    putPlain(to, date);
    putPlain(to, TWO_DIGITS[Math.floor(time / HOUR)]!);
    putPlain(to, ":");
    putPlain(to, TWO_DIGITS[Math.floor(time / 60_000) % 60]!);
    putPlain(to, ":");
    putPlain(to, TWO_DIGITS[Math.floor(time / 1000) % 60]!);
    putPlain(to, time % 1000 === 0 ? '.000Z"' : `.${String(time % 1000).padStart(3, "0")}Z"`);
  };
}

const TWO_DIGITS = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, "0"));
