/** How do events leave? Whole pages at a time: to standard output here, to a file in output_file.ts. */

import * as z from "zod/mini";
import { Failure } from "../base/errors.ts";
import { writeAll } from "../base/files.ts";
import { describe } from "../base/text.ts";
import { writeToPipe } from "./pipe.ts";

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

/** Standard output of a run that keeps no record of it. */
export const standardOutput: Output = {
  write: onStandardOutput(writeToPipe),
  mark: () => undefined,
};

/**
 * Standard output of a run that keeps its position. Where it is redirected to a file, what is written
 * is on disk afterwards, and a line that was torn behind `mark` is ended, so that the next one does
 * not stick to it.
 */
export async function recordedOutput(mark: Mark | undefined): Promise<Output> {
  // Deno has no such calls for standard output. Loaded here, since that takes longer than all else.
  const { fdatasyncSync, fstatSync } = await import("node:fs");
  if (!fstatSync(1).isFile()) return standardOutput;
  const write = onStandardOutput(async (bytes) => {
    await writeAll(Deno.stdout, bytes);
    fdatasyncSync(1);
  });
  const { ino, size } = fstatSync(1);
  if (mark?.open && mark.inode === ino && size > mark.length) await write(NEWLINE);
  return { write, mark: (open) => ({ inode: ino, length: fstatSync(1).size, open }) };
}

/** Says of what goes wrong that it is about standard output. */
function onStandardOutput(write: Output["write"]): Output["write"] {
  return async (bytes) => {
    try {
      await write(bytes);
    } catch (error) {
      if (error instanceof Deno.errors.BrokenPipe) throw new ReaderGone(error);
      const why = describe(error);
      throw new Failure("output", `Cannot write to standard output: ${why}`, { cause: error });
    }
  };
}
