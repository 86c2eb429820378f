/** Where is the position kept? In one small private file, replaced as a whole after each page. */

import { Failure } from "../base/errors.ts";
import { dirname, openNamed, readBytes } from "../base/files.ts";
import { makeFolder } from "../base/folders.ts";
import { describe } from "../base/text.ts";
import { type Lock, MAX_LOOKS, takeLock } from "./lock.ts";
import { type FoundPosition, parsePosition, type Position, positionLine } from "./position.ts";
import { cannotSave, probe, type Probed, replaceFile } from "./replacement.ts";

/** A position file in the hands of this run. A run that saves nothing leaves nothing. */
export interface PositionFile extends AsyncDisposable {
  /** What was there when the run began. */
  readonly found: FoundPosition;
  /** The user whose folder it is in, where root runs this and it is another one's. */
  readonly folderOwner: number | undefined;
  /** Replaces the file durably. Throws Failure (position) and then leaves what was there. */
  save(position: Position): Promise<void>;
}

const MAX_FILE_BYTES = 64 * 1024;

/**
 * Locks and reads a position file, and makes sure that it can be saved. Throws Failure (position) for
 * everything that is not a position of this user's or no file at all, and then leaves nothing. A check
 * does not sign the lock either.
 */
export async function openPosition(
  path: string,
  signal: AbortSignal,
  { isCheck = false } = {},
): Promise<PositionFile> {
  const folders = await makeFolder(dirname(path), 0o700).catch((error) => {
    throw cannotSave(path, error);
  });
  let lock: Lock | undefined;
  let isSaved = false;
  const close = async () => {
    if (!isSaved) await lock?.discard();
    lock?.[Symbol.dispose]();
    // One that is not empty stays.
    if (!isSaved) { for (const folder of folders) await Deno.remove(folder).catch(() => {}); }
  };
  try {
    lock = await takeLock(`${path}.lock`, signal);
    const probed = await probe(path);
    if (lock.owner !== probed.user) {
      // Its owner could put another one in its place, and then two runs could go on at once.
      throw new Failure("position", `Cannot lock "${path}.lock": ${foreign(lock.owner, probed)}`);
    }
    const found = await readPosition(path, probed);
    if (!isCheck) await lock.sign();
    const held = lock;
    return {
      found,
      folderOwner: await otherOwner(dirname(path), probed),
      async save(position) {
        await held.check();
        await replaceFile(path, new TextEncoder().encode(positionLine(position)));
        isSaved = true;
      },
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error instanceof Failure || signal.aborted ? error : cannotSave(path, error);
  }
}

async function otherOwner(folder: string, { user }: Probed): Promise<number | undefined> {
  if (user !== 0) return undefined;
  return (await Deno.stat(folder)).uid || undefined;
}

/** Why a file of another user is not used. Removing it would not help the one whose stream this is. */
function foreign(owner: number | null, { user }: Probed): string {
  return `it belongs to another user (${owner}; this is user ${user}); run as that user, or use ` +
    "another --position";
}

/** A way on from a file that is no position. */
const START_ANEW =
  "restore it from a backup, or remove it to start anew (7 days ago, or at --since)";

/** Whether a file is a position, whoever's and of which stream ever. */
export async function isPosition(path: string): Promise<boolean> {
  try {
    const { saved, published } = await readPosition(await Deno.realPath(path));
    return (saved ?? published) !== undefined;
  } catch {
    return false;
  }
}

/**
 * Reads a position file; where there is none nothing is found. `probed` is what is known of the system;
 * undefined for whoever only reads. Throws Failure (position).
 */
export async function readPosition(path: string, probed?: Probed): Promise<FoundPosition> {
  const bad = (why: string, cause?: unknown) =>
    new Failure("position", `Cannot go on from position "${path}": ${why}`, { cause });
  // Whoever only reads it may be another user, root above all: a stream that was begun anew by that one
  // would be lost to its owner.
  const remedy = probed === undefined ? "" : `; ${START_ANEW}`;
  const damaged = (why: string, cause?: unknown) => bad(`${why}${remedy}`, cause);
  const check = (info: Deno.FileInfo) => {
    if (info.isSymlink) throw bad("it is a link; name the file itself with --position");
    if (!info.isFile) throw bad("it is not a plain file; name another with --position");
    if (probed !== undefined && info.uid !== probed.user) throw bad(foreign(info.uid, probed));
    if (othersCanWrite(info, probed)) {
      throw bad(`others can write it; if you trust what is in it: chmod 600 "${path}"`);
    }
  };
  let read: { bytes: Uint8Array; info: Deno.FileInfo } | undefined;
  try {
    for (let looks = 0; read === undefined; looks++) {
      if (looks === MAX_LOOKS) throw bad("it is being replaced all the time; run again");
      // A run that saves it just now may replace it in between.
      const opened = await openNamed(path, { read: true }, check);
      if (opened === undefined) continue;
      const { file, info } = opened;
      const bytes = await readBytes(file, MAX_FILE_BYTES + 1).finally(() => file.close());
      read = { bytes, info };
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    if (error instanceof Failure) throw error;
    throw bad(`${describe(error)}; let this user read it, or name another with --position`, error);
  }
  if (read.bytes.length > MAX_FILE_BYTES) throw damaged("it is too large to be one");
  return parsePosition(read.bytes, read.info.mtime?.toISOString(), bad, damaged);
}

function othersCanWrite({ mode }: Deno.FileInfo, probed?: Probed): boolean {
  if (Deno.build.os === "windows" || ((mode ?? 0) & 0o022) === 0) return false;
  // No position can be run; where all is allowed to all, that is what the file system says of any file.
  return probed?.hasModes ?? ((mode ?? 0) & 0o777) !== 0o777;
}
