/**
 * How do many pages get into a pipe? In small writes, which are all that the runtime does not lose
 * count of (see `endsOfWrites`). Each of them takes a hop to another thread and back, so where there
 * is much to write it is done by a worker that may block. This thread has to stay free for signals.
 */

import { endsOfWrites, writeLines } from "./write.ts";

/** Starting the worker takes as long as it saves over about so many pages. */
const FEW = 8;

interface Job {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where each write ends. */
  readonly ends: readonly number[];
}

interface Done {
  /** The job's, for the next one. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly failure: { readonly name: string; readonly message: string } | undefined;
}

let written = 0;
let worker: Worker | undefined;
let bytes = new Uint8Array(0);

/** Writes a page's bytes to standard output, which is no file. Throws what the system says. */
export async function writeToPipe(page: Uint8Array): Promise<void> {
  if (++written <= FEW) return await writeLines(Deno.stdout, page);
  // A URL that holds the program, since in an executable there is no file to name.
  worker ??= new Worker(`data:text/javascript,(${encodeURIComponent(`${work}`)})()`, {
    type: "module",
  });
  if (bytes.length < page.length) bytes = new Uint8Array(page.length * 1.25);
  bytes.set(page);
  const { promise, resolve, reject } = Promise.withResolvers<Done>();
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = (event) => reject(new Error(event.message));
  worker.postMessage({ bytes, ends: endsOfWrites(page) } satisfies Job, [bytes.buffer]);
  const done = await promise;
  bytes = done.bytes;
  if (done.failure === undefined) return;
  const { name, message } = done.failure;
  throw name === "BrokenPipe" ? new Deno.errors.BrokenPipe(message) : new Error(message);
}

/** What the worker runs: all it knows is in its own text. */
function work(): void {
  const scope = globalThis as unknown as {
    onmessage: (event: { data: Job }) => void;
    postMessage(done: Done, transfer: ArrayBuffer[]): void;
  };
  const never = new Int32Array(new SharedArrayBuffer(4));
  const write = ({ bytes, ends }: Job) => {
    let at = 0;
    for (const end of ends) {
      while (at < end) {
        try {
          at += Deno.stdout.writeSync(bytes.subarray(at, end));
        } catch (error) {
          if (!(error instanceof Deno.errors.WouldBlock)) throw error;
          Atomics.wait(never, 0, 0, 5);
        }
      }
    }
  };
  scope.onmessage = ({ data }) => {
    let failure;
    try {
      write(data);
    } catch (error) {
      const { name, message } = error as Error;
      failure = { name, message };
    }
    scope.postMessage({ bytes: data.bytes, failure }, [data.bytes.buffer]);
  };
}
