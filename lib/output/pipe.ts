/**
 * How do many pages get into a pipe? In small writes, which are all that the runtime does not lose
 * count of (see `endsOfWrites`). Each of them takes a hop to another thread and back, so where there
 * is much to write it is done by a worker that may block. This thread has to stay free for signals.
 */

import { endsOfWrites, writeLines } from "./lines.ts";

/** Bytes; a page that is no larger takes few writes, and never needs the worker. */
const SMALL_PAGE = 16 * 1024;

/** Bytes; starting the worker takes as long as it saves over about so much in larger pages. */
const LITTLE = 1.5 * 1024 * 1024;

/** What the worker says when it has written. */
interface Done {
  /** The memory of what it was given, for the next page. */
  readonly buffer: ArrayBuffer;
  readonly failure: { readonly name: string; readonly message: string } | undefined;
}

let inLargePages = 0;
let worker: Worker | undefined;
let buffer = new ArrayBuffer(0);
/** Settled when the worker is done with its page. */
let done: PromiseWithResolvers<Done> | undefined;

/** Writes a page to standard output, whatever that is; one at a time. Throws what the system says. */
export async function writeToPipe(page: Uint8Array): Promise<void> {
  if (page.length > SMALL_PAGE) inLargePages += page.length;
  if (page.length <= SMALL_PAGE || inLargePages <= LITTLE) {
    return await writeLines(Deno.stdout, page);
  }
  worker ??= startWorker();
  if (buffer.byteLength < page.length) buffer = new ArrayBuffer(page.length * 1.25);
  const bytes = new Uint8Array(buffer, 0, page.length);
  bytes.set(page);
  done = Promise.withResolvers();
  worker.postMessage(bytes, [buffer]);
  const answer = await done.promise;
  buffer = answer.buffer;
  if (answer.failure === undefined) return;
  const { name, message } = answer.failure;
  throw name === "BrokenPipe" ? new Deno.errors.BrokenPipe(message) : new Error(message);
}

function startWorker(): Worker {
  const started = new Worker(PROGRAM, { type: "module" });
  // Not for each page: a handler that was replaced stays until V8 tidies up.
  started.onmessage = ({ data }) => done?.resolve(data);
  started.onerror = (event) => {
    // Or else the runtime ends the run, over our own message.
    event.preventDefault();
    done?.reject(new Error(event.message));
  };
  return started;
}

/** What the worker does; all it knows is in its text. */
function work(ends: (bytes: Uint8Array) => number[]): void {
  const scope = globalThis as unknown as {
    onmessage: (event: { data: Uint8Array<ArrayBuffer> }) => void;
    postMessage(done: Done, transfer: ArrayBuffer[]): void;
  };
  const never = new Int32Array(new SharedArrayBuffer(4));
  const write = (bytes: Uint8Array) => {
    let at = 0;
    for (const end of ends(bytes)) {
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
  scope.onmessage = ({ data: bytes }) => {
    let failure;
    try {
      write(bytes);
    } catch (error) {
      const { name, message } = error as Error;
      failure = { name, message };
    }
    scope.postMessage({ buffer: bytes.buffer, failure }, [bytes.buffer]);
  };
}

/** Its text, in an address of its own: in an executable there is no file to name. */
const PROGRAM = `data:text/javascript,${encodeURIComponent(`(${work})(${endsOfWrites})`)}`;
