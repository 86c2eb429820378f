/**
 * Is what begins here an object in valid JSON, and where does it end? As strict as `splitEvents`, for text
 * that is no answer of a service: it may be cut off, or be something else.
 */

import { afterBare, afterString } from "./json_tokens.ts";

const QUOTE = 0x22, COMMA = 0x2c, COLON = 0x3a, BACKSLASH = 0x5c;
const NEWLINE = 0x0a, RETURN = 0x0d, TAB = 0x09, SPACE = 0x20;
const OPEN_LIST = 0x5b, OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d;

/** What closes a container is two code points behind what opens it: `[` and `]`, `{` and `}`. */
const TO_CLOSE = 2;

/** One scan after another, in memory that is used again. Not recursive: values may be nested deeply. */
export class ObjectScan {
  /** Whether white space was passed over between tokens; stays until it is set to false. */
  spaced = false;
  /** How many newlines were passed over; counted on and on. */
  newlines = 0;
  /** Where the token is, or should be, that was read last. */
  #token = 0;
  readonly #oneLine: boolean;
  #closes = new Uint8Array(64);

  /** With `oneLine` a newline may not stand between tokens. */
  constructor({ oneLine }: { oneLine: boolean }) {
    this.#oneLine = oneLine;
  }

  /** The offset after the value that begins at `start`. Throws SyntaxError where there is none. */
  after(bytes: Uint8Array, start: number): number {
    let at = start;
    for (let depth = 0;;) {
      const byte = bytes[at]!;
      this.#token = at;
      if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
        this.#open(depth++, byte + TO_CLOSE);
        at = this.#afterSpace(bytes, at + 1);
        if (bytes[at] !== byte + TO_CLOSE) {
          if (byte === OPEN_OBJECT) at = this.#afterKey(bytes, at);
          continue;
        }
      } else {
        at = byte === QUOTE ? afterString(bytes, at) : afterBare(bytes, at);
        if (depth === 0) return at;
        at = this.#afterSpace(bytes, at);
      }
      while (bytes[at] !== COMMA) {
        this.#token = at;
        if (bytes[at++] !== this.#closes[--depth]) throw new SyntaxError("not closed");
        if (depth === 0) return at;
        at = this.#afterSpace(bytes, at);
      }
      at = this.#afterSpace(bytes, at + 1);
      if (this.#closes[depth - 1] === CLOSE_OBJECT) at = this.#afterKey(bytes, at);
    }
  }

  /** After a SyntaxError: whether all was right up to the end of the bytes, so that more may follow. */
  isCutOff(bytes: Uint8Array): boolean {
    let at = this.#token;
    if (bytes[at] !== QUOTE) {
      while (isBare(bytes[at])) at++;
      return at >= bytes.length;
    }
    for (at++; at < bytes.length && bytes[at] !== QUOTE; at++) {
      if (bytes[at]! < SPACE) return false;
      if (bytes[at] === BACKSLASH) at++;
    }
    return at >= bytes.length;
  }

  #open(depth: number, closes: number): void {
    if (depth === this.#closes.length) {
      const larger = new Uint8Array(depth * 2);
      larger.set(this.#closes);
      this.#closes = larger;
    }
    this.#closes[depth] = closes;
  }

  /** Passes over a key, its colon, and the space up to its value. */
  #afterKey(bytes: Uint8Array, start: number): number {
    this.#token = start;
    if (start < bytes.length && bytes[start] !== QUOTE) throw new SyntaxError("no key");
    const at = this.#token = this.#afterSpace(bytes, afterString(bytes, start));
    if (bytes[at] !== COLON) throw new SyntaxError("no colon");
    return this.#afterSpace(bytes, at + 1);
  }

  #afterSpace(bytes: Uint8Array, start: number): number {
    if (bytes[start]! > SPACE) return start;
    let at = start;
    for (;; at++) {
      const byte = bytes[at];
      if (byte === NEWLINE && !this.#oneLine) this.newlines++;
      else if (byte !== SPACE && byte !== RETURN && byte !== TAB) break;
    }
    if (at > start) this.spaced = true;
    return at;
  }
}

/** Whether a byte may be a part of a number, `true`, `false` or `null`. */
function isBare(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  return byte >= 0x61 && byte <= 0x7a || byte >= 0x2b && byte <= 0x39 && byte !== COMMA ||
    byte === 0x45;
}
