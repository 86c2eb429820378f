/**
 * What is the SHA-256 of each of many texts? Web Crypto has no digest for which one need not wait, and a
 * thousand waits a page take longer than the page; with `node:crypto` a run of many pages takes 60 MB more.
 */

import { BLOCK_BYTES, createProgram, INPUT, STATE } from "./sha256_program.ts";

/** Messages that are worked on side by side. */
const LANES = 4;
/** Of a message so much is taken at once, and what ends it behind that. */
const PIECE_BYTES = 120 * BLOCK_BYTES;
const LANE_BYTES = PIECE_BYTES + 2 * BLOCK_BYTES;
/** What ends a message: a bit, and its length in bits in 64. */
const END_BYTES = 1 + 8;
const MEMORY_PAGES = 1;

const DIGITS = new TextEncoder().encode("0123456789abcdef");
/** Hexadecimal digits of a digest. */
export const DIGEST_DIGITS = 64;

/** The first 32 bits of the fraction of a root; in a double there are 52. */
const fraction = (root: number) => (root - Math.floor(root)) * 2 ** 32 >>> 0;
/** The first 64. */
const PRIMES: number[] = [];
for (let number = 2; PRIMES.length < 64; number++) {
  if (PRIMES.every((prime) => number % prime !== 0)) PRIMES.push(number);
}
const START = Uint32Array.from(PRIMES.slice(0, 8), (prime) => fraction(Math.sqrt(prime)));
const CONSTANTS = Uint32Array.from(PRIMES, (prime) => fraction(Math.cbrt(prime)));

/** One of the messages in work. */
interface Lane {
  /** Which message it is; -1 where there is none any more. */
  index: number;
  /** Where what is not yet taken begins, and where the message begins and ends. */
  at: number;
  start: number;
  end: number;
  /** Where the next block lies in the program's memory, and how many blocks are there. */
  input: number;
  blocks: number;
  isLast: boolean;
}

/**
 * Makes a function that gives, for spans of bytes (start and end in turn), the SHA-256 of each: 64
 * hexadecimal digits in ASCII, one after the other, in memory that the next call uses again.
 */
export function createSha256(): (bytes: Uint8Array, spans: Uint32Array) => Uint8Array {
  const { memory, run } = createProgram(CONSTANTS, MEMORY_PAGES);
  const input = new Uint8Array(memory.buffer);
  const state = new Uint32Array(memory.buffer, STATE, 8 * LANES);
  let digits = new Uint8Array(0);
  return (bytes, spans) => {
    const count = spans.length / 2;
    if (digits.length < count * DIGEST_DIGITS) digits = new Uint8Array(count * DIGEST_DIGITS);
    let begun = 0;
    const begin = (lane: Lane, place: number) => {
      if (begun === count) {
        lane.index = -1;
        return;
      }
      lane.index = begun++;
      lane.at = lane.start = spans[2 * lane.index]!;
      lane.end = spans[2 * lane.index + 1]!;
      for (let i = 0; i < 8; i++) state[LANES * i + place] = START[i]!;
      take(lane, place, bytes, input);
    };
    const lanes = Array.from({ length: LANES }, newLane) as [Lane, Lane, Lane, Lane];
    lanes.forEach(begin);
    for (;;) {
      const blocks = leastBlocks(lanes);
      if (blocks === Infinity) return digits;
      run(lanes[0].input, lanes[1].input, lanes[2].input, lanes[3].input, blocks);
      for (let place = 0; place < LANES; place++) {
        const lane = lanes[place]!;
        if (lane.index < 0) continue;
        lane.blocks -= blocks;
        lane.input += blocks * BLOCK_BYTES;
        if (lane.blocks > 0) continue;
        if (lane.isLast) {
          putDigits(state, place, digits, lane.index * DIGEST_DIGITS);
          begin(lane, place);
        } else {
          take(lane, place, bytes, input);
        }
      }
    }
  };
}

function newLane(): Lane {
  return { index: -1, at: 0, start: 0, end: 0, input: INPUT, blocks: 0, isLast: false };
}

/** So many blocks lie there of every message; Infinity where there is no message. */
function leastBlocks(lanes: readonly Lane[]): number {
  let least = Infinity;
  for (const { index, blocks } of lanes) if (index >= 0 && blocks < least) least = blocks;
  // What a lane without a message reads does not matter, as long as it is there.
  for (const lane of lanes) if (lane.index < 0) lane.input = INPUT;
  return least;
}

/** Takes the next piece of a message, and what ends it. */
function take(lane: Lane, place: number, bytes: Uint8Array, input: Uint8Array): void {
  const { at, start, end } = lane;
  const first = INPUT + place * LANE_BYTES;
  const length = Math.min(end - at, PIECE_BYTES);
  input.set(bytes.subarray(at, at + length), first);
  lane.at += length;
  lane.input = first;
  lane.isLast = length < PIECE_BYTES;
  lane.blocks = lane.isLast
    ? Math.ceil((length + END_BYTES) / BLOCK_BYTES)
    : PIECE_BYTES / BLOCK_BYTES;
  if (!lane.isLast) return;
  const after = first + lane.blocks * BLOCK_BYTES;
  input.fill(0, first + length, after);
  input[first + length] = 0x80;
  let bits = (end - start) * 8;
  for (let byte = after - 1; bits > 0; byte--) {
    input[byte] = bits % 256;
    bits = Math.floor(bits / 256);
  }
}

function putDigits(state: Uint32Array, place: number, to: Uint8Array, start: number): void {
  for (let digit = 0; digit < DIGEST_DIGITS; digit++) {
    const word = state[LANES * (digit >> 3) + place]!;
    to[start + digit] = DIGITS[word >>> 28 - 4 * (digit & 7) & 15]!;
  }
}
