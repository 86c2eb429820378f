/**
 * Which folder is a file in? The standard library answers for each kind of system; its own choice
 * between them looks at `process`, for which the runtime would first load all that is Node's.
 */

import { dirname as posixDirname } from "@std/path/posix/dirname";
import { dirname as windowsDirname } from "@std/path/windows/dirname";

/** The folder part of a path; "." where it has none. */
export const dirname = Deno.build.os === "windows" ? windowsDirname : posixDirname;
