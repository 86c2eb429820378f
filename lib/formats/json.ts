/**
 * How do events look as JSON? As the service sent them, copied token by token from bytes that `splitEvents` has
 * checked; only the white space between tokens is ours.
 */

import type { Events } from "../events/events.ts";

const QUOTE = 0x22, BACKSLASH = 0x5c, COMMA = 0x2c, COLON = 0x3a;
const OPEN_LIST = 0x5b, CLOSE_LIST = 0x5d, OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d;
const NEWLINE = 0x0a, SPACE = 0x20;

/** Deeper containers are written on one line: nesting without end would make endless indentation. */
const MAX_LEVEL = 64;

/** Of a page that would take more than this many times its length, and these bytes, an event is a line. */
const MAX_GROWTH = 3;
const MAX_EXTRA_BYTES = 16 * 1024 * 1024;

/**
 * One event a line, without white space between tokens; nothing for no events. Written over the events
 * themselves, in the page's own memory: afterwards nobody may read them any more. (A line is never
 * longer than its event and what divides it from the next, so all of them move towards the first.)
 */
export function ndjsonInPlace({ bytes, spans, compact }: Events): Uint8Array {
  const first = spans[0] ?? 0;
  let to = first;
  for (let i = 0; i < spans.length; i += 2) {
    const start = spans[i]!, end = spans[i + 1]!;
    if (!compact) {
      to = compacted(bytes, start, end, to);
    } else {
      if (to < start) bytes.copyWithin(to, start, end);
      to += end - start;
    }
    bytes[to++] = NEWLINE;
  }
  return bytes.subarray(first, to);
}

/** Moves an event's tokens to `to`, which is not behind it; returns where they end there. */
function compacted(bytes: Uint8Array, start: number, end: number, to: number): number {
  let out = to;
  for (let at = start; at < end;) {
    let byte = bytes[at++]!;
    if (byte <= SPACE) continue;
    bytes[out++] = byte;
    if (byte !== QUOTE) continue;
    // Not by a function: a call for each string takes as long as the string.
    do {
      byte = bytes[at++]!;
      bytes[out++] = byte;
      // What is escaped ends no string.
      if (byte === BACKSLASH) bytes[out++] = bytes[at++]!;
    } while (byte !== QUOTE);
  }
  return out;
}

/** Copies the rest of a string, from behind the quote that opens it; returns its length. */
function copyString(from: Uint8Array, start: number, to: Uint8Array, out: number): number {
  for (let length = 0;;) {
    const byte = from[start + length]!;
    to[out + length++] = byte;
    if (byte === QUOTE) return length;
    // What is escaped ends no string.
    if (byte === BACKSLASH) to[out + length] = from[start + length++]!;
  }
}

/**
 * Makes a function that writes a page's events as one array, as Python's `json.dumps(page, indent=4)`
 * does; `[]` for no events. Its memory is used again for the next page.
 */
export function createIndentedJson(): (events: Events) => Uint8Array {
  const text = new IndentedText();
  return (events) => text.page(events);
}

/** The text would take more memory than a page is worth: the service decides how deep it nests. */
class TooLong extends Error {}

class IndentedText {
  #text = new Uint8Array(0);
  #length = 0;
  #maxLevel = 0;
  #maxLength = 0;

  page(events: Events): Uint8Array {
    try {
      const maxLength = events.bytes.length * MAX_GROWTH + MAX_EXTRA_BYTES;
      return this.#page(events, MAX_LEVEL, maxLength);
    } catch (error) {
      if (!(error instanceof TooLong)) throw error;
      return this.#page(events, 1, Infinity);
    }
  }

  #page({ bytes, spans }: Events, maxLevel: number, maxLength: number): Uint8Array {
    [this.#maxLevel, this.#maxLength] = [maxLevel, maxLength];
    this.#length = 0;
    this.#reserve(bytes.length * 2 + 64);
    this.#put(OPEN_LIST);
    for (let i = 0; i < spans.length; i += 2) {
      if (i > 0) this.#put(COMMA);
      const start = spans[i]!, end = spans[i + 1]!;
      this.#newLine(1, bytes, start);
      this.#event(bytes, start, end);
    }
    if (spans.length > 0) this.#newLine(0, bytes, bytes.length);
    this.#put(CLOSE_LIST);
    this.#put(NEWLINE);
    return this.#text.subarray(0, this.#length);
  }

  #event(bytes: Uint8Array, start: number, end: number): void {
    let level = 1;
    for (let at = start; at < end;) {
      const byte = bytes[at++]!;
      if (byte <= SPACE) continue;
      const closes = byte === CLOSE_LIST || byte === CLOSE_OBJECT;
      if (closes && level-- <= this.#maxLevel) this.#newLine(level, bytes, at);
      this.#put(byte);
      if (byte === QUOTE) {
        const length = copyString(bytes, at, this.#text, this.#length);
        this.#length += length;
        at += length;
      } else if (byte === COLON) {
        this.#put(SPACE);
      } else if (byte === COMMA) {
        this.#newLine(level, bytes, at);
      } else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
        while (bytes[at]! <= SPACE) at++;
        if (bytes[at] === CLOSE_LIST || bytes[at] === CLOSE_OBJECT) this.#put(bytes[at++]!);
        else this.#newLine(++level, bytes, at);
      }
    }
  }

  /** Makes room for all that may come before the next one: `bytes` from `at` on, and their spaces. */
  #newLine(level: number, bytes: Uint8Array, at: number): void {
    if (level > this.#maxLevel) return;
    const size = 1 + 4 * level;
    this.#reserve(size + (bytes.length - at) * 2 + 8);
    this.#text[this.#length++] = NEWLINE;
    for (const end = this.#length + size - 1; this.#length < end;) this.#put(SPACE);
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#text.length) return;
    if (needed > this.#maxLength) throw new TooLong();
    const size = Math.max(needed, Math.min(this.#text.length * 2, this.#maxLength));
    const larger = new Uint8Array(size);
    larger.set(this.#text.subarray(0, this.#length));
    this.#text = larger;
  }

  #put(byte: number): void {
    this.#text[this.#length++] = byte;
  }
}
