/** How do pages get to standard output, whatever that is? */

import { Failure } from "../base/errors.ts";
import { describe } from "../base/text.ts";
import { type Output, ReaderGone } from "./output.ts";
import { pipeWriter } from "./pipe.ts";

/** Standard output of a run that keeps no record of it. */
export function standardOutput(): Output {
  const pipe = pipeWriter();
  return {
    async write(bytes, saveMark) {
      if (bytes.length === 0) return undefined;
      await saveMark?.(undefined);
      await onStandardOutput(pipe.write(bytes));
      return undefined;
    },
    mark: () => undefined,
    [Symbol.dispose]: () => pipe[Symbol.dispose](),
  };
}

/** Says of what goes wrong that it is about standard output. */
export async function onStandardOutput(writing: Promise<void>): Promise<void> {
  try {
    await writing;
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) throw new ReaderGone(error);
    const why = describe(error);
    throw new Failure("output", `Cannot write to standard output: ${why}`, { cause: error });
  }
}
