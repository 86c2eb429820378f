/** Keeps two continuous runs apart: an exclusive lock on a file beside the position file. */

import { Failure } from "../base/errors.ts";
import { describe } from "../base/text.ts";

const MAX_WAIT_MS = 2000;

/** A lock that is held until its file is closed, or the process ends. */
export type Lock = Deno.FsFile;

/**
 * Takes the lock at `path`, waiting up to two seconds. The file stays: if it were deleted, two runs
 * could hold locks on two files of the same name.
 * Throws Failure (position) where another run holds it, or the signal's reason.
 */
export async function takeLock(path: string, signal: AbortSignal): Promise<Lock> {
  const file = await openOwn(path);
  const taken = await within(MAX_WAIT_MS, file.lock(true), signal);
  if (!taken) {
    signal.throwIfAborted();
    const holder = /^\d{1,10}$/.exec(await firstLine(path))?.[0];
    const who = holder === undefined ? "another run" : `another run (process ${holder})`;
    throw failure(path, `${who} holds it; wait for it to end, or use another --position`);
  }
  try {
    await file.truncate();
    await file.write(new TextEncoder().encode(`${Deno.pid}\n`));
    return file;
  } catch (error) {
    file.close();
    throw notWritable(path, error);
  }
}

/** Opens or makes a file that nobody has put there for us to write through. */
async function openOwn(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path, { read: true, write: true, createNew: true, mode: 0o600 });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw notWritable(path, error);
  }
  const before = await Deno.lstat(path).catch((error) => {
    throw notWritable(path, error);
  });
  if (!before.isFile) throw failure(path, "it is not a plain file; remove it");
  // It would be written through, into a file of another name.
  if ((before.nlink ?? 1) > 1) throw failure(path, "it has a second name; remove it");
  try {
    const file = await Deno.open(path, { read: true, write: true });
    const opened = await file.stat();
    if (opened.ino === before.ino && opened.dev === before.dev) return file;
    file.close();
  } catch (error) {
    throw notWritable(path, error);
  }
  throw failure(path, "it was replaced just now; run again");
}

/** Opened anew: a file whose lock is still waited for answers nothing else. */
async function firstLine(path: string): Promise<string> {
  try {
    using file = await Deno.open(path);
    const bytes = new Uint8Array(16);
    const count = await file.read(bytes) ?? 0;
    return new TextDecoder().decode(bytes.subarray(0, count)).split("\n")[0] ?? "";
  } catch {
    // Windows lets nobody read a locked file.
    return "";
  }
}

/**
 * Whether a lock came in time, and before the signal. A wait for a lock cannot be called off; the
 * process ends with it still pending.
 */
async function within(ms: number, lock: Promise<void>, signal: AbortSignal): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const giveUp = () => resolve(false);
  const timer = setTimeout(giveUp, ms);
  signal.addEventListener("abort", giveUp);
  lock.then(() => resolve(true), giveUp);
  return await promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener("abort", giveUp);
  });
}

/** What to do where the system does not let us write a file. */
export const WRITABLE =
  "its folder must be writable for this user and have room, or name another file with --position";

function notWritable(path: string, cause: unknown): Failure {
  return failure(path, `${describe(cause)}; ${WRITABLE}`, cause);
}

function failure(path: string, why: string, cause?: unknown): Failure {
  return new Failure("position", `Cannot lock "${path}": ${why}`, { cause });
}
