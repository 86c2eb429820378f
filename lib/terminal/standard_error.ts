/** How does text get to standard error, without anybody having to wait for who reads it? */

import { writeAll, type Writer } from "../base/files.ts";
import { plural } from "../base/text.ts";

/** Texts on their way to people. */
export interface TextQueue {
  /**
   * Writes after all that was written before; resolves when that is done or has failed. Not
   * synchronously: where nobody reads standard error, that would stop the run and its signals.
   */
  write(text: string): Promise<void>;
  /** Resolves when all is written, or nobody seems to read it. */
  flush(): Promise<void>;
}

/** So much may wait for a reader, such as a terminal that was stopped; what comes later is left out. */
const MAX_WAITING_BYTES = 1024 * 1024;

const MAX_FLUSH_MS = 1000;

/** A queue before a reader; a run has one, so that its texts keep their order. */
export function textQueue(reader: Writer): TextQueue {
  const encoder = new TextEncoder();
  let written: Promise<void> = Promise.resolve();
  let waitingBytes = 0;
  let leftOut = 0;

  function append(text: string): void {
    const bytes = encoder.encode(text);
    waitingBytes += bytes.length;
    written = written.then(() => writeAll(reader, bytes))
      // A failure must not keep events from being delivered.
      .catch(() => {})
      .then(() => {
        waitingBytes -= bytes.length;
      });
  }
  return {
    write(text) {
      if (waitingBytes + text.length > MAX_WAITING_BYTES) {
        leftOut++;
        return written;
      }
      if (leftOut > 0) append(`siem-client: ${plural(leftOut, "message")} left out here\n`);
      leftOut = 0;
      append(text);
      return written;
    },
    async flush() {
      if (waitingBytes > 0) await waitAtMost(MAX_FLUSH_MS, written);
    },
  };
}

/** Resolves when the work is done or the time is over. */
export async function waitAtMost(ms: number, work: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<void>();
  const timer = setTimeout(late.resolve, ms);
  await Promise.race([work, late.promise]).finally(() => clearTimeout(timer));
}
