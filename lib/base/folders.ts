/** What is asked of the file system about folders? */

import { dirname, exists, isLink, isUnsupported } from "./files.ts";

/** The folder that a file lies in: not that of its path, where this is a link to the file. */
export async function folderOf(path: string): Promise<string> {
  return dirname(await isLink(path) ? await Deno.realPath(path).catch(() => path) : path);
}

/**
 * Has the names in a folder on disk, so that a power loss takes back neither a new file nor a rename.
 * Where that is not possible nothing is done: Windows has its renames in the journal.
 * Throws what else the system says.
 */
export async function syncFolder(path: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  try {
    // Not by "using": the bundler drops it where its variable is used once.
    const folder = await Deno.open(path);
    await folder.sync().finally(() => folder.close());
  } catch (error) {
    // A folder in which files may be made need not be one that may be opened to be read.
    if (error instanceof Deno.errors.PermissionDenied) return;
    // CIFS of old says EINVAL of a folder, some FUSE the others.
    const isKnown = (error as { code?: string }).code === "EINVAL" || isUnsupported(error);
    if (!isKnown) throw error;
  }
}

/** The paths of the plain files in a folder, in no order. Throws what the system says. */
export async function* filesIn(folder: string): AsyncGenerator<string> {
  for await (const { name, isFile } of Deno.readDir(folder)) {
    if (isFile) yield `${folder}/${name}`;
  }
}

/**
 * Makes a folder, and those above it that are missing, and has their names on disk. Returns what was
 * made, the innermost folder first. Throws what the system says.
 */
export async function makeFolder(path: string, mode: number): Promise<string[]> {
  const missing: string[] = [];
  for (let folder = path; !await exists(folder); folder = dirname(folder)) missing.push(folder);
  if (missing.length === 0) return missing;
  try {
    await Deno.mkdir(path, { recursive: true, mode });
    for (const folder of missing) await syncFolder(dirname(folder));
  } catch (error) {
    // One that is not empty stays: it is in use already.
    for (const folder of missing) await Deno.remove(folder).catch(() => {});
    throw error;
  }
  return missing;
}
