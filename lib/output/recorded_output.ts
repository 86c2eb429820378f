/** How do pages get to standard output of a run that keeps its position? */

import { standardOutputFile, writeAll } from "../base/files.ts";
import { isSameInode, type Mark, markOf, placeBefore } from "./mark.ts";
import { NEWLINE, type Output } from "./output.ts";
import { onStandardOutput, standardOutput } from "./standard_output.ts";

const REMOVED = "its file was removed meanwhile; --output FILE follows a file that is rotated";

/**
 * Standard output of a run that keeps its position. Where it is redirected to a file, what is written
 * is on disk afterwards, and a line that was torn behind `mark` is ended, so that the next one does
 * not stick to it. Throws Failure (output).
 */
export async function recordedOutput(mark: Mark | undefined): Promise<Output> {
  const file = await standardOutputFile();
  if (file.info()?.isFile() !== true) return standardOutput();
  const end = (open: boolean): Mark => {
    const { ino, size, birthtime, mtime } = file.info()!;
    return { ...markOf({ ino, size, birthtime, mtime }), open };
  };
  const hasName = () => file.info()!.nlink > 0;
  const hadName = hasName();
  const write = (bytes: Uint8Array) =>
    onStandardOutput(
      writeAll(Deno.stdout, bytes).then(() => {
        file.sync();
        if (hadName && !hasName()) throw new Error(REMOVED);
      }),
    );
  const now = end(false);
  if (mark?.open && isSameInode(mark, now) && now.length > mark.length) await write(NEWLINE);
  return {
    async write(bytes, saveMark) {
      if (bytes.length === 0) return undefined;
      const start = end(true);
      await saveMark?.(start);
      await write(bytes);
      return placeBefore(start, 0);
    },
    mark: end,
    [Symbol.dispose]: () => {},
  };
}
