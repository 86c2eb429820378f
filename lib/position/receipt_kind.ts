/** Is a file that is named as receipts something else? Told by its beginning. */

import { unpacked } from "../base/file_blocks.ts";
import { readBytes } from "../base/files.ts";
import { holdsPosition } from "./position.ts";
import { beginsReceipt } from "./receipt.ts";
import { cannotRead, type ReceiptFile } from "./receipt_files.ts";

/** What every receipt has. What was damaged or cut off still has this, or begins like one. */
const FIELD = /"(?:sha256|previous)":/;
/** How much of a file is looked at. */
const HEAD_BYTES = 64 * 1024;

/**
 * Why a file cannot be receipts, which none is in; undefined where it may be, empty or damaged. Throws Failure
 * (position) where it cannot be read any more.
 */
export async function notReceipts(
  { path, lines, first, damage }: ReceiptFile,
): Promise<string | undefined> {
  if (lines === 0 || first !== undefined || damage !== undefined) return undefined;
  const head = await headOf(path);
  if (holdsPosition(head)) return "it is a position file; write --position before this name";
  const text = new TextDecoder().decode(head);
  const [line] = text.split("\n");
  // What a crash left may be zeros.
  const isLeft = text.startsWith("\0") || beginsReceipt(text);
  if (isLeft || FIELD.test(line!)) return undefined;
  return "it holds no receipts; name the file that a run with -c --receipts FILE wrote";
}

async function headOf(path: string): Promise<Uint8Array> {
  try {
    const file = await Deno.open(path);
    return await unpacked(file).then((reader) => readBytes(reader, HEAD_BYTES))
      .finally(() => file.close());
  } catch (error) {
    throw cannotRead(path, error);
  }
}
