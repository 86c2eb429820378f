/** How does a file of lines end? Only its end is kept in memory. */

import { blocksOf, isGzip } from "../base/file_blocks.ts";
import { readBytes, readBytesAt } from "../base/files.ts";

/** The last lines of a file, with their newlines. */
export interface LastLines {
  readonly last: Uint8Array | undefined;
  readonly before: Uint8Array | undefined;
  /** Where the last one begins, and where the next would. */
  readonly start: number;
  readonly end: number;
  /** What follows. */
  readonly torn: Uint8Array;
}

/** More than three lines take: a position, which holds one cursor, is no larger than 64 KiB. */
const MAX_TAIL_BYTES = 512 * 1024;
const NEWLINE = 0x0a;

/** Those of a file that is empty, or not there. */
export const NO_LINES: LastLines = linesIn(new Uint8Array(), 0);

/** Those of an open file of this size. */
export async function lastLinesIn(file: Deno.FsFile, size: number): Promise<LastLines> {
  const start = Math.max(0, size - MAX_TAIL_BYTES);
  return linesIn(await readBytesAt(file, start, MAX_TAIL_BYTES), start);
}

/** Those of a file that may be compressed; places are in what is unpacked. */
export async function lastLinesOf(path: string): Promise<LastLines> {
  using file = await Deno.open(path);
  if (!isGzip(await readBytes(file, 2))) return await lastLinesIn(file, (await file.stat()).size);
  await file.seek(0, Deno.SeekMode.Start);
  const size = 2 * MAX_TAIL_BYTES;
  const kept = new Uint8Array(size);
  let length = 0, start = 0;
  for await (const block of blocksOf(file, MAX_TAIL_BYTES)) {
    const over = Math.max(0, length + block.length - size);
    kept.copyWithin(0, over, length);
    kept.set(block, length - over);
    length += block.length - over;
    start += over;
  }
  return linesIn(kept.subarray(0, length), start);
}

/** The last lines in the end of a file that begins at `offset` in it. */
function linesIn(tail: Uint8Array, offset: number): LastLines {
  let end = tail.lastIndexOf(NEWLINE) + 1;
  // After a loss of power there may be zeros in place of what was not on disk yet.
  if (end > 0 && tail.subarray(startOfLine(tail, end), end).includes(0)) {
    end = startOfLine(tail, end);
  }
  const start = startOfLine(tail, end);
  const lineIn = (from: number, to: number) => to === 0 ? undefined : tail.subarray(from, to);
  return {
    last: lineIn(start, end),
    before: lineIn(startOfLine(tail, start), start),
    start: offset + start,
    end: offset + end,
    torn: tail.subarray(end),
  };
}

/** Where the line begins that ends, with its newline, at `end`. */
function startOfLine(tail: Uint8Array, end: number): number {
  return end < 2 ? 0 : tail.lastIndexOf(NEWLINE, end - 2) + 1;
}
