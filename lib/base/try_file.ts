/** Could a run append to this file? Found out without a change to it. */

import { createFile, dirname, undefinedIfNotFound } from "./files.ts";

/**
 * Whether a file is there, or would be made. Throws what the system says where it could be neither
 * appended to nor made, or that it is not a plain file.
 */
export async function tryFile(path: string): Promise<"there" | "new"> {
  const info = await Deno.stat(path).catch(undefinedIfNotFound);
  if (info === undefined) {
    // A link to nowhere: a run does not follow it to make a file elsewhere.
    if (await Deno.lstat(path).catch(undefinedIfNotFound) !== undefined) await Deno.stat(path);
    // Not under its own name, by which a run may make it and write to it just now.
    const name = `${dirname(path)}/.siem-client-${crypto.randomUUID()}`;
    (await createFile(name, { write: true, mode: 0o600 })).close();
    await Deno.remove(name);
    return "new";
  }
  // Looked at before it is opened: opening a FIFO waits for its reader.
  if (!info.isFile) throw new Error("it is not a plain file");
  (await Deno.open(path, { read: true, append: true })).close();
  return "there";
}
