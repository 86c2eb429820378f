/**
 * Which folder is a file in? The standard library answers for each kind of system; its own choice
 * between them looks at `process`, for which the runtime would first load all that is Node's.
 */

import { dirname as posixDirname } from "@std/path/posix/dirname";
import { dirname as windowsDirname } from "@std/path/windows/dirname";

/** The folder part of a path; "." where it has none. */
export const dirname = Deno.build.os === "windows" ? windowsDirname : posixDirname;

/** What can be written to. */
export interface Writer {
  write(bytes: Uint8Array): Promise<number>;
}

/** Writes all bytes. Throws what the system says where it takes no more of them. */
export async function writeAll(to: Writer, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await to.write(bytes.subarray(at));
}
