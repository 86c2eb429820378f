/**
 * How do events get into a file so that a crash neither loses nor doubles any? Before a page is
 * written, the position has a mark of the place in the file. Whatever is behind a mark after a crash is
 * the beginning of the page that comes next, and only the rest of that page is written. The file is
 * never truncated: an agent may have read it already.
 */

import { equals } from "@std/bytes/equals";
import { openToAppend, readBytesAt, stillThere, writeAll } from "../base/files.ts";
import { folderOf, syncFolder } from "../base/folders.ts";
import type { Notes } from "../terminal/notes.ts";
import { completePage } from "./crash.ts";
import { isSameInode, type Mark, markOf, type Place, placeBefore, withBeginning } from "./mark.ts";
import { cannotWrite, NEWLINE, type Output, type SaveMark } from "./output.ts";

/** What is known of the file between two pages. */
interface State {
  /** The mark behind which a run that was cut off may have written the beginning of the next page. */
  begun: Mark | undefined;
  /** Where everything that was accepted ends. */
  end: Mark;
  /** Whether that is the end of a page of this run, and so of a line. */
  isEndOfLine: boolean;
}

const MODE = 0o640;

/**
 * Opens an output file; `mark` is what the position has. Throws Failure (output) where it is not a
 * plain file that can be written.
 */
export async function fileOutput(
  path: string,
  mark: Mark | undefined,
  notes: Notes,
): Promise<Output> {
  const begun = mark?.open ? mark : undefined;
  const state: State = { begun, end: await touch(path, mark), isEndOfLine: false };
  const repeats = (why: string) => notes.say(`Some events may be twice in "${path}": ${why}`);
  return {
    mark: (open) => state.begun ?? { ...state.end, open },
    async write(bytes, saveMark = notSaved) {
      if (bytes.length === 0) return undefined;
      if (state.begun !== undefined) {
        const completed = await completePage(path, state.begun, bytes, saveMark);
        state.begun = completed.begun;
        if (completed.end !== undefined) {
          state.end = completed.end;
          state.isEndOfLine = true;
          return placeBefore(completed.end, bytes.length);
        }
        if (completed.doubt !== undefined) repeats(completed.doubt);
      }
      for (;;) {
        const { place, doubt } = await append(path, bytes, state, saveMark);
        if (doubt === undefined) return place;
        repeats(doubt);
      }
    },
    [Symbol.dispose]: () => {},
  };
}

const notSaved: SaveMark = () => Promise.resolve();

/** Makes the file where it is not there, and returns where it ends. */
async function touch(path: string, known: Mark | undefined): Promise<Mark> {
  try {
    const { file, isNew } = await openToAppend(path, MODE);
    using _ = file;
    const end = markOf(await file.stat());
    if (isNew || !isKnown(end, known)) await syncFolder(await folderOf(path));
    return await withBeginning(end, file);
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

/**
 * Appends a page to the file that now has the name, and has it on disk when done. Returns where it
 * begins, or why it has to be written once more.
 */
async function append(
  path: string,
  page: Uint8Array,
  state: State,
  saveMark: SaveMark,
): Promise<{ place?: Place; doubt?: string }> {
  try {
    const { file, isNew } = await openToAppend(path, MODE);
    using _ = file;
    let start = markOf(await file.stat());
    const isOurs = isKnown(start, state.end);
    // Also where logrotate made the file: it does not have its name on disk.
    if (isNew || !isOurs) await syncFolder(await folderOf(path));
    if (!(isOurs && state.isEndOfLine && start.length === state.end.length)) {
      // Somebody else, or a run that was cut off, may have left a torn line.
      start = await endLine(file, start);
    }
    await saveMark({ ...await withBeginning(start, file, state.end), open: true });
    await writeAll(file, page);
    await file.syncData();
    const info = await stillThere(file, path);
    if (info === undefined) return { doubt: "the file was removed while they were written to it" };
    state.end = await withBeginning(markOf(info), file, state.end);
    state.isEndOfLine = info.size === start.length + page.length;
    if (state.isEndOfLine) return { place: placeBefore(state.end, page.length) };
    const offset = await ifWhole(file, page);
    return offset === undefined
      ? { doubt: "somebody else wrote to it at the same time" }
      : { place: { inode: String(state.end.inode), offset } };
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

/** Where a page that was just written begins; undefined where it is not on lines of its own. */
async function ifWhole(file: Deno.FsFile, page: Uint8Array): Promise<number | undefined> {
  const start = await file.seek(0, Deno.SeekMode.Current) - page.length;
  if (start > 0 && !isNewline(await readBytesAt(file, start - 1, 1))) return undefined;
  return equals(await readBytesAt(file, start, page.length), page) ? start : undefined;
}

function isKnown(file: Mark, known: Mark | undefined): boolean {
  return known !== undefined && isSameInode(file, known);
}

/** Ends a line that was left torn, so that what comes next stands on lines of its own. */
async function endLine(file: Deno.FsFile, end: Mark): Promise<Mark> {
  if (end.length === 0) return end;
  if (isNewline(await readBytesAt(file, end.length - 1, 1))) return end;
  await writeAll(file, NEWLINE);
  return markOf(await file.stat());
}

function isNewline(bytes: Uint8Array): boolean {
  return equals(bytes, NEWLINE);
}
