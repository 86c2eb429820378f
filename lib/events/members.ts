/**
 * Which members does a JSON object have? Told by where they lie in an event's bytes, which `splitEvents`
 * has checked; nothing is parsed. Of a key given twice the last value counts, as for JSON.parse.
 */

import { afterBare, afterPlain, afterString } from "./json_tokens.ts";

const QUOTE = 0x22, COMMA = 0x2c, COLON = 0x3a, SPACE = 0x20, BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b, CLOSE_LIST = 0x5d, OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d;

/** From so many members on, keys are looked up by their text. */
const MANY = 32;

/** Members of one object, in memory that is used again for the next. */
export interface Members {
  count: number;
  /** Four offsets for each: where its key begins and ends, without quotes, and where its value does. */
  offsets: Uint32Array;
  /** `foldedHash` of each key. */
  hashes: Int32Array;
  /** 1 for each member whose value is a string of ASCII without escapes, and whose key has none. */
  plain: Uint8Array;
}

export function createMembers(): Members {
  return {
    count: 0,
    offsets: new Uint32Array(4 * MANY),
    hashes: new Int32Array(MANY),
    plain: new Uint8Array(MANY),
  };
}

/** Capital letters as small ones, and a dot as an underscore. */
const FOLDED = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte === 0x2e) return 0x5f;
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
});

/** A number for a key, the same for keys that differ only in case or have a dot for an underscore. */
export function foldedHash(key: string): number {
  let hash = 0;
  for (const byte of new TextEncoder().encode(key)) hash = Math.imul(hash, 31) + FOLDED[byte]! | 0;
  return hash;
}

/** Whether the key whose bytes lie from `start` to `end` is another, to the letter or as it is folded. */
export function isKey(
  bytes: Uint8Array,
  start: number,
  end: number,
  key: Uint8Array,
  how: "exact" | "folded",
): boolean {
  if (end - start !== key.length) {
    // Escapes make a key longer.
    if (end - start < key.length || bytes.indexOf(BACKSLASH, start) >= end) return false;
    const text = new TextEncoder().encode(stringText(bytes, start, end));
    return text.length === key.length && isKey(text, 0, text.length, key, how);
  }
  for (let i = 0; i < key.length; i++) {
    const [one, other] = [bytes[start + i]!, key[i]!];
    if (one !== other && (how === "exact" || FOLDED[one] !== FOLDED[other])) return false;
  }
  return true;
}

/** An object within the one that is read, whose members are found on the way. */
export interface Inner {
  /** `foldedHash` of the key it has. */
  readonly hash: number;
  readonly members: Members;
  /** Where it begins; 0 where there is none. */
  start: number;
}

/**
 * Finds the members of the object that begins at `start`, and those of one object in it; returns the
 * offset after it.
 */
export function readMembers(
  bytes: Uint8Array,
  start: number,
  members: Members,
  inner?: Inner,
): number {
  members.count = 0;
  if (inner !== undefined) inner.start = 0;
  /** Each key's place by its text; only where there are many keys, or escapes in one. */
  let places: Map<string, number> | undefined;
  for (let at = start + 1;;) {
    while (bytes[at]! <= SPACE || bytes[at] === COMMA) at++;
    if (bytes[at] === CLOSE_OBJECT) return at + 1;
    const keyStart = at + 1;
    let hash = 0, escaped = false;
    for (at = keyStart; bytes[at] !== QUOTE; at++) {
      if (bytes[at] === BACKSLASH) {
        escaped = true;
        at++;
      }
      hash = Math.imul(hash, 31) + FOLDED[bytes[at]!]! | 0;
    }
    const keyEnd = at++;
    while (bytes[at]! <= SPACE || bytes[at] === COLON) at++;
    let end: number, plain = 0;
    if (bytes[at] === QUOTE) {
      end = afterPlain(bytes, at + 1);
      if (bytes[end] === QUOTE) {
        plain = escaped ? 0 : 1;
        end++;
      } else {
        end = afterString(bytes, at);
      }
    } else if (inner?.hash === hash && bytes[at] === OPEN_OBJECT) {
      end = readMembers(bytes, inner.start = at, inner.members);
    } else {
      end = afterValue(bytes, at);
    }
    if (escaped || members.count >= MANY) places ??= placesOf(bytes, members);
    let place: number;
    if (places === undefined) {
      place = placeOf(bytes, keyStart, keyEnd, hash, members);
    } else {
      const text = stringText(bytes, keyStart, keyEnd);
      if (escaped) hash = foldedHash(text);
      place = places.get(text) ?? members.count;
      places.set(text, place);
    }
    if (place === members.hashes.length) grow(members);
    if (place === members.count) members.count++;
    const { offsets } = members;
    const first = 4 * place;
    offsets[first] = keyStart;
    offsets[first + 1] = keyEnd;
    offsets[first + 2] = at;
    offsets[first + 3] = end;
    members.hashes[place] = hash;
    members.plain[place] = plain;
    at = end;
  }
}

/** Where a key stands among the members, or would stand. */
function placeOf(
  bytes: Uint8Array,
  start: number,
  end: number,
  hash: number,
  { count, offsets, hashes }: Members,
): number {
  for (let i = 0; i < count; i++) {
    if (hashes[i] !== hash) continue;
    const other = offsets[4 * i]!;
    if (offsets[4 * i + 1]! - other !== end - start) continue;
    let same = start;
    while (same < end && bytes[same] === bytes[other + same - start]) same++;
    if (same === end) return i;
  }
  return count;
}

function placesOf(bytes: Uint8Array, { count, offsets }: Members): Map<string, number> {
  const places = new Map<string, number>();
  for (let i = 0; i < count; i++) {
    places.set(stringText(bytes, offsets[4 * i]!, offsets[4 * i + 1]!), i);
  }
  return places;
}

const decoder = new TextDecoder();

/** The text of a string token whose bytes lie from `start` to `end`; a lone surrogate in it is U+FFFD. */
export function stringText(bytes: Uint8Array, start: number, end: number): string {
  const text = decoder.decode(bytes.subarray(start, end));
  return text.includes("\\") ? JSON.parse(`"${text}"`).toWellFormed() : text;
}

function grow(members: Members): void {
  const { offsets, hashes, plain } = members;
  members.offsets = new Uint32Array(offsets.length * 2);
  members.offsets.set(offsets);
  members.hashes = new Int32Array(hashes.length * 2);
  members.hashes.set(hashes);
  members.plain = new Uint8Array(plain.length * 2);
  members.plain.set(plain);
}

/** The offset after the value that begins at `start`. Not recursive: its depth is up to the service. */
export function afterValue(bytes: Uint8Array, start: number): number {
  if (bytes[start] === QUOTE) return afterString(bytes, start);
  let depth = 0;
  for (let at = start;;) {
    const byte = bytes[at]!;
    if (byte === QUOTE) {
      at = afterString(bytes, at);
    } else if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
      depth++;
      at++;
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
      depth--;
      at++;
    } else if (byte <= SPACE || byte === COMMA || byte === COLON) {
      at++;
      continue;
    } else {
      at = afterBare(bytes, at);
    }
    if (depth === 0) return at;
  }
}
