/** Which bytes are in a file, packed or not? One block of memory at a time. */

import { readBytes, type Reader } from "./files.ts";
import { describe } from "./text.ts";

/** Where a gzip file is damaged. What came before was read; of one that is only cut off, all of it. */
export class DamagedGzip extends Error {
  override readonly name = "DamagedGzip";

  /** `at` is how many bytes could be unpacked. */
  constructor(readonly isCutOff: boolean, readonly at: number, cause: unknown) {
    const what = isCutOff ? "it is cut off" : `it is damaged (${describe(cause)})`;
    super(`${what}, after ${at} unpacked bytes`, { cause });
  }
}

const BLOCK_BYTES = 256 * 1024;
/** Unpacked, what wrong bytes may take with them. */
const UNPACKED_BYTES = 64 * 1024;
/** Unpacked, it may have a thousand times this length; that is in memory at once. */
const PACKED_BYTES = 16 * 1024;

/**
 * The bytes of a file; a path is opened, and closed at the end. A block is good until the next one is
 * asked for. Throws what `unpacked` throws, and what the system says where the file cannot be opened.
 */
export async function* blocksOf(
  source: Reader | string,
  blockBytes: number = BLOCK_BYTES,
): AsyncGenerator<Uint8Array, void, void> {
  const file = typeof source === "string" ? await Deno.open(source) : undefined;
  try {
    const reader = await unpacked(file ?? source as Reader);
    const block = new Uint8Array(blockBytes);
    for (;;) {
      const count = await reader.read(block);
      if (count === null) return;
      if (count > 0) yield block.subarray(0, count);
    }
  } finally {
    file?.close();
  }
}

/**
 * Reads the same bytes, unpacked where the first ones are gzip's, of several members too. Reading
 * throws what the system says, and DamagedGzip once all is read that could be unpacked.
 */
export async function unpacked(reader: Reader): Promise<Reader> {
  const first = await readBytes(reader, 2);
  const whole = startingWith(first, reader);
  return isGzip(first) ? await gunzip(whole) : whole;
}

/** Whether a file is packed, by its first two bytes. */
export function isGzip(first: Uint8Array): boolean {
  return first[0] === 0x1f && first[1] === 0x8b;
}

/** Reads some bytes, and then what another reads. */
export function startingWith(first: Uint8Array, rest: Reader): Reader {
  let left = first;
  return {
    read(buffer) {
      if (left.length === 0) return rest.read(buffer);
      const count = Math.min(left.length, buffer.length);
      buffer.set(left.subarray(0, count));
      left = left.subarray(count);
      return Promise.resolve(count);
    },
  };
}

/** By Node's zlib: the web's DecompressionStream knows one member only, and loses what was before a cut. */
async function gunzip(packed: Reader): Promise<Reader> {
  // Loaded where it is needed: it takes as long as everything else of a short run.
  const { createGunzip } = await import("node:zlib");
  const stream = createGunzip({ chunkSize: UNPACKED_BYTES });
  const chunks: Uint8Array[] = [];
  let failure: { code?: string } | undefined;
  let ended = false;
  /** Whether it has come to its end, before which its input does not always: tapes have zeros behind a file. */
  let isOver = false;
  let proceed = () => {};
  // An event for each piece, rather than an iterator: that would lose the pieces before an error.
  stream.on("data", (chunk: Uint8Array) => chunks.push(chunk));
  stream.on("end", () => {
    isOver = true;
    proceed();
  });
  const fail = (error: Error & { code?: string }) => {
    failure = error;
    ended = true;
    proceed();
  };
  stream.on("error", fail);
  const input = new Uint8Array(PACKED_BYTES);
  let total = 0;
  let fed = 0;
  const unpackMore = async () => {
    const count = await packed.read(input);
    let rest = input.subarray(0, count ?? 0);
    if (!isOver) {
      const { promise, resolve } = Promise.withResolvers<void>();
      proceed = resolve;
      if (count === null) stream.end();
      else stream.write(rest, () => resolve());
      await promise;
      // What it did not take is behind its end. Deno 2.4 does not say how much that is.
      rest = rest.subarray(stream.bytesWritten > 0 ? stream.bytesWritten - fed : rest.length);
      fed += count ?? 0;
      if (rest.length > 0) isOver = true;
    }
    if (failure === undefined && rest.some((byte) => byte !== 0)) {
      fail(new Error("something else follows behind zeros"));
    }
    if (count === null) ended = true;
  };
  return {
    async read(buffer) {
      while (chunks.length === 0 && !ended) await unpackMore();
      const [chunk] = chunks;
      if (chunk === undefined) {
        if (failure === undefined) return null;
        throw new DamagedGzip(failure.code === "Z_BUF_ERROR", total, failure);
      }
      const count = Math.min(chunk.length, buffer.length);
      buffer.set(chunk.subarray(0, count));
      if (count === chunk.length) chunks.shift();
      else chunks[0] = chunk.subarray(count);
      total += count;
      return count;
    },
  };
}
