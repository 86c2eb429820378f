/**
 * How are bytes written where they are already? After a sync that failed they may be in memory only, and no
 * later sync says so, since the system takes them for written.
 */

import { undefinedIfNotFound, writeAll } from "./files.ts";

/** Opens a file for that; undefined where it is gone, or may only be appended to. Throws what else is said. */
export async function openToWriteAgain(path: string): Promise<Deno.FsFile | undefined> {
  return await Deno.open(path, { read: true, write: true }).catch((error) => {
    if (!(error instanceof Deno.errors.PermissionDenied)) undefinedIfNotFound(error);
    return undefined;
  });
}

/** Writes bytes from `offset` on. Throws what the system says. */
export async function writeAllAt(
  file: Deno.FsFile,
  offset: number,
  bytes: Uint8Array,
): Promise<void> {
  await file.seek(offset, Deno.SeekMode.Start);
  await writeAll(file, bytes);
}
