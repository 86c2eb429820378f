/**
 * How are parts of events written into other JSON? Byte by byte from where they lie in the event, so that
 * nothing is parsed: a page of 1000 events has no time for that.
 */

import { Failure } from "../base/errors.ts";
import { enlarged } from "../base/memory.ts";
import { afterBare } from "../events/json_tokens.ts";
import { isHalf, stringText } from "../events/keys.ts";
import { afterValue, createMembers, type Members, readMembers } from "../events/members.ts";

const QUOTE = 0x22, BACKSLASH = 0x5c, COMMA = 0x2c, COLON = 0x3a, SPACE = 0x20;
const OPEN_LIST = 0x5b, CLOSE_LIST = 0x5d, OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d;

/**
 * Containers within each other that are written as such; what is deeper stands there as a string of its
 * JSON. Elasticsearch takes no more than 20 in a `flattened` field.
 */
export const MAX_LEVEL = 16;

/** 10 MB may become several times as much, but not without end. */
const MAX_LAYOUT_BYTES = 2 ** 30;

/** What may stand for itself within a string, and what needs a backslash. White space is not within one. */
const ESCAPED = new Uint8Array(256);
for (
  const [byte, letter] of [[QUOTE, '"'], [BACKSLASH, "\\"], [0x0a, "n"], [0x0d, "r"], [9, "t"]]
) {
  ESCAPED[byte as number] = (letter as string).charCodeAt(0);
}

/** Fewer bytes are copied one by one, since a call of `set` takes as long as these. */
const LONG_BYTES = 40;

const encoder = new TextEncoder();

/** A growing text. Its memory is used again when `length` is set back. */
export interface Writer {
  bytes: Uint8Array;
  length: number;
  /** One for each level of containers. */
  readonly members: Members[];
}

export function createWriter(): Writer {
  const members = Array.from({ length: MAX_LEVEL + 1 }, createMembers);
  return { bytes: new Uint8Array(64 * 1024), length: 0, members };
}

/** Makes room for so many more bytes. */
function reserve(to: Writer, more: number): void {
  const needed = to.length + more;
  if (needed <= to.bytes.length) return;
  if (needed > MAX_LAYOUT_BYTES) {
    const why = "mapped, it would take more than 1 GiB; use --format ndjson";
    throw new Failure("unusable", `Cannot lay out this page: ${why}`);
  }
  const size = Math.min(MAX_LAYOUT_BYTES, Math.max(needed, to.bytes.length * 2));
  to.bytes = enlarged(to.bytes, size);
}

/** Writes bytes that are JSON already. */
export function putBytes(to: Writer, more: Uint8Array): void {
  reserve(to, more.length);
  to.bytes.set(more, to.length);
  to.length += more.length;
}

/** Writes a text of ASCII that needs no escapes, between quotes if it is to have some. */
export function putPlain(to: Writer, text: string): void {
  reserve(to, text.length);
  const { bytes, length } = to;
  for (let i = 0; i < text.length; i++) bytes[length + i] = text.charCodeAt(i);
  to.length = length + text.length;
}

/** Writes a text as a JSON string; a lone surrogate becomes U+FFFD. */
function putText(to: Writer, text: string): void {
  putBytes(to, encoder.encode(JSON.stringify(text.toWellFormed())));
}

/**
 * Writes a JSON string of a string token's inside, or of a bare token, from `start` to `end`. Its escapes
 * stay as they are, but for lone surrogates.
 */
export function putToken(to: Writer, from: Uint8Array, start: number, end: number): void {
  reserve(to, end - start + 2);
  const { bytes } = to;
  let out = to.length;
  bytes[out++] = QUOTE;
  for (let at = start; at < end; at++) {
    const byte = from[at]!;
    bytes[out++] = byte;
    if (byte !== BACKSLASH) continue;
    if (isHalf(from, ++at)) return putText(to, stringText(from, start, end));
    bytes[out++] = from[at]!;
  }
  bytes[out++] = QUOTE;
  to.length = out;
}

/** Writes a JSON string that has exactly the bytes from `start` to `end`. */
export function putVerbatim(to: Writer, from: Uint8Array, start: number, end: number): void {
  reserve(to, 2 * (end - start) + 2);
  const { bytes } = to;
  let out = to.length;
  bytes[out++] = QUOTE;
  for (let at = start; at < end; at++) {
    const byte = from[at]!;
    const letter = ESCAPED[byte]!;
    if (letter === 0) {
      bytes[out++] = byte;
    } else {
      bytes[out++] = BACKSLASH;
      bytes[out++] = letter;
    }
  }
  bytes[out++] = QUOTE;
  to.length = out;
}

/**
 * Writes the value that begins at `start` with every leaf as a string: `1.0` as "1.0", `null` as "null".
 * Of a key given twice the last value counts.
 */
export function putLeaves(to: Writer, from: Uint8Array, start: number, level = 0): void {
  const byte = from[start]!;
  if (byte === QUOTE) {
    putToken(to, from, start + 1, afterValue(from, start) - 1);
  } else if (byte !== OPEN_OBJECT && byte !== OPEN_LIST) {
    putToken(to, from, start, afterBare(from, start));
  } else if (level === MAX_LEVEL) {
    putVerbatim(to, from, start, afterValue(from, start));
  } else if (byte === OPEN_LIST) {
    putList(to, from, start, level);
  } else {
    const members = to.members[level]!;
    readMembers(from, start, members);
    putObject(to, from, members, level);
  }
}

/** Writes an object whose members have been read, as `putLeaves` does. */
export function putObject(to: Writer, from: Uint8Array, members: Members, level = 0): void {
  const { count, offsets } = members;
  putByte(to, OPEN_OBJECT);
  for (let i = 0; i < count; i++) {
    const at = 4 * i;
    if (i > 0) putByte(to, COMMA);
    // On the last level a list is no list any more.
    const last = level + 1 < MAX_LEVEL ? lastOfRun(members, i) : -1;
    if (last >= i) {
      putRange(to, from, offsets[at]! - 1, offsets[4 * last + 3]!);
      i = last;
      continue;
    }
    putToken(to, from, offsets[at]!, offsets[at + 1]!);
    putByte(to, COLON);
    putLeaves(to, from, offsets[at + 2]!, level + 1);
  }
  putByte(to, CLOSE_OBJECT);
}

/**
 * The last of the members from `first` on that can be copied as they lie there, since they are texts and
 * follow each other without white space; less than `first` where there is none.
 */
function lastOfRun({ count, offsets, texts }: Members, first: number): number {
  let i = first;
  for (; i < count && texts[i] === 1; i++) {
    const at = 4 * i;
    const follows = i === first || offsets[at] === offsets[at - 1]! + 2;
    if (!follows || offsets[at + 2] !== offsets[at + 1]! + 2) break;
  }
  return i - 1;
}

function putRange(to: Writer, from: Uint8Array, start: number, end: number): void {
  reserve(to, end - start);
  const { bytes, length } = to;
  if (end - start > LONG_BYTES) bytes.set(from.subarray(start, end), length);
  else for (let i = start; i < end; i++) bytes[length + i - start] = from[i]!;
  to.length = length + end - start;
}

function putList(to: Writer, from: Uint8Array, start: number, level: number): void {
  putByte(to, OPEN_LIST);
  for (let at = start + 1, first = true;; first = false) {
    while (from[at]! <= SPACE || from[at] === COMMA) at++;
    if (from[at] === CLOSE_LIST) break;
    if (!first) putByte(to, COMMA);
    putLeaves(to, from, at, level + 1);
    at = afterValue(from, at);
  }
  putByte(to, CLOSE_LIST);
}

/** Writes one byte. */
export function putByte(to: Writer, byte: number): void {
  if (to.length === to.bytes.length) reserve(to, 1);
  to.bytes[to.length++] = byte;
}
