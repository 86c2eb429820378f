/** How are things counted in bounded memory, however many there are? */

import { plural } from "../base/text.ts";

/** Different keys that a tally keeps. */
export const MAX_KEYS = 20_000;

/** Stretches of time that a timeline keeps apart; many more than a terminal has columns. */
const MAX_SLOTS = 4096;

/** How often each of many things was seen. */
export interface Tally {
  add(key: string): void;
  /** How often one was seen, as far as it is known. */
  count(key: string): number;
  /** The most frequent ones, and what is said of the rest. */
  top(rows: number): { rows: [key: string, count: number][]; others: string };
}

/**
 * Makes a tally. When it has more than MAX_KEYS keys it forgets the rarer half of them. A key that is
 * frequent enough to be shown comes again later; its count is then too low, by a number that is known
 * and said. (To count only the keys that come first would miss those that become frequent later.)
 */
export function createTally(): Tally {
  let counts = new Map<string, number>();
  let error = 0;

  return {
    add(key) {
      counts.set(key, (counts.get(key) ?? 0) + 1);
      if (counts.size <= MAX_KEYS) return;
      const sorted = byCount(counts);
      // A key that is forgotten now had at most this count.
      error += sorted[MAX_KEYS / 2]![1];
      counts = new Map(sorted.slice(0, MAX_KEYS / 2));
    },
    count: (key) => counts.get(key) ?? 0,
    top(rows) {
      const sorted = byCount(counts);
      const left = sorted.length - rows;
      const others = error > 0
        ? `and over ${MAX_KEYS - rows} others; counts may be up to ${error} too low`
        : left > 0
        ? `and ${plural(left, "other")}`
        : "";
      return { rows: sorted.slice(0, rows), others };
    },
  };
}

/** How much happened when. */
export interface Timeline {
  add(ms: number): void;
  /** Milliseconds since 1970; infinite while nothing was added. */
  first(): number;
  last(): number;
  /** The counts of at most so many equally long stretches that cover the whole time. */
  spread(most: number): number[];
}

/** Makes a timeline. It keeps apart seconds, then twos, fours and so on of them, as it gets fuller. */
export function createTimeline(): Timeline {
  let slots = new Map<number, number>();
  let length = 1000;
  let first = Infinity;
  let last = -Infinity;

  function put(slot: number, count: number): void {
    slots.set(slot, (slots.get(slot) ?? 0) + count);
  }

  return {
    add(ms) {
      first = Math.min(first, ms);
      last = Math.max(last, ms);
      put(Math.floor(ms / length), 1);
      while (slots.size > MAX_SLOTS) {
        const finer = slots;
        slots = new Map();
        length *= 2;
        for (const [slot, count] of finer) put(Math.floor(slot / 2), count);
      }
    },
    first: () => first,
    last: () => last,
    spread(most) {
      const start = Math.floor(first / length);
      const all = Math.floor(last / length) - start + 1;
      if (!Number.isFinite(all)) return [];
      // Each stretch has the same number of slots: one with a slot more would stand out.
      const each = Math.ceil(all / most);
      const counts = new Array<number>(Math.ceil(all / each)).fill(0);
      for (const [slot, count] of slots) counts[Math.floor((slot - start) / each)]! += count;
      return counts;
    },
  };
}

/** A part in percent. What is not nothing is not called 0, and what is not all is not called 100. */
export function percent(part: number, whole: number): string {
  if (part === 0 || part === whole) return part === 0 ? "0 %" : "100 %";
  const share = 100 * part / whole;
  return share < 0.1 ? "under 0.1 %" : `${Math.min(99.9, share).toFixed(1)} %`;
}

function byCount(counts: ReadonlyMap<string, number>): [string, number][] {
  return [...counts].sort(([, a], [, b]) => b - a);
}
