/**
 * How do receipts get into their file? One line after the other, each on disk before the position has
 * its digest. A part of a line that a crash left is taken away again: no position has it.
 */

import { equals } from "@std/bytes/equals";
import { Failure } from "../base/errors.ts";
import {
  dirname,
  isSameFile,
  openToAppend,
  readBytesAt,
  stillThere,
  writeAll,
} from "../base/files.ts";
import { syncFolder } from "../base/folders.ts";
import { describe } from "../base/text.ts";
import { openToWriteAgain, writeAllAt } from "../base/write_again.ts";
import { MAX_LOOKS } from "./lock.ts";
import { digestOfLine, type Receipt, receiptLine } from "./receipt.ts";
import { type ChainEnd, chainEnd, type Standing } from "./chain_end.ts";

/** A receipts file in the hands of a run that has its position. One that was made and has no line goes again. */
export interface ReceiptWriter extends AsyncDisposable {
  /** The digest of the last line when it was opened; null where there was none. */
  readonly head: string | null;
  /** Appends a line, on disk when done. Returns its digest. Throws Failure (position). */
  append(content: Content): Promise<string>;
}

const MODE = 0o600;

/** What a receipt says, but for what the file adds to it. */
type Content = Omit<Receipt, "version" | "saved" | "previous">;

/** What is known of the file between two lines. */
interface State {
  /** What the next line is checked against where the file is another one than before. */
  standing: Standing;
  end: ChainEnd;
  /** Whether this run made the file and no line is in it. */
  isMade: boolean;
}

/**
 * Opens a receipts file, makes it where it is not there, and puts in order what a run that was cut off
 * left. Throws Failure (position) where the stream cannot go on with it, and then leaves it as it was.
 */
export async function receiptWriter(path: string, standing: Standing): Promise<ReceiptWriter> {
  const state: State = { standing, end: await chainEnd(path, standing), isMade: false };
  await saying(path, async () => {
    const file = await open(path, state);
    await syncFolder(dirname(path)).finally(() => file.close());
  });
  return {
    head: state.end.previous,
    append(content) {
      const { from, skip } = content;
      state.standing = { ...state.standing, head: state.end.previous, from, skip };
      return saying(path, () => append(path, state, content));
    },
    async [Symbol.asyncDispose]() {
      if (!state.isMade) return;
      const isEmpty = await Deno.lstat(path).then(({ size }) => size === 0, () => false);
      if (isEmpty) await Deno.remove(path).catch(() => {});
    },
  };
}

/** Opens the file, which may be a new one since it was rotated, where the chain ends. */
async function open(path: string, state: State): Promise<Deno.FsFile> {
  for (let look = 0; look < MAX_LOOKS; look++) {
    const { file, isNew } = await openToAppend(path, MODE);
    if (isNew) state.isMade = true;
    try {
      const info = await file.stat();
      const isKnown = () => state.end.info !== undefined && isSameFile(info, state.end.info);
      if (!isKnown() || info.size !== state.end.length) {
        await syncFolder(dirname(path));
        state.end = await chainEnd(path, state.standing);
      }
      if (isKnown()) {
        await mend(path, file, state.end);
        state.end = { ...state.end, isTorn: false, unsure: undefined };
        return file;
      }
    } catch (error) {
      file.close();
      if (isNew) await Deno.remove(path).catch(() => {});
      throw error;
    }
    file.close();
  }
  throw new Error("it is being replaced all the time");
}

async function append(path: string, state: State, content: Content): Promise<string> {
  for (let written: string | undefined;;) {
    const file = await open(path, state);
    try {
      const { previous, length } = state.end;
      // It was compressed with this line. One more would put the chain two lines ahead of the position.
      if (previous !== null && previous === written) return previous;
      const saved = new Date().toISOString();
      const line = receiptLine({ version: 1, ...content, saved, previous });
      const bytes = new TextEncoder().encode(line);
      await writeAll(file, bytes);
      await file.syncData();
      written = await digestOfLine(bytes);
      const info = await stillThere(file, path);
      if (info !== undefined) {
        state.end = { ...state.end, info, previous: written, length: length + bytes.length };
        state.isMade = false;
        return written;
      }
    } finally {
      file.close();
    }
    // The file is gone, perhaps compressed. Where that was done without this line, it is written again.
  }
}

/** Takes a torn line away, and has on disk what may not be. */
async function mend(path: string, file: Deno.FsFile, { length, isTorn, unsure }: ChainEnd) {
  if (isTorn) {
    const same = await Deno.open(path, { write: true });
    try {
      if (isSameFile(await same.stat(), await file.stat())) await same.truncate(length);
    } finally {
      same.close();
    }
  }
  if (unsure !== undefined) {
    const { path, line, offset } = unsure;
    using again = await openToWriteAgain(path);
    if (again !== undefined) {
      // Of a compressed file these are other bytes. What compressed it need not have it on disk.
      const isPlain = equals(await readBytesAt(again, offset, line.length), line);
      if (isPlain) await writeAllAt(again, offset, line);
      await again.syncData();
    }
  }
  if (isTorn || unsure !== undefined) await file.syncData();
}

async function saying<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw cannotAppend(path, error);
  }
}

/** The failure for what the system says where a line cannot be appended. */
export function cannotAppend(path: string, cause: unknown): Failure {
  if (cause instanceof Failure) return cause;
  const why = `${
    describe(cause)
  }; its folder must be there, be writable for this user and have room`;
  return new Failure("position", `Cannot append to receipts "${path}": ${why}`, { cause });
}
