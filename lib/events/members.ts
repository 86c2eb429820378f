/**
 * Which members does a JSON object have? Told by where they lie in an event's bytes, which `splitEvents`
 * has checked; nothing is parsed. Of a key given twice the last value counts, as for JSON.parse.
 */

import { enlarged } from "../base/memory.ts";
import { afterBare, afterPlain, afterString } from "./json_tokens.ts";
import { createPlaces, type FindPlace } from "./key_places.ts";
import { FOLDED, foldedHash, hasHalf, isSameKey, stringText } from "./keys.ts";

const QUOTE = 0x22, COMMA = 0x2c, COLON = 0x3a, SPACE = 0x20, BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b, CLOSE_LIST = 0x5d, OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d;

/** Among more members a key is looked for in a table. */
const MANY = 32;

/** Members of one object, in memory that is used again for the next. */
export interface Members {
  count: number;
  /** Four offsets for each: where its key begins and ends, without quotes, and where its value does. */
  offsets: Uint32Array;
  /** `foldedHash` of each key. */
  hashes: Int32Array;
  /**
   * 1 for each whose value is a string, or a list of strings without white space between them, and which has
   * no escape that may be half of a character: it is the same with each leaf as a text.
   */
  texts: Uint8Array;
}

export function createMembers(): Members {
  return {
    count: 0,
    offsets: new Uint32Array(4 * MANY),
    hashes: new Int32Array(MANY),
    texts: new Uint8Array(MANY),
  };
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
  let findPlace: FindPlace | undefined;
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
    if (escaped) hash = foldedHash(stringText(bytes, keyStart, keyEnd));
    while (bytes[at]! <= SPACE || bytes[at] === COLON) at++;
    let end: number, texts = 0;
    const byte = bytes[at];
    if (byte === QUOTE || byte === OPEN_LIST) {
      end = byte === QUOTE ? afterText(bytes, at) : afterTexts(bytes, at);
      if (end > 0) texts = escaped && hasHalf(bytes, keyStart, keyEnd) ? 0 : 1;
      else end = afterValue(bytes, at);
    } else if (byte === OPEN_OBJECT && inner?.hash === hash) {
      end = readMembers(bytes, inner.start = at, inner.members);
    } else {
      end = afterValue(bytes, at);
    }
    if (members.count === MANY) findPlace ??= createPlaces(bytes, members);
    const place = findPlace === undefined
      ? placeOf(bytes, keyStart, keyEnd, hash, members)
      : findPlace(keyStart, keyEnd);
    if (place === members.hashes.length) grow(members);
    if (place === members.count) members.count++;
    const { offsets } = members;
    const first = 4 * place;
    offsets[first] = keyStart;
    offsets[first + 1] = keyEnd;
    offsets[first + 2] = at;
    offsets[first + 3] = end;
    members.hashes[place] = hash;
    members.texts[place] = texts;
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
    if (isSameKey(bytes, start, end, offsets[4 * i]!, offsets[4 * i + 1]!)) return i;
  }
  return count;
}

function grow(members: Members): void {
  const twice = members.hashes.length * 2;
  members.offsets = enlarged(members.offsets, twice * 4);
  members.hashes = enlarged(members.hashes, twice);
  members.texts = enlarged(members.texts, twice);
}

/** The offset after the string that begins at `start`; 0 where it may have half of a character. */
function afterText(bytes: Uint8Array, start: number): number {
  const plain = afterPlain(bytes, start + 1);
  if (bytes[plain] === QUOTE) return plain + 1;
  const end = afterString(bytes, start);
  return hasHalf(bytes, plain, end) ? 0 : end;
}

/** The same for a list of such strings, without white space between them; 0 where it is not one. */
function afterTexts(bytes: Uint8Array, start: number): number {
  for (let at = start + 1;; at++) {
    if (bytes[at] !== QUOTE) return 0;
    at = afterText(bytes, at);
    if (at === 0) return 0;
    if (bytes[at] === CLOSE_LIST) return at + 1;
    if (bytes[at] !== COMMA) return 0;
  }
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
