/**
 * How is a page cut up? In one pass over its bytes, which vets it and finds where events begin and
 * end. They are never parsed and printed again, so each token comes out as it came in.
 */

import type { Events } from "./events.ts";
import { afterBare, afterString } from "./json_tokens.ts";

/** An answer, cut up. */
export interface Cut {
  readonly events: Events;
  /** The answer's JSON with nothing in its list of events. */
  readonly rest: string;
  /** Which of the events is the first that is no object; undefined where all are. */
  readonly stranger: number | undefined;
}

/** Stands for the list that is the whole answer, where others are told by their name in it. */
export const WHOLE = Symbol("the whole answer");

const QUOTE = 0x22, COMMA = 0x2c, COLON = 0x3a, SPACE = 0x20;
const OPEN_LIST = 0x5b, OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d;

/** What closes a container is two code points behind what opens it: `[` and `]`, `{` and `}`. */
const TO_CLOSE = 2;

const decoder = new TextDecoder();

/**
 * Cuts up an answer: `list` is the name that its outermost object has the events under.
 * Throws SyntaxError where the answer is not whole, valid JSON in UTF-8.
 */
export function cut(bytes: Uint8Array, list?: string | typeof WHOLE): Cut {
  return new Scan(bytes, list).answer();
}

/** One pass. Not recursive: how deep containers are nested is up to the service. */
class Scan {
  readonly #bytes: Uint8Array;
  readonly #list: string | typeof WHOLE | undefined;
  #at = 0;
  /** How many containers are open, and what closes each. */
  #depth = 0;
  #closes = new Uint8Array(64);
  /** Whether the value that comes next is the list of events, if it is a list. */
  #listIsNext: boolean;
  /** Within the list of events: how many containers are open around an event. Elsewhere -1. */
  #level = -1;
  /** Where the list begins, and ends where there is one. */
  #start = 0;
  #end = 0;
  #spans = new Uint32Array(2048);
  #count = 0;
  #compact = true;
  #stranger: number | undefined;

  constructor(bytes: Uint8Array, list: string | typeof WHOLE | undefined) {
    this.#bytes = bytes;
    this.#list = list;
    this.#listIsNext = list === WHOLE;
  }

  answer(): Cut {
    const bytes = this.#bytes;
    const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
    const first = this.#at = hasMark ? 3 : 0;
    this.#value();
    this.#next();
    if (this.#at < bytes.length) throw new SyntaxError("more than one value");
    const text = (from: number, to: number) => decoder.decode(bytes.subarray(from, to));
    return {
      events: { bytes, spans: this.#spans.subarray(0, this.#count), compact: this.#compact },
      rest: text(first, this.#start) + (this.#end > 0 ? "[]" : "") + text(this.#end, bytes.length),
      stranger: this.#stranger,
    };
  }

  #value(): void {
    for (;;) {
      const byte = this.#next();
      if (this.#depth === this.#level) this.#eventBegins(byte);
      if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
        this.#containerBegins(byte);
        if (this.#next() !== byte + TO_CLOSE) {
          if (byte === OPEN_OBJECT) this.#key();
          continue;
        }
      } else {
        if (byte === QUOTE) this.#at = afterString(this.#bytes, this.#at);
        else this.#at = afterBare(this.#bytes, this.#at);
        this.#listIsNext = false;
        if (this.#depth === this.#level) this.#spans[this.#count++] = this.#at;
        if (this.#depth === 0) return;
      }
      while (this.#next() !== COMMA) {
        this.#containerEnds();
        if (this.#depth === 0) return;
      }
      this.#at++;
      if (this.#closes[this.#depth] === CLOSE_OBJECT) this.#key();
    }
  }

  #containerBegins(byte: number): void {
    this.#depth++;
    if (this.#depth === this.#closes.length) this.#closes = twice(this.#closes);
    this.#closes[this.#depth] = byte + TO_CLOSE;
    if (this.#listIsNext && byte === OPEN_LIST) {
      this.#level = this.#depth;
      this.#start = this.#at;
    }
    this.#listIsNext = false;
    this.#at++;
  }

  #containerEnds(): void {
    if (this.#bytes[this.#at] !== this.#closes[this.#depth]) throw new SyntaxError("not closed");
    this.#at++;
    if (this.#depth === this.#level) {
      this.#level = -1;
      this.#end = this.#at;
    }
    this.#depth--;
    if (this.#depth === this.#level) this.#spans[this.#count++] = this.#at;
  }

  #eventBegins(byte: number): void {
    if (this.#count === this.#spans.length) this.#spans = twice(this.#spans);
    if (byte !== OPEN_OBJECT) this.#stranger ??= this.#count / 2;
    this.#spans[this.#count++] = this.#at;
  }

  #key(): void {
    if (this.#next() !== QUOTE) throw new SyntaxError("no key");
    const start = this.#at;
    this.#at = afterString(this.#bytes, start);
    if (this.#depth === 1 && typeof this.#list === "string") {
      const key = JSON.parse(decoder.decode(this.#bytes.subarray(start, this.#at)));
      this.#listIsNext = key === this.#list;
      // Of a key given twice the last one counts, as for JSON.parse.
      if (this.#listIsNext) this.#forget();
    }
    if (this.#next() !== COLON) throw new SyntaxError("no colon");
    this.#at++;
  }

  #forget(): void {
    this.#start = this.#end = this.#count = 0;
    this.#compact = true;
    this.#stranger = undefined;
  }

  /** The byte that the next token begins with. */
  #next(): number {
    const byte = this.#bytes[this.#at]!;
    return byte > SPACE ? byte : this.#afterSpace();
  }

  #afterSpace(): number {
    const bytes = this.#bytes;
    const start = this.#at;
    let byte = bytes[start]!;
    while (byte === SPACE || byte === 0x0a || byte === 0x0d || byte === 0x09) {
      byte = bytes[++this.#at]!;
    }
    const isWithinEvent = this.#level >= 0 && this.#depth > this.#level;
    if (isWithinEvent && this.#at > start) this.#compact = false;
    return byte;
  }
}

function twice<Numbers extends Uint8Array | Uint32Array>(numbers: Numbers): Numbers {
  const larger = new (numbers.constructor as new (length: number) => Numbers)(numbers.length * 2);
  larger.set(numbers);
  return larger;
}
