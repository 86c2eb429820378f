/** Is a file a position, its lock or its receipts, whoever's and of which stream ever? */

import { readBytesAt } from "../base/files.ts";
import { isLockText, MAX_LOCK_BYTES } from "./lock.ts";
import { isPosition } from "./position_file.ts";
import { RECEIPT_BEGINNING } from "./receipt.ts";

/** What a file is for a stream, in words that say why no event goes there; undefined where it is nothing of that kind, or cannot be read. */
export async function useOf(path: string): Promise<string | undefined> {
  if (await isPosition(path)) return "it is the position of a stream";
  if (await isLock(path)) return "it is the lock of a position";
  return await isReceipts(path) ? "it is a file of receipts" : undefined;
}

/** By its name, too: a number may stand in any file, and nothing in a lock that is not signed yet. */
async function isLock(path: string): Promise<boolean> {
  try {
    const real = await Deno.realPath(path);
    if (!real.endsWith(".lock") || !await isPosition(real.slice(0, -".lock".length))) return false;
    using file = await Deno.open(real);
    return isLockText(await readBytesAt(file, 0, MAX_LOCK_BYTES));
  } catch {
    return false;
  }
}

/** By how a line begins, whatever became of the rest. */
async function isReceipts(path: string): Promise<boolean> {
  try {
    using file = await Deno.open(path);
    const beginning = await readBytesAt(file, 0, RECEIPT_BEGINNING.length);
    return new TextDecoder().decode(beginning) === RECEIPT_BEGINNING;
  } catch {
    return false;
  }
}
