/** When did an event happen? As `timeOf` says, told by its bytes: of a time only the day is parsed, once. */

import { timeOf } from "../events/fields.ts";
import { stringText } from "../events/keys.ts";
import { createMemo } from "./memo.ts";

const ZERO = 0x30, COLON = 0x3a, POINT = 0x2e, LETTER_T = 0x54, LETTER_Z = 0x5a;
const DAY = /^\d{4}-\d\d-\d\d$/;
const DAY_LENGTH = "2026-11-01".length;
/** The other way to write `Z`. */
const UTC = new TextEncoder().encode("+00:00");

/** Makes a function that says when it is in a `timeStampISO` at a place; NaN as `timeOf`. */
export function createTimes(): (bytes: Uint8Array, start: number, end: number) => number {
  const dayAt = createMemo((bytes, start, end) => {
    const text = stringText(bytes, start, end);
    return DAY.test(text) ? Date.parse(`${text}T00:00:00Z`) : NaN;
  });
  return (bytes, start, end) => {
    const since = sinceMidnight(bytes, start + DAY_LENGTH, end);
    const time = Number.isNaN(since) ? NaN : dayAt(bytes, start, start + DAY_LENGTH) + since;
    return Number.isNaN(time) ? timeOf({ timeStampISO: stringText(bytes, start, end) }) : time;
  };
}

/** The milliseconds in what follows a day, such as `T10:20:30.125Z`; NaN where it is anything else. */
function sinceMidnight(bytes: Uint8Array, start: number, end: number): number {
  const at = start + "T10:20:30".length;
  if (at >= end || bytes[start] !== LETTER_T) return NaN;
  if (bytes[start + 3] !== COLON || bytes[start + 6] !== COLON) return NaN;
  const hours = twoDigits(bytes, start + 1, 24), minutes = twoDigits(bytes, start + 4, 60);
  let ms = ((hours * 60 + minutes) * 60 + twoDigits(bytes, start + 7, 60)) * 1000;
  let last = at;
  if (bytes[at] === POINT) {
    // Of more digits than three the others are dropped, as Date does.
    for (let worth = 100; isDigit(bytes[++last]!); worth /= 10) {
      if (worth >= 1) ms += worth * (bytes[last]! - ZERO);
    }
    if (last === at + 1) return NaN;
  }
  return isUtc(bytes, last, end) ? ms : NaN;
}

/** A number of two digits; NaN where there is none, or it is not below a limit. */
function twoDigits(bytes: Uint8Array, at: number, limit: number): number {
  if (!isDigit(bytes[at]!) || !isDigit(bytes[at + 1]!)) return NaN;
  const number = 10 * (bytes[at]! - ZERO) + bytes[at + 1]! - ZERO;
  return number < limit ? number : NaN;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte < COLON;
}

function isUtc(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start === 1) return bytes[start] === LETTER_Z;
  return end - start === UTC.length && UTC.every((byte, i) => bytes[start + i] === byte);
}
