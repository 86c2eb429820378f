/** From when to when did a page's events happen? Read from their bytes, without parsing them. */

import type { Events } from "../events/events.ts";
import { foldedHash, isKey } from "../events/keys.ts";
import { createMembers, type Members, readMembers } from "../events/members.ts";
import { readTime } from "./times.ts";

/** In milliseconds since 1970; both NaN where no event has a time that can be read. */
export interface Window {
  readonly first: number;
  readonly last: number;
}

const QUOTE = 0x22;
const STAMP = "timeStampISO";
const KEY = new TextEncoder().encode(STAMP), HASH = foldedHash(STAMP);

/** The earliest and the latest time stamp of some events; they may come in any order. */
export function windowOf({ bytes, spans }: Events): Window {
  const members = createMembers();
  let first = Infinity, last = -Infinity;
  for (let i = 0; i < spans.length; i += 2) {
    readMembers(bytes, spans[i]!, members);
    const ms = timeIn(bytes, members);
    if (ms < first) first = ms;
    if (ms > last) last = ms;
  }
  return first > last ? { first: NaN, last: NaN } : { first, last };
}

/** NaN where there is none. */
function timeIn(bytes: Uint8Array, { count, offsets, hashes }: Members): number {
  for (let i = 0; i < count; i++) {
    const at = 4 * i;
    if (hashes[i] !== HASH) continue;
    if (!isKey(bytes, offsets[at]!, offsets[at + 1]!, KEY, "exact")) continue;
    const start = offsets[at + 2]!, end = offsets[at + 3]!;
    return bytes[start] === QUOTE ? readTime(bytes, { start: start + 1, end: end - 1 }) : NaN;
  }
  return NaN;
}
