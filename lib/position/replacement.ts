/**
 * How is a file replaced as a whole? By a new one beside it, `NAME.new`, that takes its name: a power
 * loss leaves the old one or the new one. Making the first one shows what the file system can do.
 */

import { Failure } from "../base/errors.ts";
import { createFile, dirname, exists, readBytesAt, writeAll } from "../base/files.ts";
import { syncFolder } from "../base/folders.ts";
import { describe } from "../base/text.ts";
import { WRITABLE } from "./lock.ts";
import { beginsPosition } from "./position.ts";

/** What a file made here shows of the system. */
export interface Probed {
  /** Who runs this; null where the system has no such numbers. Deno.uid() needs a permission of its own. */
  readonly user: number | null;
  /** Whether files have modes: some file systems show one mode for all, whatever is set. */
  readonly hasModes: boolean;
}

/** Makes a file beside `path` and takes it away again. Throws Failure (position) where that fails. */
export async function probe(path: string): Promise<Probed> {
  try {
    // Not by "using": the bundler drops it where its variable is used once, and Windows removes no open file.
    const file = await createNew(path);
    const info = await file.stat().finally(() => file.close());
    await Deno.remove(newName(path));
    const hasModes = Deno.build.os !== "windows" && ((info.mode ?? 0) & 0o077) === 0;
    return { user: info.uid, hasModes };
  } catch (error) {
    throw cannotSave(path, error);
  }
}

/**
 * Puts bytes in the place of what a file held, on disk when done. Whoever may read the file still may.
 * Throws Failure (position); then what was there is there still, unless the message says otherwise.
 */
export async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  try {
    using file = await createNew(path);
    await writeAll(file, bytes);
    await keepReaders(path, await file.stat());
    await file.sync();
  } catch (error) {
    throw await givenUp(path, error);
  }
  try {
    await Deno.rename(newName(path), path);
  } catch (error) {
    throw await givenUp(path, error);
  }
  try {
    await syncFolder(dirname(path));
  } catch (error) {
    const why = `${describe(error)}; it is saved, but a power loss may take that back`;
    throw new Failure("position", `Cannot sync the folder of position "${path}": ${why}`, {
      cause: error,
    });
  }
}

/** Lets those read the new file whom the owner lets read the old one. Writing is for the owner alone. */
async function keepReaders(path: string, made: Deno.FileInfo): Promise<void> {
  if (Deno.build.os === "windows") return;
  const old = await Deno.lstat(path).catch(() => undefined);
  let readers = (old?.mode ?? 0) & 0o044;
  if (old === undefined || readers === 0) return;
  if ((readers & 0o040) !== 0 && old.gid !== made.gid) {
    // Another group than this one was let in.
    const isGiven = await Deno.chown(newName(path), null, old.gid).then(() => true, () => false);
    if (!isGiven) readers &= ~0o040;
  }
  await Deno.chmod(newName(path), 0o600 | readers);
}

/** A run that was killed may have left one behind; the lock makes sure that nobody is using it. */
async function createNew(path: string): Promise<Deno.FsFile> {
  const name = newName(path);
  const options = { write: true, mode: 0o600 };
  try {
    return await createFile(name, options);
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    if (!await isLeftOver(name)) throw inTheWay(path);
    await Deno.remove(name);
    return await createFile(name, options);
  }
}

/** Whether a file is the beginning of a position, and not the position of another stream. */
async function isLeftOver(name: string): Promise<boolean> {
  const { isFile, nlink } = await Deno.lstat(name);
  if (!isFile || (nlink ?? 1) > 1 || await exists(`${name}.lock`)) return false;
  using file = await Deno.open(name);
  const bytes = await readBytesAt(file, 0, MAX_BEGINNING_BYTES);
  // After a loss of power there may be zeros in place of what was not on disk yet.
  return beginsPosition(bytes.subarray(0, bytes.findLastIndex((byte) => byte !== 0) + 1));
}

const MAX_BEGINNING_BYTES = 64;

async function givenUp(path: string, error: unknown): Promise<Failure> {
  if (error instanceof Failure) return error;
  await Deno.remove(newName(path)).catch(() => {});
  return cannotSave(path, error);
}

/** The failure for what the system says where a position cannot be saved. */
export function cannotSave(path: string, cause: unknown): Failure {
  if (cause instanceof Failure) return cause;
  const isBusy = (cause as { code?: string }).code === "EBUSY";
  const remedy = isBusy
    ? "it cannot be replaced where it is a mount point of its own: mount its folder instead"
    : WRITABLE;
  return failure(path, `${describe(cause)}; ${remedy}`, cause);
}

function inTheWay(path: string): Failure {
  return failure(path, `"${newName(path)}" is not a file of siem-client; use another --position`);
}

function failure(path: string, why: string, cause?: unknown): Failure {
  return new Failure("position", `Cannot save position "${path}": ${why}`, { cause });
}

function newName(path: string): string {
  return `${path}.new`;
}
