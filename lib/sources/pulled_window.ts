/** What of a file is in memory? A part of it, with no event cut in two. */

import type { Reader } from "../base/files.ts";
import { enlarged } from "../base/memory.ts";

/** Whole blocks are read at once. */
const BLOCK_BYTES = 512 * 1024;
/** Of an event as large as that, more is waited for before it is looked at again. */
const LARGE_BYTES = 64 * 1024;
/** The largest event that is looked for. */
const MAX_EVENT_BYTES = 64 * 1024 * 1024;

/** A part of a file, which moves on. */
export interface Window {
  /** From the beginning of their memory on; what comes before `start` is done with. */
  readonly bytes: Uint8Array;
  start: number;
  /** Whether nothing follows them. */
  readonly atEnd: boolean;
  /** Whether the part that is not done with is as large as can be. */
  isFull(): boolean;
  /** Reads on. Whatever was taken from `bytes` must be done with. Throws what `reader` throws. */
  more(): Promise<void>;
}

export function createWindow(reader: Reader, blockBytes: number = BLOCK_BYTES): Window {
  let memory = new Uint8Array(blockBytes);
  let bytes = memory.subarray(0, 0);
  let atEnd = false;
  const window = {
    get bytes() {
      return bytes;
    },
    start: 0,
    get atEnd() {
      return atEnd;
    },
    isFull: () => bytes.length - window.start >= MAX_EVENT_BYTES,
    async more() {
      const left = bytes.length - window.start;
      // Twice as much of a large event each time: it is looked through again, and a pipe gives little at once.
      const enough = window.start === 0 && left >= LARGE_BYTES ? 2 * left : left + 1;
      memory.set(bytes.subarray(window.start));
      if (left > memory.length / 2 && memory.length < 2 * MAX_EVENT_BYTES) {
        memory = enlarged(memory, memory.length * 2);
      }
      window.start = 0;
      bytes = memory.subarray(0, left);
      while (!atEnd && bytes.length < Math.min(enough, memory.length)) {
        const count = await reader.read(memory.subarray(bytes.length));
        if (count === null) atEnd = true;
        else bytes = memory.subarray(0, bytes.length + count);
      }
    },
  };
  return window;
}
