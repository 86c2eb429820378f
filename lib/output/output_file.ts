/**
 * A file of our own that survives a crash. The position records how long it was; whatever is behind
 * that is the beginning of the page that comes next, and only the rest of that page is written. The
 * file is never truncated: an agent may have read it already.
 */

import { equals } from "@std/bytes/equals";
import { Failure } from "../base/errors.ts";
import {
  createFile,
  dirname,
  filesIn,
  isLink,
  readBytesAt,
  syncFolder,
  writeAll,
} from "../base/files.ts";
import { describe } from "../base/text.ts";
import type { Mark, Output } from "./output.ts";
import type { Notes } from "../terminal/notes.ts";

/** What a run that was cut off wrote behind its mark: from `offset` on, in the file now at `path`. */
interface Tail {
  readonly path: string;
  readonly offset: number;
  readonly end: number;
}

const NEWLINE = 0x0a;

/**
 * Opens an output file, and finds out what a run that was cut off has left behind `mark`.
 * Throws Failure (output) where it is not a plain file that can be written.
 */
export async function fileOutput(
  path: string,
  mark: Mark | undefined,
  notes: Notes,
): Promise<Output> {
  const repeats = (why: string) =>
    notes.say(`Some events may be twice in "${path}": the last run was cut off, and ${why}`);
  try {
    let info = await append(path);
    let tail: Tail | undefined;
    const marked = mark && await find(path, mark);
    if (marked === undefined) {
      if (mark?.open) repeats("the file it wrote to is gone");
    } else if (marked.end > marked.offset) {
      tail = marked;
    } else if (marked.path !== path && info.size > 0) {
      // It was rotated before its next page, which was then begun in a new one.
      tail = { path, offset: 0, end: info.size };
    }
    if (tail?.path !== path) info = await endLine(path, info);
    return output(path, mark, info, tail, repeats);
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

function output(
  path: string,
  mark: Mark | undefined,
  found: Deno.FileInfo,
  begun: Tail | undefined,
  repeats: (why: string) => void,
): Output {
  let tail = begun;
  let accepted = tail && mark || markOf(found);
  /** Writes what of the page the tail does not hold. */
  async function completeTail(bytes: Uint8Array, begun: Tail): Promise<boolean> {
    const { offset, end } = begun;
    const common = Math.min(end - offset, bytes.length);
    if (!equals(await readAt(begun.path, offset, common), bytes.subarray(0, common))) {
      // After an orderly end it is somebody else's.
      if (mark?.open) repeats("what it wrote last is not how the next page begins");
      tail = undefined;
      if (begun.path === path) await endLine(path, await Deno.stat(path));
      return false;
    }
    tail = offset + common < end ? { ...begun, offset: offset + common } : undefined;
    const info = await append(begun.path, bytes.subarray(common));
    accepted = { ...markOf(info), length: offset + bytes.length };
    return true;
  }
  return {
    mark: (open) => ({ ...accepted, open: open || tail !== undefined && mark?.open === true }),
    async write(bytes) {
      if (bytes.length === 0) return;
      try {
        if (tail !== undefined && await completeTail(bytes, tail)) return;
        accepted = markOf(await append(path, bytes));
      } catch (error) {
        throw cannotWrite(path, error);
      }
    },
  };
}

/** Opens the file anew, since it may have been rotated, appends, and has it on disk when done. */
async function append(path: string, bytes?: Uint8Array): Promise<Deno.FileInfo> {
  const { file, isNew } = await open(path);
  using _ = file;
  if (bytes !== undefined) {
    await writeAll(file, bytes);
    // Also where nothing is left to add: a run that was killed may have written it and not come to this.
    await file.syncData();
  }
  if (isNew) await syncFolder(dirname(path));
  return await file.stat();
}

async function open(path: string): Promise<{ file: Deno.FsFile; isNew: boolean }> {
  for (;;) {
    try {
      return { file: await createFile(path, { append: true, mode: 0o640 }), isNew: true };
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
    try {
      // Looked at before it is opened: opening a FIFO waits for its reader.
      if (!(await Deno.stat(path)).isFile) throw new Error("it is not a plain file");
      return { file: await Deno.open(path, { append: true }), isNew: false };
    } catch (error) {
      // It was rotated just now, unless it is a link to nowhere, which will not go away.
      if (!(error instanceof Deno.errors.NotFound) || await isLink(path)) throw error;
    }
  }
}

/**
 * The file that a mark is about: at `path`, or, after a run that was cut off, beside it under another
 * name where it was rotated. Undefined where it is gone, or shorter than it was.
 */
async function find(path: string, mark: Mark): Promise<Tail | undefined> {
  const tailOf = async (candidate: string): Promise<Tail | undefined> => {
    const info = await Deno.stat(candidate).catch(() => undefined);
    if (!info?.isFile || (info.ino ?? 0) !== mark.inode || info.size < mark.length) {
      return undefined;
    }
    return { path: candidate, offset: mark.length, end: info.size };
  };
  const here = await tailOf(path);
  if (here !== undefined || !mark.open) return here;
  try {
    for await (const candidate of filesIn(dirname(path))) {
      const beside = await tailOf(candidate);
      if (beside !== undefined) return beside;
    }
  } catch {
    // A folder that may be written need not be one that may be listed.
  }
  return undefined;
}

/** Ends a line that was left torn, so that what comes next stands on lines of its own. */
async function endLine(path: string, info: Deno.FileInfo): Promise<Deno.FileInfo> {
  if (info.size === 0 || (await readAt(path, info.size - 1, 1))[0] === NEWLINE) return info;
  return await append(path, new Uint8Array([NEWLINE]));
}

async function readAt(path: string, offset: number, length: number): Promise<Uint8Array> {
  using file = await Deno.open(path);
  return await readBytesAt(file, offset, length);
}

function markOf({ ino, size }: Deno.FileInfo): Mark {
  return { inode: ino ?? 0, length: size, open: false };
}

function cannotWrite(path: string, cause: unknown): Failure {
  return new Failure("output", `Cannot write to "${path}": ${describe(cause)}`, { cause });
}
