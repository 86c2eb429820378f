/**
 * Where are events in the text of a file? In lines, or in arrays as `--format json` writes them. What is
 * neither is passed over and counted.
 */

import { enlarged } from "../base/memory.ts";
import type { Events } from "../events/events.ts";
import { ObjectScan } from "../events/object_scan.ts";
import type { Needle } from "./pulled_needle.ts";
import type { Window } from "./pulled_window.ts";

const NEWLINE = 0x0a, RETURN = 0x0d, TAB = 0x09, SPACE = 0x20, COMMA = 0x2c;
const OPEN_LIST = 0x5b, CLOSE_LIST = 0x5d, OPEN_OBJECT = 0x7b;

/** A byte order mark; one at the beginning of a file is passed over. */
const MARK = [0xef, 0xbb, 0xbf];

/** How the beginning of an event looks within an array that `--format json` wrote. */
const INDENTED = "    {";

/** What is no event in a file. */
export interface Flaws {
  /** How many lines, or elements of arrays, are no events; and the first one's line, from 1 on. */
  count: number;
  firstLine: number;
  /** Whether the last event is cut off: the file is being written. */
  isCutOff: boolean;
}

/** What is expected where the window begins. */
type Place =
  /** A line. */
  | "line"
  /** The rest of a line that is passed over, and then again a line. */
  | "rest"
  /** An element of an array, or what comes after one. */
  | "element"
  | "separator"
  /** An array was damaged: a line with which an array or an event begins. */
  | "damage"
  | "damaged rest";

/** Finds the events of one file, block by block. */
export class EventFinder {
  readonly flaws: Flaws = { count: 0, firstLine: 0, isCutOff: false };
  readonly #needle: Needle | undefined;
  readonly #inLine = new ObjectScan({ oneLine: true });
  readonly #inArray = new ObjectScan({ oneLine: false });
  #place: Place = "line";
  /** Lines that are done with, but for those that the needle and `#inArray` counted. */
  #lines = 0;
  #isFirst = true;
  #spans = new Uint32Array(4096);
  #count = 0;

  constructor(needle: Needle | undefined) {
    this.#needle = needle;
    // It may have looked through other files before.
    if (needle !== undefined) needle.lines = 0;
  }

  /**
   * The events in a window that may hold what is searched for, which moves behind them. Where it does not
   * move, more has to be read; at the end of the file nothing is left.
   */
  take(window: Window): Events {
    const { bytes } = window;
    this.#count = 0;
    this.#inLine.spaced = this.#inArray.spaced = false;
    this.#needle?.begin(bytes);
    if (this.#isFirst && (bytes.length >= MARK.length || window.atEnd)) {
      this.#isFirst = false;
      if (MARK.every((byte, i) => bytes[i] === byte)) window.start = MARK.length;
    }
    for (let moved = !this.#isFirst; moved && window.start < bytes.length;) {
      const { start } = window, place = this.#place;
      window.start = this.#step(window);
      moved = window.start !== start || this.#place !== place;
    }
    if (window.start < bytes.length && (window.atEnd || window.isFull())) this.#giveUp(window);
    else if (window.atEnd && this.#isInArray()) this.flaws.isCutOff = true;
    return {
      bytes,
      spans: this.#spans.subarray(0, this.#count),
      compact: !this.#inLine.spaced && !this.#inArray.spaced,
    };
  }

  #isInArray(): boolean {
    return this.#place === "element" || this.#place === "separator";
  }

  #step(window: Window): number {
    if (this.#isInArray()) return this.#elements(window);
    if (this.#place === "line") return this.#linesFrom(window);
    if (this.#place === "damage") return this.#afterDamage(window);
    const newline = window.bytes.indexOf(NEWLINE, window.start);
    if (newline < 0) return window.bytes.length;
    this.#lines++;
    this.#place = this.#place === "rest" ? "line" : "damage";
    return newline + 1;
  }

  /** The number of the line that begins after all that is done with. */
  #line(): number {
    return this.#lines + (this.#needle?.lines ?? 0) + this.#inArray.newlines + 1;
  }

  #flaw(line: number): void {
    if (this.flaws.count++ === 0) this.flaws.firstLine = line;
  }

  #add(start: number, end: number): void {
    if (this.#count === this.#spans.length) this.#spans = enlarged(this.#spans, this.#count * 2);
    this.#spans[this.#count++] = start;
    this.#spans[this.#count++] = end;
  }

  /** Takes the lines that are whole; returns where the next one begins, or an array is gone into. */
  #linesFrom({ bytes, start, atEnd }: Window): number {
    const lastEnd = bytes.lastIndexOf(NEWLINE) + 1;
    const end = atEnd ? bytes.length : lastEnd;
    let at = start;
    while (at < bytes.length) {
      if (this.#needle !== undefined && at < lastEnd) {
        at = this.#needle.passOver(at, lastEnd);
        if (at === lastEnd) continue;
      }
      while (isBlank(bytes[at])) at++;
      if (bytes[at] === OPEN_LIST) {
        this.#place = "element";
        return at + 1;
      }
      if (at >= end) return at;
      const next = bytes[at] === NEWLINE ? at + 1 : this.#afterObject(bytes, at);
      if (next === undefined) return at;
      this.#lines++;
      at = next;
    }
    return at;
  }

  /**
   * Takes an object that has the rest of its line; returns where the next line begins, undefined where the
   * object is cut off. A line that is something else is passed over.
   */
  #afterObject(bytes: Uint8Array, start: number): number | undefined {
    try {
      if (bytes[start] !== OPEN_OBJECT) throw new SyntaxError("no object");
      const end = this.#inLine.after(bytes, start);
      let at = end;
      while (isBlank(bytes[at])) at++;
      if (at < bytes.length && bytes[at] !== NEWLINE) throw new SyntaxError("more than an object");
      this.#add(start, end);
      return Math.min(at + 1, bytes.length);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      const newline = bytes.indexOf(NEWLINE, start);
      if (newline < 0 && bytes[start] === OPEN_OBJECT && this.#inLine.isCutOff(bytes)) {
        return undefined;
      }
      this.#flaw(this.#line());
      return newline < 0 ? bytes.length : newline + 1;
    }
  }

  /** Takes elements of an array; returns where the next one begins that is not whole. */
  #elements({ bytes, start }: Window): number {
    let at = start;
    while (at < bytes.length) {
      const byte = bytes[at]!;
      if (byte === NEWLINE) {
        this.#lines++;
        at++;
      } else if (isBlank(byte)) {
        at++;
      } else if (byte === CLOSE_LIST) {
        this.#place = "line";
        return at + 1;
      } else if (this.#place === "separator") {
        if (byte !== COMMA) return this.#damaged(at);
        this.#place = "element";
        at++;
      } else {
        const end = this.#afterElement(bytes, at);
        if (end === undefined) return at;
        at = end;
        if (!this.#isInArray()) return at;
      }
    }
    return at;
  }

  /** Takes an element; returns where it ends, undefined where it is not whole. */
  #afterElement(bytes: Uint8Array, start: number): number | undefined {
    const line = this.#line(), { newlines } = this.#inArray;
    try {
      const end = this.#inArray.after(bytes, start);
      this.#place = "separator";
      if (bytes[start] !== OPEN_OBJECT) this.#flaw(line);
      else if (this.#needle?.mayBeIn(start, end) !== false) this.#add(start, end);
      return end;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      this.#inArray.newlines = newlines;
      return this.#inArray.isCutOff(bytes) ? undefined : this.#damaged(start);
    }
  }

  /** What is there is no part of an array: what follows it in its line is passed over. */
  #damaged(at: number): number {
    this.#flaw(this.#line());
    this.#place = "damaged rest";
    return at;
  }

  /** Looks at the beginning of a line: whether an array goes on there, or something new begins. */
  #afterDamage({ bytes, start, atEnd }: Window): number {
    if (bytes.length - start < INDENTED.length && !atEnd) return start;
    const isIndented = [...INDENTED].every((one, i) => bytes[start + i] === one.charCodeAt(0));
    if (isIndented) this.#place = "element";
    else if (bytes[start] === OPEN_OBJECT || bytes[start] === OPEN_LIST) this.#place = "line";
    else this.#place = "damaged rest";
    return isIndented ? start + INDENTED.length - 1 : start;
  }

  /** What is left of a file is cut off; or an event is too large to be looked at. */
  #giveUp(window: Window): void {
    if (window.atEnd) {
      this.flaws.isCutOff = true;
    } else {
      this.#flaw(this.#line());
      this.#place = this.#isInArray() ? "damaged rest" : "rest";
    }
    window.start = window.bytes.length;
  }
}

/** White space within a line. */
function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === RETURN || byte === TAB;
}
