/** What is asked of the file system? All that output and position do with files stands here once. */

import { delay } from "@std/async/delay";
import { basename as posixBasename } from "@std/path/posix/basename";
import { dirname as posixDirname } from "@std/path/posix/dirname";
import { basename as windowsBasename } from "@std/path/windows/basename";
import { dirname as windowsDirname } from "@std/path/windows/dirname";

// The standard library's own choice between the two kinds of system looks at `process`, for which the runtime
// would first load all of Node's.
const isWindows = Deno.build.os === "windows";
/** The folder part of a path; "." where it has none. */
export const dirname = isWindows ? windowsDirname : posixDirname;
/** A path without its folder part. */
export const basename = isWindows ? windowsBasename : posixBasename;

/** What can be read from: a file, standard input. */
export interface Reader {
  /** Reads into `buffer`; resolves with the number of bytes, null at the end. */
  read(buffer: Uint8Array): Promise<number | null>;
}

/** What can be written to. */
export interface Writer {
  write(bytes: Uint8Array): Promise<number>;
}

/** Writes all bytes. Throws what the system says where it takes no more of them. */
export async function writeAll(to: Writer, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await to.write(bytes.subarray(at));
}

/** Makes a file that is not there yet, with that mode. Throws AlreadyExists where anything has its name. */
export function createFile(path: string, options: Deno.OpenOptions): Promise<Deno.FsFile> {
  return Deno.open(path, { ...options, createNew: true });
}

/**
 * Opens a plain file for appending and reading, and makes it with that mode where it is not there.
 * Throws what the system says, or that it is not a plain file.
 */
export async function openToAppend(
  path: string,
  mode: number,
): Promise<{ file: Deno.FsFile; isNew: boolean }> {
  for (;;) {
    try {
      // Looked at before it is opened: opening a FIFO waits for its reader.
      if (!(await Deno.stat(path)).isFile) throw new Error("it is not a plain file");
      return { file: await Deno.open(path, { read: true, append: true }), isNew: false };
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      // A link to nowhere will not go away; it is not followed to make a file elsewhere.
      if (await isLink(path)) throw error;
    }
    try {
      return { file: await createFile(path, { read: true, append: true, mode }), isNew: true };
    } catch (error) {
      // It was made just now.
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
  }
}

/**
 * Opens what has a name, once `check` has let it pass: no link is followed, and nothing is opened that was
 * put in its place meanwhile. Undefined where that happened. Throws what `check` throws, or the system says.
 */
export async function openNamed(
  path: string,
  options: Deno.OpenOptions,
  check: (info: Deno.FileInfo) => void,
): Promise<{ file: Deno.FsFile; info: Deno.FileInfo } | undefined> {
  const info = await Deno.lstat(path);
  check(info);
  const file = await Deno.open(path, options);
  try {
    if (isSameFile(await file.stat(), info)) return { file, info };
  } catch (error) {
    file.close();
    throw error;
  }
  file.close();
  return undefined;
}

/** Reads from where a file stands: `length` bytes, or fewer where it ends before. */
export async function readBytes(file: Reader, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length;) {
    const count = await file.read(bytes.subarray(at));
    if (count === null) return bytes.subarray(0, at);
    at += count;
  }
  return bytes;
}

/** Reads `length` bytes from `offset` on, or fewer where the file ends before. */
export async function readBytesAt(
  file: Deno.FsFile,
  offset: number,
  length: number,
): Promise<Uint8Array> {
  await file.seek(offset, Deno.SeekMode.Start);
  return await readBytes(file, length);
}

/** Whether two answers of the system are about one file. Windows may not know the device of an open one. */
export function isSameFile(
  one: Pick<Deno.FileInfo, "dev" | "ino">,
  other: Pick<Deno.FileInfo, "dev" | "ino">,
): boolean {
  if (one.ino !== other.ino) return false;
  const devicesAreKnown = Deno.build.os !== "windows" || one.dev !== 0 && other.dev !== 0;
  return !devicesAreKnown || one.dev === other.dev;
}

/**
 * Whether the system says that a thing cannot be done at all, here or anywhere (ENOTSUP, ENOSYS). Not all
 * of these have a code in the runtime.
 */
export function isUnsupported(error: unknown): boolean {
  return error instanceof Error && /not (supported|implemented)/i.test(error.message);
}

/** Whether a name is that of a link, wherever that leads. */
export async function isLink(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(({ isSymlink }) => isSymlink, () => false);
}

/** From when a program has read a file to compress it until it removes it, and more. */
export const MAX_COMPRESS_END_MS = 1000;

/**
 * What the system says of a file that was opened as `path` and written; undefined where it has no name
 * any more. Then it was removed, perhaps by a program that compressed it and did not read what was
 * written last.
 */
export async function stillThere(
  file: Deno.FsFile,
  path: string,
): Promise<Deno.FileInfo | undefined> {
  const info = await file.stat();
  const here = await Deno.stat(path).catch(() => undefined);
  // Some file systems do not count names, and say 0.
  if (here !== undefined && isSameFile(here, info)) return info;
  if (info.nlink === 0) return undefined;
  // It was renamed. Such a program may have come to its end just before, and not have removed it yet.
  await delay(MAX_COMPRESS_END_MS);
  const later = await file.stat();
  return later.nlink === 0 ? undefined : later;
}

/** Whether anything has a path's name; a link to nowhere has not. Throws what else the system says. */
export async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).catch(undefinedIfNotFound) !== undefined;
}

/** Nothing, for what is said of a name that nothing has. Throws any other error. */
export function undefinedIfNotFound(error: unknown): undefined {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

/** Standard output as the system knows it, whatever it is. */
export interface StandardOutputFile {
  /** Undefined where it cannot be asked: on Windows a console, a pipe and NUL. */
  info(): FileStatus | undefined;
  /** Has what was written to it on disk. Throws what the system says. */
  sync(): void;
}

/** What the system says of a file by its number. */
type FileStatus = import("node:fs").Stats;

/** Deno has no such calls for standard output. Loaded where it counts, since that takes long. */
export async function standardOutputFile(): Promise<StandardOutputFile> {
  const { fdatasyncSync, fstatSync } = await import("node:fs");
  return {
    info() {
      try {
        return fstatSync(1);
      } catch {
        return undefined;
      }
    },
    sync: () => fdatasyncSync(1),
  };
}
