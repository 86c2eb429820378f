/**
 * Where do keys stand, of which there are very many? A table over their bytes, since their texts would take
 * ten times the memory.
 */

import { isSameKey, stringText } from "./keys.ts";

const BACKSLASH = 0x5c;
/** A table is filled to so many parts of it. */
const MAX_FILL = 0.5;

const encoder = new TextEncoder();

/** Members as far as they are looked at here: see members.ts. */
interface Listed {
  readonly count: number;
  /** Four for each, of which the first two are where its key begins and ends. */
  readonly offsets: Uint32Array;
}

/** Finds where a key stands among the members, or where it will stand if it is added next. */
export type FindPlace = (start: number, end: number) => number;

/** Makes a table of the members that an object has so far; each that is added later must be looked for first. */
export function createPlaces(bytes: Uint8Array, members: Listed): FindPlace {
  // Nobody can choose keys that meet at one place of the table, and so make it slow.
  const seed = crypto.getRandomValues(new Uint32Array(1))[0]!;
  /** One more than the place of a member among the members; 0 where there is none. */
  let table = new Uint32Array(0);
  const slotOf = (start: number, end: number) => {
    const { offsets } = members;
    let slot = hashOf(bytes, start, end, seed) & table.length - 1;
    for (; table[slot] !== 0; slot = slot + 1 & table.length - 1) {
      const first = 4 * (table[slot]! - 1);
      if (isSameKey(bytes, start, end, offsets[first]!, offsets[first + 1]!)) break;
    }
    return slot;
  };
  const enlarge = () => {
    table = new Uint32Array(Math.max(256, table.length * 2));
    const { count, offsets } = members;
    for (let i = 0; i < count; i++) {
      table[slotOf(offsets[4 * i]!, offsets[4 * i + 1]!)] = i + 1;
    }
  };
  return (start, end) => {
    if (members.count >= table.length * MAX_FILL) enlarge();
    const slot = slotOf(start, end);
    if (table[slot] === 0) table[slot] = members.count + 1;
    return table[slot]! - 1;
  };
}

/** The same for a key however it is escaped. */
function hashOf(bytes: Uint8Array, start: number, end: number, seed: number): number {
  let hash = seed;
  for (let at = start; at < end; at++) {
    if (bytes[at] === BACKSLASH) {
      hash = seed;
      for (const byte of encoder.encode(stringText(bytes, start, end))) hash = mixed(hash, byte);
      return hash;
    }
    hash = mixed(hash, bytes[at]!);
  }
  return hash;
}

function mixed(hash: number, byte: number): number {
  const product = Math.imul(hash ^ byte, 0x9e3779b1);
  return product ^ product >>> 15;
}
