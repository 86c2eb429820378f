/**
 * How is a page split up? In one pass over its bytes, which checks it and finds where events begin and
 * end. They are never parsed and printed again, so each token comes out as it came in.
 */

import { enlarged } from "../base/memory.ts";
import type { Events } from "./events.ts";
import { afterBare, afterString } from "./json_tokens.ts";

/** An answer, split up. */
export interface Split {
  readonly events: Events;
  /** The answer's JSON with nothing in its list of events. */
  readonly envelope: string;
  /** Which of the events is the first that is no object; undefined where all are. */
  readonly firstNonObject: number | undefined;
}

/** Stands for the list that is the whole answer; other lists go by their name in it. */
export const TOP_LEVEL = Symbol("the list that is the answer");

/** The largest number of events in an answer: two hundred times what is ever asked for. */
export const MAX_EVENTS = 200_000;

const QUOTE = 0x22, COMMA = 0x2c, COLON = 0x3a, SPACE = 0x20;
const OPEN_LIST = 0x5b, OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d;

/** What closes a container is two code points behind what opens it: `[` and `]`, `{` and `}`. */
const TO_CLOSE = 2;

const decoder = new TextDecoder();

/**
 * Splits an answer: `list` is the name that its outermost object has the events under.
 * Throws SyntaxError where the answer is not whole, valid JSON in UTF-8, and RangeError at more than
 * MAX_EVENTS events.
 */
export function splitEvents(bytes: Uint8Array, list?: string | typeof TOP_LEVEL): Split {
  return new Scan(bytes, list).answer();
}

/** One pass. Not recursive: how deep containers are nested is up to the service. */
class Scan {
  readonly #bytes: Uint8Array;
  readonly #list: string | typeof TOP_LEVEL | undefined;
  /** What closes each container that is open. */
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
  #firstNonObject: number | undefined;
  /** Bytes of white space, passed over so far and up to where the last event began. */
  #space = 0;
  #spaceBefore = 0;
  #compact = true;

  constructor(bytes: Uint8Array, list: string | typeof TOP_LEVEL | undefined) {
    this.#bytes = bytes;
    this.#list = list;
    this.#listIsNext = list === TOP_LEVEL;
  }

  answer(): Split {
    const bytes = this.#bytes;
    const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
    const first = hasMark ? 3 : 0;
    const end = this.#afterValue(first);
    if (end < bytes.length && this.#afterSpace(end) < bytes.length) {
      throw new SyntaxError("more than one value");
    }
    const text = (from: number, to: number) => decoder.decode(bytes.subarray(from, to));
    return {
      events: { bytes, spans: this.#spans.subarray(0, this.#count), compact: this.#compact },
      envelope: text(first, this.#start) + (this.#end > 0 ? "[]" : "") +
        text(this.#end, bytes.length),
      firstNonObject: this.#firstNonObject,
    };
  }

  #afterValue(start: number): number {
    const bytes = this.#bytes;
    let at = this.#afterSpace(start);
    let depth = 0;
    for (;;) {
      if (depth === this.#level) this.#eventBegins(at);
      const byte = bytes[at]!;
      if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
        this.#containerBegins(at, ++depth);
        at = this.#afterSpace(at + 1);
        if (bytes[at] !== byte + TO_CLOSE) {
          if (byte === OPEN_OBJECT) at = this.#afterKey(at, depth);
          continue;
        }
      } else {
        at = byte === QUOTE ? afterString(bytes, at) : afterBare(bytes, at);
        this.#listIsNext = false;
        if (depth === this.#level) this.#eventEnds(at);
        if (depth === 0) return at;
        at = this.#afterSpace(at);
      }
      while (bytes[at] !== COMMA) {
        this.#containerEnds(at++, depth--);
        if (depth === this.#level) this.#eventEnds(at);
        if (depth === 0) return at;
        at = this.#afterSpace(at);
      }
      at = this.#afterSpace(at + 1);
      if (this.#closes[depth] === CLOSE_OBJECT) at = this.#afterKey(at, depth);
    }
  }

  #containerBegins(at: number, depth: number): void {
    const byte = this.#bytes[at]!;
    if (depth === this.#closes.length) this.#closes = twice(this.#closes);
    this.#closes[depth] = byte + TO_CLOSE;
    if (this.#listIsNext && byte === OPEN_LIST) {
      this.#level = depth;
      this.#start = at;
    }
    this.#listIsNext = false;
  }

  #containerEnds(at: number, depth: number): void {
    if (this.#bytes[at] !== this.#closes[depth]) throw new SyntaxError("not closed");
    if (depth !== this.#level) return;
    this.#level = -1;
    this.#end = at + 1;
  }

  #eventBegins(at: number): void {
    if (this.#count === this.#spans.length) this.#spans = twice(this.#spans);
    if (this.#count === 2 * MAX_EVENTS) throw new RangeError("too many events");
    if (this.#bytes[at] !== OPEN_OBJECT) this.#firstNonObject ??= this.#count / 2;
    this.#spans[this.#count++] = at;
    this.#spaceBefore = this.#space;
  }

  #eventEnds(at: number): void {
    this.#spans[this.#count++] = at;
    if (this.#space > this.#spaceBefore) this.#compact = false;
  }

  /** Passes over a key, its colon, and the space up to its value. */
  #afterKey(start: number, depth: number): number {
    const bytes = this.#bytes;
    if (bytes[start] !== QUOTE) throw new SyntaxError("no key");
    let at = afterString(bytes, start);
    if (depth === 1 && typeof this.#list === "string") {
      this.#listIsNext = JSON.parse(decoder.decode(bytes.subarray(start, at))) === this.#list;
      // Of a key given twice the last one counts, as for JSON.parse.
      if (this.#listIsNext) this.#forget();
    }
    at = this.#afterSpace(at);
    if (bytes[at] !== COLON) throw new SyntaxError("no colon");
    return this.#afterSpace(at + 1);
  }

  #forget(): void {
    this.#start = this.#end = this.#count = 0;
    this.#firstNonObject = undefined;
  }

  #afterSpace(start: number): number {
    const bytes = this.#bytes;
    if (bytes[start]! > SPACE) return start;
    let at = start;
    for (;;) {
      const byte = bytes[at];
      if (byte !== SPACE && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
      at++;
    }
    this.#space += at - start;
    return at;
  }
}

function twice<Numbers extends Uint8Array | Uint32Array>(numbers: Numbers): Numbers {
  return enlarged(numbers, numbers.length * 2);
}
