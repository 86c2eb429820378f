/** Does another run hold this position? An exclusive lock on a file beside it keeps two runs apart. */

import { deadline } from "@std/async/deadline";
import { Failure } from "../base/errors.ts";
import { createFile, isSameFile, isUnsupported, openNamed, readBytesAt } from "../base/files.ts";
import { describe } from "../base/text.ts";

const MAX_WAIT_MS = 2000;
/** How often a file is looked at that is another one each time it is opened. */
export const MAX_LOOKS = 100;

/** A lock that is held until it is disposed of, or the process ends. */
export interface Lock extends Disposable {
  /** Who owns its file; null where the system has no such numbers. */
  readonly owner: number | null;
  /** Writes this process's number into it. Throws Failure (position). */
  sign(): Promise<void>;
  /** Throws Failure (position) where its file was taken away: another run may be at work by now. */
  check(): Promise<void>;
  /** Takes its file away again, where it was made for this lock; then it keeps nobody out any more. */
  discard(): Promise<void>;
}

/**
 * Takes the lock at `path`, waiting up to two seconds. What is in it stays as it is.
 * Throws Failure (position) where another run holds it or it is not a lock of ours, or the signal's
 * reason; a file that was made is gone then.
 */
export async function takeLock(path: string, signal: AbortSignal): Promise<Lock> {
  signal.throwIfAborted();
  for (let looks = 0; looks < MAX_LOOKS; looks++) {
    const { file, isNew } = await openOwn(path);
    await waitFor(file, path, isNew, signal);
    try {
      // A run that was refused may have taken it away while this one waited for it.
      if (await hasName(file, path)) {
        const lock = await lockOf(file, path, isNew);
        if (!signal.aborted) return lock;
        await lock.discard();
        throw signal.reason;
      }
    } catch (error) {
      file.close();
      throw error;
    }
    file.close();
  }
  throw failure(path, "it is being replaced all the time; run again");
}

async function lockOf(file: Deno.FsFile, path: string, isNew: boolean): Promise<Lock> {
  if (!isLockText(await readBytesAt(file, 0, MAX_LOCK_BYTES))) {
    throw failure(path, "it is not a lock of siem-client; use another --position");
  }
  return {
    owner: (await file.stat()).uid,
    async sign() {
      try {
        await file.truncate();
        await file.seek(0, Deno.SeekMode.Start);
        await file.write(new TextEncoder().encode(`${Deno.pid}\n`));
      } catch (error) {
        throw failure(path, `${describe(error)}; ${WRITABLE}`, error);
      }
    },
    async check() {
      const isThere = await hasName(file, path).catch((error) => {
        throw failure(path, describe(error), error);
      });
      if (isThere) return;
      throw failure(path, "it was removed while this run held it; the next run goes on");
    },
    async discard() {
      // While it is held: nobody else can have the lock on a file that no longer has a name.
      if (isNew) await Deno.remove(path).catch(() => {});
    },
    [Symbol.dispose]: () => file.close(),
  };
}

/** More than a process's number takes. */
export const MAX_LOCK_BYTES = 32;

/** Whether the beginning of a file, of so many bytes at most, is that of a lock. */
export function isLockText(beginning: Uint8Array): boolean {
  // After a loss of power there may be zeros in place of what was not on disk yet; and a shell may have put
  // messages behind it (2>>).
  const text = new TextDecoder().decode(beginning);
  return /^[\d\0]{0,10}[\n\0]?(?:siem-client: [^]*)?$/.test(text);
}

/** Opens or makes a file that nobody has put there for us to write through. */
async function openOwn(path: string): Promise<{ file: Deno.FsFile; isNew: boolean }> {
  const options = { read: true, write: true, mode: 0o600 };
  for (let looks = 0; looks < MAX_LOOKS; looks++) {
    try {
      return { file: await createFile(path, options), isNew: true };
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) {
        throw failure(path, `${describe(error)}; ${WRITABLE}`, error);
      }
    }
    let owner: number | null | undefined;
    const check = ({ uid, isFile, nlink }: Deno.FileInfo) => {
      owner = uid;
      if (!isFile) throw failure(path, "it is not a plain file; use another --position");
      // It would be written through, into a file of another name.
      if ((nlink ?? 1) > 1) throw failure(path, "it has a second name; use another --position");
    };
    try {
      const opened = await openNamed(path, { read: true, write: true }, check);
      if (opened !== undefined) return { file: opened.file, isNew: false };
    } catch (error) {
      if (error instanceof Failure) throw error;
      // Another run has taken it away just now.
      if (error instanceof Deno.errors.NotFound) continue;
      throw failure(path, `${describe(error)}; ${remedyFor(owner)}`, error);
    }
  }
  throw failure(path, "it is being replaced all the time; run again");
}

function remedyFor(owner: number | null | undefined): string {
  if (owner === null || owner === undefined) return "use another --position";
  // A run by root made it. To run as root again would only go on like that.
  if (owner === 0) {
    return "it belongs to root: give it to this user (chown), or use another --position";
  }
  return `it belongs to user ${owner}: run as that user, or use another --position`;
}

/** Waits for the lock on a file. A wait cannot be called off; the process ends with it still pending. */
async function waitFor(
  file: Deno.FsFile,
  path: string,
  isNew: boolean,
  signal: AbortSignal,
): Promise<void> {
  try {
    // Nobody else had the time to lock a new one; and a wait that ends early would leave it.
    await deadline(file.lock(true), MAX_WAIT_MS, isNew ? {} : { signal });
  } catch (error) {
    if (!isNew) signal.throwIfAborted();
    if (!(error instanceof DOMException)) {
      if (isNew) await Deno.remove(path).catch(() => {});
      file.close();
      const remedy = isUnsupported(error) || /no locks available/i.test(describe(error))
        ? "its file system cannot lock files, so use a --position on another one"
        : "run again, or use another --position";
      throw failure(path, `${describe(error)}; ${remedy}`, error);
    }
    const holder = /^\d{1,10}$/.exec(await firstLine(path))?.[0];
    const who = holder === undefined ? "another run" : `another run (process ${holder})`;
    throw failure(path, `${who} holds it; wait for it to end, or use another --position`);
  }
}

async function hasName(file: Deno.FsFile, path: string): Promise<boolean> {
  const named = await Deno.lstat(path).catch(() => undefined);
  return named !== undefined && isSameFile(await file.stat(), named);
}

/** Opened anew: a file whose lock is still waited for answers nothing else. */
async function firstLine(path: string): Promise<string> {
  try {
    using file = await Deno.open(path);
    const bytes = await readBytesAt(file, 0, MAX_LOCK_BYTES);
    return new TextDecoder().decode(bytes).split("\n")[0] ?? "";
  } catch {
    // Windows lets nobody read a locked file.
    return "";
  }
}

/** What to do where the system does not let us write a file. */
export const WRITABLE =
  "its folder must be writable for this user and have room, or name another file with --position";

function failure(path: string, why: string, cause?: unknown): Failure {
  return new Failure("position", `Cannot lock "${path}": ${why}`, { cause });
}
