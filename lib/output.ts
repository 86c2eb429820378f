/** How do events leave? To standard output, whole pages at a time. */

import { fdatasyncSync, fstatSync } from "node:fs";
import { describe, Failure } from "./errors.ts";

/** Where pages go. */
export interface Output {
  /**
   * Resolves when all bytes are accepted: by the reader of a pipe, or by the disk.
   * Throws Failure (output).
   */
  write(bytes: Uint8Array): Promise<void>;
}

/** Standard output has a reader no longer, as with `| head`. */
export class ReaderGone extends Failure {
  constructor(cause: unknown) {
    super("output", "Cannot write to standard output: its reader has gone", { cause });
  }
}

const BUSY_WAIT = 5;

/** Standard output. Where it is redirected to a file, what is written is on disk afterwards. */
export function standardOutput(): Output {
  // node:fs, since Deno has no such calls for standard output.
  const isFile = fstatSync(1).isFile();
  return {
    async write(bytes) {
      try {
        await writeAll(Deno.stdout, bytes);
        if (isFile) fdatasyncSync(1);
      } catch (error) {
        if (error instanceof Deno.errors.BrokenPipe) throw new ReaderGone(error);
        const why = describe(error);
        throw new Failure("output", `Cannot write to standard output: ${why}`, { cause: error });
      }
    },
  };
}

/** Writes all bytes, however many a single write takes. */
async function writeAll(
  to: { write(bytes: Uint8Array): Promise<number> },
  bytes: Uint8Array,
): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    try {
      at += await to.write(bytes.subarray(at));
    } catch (error) {
      // Whoever started us may have made the pipe non-blocking: then it is full for the moment.
      if (!(error instanceof Deno.errors.WouldBlock)) throw error;
      await new Promise((resolve) => setTimeout(resolve, BUSY_WAIT));
    }
  }
}
