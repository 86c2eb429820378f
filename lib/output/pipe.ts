/**
 * How do many pages get into a pipe? In small pieces, which are all that the runtime does not lose
 * count of. Each of them takes a hop to another thread and back, so where there is much to write it
 * is done by a worker that may block. This thread has to stay free for signals.
 */

import { delay } from "@std/async/delay";
import { standardOutputFile } from "../base/files.ts";
import { type Taken, writePieces } from "./pieces.ts";

/** A page that is no larger takes few writes, and never needs the worker. */
const SMALL_PAGE_BYTES = 16 * 1024;

/** Starting the worker takes as long as it saves over about so much in larger pages. */
const WORKER_PAYS_FROM_BYTES = 1.5 * 1024 * 1024;

const BUSY_WAIT_MS = 5;

/** Writes pages to standard output that is no regular file. */
export interface PipeWriter extends Disposable {
  /** Writes a page; one at a time. Throws what the system says. */
  write(page: Uint8Array): Promise<void>;
}

/** Makes one for a run; its worker, where it has one, ends with it. */
export function pipeWriter(): PipeWriter {
  let inLargePages = 0;
  let worker: WriteWorker | undefined;
  const writeHere = (bytes: Uint8Array) => writePieces(bytes, (piece) => Deno.stdout.write(piece));
  return {
    async write(page) {
      if (page.length > SMALL_PAGE_BYTES) inLargePages += page.length;
      const isMuch = page.length > SMALL_PAGE_BYTES && inLargePages > WORKER_PAYS_FROM_BYTES;
      const write = isMuch ? (worker ??= startWorker()).write : writeHere;
      for (let at = 0;;) {
        const { written, refusal } = await write(page.subarray(at));
        if (refusal === undefined) return;
        if (refusal.name === "BrokenPipe" || PIPE_NOT_CONNECTED.test(refusal.message)) {
          throw new Deno.errors.BrokenPipe(refusal.message);
        }
        if (refusal.name !== "WouldBlock") throw new Error(refusal.message);
        if (!await isPipe()) throw new Error(COUNT_IS_LOST);
        at += written;
        await delay(BUSY_WAIT_MS);
      }
    },
    [Symbol.dispose]: () => worker?.[Symbol.dispose](),
  };
}

/** On Windows a reader that has gone can look like this, which Deno has no name for. */
const PIPE_NOT_CONNECTED = /\(os error 233\)/;

/** Only a pipe takes a piece whole or not at all. */
const COUNT_IS_LOST = "it is a non-blocking socket or terminal and takes no more for the moment, " +
  'and how much it took is not known; put "| cat" behind the command';

async function isPipe(): Promise<boolean> {
  const info = (await standardOutputFile()).info();
  // Not isFIFO(), which Deno 2.4 answers with false for every pipe.
  return info !== undefined && (info.mode & FILE_TYPE) === FIFO;
}

/** POSIX, sys/stat.h: which bits of a mode say what kind of file it is, and what they are for a pipe. */
const FILE_TYPE = 0o170000, FIFO = 0o010000;

interface WriteWorker extends Disposable {
  write(bytes: Uint8Array): Promise<Taken>;
}

/** What the worker says when it has written: also the memory of what it was given, for the next page. */
type Done = Taken & { readonly buffer: ArrayBuffer };

function startWorker(): WriteWorker {
  const worker = new Worker(PROGRAM, { type: "module" });
  let buffer = new ArrayBuffer(0);
  let done: PromiseWithResolvers<Done> | undefined;
  // Not for each page: a handler that was replaced stays until V8 tidies up.
  worker.onmessage = ({ data }) => done?.resolve(data);
  worker.onerror = (event) => {
    // Or else the runtime ends the run, over our own message.
    event.preventDefault();
    done?.reject(new Error(event.message));
  };
  return {
    async write(page) {
      if (buffer.byteLength < page.length) buffer = new ArrayBuffer(page.length * 1.25);
      const bytes = new Uint8Array(buffer, 0, page.length);
      bytes.set(page);
      done = Promise.withResolvers();
      worker.postMessage(bytes, [buffer]);
      const taken = await done.promise;
      buffer = taken.buffer;
      return taken;
    },
    [Symbol.dispose]: () => worker.terminate(),
  };
}

/** What the worker does; all it knows is in its text. */
function work(write: typeof writePieces): void {
  const scope = globalThis as unknown as {
    onmessage: (event: { data: Uint8Array<ArrayBuffer> }) => void;
    postMessage(done: Done, transfer: ArrayBuffer[]): void;
  };
  scope.onmessage = async ({ data: bytes }) => {
    const taken = await write(bytes, (piece) => Deno.stdout.writeSync(piece));
    scope.postMessage({ ...taken, buffer: bytes.buffer }, [bytes.buffer]);
  };
}

/** Its text, in an address of its own: in an executable there is no file to name. */
const PROGRAM = `data:text/javascript,${encodeURIComponent(`(${work})(${writePieces})`)}`;
