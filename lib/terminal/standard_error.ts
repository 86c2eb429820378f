/** How does text get to standard error, without anybody having to wait for its reader? */

import { writeAll } from "../base/files.ts";

/** Texts on their way to standard error. */
export interface TextQueue {
  /**
   * Writes after all that was written before; resolves when that is done or has failed. Not
   * synchronously: where nobody reads standard error, that would stop the run and its signals.
   */
  write(text: string): Promise<void>;
  /** Resolves when all is written, or nobody seems to read it. */
  flush(): Promise<void>;
}

const MAX_FLUSH_MS = 1000;

/** The way to standard error; a run has one, so that its texts keep their order. */
export function standardErrorQueue(): TextQueue {
  let written: Promise<void> = Promise.resolve();
  return {
    write(text) {
      const bytes = new TextEncoder().encode(text);
      // A failure must not keep events from being delivered.
      written = written.then(() => writeAll(Deno.stderr, bytes)).catch(() => {});
      return written;
    },
    async flush() {
      const late = Promise.withResolvers<void>();
      const timer = setTimeout(late.resolve, MAX_FLUSH_MS);
      await Promise.race([written, late.promise]);
      clearTimeout(timer);
    },
  };
}
