/** What every write needs: all bytes, however many a single call takes. */

const BUSY_WAIT = 5;

/** Writes all bytes. Throws what the system says where it takes no more of them. */
export async function writeAll(
  to: { write(bytes: Uint8Array): Promise<number> },
  bytes: Uint8Array,
): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    try {
      at += await to.write(bytes.subarray(at));
    } catch (error) {
      // Whoever started us may have made the pipe non-blocking: then it is full for the moment.
      if (!(error instanceof Deno.errors.WouldBlock)) throw error;
      await new Promise((resolve) => setTimeout(resolve, BUSY_WAIT));
    }
  }
}
