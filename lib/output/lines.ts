/** What every write needs: all bytes, however many a single call takes. */

import type { Writer } from "../base/files.ts";

const BUSY_WAIT = 5;

/**
 * Writes all bytes of whole lines to a pipe, a socket or a terminal that whoever started us may have
 * made non-blocking, and which is then full for the moment.
 */
export async function writeLines(to: Writer, bytes: Uint8Array): Promise<void> {
  let at = 0;
  for (const end of endsOfWrites(bytes)) {
    while (at < end) {
      try {
        at += await to.write(bytes.subarray(at, end));
      } catch (error) {
        if (!(error instanceof Deno.errors.WouldBlock)) throw error;
        await new Promise((resolve) => setTimeout(resolve, BUSY_WAIT));
      }
    }
  }
}

/**
 * Where each write of lines to something that may be non-blocking has to end. The runtime writes
 * standard output through a line buffer: of a larger write that was taken in part it only says that
 * the rest was not, so each is small enough to be taken whole, and ends with a line unless the line
 * is longer. Stands for itself: its text goes to a worker, too.
 */
export function endsOfWrites(bytes: Uint8Array): number[] {
  /** POSIX: a pipe takes so many bytes whole or not at all. */
  const PIPE_BUF = 4096;
  const NEWLINE = 0x0a;
  const ends: number[] = [];
  for (let at = 0; at < bytes.length;) {
    // Only within the piece: a search through a line of megabytes before it would be made again for
    // each of its pieces.
    const piece = bytes.subarray(at, at + PIPE_BUF);
    const lines = piece.lastIndexOf(NEWLINE) + 1;
    const isLast = at + piece.length === bytes.length;
    at += isLast || lines === 0 ? piece.length : lines;
    ends.push(at);
  }
  return ends;
}
