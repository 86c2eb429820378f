/** How do events leave? Whole pages at a time: to standard output here, to a file in output_file.ts. */

import { fdatasyncSync, fstatSync } from "node:fs";
import * as z from "zod/mini";
import { describe, Failure } from "./errors.ts";
import { writeToPipe } from "./pipe.ts";
import { writeAll } from "./write.ts";

/** Which file was written to, and how long it was when all that was in it had been recorded. */
export const Mark = z.strictObject({
  /** Tells files of one folder apart, also after one was renamed. */
  inode: z.number(),
  /** Bytes. */
  length: z.number().check(z.int(), z.nonnegative()),
  /** Whether a run may have begun to write behind this mark. */
  open: z.boolean(),
});
export type Mark = z.infer<typeof Mark>;

/** Where pages go. */
export interface Output {
  /**
   * Resolves when all bytes are accepted: by the reader of a pipe, or by the disk.
   * Throws Failure (output).
   */
  write(bytes: Uint8Array): Promise<void>;
  /**
   * Where everything that was accepted ends; `open` says whether more is to come.
   * Undefined where it does not go to a file.
   */
  mark(open: boolean): Mark | undefined;
}

/** The reader of standard output has gone, as with `| head`. */
export class ReaderGone extends Failure {
  constructor(cause: unknown) {
    super("output", "Cannot write to standard output: its reader has gone", { cause });
  }
}

const NEWLINE = new Uint8Array([0x0a]);

/**
 * Standard output. Where it is redirected to a file, what is written is on disk afterwards, and a
 * line that was torn behind `mark` is ended, so that the next one does not stick to it.
 */
export async function standardOutput(mark?: Mark): Promise<Output> {
  // node:fs, since Deno has no such calls for standard output.
  const isFile = fstatSync(1).isFile();
  const length = () => fstatSync(1).size;
  const write = async (bytes: Uint8Array) => {
    try {
      if (!isFile) return await writeToPipe(bytes);
      await writeAll(Deno.stdout, bytes);
      fdatasyncSync(1);
    } catch (error) {
      if (error instanceof Deno.errors.BrokenPipe) throw new ReaderGone(error);
      const why = describe(error);
      throw new Failure("output", `Cannot write to standard output: ${why}`, { cause: error });
    }
  };
  const sameFile = isFile && mark?.open && mark.inode === fstatSync(1).ino;
  if (sameFile && length() > mark.length) await write(NEWLINE);
  return {
    write,
    mark: (open) => isFile ? { inode: fstatSync(1).ino, length: length(), open } : undefined,
  };
}
