/** Where is the position kept? In one small private file, replaced as a whole after each page. */

import { Failure } from "../base/errors.ts";
import { dirname, makeFolder, writeAll } from "../base/files.ts";
import { describe } from "../base/text.ts";
import { type Lock, takeLock, WRITABLE } from "./lock.ts";
import { type FoundPosition, parsePosition, type Position, START_ANEW } from "./position.ts";

/** A position file in the hands of this run. */
export interface PositionFile extends Disposable {
  /** What was there when the run began. */
  readonly found: FoundPosition;
  /** Replaces the file durably. Throws Failure (position) and then leaves what was there. */
  save(position: Omit<Position, "version" | "saved">): Promise<void>;
}

const MAX_FILE_BYTES = 64 * 1024;

/**
 * Locks and reads a position file, and makes sure that it can be saved.
 * Throws Failure (position) for everything that is not a position of this user's or no file at all.
 */
export async function openPosition(path: string, signal: AbortSignal): Promise<PositionFile> {
  await makeDirectory(path);
  const lock = await takeLock(`${path}.lock`, signal);
  try {
    const user = await currentUser(path);
    if ((await lock.stat()).uid !== user) {
      // Its owner could put another one in its place, and then two runs could go on at once.
      const why = "it belongs to another user; remove it";
      throw new Failure("position", `Cannot lock "${path}.lock": ${why}`);
    }
    const found = await readPosition(path, user);
    return opened(path, lock, found);
  } catch (error) {
    lock[Symbol.dispose]();
    throw error instanceof Failure ? error : cannotSave(path, error);
  }
}

function opened(path: string, lock: Lock, found: FoundPosition): PositionFile {
  return {
    found,
    async save(position) {
      const whole: Position = { version: 1, ...position, saved: new Date().toISOString() };
      await replace(path, new TextEncoder().encode(`${JSON.stringify(whole)}\n`));
    },
    [Symbol.dispose]: () => lock[Symbol.dispose](),
  };
}

/** Who runs this? Asked of a file made for it, since the user's number needs a permission of its own. */
async function currentUser(path: string): Promise<number | null> {
  try {
    const file = await createTemporary(path);
    const { uid } = await file.stat();
    file.close();
    await Deno.remove(temporary(path));
    return uid;
  } catch (error) {
    throw cannotSave(path, error);
  }
}

/**
 * Reads a position file; where there is none nothing is found. Its owner has to be `user`, where that is
 * given. Throws Failure (position).
 */
export async function readPosition(
  path: string,
  user?: number | null,
): Promise<FoundPosition> {
  const bad = (why: string, cause?: unknown) =>
    new Failure("position", `Cannot go on from position "${path}": ${why}`, { cause });
  let bytes: Uint8Array;
  try {
    const before = await Deno.lstat(path);
    if (before.isSymlink) throw bad("it is a link; name the file itself with --position");
    if (!before.isFile) throw bad("it is not a plain file; name another with --position");
    if (user !== undefined && before.uid !== user) {
      throw bad(
        `it belongs to user ${before.uid}, this is user ${user}; run as that user, or ${START_ANEW}`,
      );
    }
    // Windows has no such modes, whatever it shows.
    const writable = Deno.build.os !== "windows" && ((before.mode ?? 0) & 0o022) !== 0;
    if (writable) {
      throw bad(`others can write it; if you trust what is in it: chmod 600 "${path}"`);
    }
    using file = await Deno.open(path);
    const { ino, dev } = await file.stat();
    if (ino !== before.ino || dev !== before.dev) throw bad("it was replaced just now; run again");
    bytes = await readAtMost(file, MAX_FILE_BYTES + 1);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    if (error instanceof Failure) throw error;
    throw bad(`${describe(error)}; let this user read it, or name another with --position`, error);
  }
  if (bytes.length > MAX_FILE_BYTES) throw bad(`it is too large to be one; ${START_ANEW}`);
  return parsePosition(bytes, bad);
}

/** Temporary file, sync, rename, sync of the directory: a power loss leaves the old one or the new, whole. */
async function replace(path: string, bytes: Uint8Array): Promise<void> {
  try {
    {
      using file = await createTemporary(path);
      await writeAll(file, bytes);
      await file.sync();
    }
    await Deno.rename(temporary(path), path);
    // Windows cannot sync a directory, and has its renames in the journal.
    if (Deno.build.os === "windows") return;
    using directory = await Deno.open(dirname(path));
    await directory.sync();
  } catch (error) {
    await Deno.remove(temporary(path)).catch(() => {});
    throw cannotSave(path, error);
  }
}

/** A run that was killed may have left one behind; the lock makes sure that nobody is using it. */
async function createTemporary(path: string): Promise<Deno.FsFile> {
  const options = { write: true, createNew: true, mode: 0o600 };
  try {
    return await Deno.open(temporary(path), options);
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    await Deno.remove(temporary(path));
    return await Deno.open(temporary(path), options);
  }
}

async function makeDirectory(path: string): Promise<void> {
  try {
    await makeFolder(dirname(path), 0o700);
  } catch (error) {
    throw cannotSave(path, error);
  }
}

async function readAtMost(file: Deno.FsFile, limit: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(limit);
  let length = 0;
  while (length < limit) {
    const count = await file.read(bytes.subarray(length));
    if (count === null) break;
    length += count;
  }
  return bytes.subarray(0, length);
}

function temporary(path: string): string {
  return `${path}.new`;
}

function cannotSave(path: string, cause: unknown): Failure {
  const why = `${describe(cause)}; ${WRITABLE}`;
  return new Failure("position", `Cannot save position "${path}": ${why}`, { cause });
}
