/**
 * How a page is cut up. Events are found in the page's bytes and copied from there, never parsed and
 * printed again, so each token comes out as it came in. All that JSON gives a meaning to is ASCII,
 * so the bytes of UTF-8 can be walked directly. Every function expects bytes that `JSON.parse` has
 * already accepted.
 */

import { Failure } from "./errors.ts";

/** Where events lie in their page: start and end offset of each, in turn. */
export type Spans = readonly number[];

/** How events are written: one JSON array a page, indented by four spaces, or one event a line. */
export type Format = "json" | "ndjson";

const QUOTE = 0x22, BACKSLASH = 0x5c, COMMA = 0x2c, COLON = 0x3a;
const OPEN_LIST = 0x5b, CLOSE_LIST = 0x5d, OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d;
const NEWLINE = 0x0a, SPACE = 0x20;

/** The elements of the array that is the whole page. */
export function elements(bytes: Uint8Array): Spans {
  return elementsAt(bytes, skipSpace(bytes, byteOrderMark(bytes)));
}

/** The elements of the array that the page's outermost object holds under `name`. */
export function elementsOf(bytes: Uint8Array, name: string): Spans {
  let found: Spans = [];
  let at = skipSpace(bytes, skipSpace(bytes, byteOrderMark(bytes)) + 1);
  while (bytes[at] === QUOTE) {
    const end = endOfString(bytes, at);
    const key = JSON.parse(decoder.decode(bytes.subarray(at, end)));
    at = skipSpace(bytes, skipSpace(bytes, end) + 1);
    // Of a key given twice the last one counts, as for JSON.parse.
    if (key === name) found = elementsAt(bytes, at);
    at = skipSpace(bytes, endOfValue(bytes, at));
    if (bytes[at] === COMMA) at = skipSpace(bytes, at + 1);
  }
  return found;
}

/** The page's text for the output, in memory that the next call may use again. */
export function layOut(bytes: Uint8Array, spans: Spans, format: Format): Uint8Array {
  return format === "ndjson" ? lines(bytes, spans) : indented(bytes, spans);
}

/** One event a line, without white space between tokens; nothing for no events. */
function lines(bytes: Uint8Array, spans: Spans): Uint8Array {
  const out = outgoing.start(bytes.length + spans.length / 2);
  for (let i = 0; i < spans.length; i += 2) {
    copyCompact(bytes, spans[i]!, spans[i + 1]!, out);
    out.put(NEWLINE);
  }
  return out.written();
}

/** One array, laid out as Python's `json.dumps(page, indent=4)` does; `[]` for no events. */
function indented(bytes: Uint8Array, spans: Spans): Uint8Array {
  const out = outgoing.start(bytes.length * 2);
  out.put(OPEN_LIST);
  for (let i = 0; i < spans.length; i += 2) {
    if (i > 0) out.put(COMMA);
    out.newLine(1);
    copyIndented(bytes, spans[i]!, spans[i + 1]!, out);
  }
  if (spans.length > 0) out.newLine(0);
  out.put(CLOSE_LIST);
  out.put(NEWLINE);
  return out.written();
}

function copyCompact(bytes: Uint8Array, start: number, end: number, out: Outgoing): void {
  for (let at = start; at < end;) {
    const byte = bytes[at]!;
    if (byte === QUOTE) {
      const stop = endOfString(bytes, at);
      out.copy(bytes, at, stop);
      at = stop;
    } else {
      if (byte > SPACE) out.put(byte);
      at++;
    }
  }
}

function copyIndented(bytes: Uint8Array, start: number, end: number, out: Outgoing): void {
  let level = 1;
  for (let at = start; at < end;) {
    const byte = bytes[at]!;
    if (byte === QUOTE) {
      const stop = endOfString(bytes, at);
      out.copy(bytes, at, stop);
      at = stop;
      continue;
    }
    at++;
    switch (byte) {
      case OPEN_LIST:
      case OPEN_OBJECT: {
        out.put(byte);
        const next = skipSpace(bytes, at);
        if (bytes[next] === CLOSE_LIST || bytes[next] === CLOSE_OBJECT) {
          out.put(bytes[next]!);
          at = next + 1;
        } else {
          out.newLine(++level);
        }
        break;
      }
      case CLOSE_LIST:
      case CLOSE_OBJECT:
        if (level-- <= MAX_INDENTED_LEVEL) out.newLine(level);
        out.put(byte);
        break;
      case COMMA:
        out.put(byte);
        out.newLine(level);
        break;
      case COLON:
        out.put(byte);
        out.put(SPACE);
        break;
      default:
        if (byte > SPACE) out.put(byte);
    }
  }
}

function elementsAt(bytes: Uint8Array, open: number): Spans {
  const spans: number[] = [];
  let at = skipSpace(bytes, open + 1);
  while (at < bytes.length && bytes[at] !== CLOSE_LIST) {
    const end = endOfValue(bytes, at);
    spans.push(at, end);
    at = skipSpace(bytes, end);
    if (bytes[at] === COMMA) at = skipSpace(bytes, at + 1);
  }
  return spans;
}

function endOfValue(bytes: Uint8Array, start: number): number {
  let depth = 0;
  for (let at = start; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === QUOTE) {
      at = endOfString(bytes, at) - 1;
    } else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
      depth++;
    } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) {
      if (depth === 0) return at; // the container around a bare number or word
      if (--depth === 0) return at + 1;
    } else if (depth === 0 && (byte === COMMA || byte <= SPACE)) {
      return at;
    }
    if (depth === 0 && byte === QUOTE) return at + 1;
  }
  return bytes.length;
}

function endOfString(bytes: Uint8Array, start: number): number {
  let at = start + 1;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return at + 1;
}

function skipSpace(bytes: Uint8Array, start: number): number {
  let at = start;
  while (at < bytes.length && bytes[at]! <= SPACE) at++;
  return at;
}

function byteOrderMark(bytes: Uint8Array): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}

const decoder = new TextDecoder();

/** Bytes on their way out, in one buffer that grows and is used again for the next page. */
class Outgoing {
  #buffer = new Uint8Array(0);
  #length = 0;

  start(expected: number): this {
    if (this.#buffer.length < expected) this.#buffer = new Uint8Array(expected);
    this.#length = 0;
    return this;
  }

  put(byte: number): void {
    if (this.#length === this.#buffer.length) this.#grow(1);
    this.#buffer[this.#length++] = byte;
  }

  copy(bytes: Uint8Array, start: number, end: number): void {
    if (this.#length + end - start > this.#buffer.length) this.#grow(end - start);
    // A call into the engine costs more than copying a short run by hand.
    if (end - start > 64) {
      this.#buffer.set(bytes.subarray(start, end), this.#length);
      this.#length += end - start;
    } else {
      for (let at = start; at < end; at++) this.#buffer[this.#length++] = bytes[at]!;
    }
  }

  newLine(level: number): void {
    // Nesting without end would make the indentation larger than any memory.
    if (level > MAX_INDENTED_LEVEL) return;
    const size = 1 + 4 * level;
    if (this.#length + size > this.#buffer.length) this.#grow(size);
    this.#buffer[this.#length] = NEWLINE;
    this.#buffer.fill(SPACE, this.#length + 1, this.#length + size);
    this.#length += size;
  }

  written(): Uint8Array {
    return this.#buffer.subarray(0, this.#length);
  }

  #grow(by: number): void {
    const size = Math.max(this.#buffer.length * 2, this.#length + by);
    if (size > LARGEST_LAYOUT) {
      const why = "it would take more than 1 GiB, indented; use --format ndjson";
      throw new Failure("unusable", `Cannot lay out this page: ${why}`);
    }
    const larger = new Uint8Array(size);
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
  }
}

/** Deeper containers are written on one line. */
const MAX_INDENTED_LEVEL = 64;

/** Bytes; the service decides how much white space its nesting makes of a page. */
const LARGEST_LAYOUT = 2 ** 30;

const outgoing = new Outgoing();
