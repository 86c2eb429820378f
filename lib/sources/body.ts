/** How is a body read? Into memory that a run uses again and again. */

import type { Service } from "./service.ts";

/** Larger memory is not kept. */
const MAX_FREE_BYTES = 8 * 1024 * 1024;

/** Enough for most pages. */
const USUAL_BODY_BYTES = 1024 * 1024;

/** Reads a body as far as `goOn` wants it, which is told how many bytes have come. */
export async function readBody(
  { freeBuffers }: Service,
  { body }: Response,
  goOn: (length: number) => boolean,
): Promise<Uint8Array> {
  let buffer = freeBuffers.pop() ?? new ArrayBuffer(USUAL_BODY_BYTES);
  let length = 0;
  const reader = body?.getReader({ mode: "byob" });
  try {
    for (let more = reader !== undefined; more;) {
      if (length === buffer.byteLength) buffer = buffer.transfer(length * 2);
      // The reader takes the memory away, and gives it back with what it has read.
      const { done, value } = await reader!.read(new Uint8Array(buffer, length));
      buffer = value!.buffer;
      length += value!.length;
      more = !done && goOn(length);
    }
  } finally {
    reader?.cancel().catch(() => {});
  }
  return new Uint8Array(buffer, 0, length);
}

/** What gives the memory of a body that was read to a later one; only the first call does. */
export function releaser({ freeBuffers }: Service, bytes: Uint8Array): () => void {
  let buffer: ArrayBuffer | undefined = bytes.buffer as ArrayBuffer;
  return () => {
    if (buffer !== undefined && buffer.byteLength <= MAX_FREE_BYTES) freeBuffers.push(buffer);
    buffer = undefined;
  };
}
