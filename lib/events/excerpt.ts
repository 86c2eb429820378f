/**
 * What can be read of an event that is too large to be parsed whole? Parsed, JSON may take twenty times
 * its length. Short fields are there; what is long, and what comes after very many others, is left out.
 */

import { afterString } from "./json_tokens.ts";
import { afterValue } from "./members.ts";

/** Stands in an excerpt, and in no other event. */
export const INCOMPLETE = Symbol("some fields are left out");

const QUOTE = 0x22, COMMA = 0x2c, SPACE = 0x20;
const OPEN_OBJECT = 0x7b;

/** Of the object itself and those in it, such as `logData`. */
const MAX_LEVELS = 4;
/** Of a name and its value, where that is no object. */
const MAX_FIELD_BYTES = 16 * 1024;
/** Of all fields together, but for those that are always there. */
const MAX_BYTES = 256 * 1024;
/** The event's own short fields that are there however many others come before them. */
const MAX_ALWAYS_BYTES = 1024;
const ALWAYS =
  "timeStampISO service logType logSubtype tenant clientIP correlationId orgUrl orgDomain"
    .split(" ");

const decoder = new TextDecoder();
const ALWAYS_BYTES = ALWAYS.map((name) => new TextEncoder().encode(name));

/** The fields of an object in valid JSON that takes `bytes` from `start` to before `end`. */
export function excerpt(bytes: Uint8Array, start: number, end: number): Record<string, unknown> {
  const text = new Excerpt(bytes).object(start, end, 1);
  return Object.assign(JSON.parse(text), { [INCOMPLETE]: true });
}

class Excerpt {
  readonly #bytes: Uint8Array;
  #left = MAX_BYTES;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The JSON of an object, without what is left out. As for `JSON.parse`, a name's last value counts. */
  object(start: number, end: number, level: number): string {
    const bytes = this.#bytes;
    const fields = new Map<string, string>();
    let at = afterSpace(bytes, start + 1);
    while (at < end && bytes[at] === QUOTE && !(level > 1 && this.#left === 0)) {
      const nameEnd = afterString(bytes, at);
      const from = afterSpace(bytes, afterSpace(bytes, nameEnd) + 1);
      const to = afterValue(bytes, from);
      if (this.#left > 0 ? nameEnd - at <= MAX_FIELD_BYTES : this.#isAlways(at + 1, nameEnd - 1)) {
        const name: string = JSON.parse(this.#text(at, nameEnd));
        const value = this.#value(name, from, to, level);
        if (value === undefined) fields.delete(name);
        else fields.set(name, value);
      }
      at = afterSpace(bytes, to);
      if (bytes[at] === COMMA) at = afterSpace(bytes, at + 1);
    }
    return `{${Array.from(fields, ([name, value]) => `${JSON.stringify(name)}:${value}`)}}`;
  }

  #isAlways(start: number, end: number): boolean {
    const isEqual = (name: Uint8Array) =>
      name.length === end - start && name.every((byte, i) => this.#bytes[start + i] === byte);
    return ALWAYS_BYTES.some(isEqual);
  }

  #value(name: string, from: number, to: number, level: number): string | undefined {
    const length = name.length + to - from;
    if (level === 1 && length <= MAX_ALWAYS_BYTES && ALWAYS.includes(name)) {
      return this.#text(from, to);
    }
    if (this.#bytes[from] === OPEN_OBJECT && level < MAX_LEVELS) {
      return this.#left > 0 ? this.object(from, to, level + 1) : undefined;
    }
    if (length > MAX_FIELD_BYTES || this.#left === 0) return undefined;
    this.#left = Math.max(0, this.#left - length);
    return this.#text(from, to);
  }

  #text(from: number, to: number): string {
    return decoder.decode(this.#bytes.subarray(from, to));
  }
}

function afterSpace(bytes: Uint8Array, start: number): number {
  let at = start;
  while (bytes[at]! <= SPACE) at++;
  return at;
}
