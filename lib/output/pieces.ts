/** In which pieces are pages written to what may not wait for its reader? */

/** How far a write came. */
export interface Taken {
  /** Bytes. */
  readonly written: number;
  /** What the system said where it took no more; "WouldBlock" where it may do so later. */
  readonly refusal: { readonly name: string; readonly message: string } | undefined;
}

/**
 * Writes whole lines in pieces. Whoever started us may have made standard output non-blocking, and
 * the runtime writes it through a line buffer: of a larger write that was taken in part it only says
 * that the rest was not. So each piece is one that a pipe takes whole or not at all, and ends with a
 * line unless the line is longer.
 *
 * Its text also runs in a worker: it must not use anything outside itself.
 */
export async function writePieces(
  bytes: Uint8Array,
  write: (piece: Uint8Array) => number | Promise<number>,
): Promise<Taken> {
  /** POSIX calls it PIPE_BUF; 512 is the least that a system may have. */
  const WHOLE_BYTES = Deno.build.os === "darwin" ? 512 : 4096;
  const NEWLINE = 0x0a;
  let written = 0;
  try {
    while (written < bytes.length) {
      // Only within the piece: a search through a line of megabytes before it would be made again for
      // each of its pieces.
      const piece = bytes.subarray(written, written + WHOLE_BYTES);
      const isLast = written + piece.length === bytes.length;
      const lines = piece.lastIndexOf(NEWLINE) + 1;
      written += await write(isLast || lines === 0 ? piece : piece.subarray(0, lines));
    }
  } catch (error) {
    const { name, message } = error as Error;
    return { written, refusal: { name, message } };
  }
  return { written, refusal: undefined };
}
