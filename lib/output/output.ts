/** Where do pages go? What every output promises. */

import { Failure } from "../base/errors.ts";
import { describe } from "../base/text.ts";
import type { Mark, Place } from "./mark.ts";

/**
 * Makes sure that the position has a mark, before anything is written behind it; or, where there is none,
 * that a position can be saved at all.
 */
export type SaveMark = (mark: Mark | undefined) => Promise<void>;

/** Where pages go. What it holds besides files, such as a worker, ends when it is disposed of. */
export interface Output extends Disposable {
  /**
   * Resolves when all bytes are accepted: by the reader of a pipe, or by the disk. Before the first is
   * written, `saveMark` has saved the place in the file that they go to, or undefined for none.
   * Where they begin in it comes back; undefined where they go to no file, or are none.
   * Throws Failure (output), and what `saveMark` throws.
   */
  write(bytes: Uint8Array, saveMark?: SaveMark): Promise<Place | undefined>;
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

/** Ends a line. */
export const NEWLINE = new Uint8Array([0x0a]);

/** A failure that names the file; what is a failure of something else already stays as it is. */
export function cannotWrite(path: string, cause: unknown): Failure {
  if (cause instanceof Failure) return cause;
  const remedy = cause instanceof Deno.errors.NotFound
    ? "; its folder must be there"
    : cause instanceof Deno.errors.PermissionDenied
    ? "; run as a user who may write it and its folder"
    : "";
  return new Failure("output", `Cannot write to "${path}": ${describe(cause)}${remedy}`, { cause });
}
