/**
 * Which lines cannot hold what is searched for? They are passed over without being parsed: one search for a
 * part of the value goes over a whole block, and one for what could hide it.
 */

import { type Filter, isExact } from "../events/selection.ts";

const NEWLINE = 0x0a, RETURN = 0x0d, ZERO = 0x30, BACKSLASH = 0x5c, SMALL_U = 0x75;
const OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d;

/** Shorter parts are found nearly everywhere. */
const MIN_BYTES = 3;

/**
 * A part of a value that is written as it is, or with `\u00xx` for some of its characters. What writers of
 * JSON like to escape is not in it: quotes, slashes, and what has a meaning in HTML.
 */
const PLAIN_PART = /[\x20-\x7e]+/g;
const OFTEN_ESCAPED = /["\\/<>&'=]/;

/** Looks for one part in blocks, each from its beginning on. */
export interface Needle {
  /** From now on another block is looked through. `bytes` begin where their memory does. */
  begin(bytes: Uint8Array): void;
  /**
   * Passes over lines from `start` on, and returns where the first begins that may hold the value, or that
   * does not look like an object; `end` where there is none. A newline has to be right before `end`.
   */
  passOver(start: number, end: number): number;
  /** Whether what lies there may hold the value. It may not begin before what was asked for last. */
  mayBeIn(start: number, end: number): boolean;
  /** How many lines were passed over, in all blocks. */
  lines: number;
}

/** What every event has to hold that these filters let through; undefined where nothing is sure. */
export function needleOf(filters: readonly Filter[]): Needle | undefined {
  // An address may be compared with a number, which can be written in more than one way.
  const isText = ({ value }: Filter) => Number.isNaN(Number(value));
  const parts = filters.filter((filter) => isExact(filter) && isText(filter)).flatMap(({ value }) =>
    (value.match(PLAIN_PART) ?? []).flatMap((part) => part.split(OFTEN_ESCAPED))
  );
  const longest = parts.reduce((one, other) => other.length > one.length ? other : one, "");
  return longest.length < MIN_BYTES ? undefined : createNeedle(longest);
}

function createNeedle(text: string): Needle {
  const part = new TextEncoder().encode(text);
  const find = finder(part);
  const isInPart = new Uint8Array(128);
  for (const byte of part) isInPart[byte] = 1;
  let bytes: Uint8Array = new Uint8Array(0);
  let words: Int32Array = new Int32Array(0);
  /** Where the part is next, and a backslash; both are looked for when they are asked for. */
  let hit = -1;
  let backslash = -1;

  /** Whether the escape at an offset may stand for a character of the part; a backslash may be escaped. */
  function hides(bytes: Uint8Array, at: number): boolean {
    if (bytes[at + 1] !== SMALL_U || bytes[at + 2] !== ZERO || bytes[at + 3] !== ZERO) return false;
    const code = parseInt(String.fromCharCode(bytes[at + 4]!, bytes[at + 5]!), 16);
    return isInPart[code] === 1;
  }

  return {
    lines: 0,
    begin(block) {
      bytes = block;
      words = new Int32Array(block.buffer, 0, block.buffer.byteLength >> 2);
      hit = backslash = -1;
    },
    passOver(first, end) {
      if (first >= end || bytes[first] !== OPEN_OBJECT) return first;
      if (hit < first) hit = find(bytes, first);
      let start = first;
      for (let at = first;;) {
        at = nextMark(bytes, words, at);
        if (bytes[at] === BACKSLASH) {
          if (bytes[at + 1] === SMALL_U && hides(bytes, at)) return start;
          at++;
          continue;
        }
        const last = bytes[at - 1] === RETURN ? at - 2 : at - 1;
        if (hit < at || bytes[last] !== CLOSE_OBJECT) return start;
        this.lines++;
        start = ++at;
        if (start === end || bytes[start] !== OPEN_OBJECT) return start;
      }
    },
    mayBeIn(start, end) {
      if (hit < start) hit = find(bytes, start);
      if (hit < end) return true;
      if (backslash < start) backslash = bytes.indexOf(BACKSLASH, start) >>> 0;
      while (backslash < end) {
        if (hides(bytes, backslash)) return true;
        backslash = bytes.indexOf(BACKSLASH, backslash + 1) >>> 0;
      }
      return false;
    },
  };
}

const EACH_BYTE = 0x01010101, HIGH_BITS = 0x80808080 | 0;
const NEWLINES = EACH_BYTE * NEWLINE, BACKSLASHES = EACH_BYTE * BACKSLASH;

/** Where the next newline or backslash is, which has to be there. Four bytes are looked at at once. */
function nextMark(bytes: Uint8Array, words: Int32Array, start: number): number {
  let at = start;
  for (; (at & 3) !== 0; at++) if (bytes[at] === NEWLINE || bytes[at] === BACKSLASH) return at;
  let i = at >> 2;
  for (; i < words.length; i++) {
    // A byte that is zero borrows from the bit above it when one is taken from it.
    const one = words[i]! ^ NEWLINES, other = words[i]! ^ BACKSLASHES;
    if (((one - EACH_BYTE & ~one | other - EACH_BYTE & ~other) & HIGH_BITS) !== 0) break;
  }
  for (at = i << 2; bytes[at] !== NEWLINE && bytes[at] !== BACKSLASH;) at++;
  return at;
}

/** A search by Horspool's method: what ends where the part would end says how far the next try is. */
function finder(part: Uint8Array): (bytes: Uint8Array, start: number) => number {
  const last = part.length - 1;
  const steps = new Int32Array(256).fill(part.length);
  for (let i = 0; i < last; i++) steps[part[i]!] = last - i;
  const lastByte = part[last]!;
  return (bytes, start) => {
    for (let at = start + last; at < bytes.length;) {
      const byte = bytes[at]!;
      if (byte === lastByte) {
        let same = 1;
        while (same <= last && bytes[at - same] === part[last - same]) same++;
        if (same > last) return at - last;
      }
      at += steps[byte]!;
    }
    return Infinity;
  };
}
