/** What did a run that was cut off leave behind its mark, and what of the page is still to be written? */

import { equals } from "@std/bytes/equals";
import {
  isSameFile,
  readBytesAt,
  stillThere,
  undefinedIfNotFound,
  writeAll,
} from "../base/files.ts";
import { filesIn, folderOf } from "../base/folders.ts";
import { openToWriteAgain, writeAllAt } from "../base/write_again.ts";
import { describe } from "../base/text.ts";
import { isMarkedFile, isSameInode, type Mark, markOf, withBeginning } from "./mark.ts";
import { cannotWrite, type SaveMark } from "./output.ts";

/** What became of a page that an earlier run may have begun to write. */
export interface Completed {
  /** Where the page ends; undefined where it is still to be written, from its beginning. */
  readonly end: Mark | undefined;
  /** The mark behind which there is more that no position has: of the page after. */
  readonly begun: Mark | undefined;
  /** Why a part of the page may be written already, where that cannot be told. */
  readonly doubt?: string;
}

/** Bytes that no position has, from `offset` on to `end`, in a file that is open for appending. */
interface UnrecordedBytes extends Disposable {
  readonly path: string;
  readonly file: Deno.FsFile;
  readonly offset: number;
  readonly end: number;
}

/** The file that a mark is about, or why it cannot be gone on with. */
type MarkedFile = UnrecordedBytes | {
  readonly path: string;
  readonly end: number;
  readonly refusal: unknown;
};

/**
 * Writes what of a page a run that was cut off has not written, in the file where it was begun, also
 * where that was renamed. `path` is the name of the output, and `mark` what the position has.
 * Throws Failure (output), and what `saveMark` throws.
 */
export async function completePage(
  path: string,
  mark: Mark,
  page: Uint8Array,
  saveMark: SaveMark,
): Promise<Completed> {
  const marked = await findMarkedFile(path, mark);
  if (marked === undefined) return doubtful("the file it wrote to is gone");
  if ("refusal" in marked) {
    if (marked.end === mark.length) return NOTHING;
    const why = describe(marked.refusal);
    return doubtful(`the file it wrote to, now "${marked.path}", cannot be written: ${why}`);
  }
  using found = marked;
  if (found.end > found.offset) return await complete(path, found, page, saveMark);
  using begun = found.path === path ? undefined : await openBegunWithoutMark(path, page);
  return begun === undefined ? NOTHING : await complete(path, begun, page, saveMark);
}

/** Nothing of the page was written. */
const NOTHING: Completed = { end: undefined, begun: undefined };

function doubtful(why: string): Completed {
  return { ...NOTHING, doubt: `the last run was cut off, and ${why}` };
}

async function complete(
  path: string,
  { file, path: name, offset, end }: UnrecordedBytes,
  page: Uint8Array,
  saveMark: SaveMark,
): Promise<Completed> {
  try {
    const common = Math.min(end - offset, page.length);
    if (!equals(await readBytesAt(file, offset, common), page.subarray(0, common))) {
      return doubtful("what it wrote last is not how the next page begins");
    }
    const at = async (length: number) =>
      await withBeginning({ ...markOf(await file.stat()), length, open: true }, file);
    if (common < page.length) {
      await saveMark(await at(offset));
      await writeAll(file, page.subarray(common));
    }
    using again = await openToWriteAgain(name);
    // Not if it was renamed just now.
    if (again !== undefined && isSameFile(await again.stat(), await file.stat())) {
      await writeAllAt(again, offset, page.subarray(0, common));
    }
    // Also where all of it is there: the run that was cut off may not have come to this.
    await file.syncData();
    const info = await stillThere(file, path);
    if (info === undefined) return doubtful("the file it wrote to was removed just now");
    if (
      info.size !== Math.max(end, offset + page.length) &&
      !equals(await readBytesAt(file, offset, page.length), page)
    ) return doubtful("somebody else wrote to its file at the same time");
    const done = await at(offset + page.length);
    return { end: done, begun: offset + common < end ? done : undefined };
  } catch (error) {
    throw cannotWrite(name, error);
  }
}

/** A file may be renamed while the folder is looked through. */
const MAX_LOOKS = 3;

/** Undefined where it is gone, or shorter than it was. Throws Failure (output) where that is not known. */
async function findMarkedFile(path: string, mark: Mark): Promise<MarkedFile | undefined> {
  let unknown: unknown;
  for (let look = 0; look < MAX_LOOKS; look++) {
    for await (const candidate of besides(path)) {
      try {
        const found = await openMarkedFile(candidate, mark);
        if (found !== undefined) return found;
      } catch (error) {
        unknown ??= cannotWrite(candidate, error);
      }
    }
  }
  if (unknown !== undefined) throw unknown;
  return undefined;
}

/** A path, and those of the files beside it. */
async function* besides(path: string): AsyncGenerator<string> {
  yield path;
  try {
    yield* filesIn(await folderOf(path));
  } catch (error) {
    // A folder that may be written need not be one that may be listed.
    if (!(error instanceof Deno.errors.PermissionDenied)) throw cannotWrite(path, error);
  }
}

async function openMarkedFile(path: string, mark: Mark): Promise<MarkedFile | undefined> {
  // Looked at before it is opened: opening a FIFO waits for its reader.
  const info = await Deno.stat(path).catch(undefinedIfNotFound);
  const mayBe = info?.isFile && isSameInode(markOf(info), mark) && info.size >= mark.length;
  if (!mayBe) return undefined;
  try {
    return await openIf(path, (file) => isMarkedFile(file, mark), mark.length);
  } catch (error) {
    if (error instanceof Deno.errors.PermissionDenied) {
      return { path, end: info.size, refusal: error };
    }
    return undefinedIfNotFound(error);
  }
}

/** An earlier version began a page in a new file before the position had a mark of it. */
async function openBegunWithoutMark(
  path: string,
  page: Uint8Array,
): Promise<UnrecordedBytes | undefined> {
  const isBegun = async (file: Deno.FsFile) => {
    const first = await readBytesAt(file, 0, page.length);
    return first.length > 0 && equals(first, page.subarray(0, first.length));
  };
  try {
    return await openIf(path, isBegun, 0).catch(undefinedIfNotFound);
  } catch (error) {
    throw cannotWrite(path, error);
  }
}

/** Opens a file whose bytes from `offset` on are unrecorded, where `isIt` says so of it. */
async function openIf(
  path: string,
  isIt: (file: Deno.FsFile) => Promise<boolean>,
  offset: number,
): Promise<UnrecordedBytes | undefined> {
  const file = await Deno.open(path, { read: true, append: true });
  let found: UnrecordedBytes | undefined;
  try {
    if (await isIt(file)) {
      const { size: end } = await file.stat();
      found = { path, file, offset, end, [Symbol.dispose]: () => file.close() };
    }
    return found;
  } finally {
    if (found === undefined) file.close();
  }
}
