/** Into which files did the pages go, by their receipts, and which of the pulled files are these? */

import type { ChainLine } from "../position/chain.ts";
import type { Receipt } from "../position/receipt.ts";
import type { Hash } from "../base/hashes.ts";
import { findAnywhere } from "./find_anywhere.ts";
import { type HashedFile, withHashed } from "./hashed_file.ts";

/** A receipt of a page that lies in a file. */
export type PageReceipt = Receipt & { readonly output: NonNullable<Receipt["output"]> };

/** A file that pages went into, one after the other. It may have been renamed, copied or packed since. */
export interface WrittenFile {
  readonly inode: string;
  /** Its first page, and some of the others. */
  readonly samples: readonly PageReceipt[];
  /** How many pages are in it that have to be there, and the bytes of all others. */
  readonly pages: number;
  readonly otherBytes: number;
  /** Bytes up to the end of the last page. */
  readonly end: number;
  /** The pulled files that hold it, as far as their beginnings tell. */
  readonly copies: readonly string[];
}

/** Tells of each receipt of a chain, in order, in which file its page is. */
export interface FileCounter {
  /** The number of the file, from 0 on; undefined where the page is in none, or its receipt was changed. */
  fileOf(line: ChainLine): number | undefined;
}

/** A window of time, in milliseconds since 1970. */
export interface Window {
  readonly since: number;
  readonly until: number;
}

/** Whether a receipt has events in a window of time; one without times counts by when it was written. */
export function isInWindow({ first, last, saved }: Receipt, { since, until }: Window): boolean {
  return !(Date.parse(last ?? saved) < since) && !(Date.parse(first ?? saved) > until);
}

/** Counts the files that pages went into. */
export function createFileCounter(): FileCounter {
  let count = -1;
  let inode: string | undefined;
  let end = 0;
  return {
    fileOf({ receipt, counts, isIntact }) {
      const { output, bytes } = receipt;
      if (!counts || !isIntact || output === null || bytes === 0) return undefined;
      // An inode is used again when its file is gone.
      if (output.inode !== inode || output.offset < end) count++;
      [inode, end] = [output.inode, output.offset + bytes];
      return count;
    },
  };
}

/** Collects what is known of the files that pages went into. */
export function collectFiles(window: Window) {
  const counter = createFileCounter();
  const files: (WrittenFile & { samples: PageReceipt[]; copies: string[] })[] = [];
  let all = 0;
  return {
    files,
    see(line: ChainLine) {
      const number = counter.fileOf(line);
      if (number === undefined) return;
      const page = line.receipt as PageReceipt;
      const { inode, offset } = page.output;
      all = files[number] === undefined ? 0 : all + 1;
      const { samples = [], pages = 0, otherBytes = 0, copies = [] } = files[number] ?? {};
      // The first, the second, the fourth ...: where the first is damaged, another tells which file it is.
      if ((all & (all - 1)) === 0) samples.push(page);
      const isWanted = isInWindow(page, window);
      files[number] = {
        inode,
        samples,
        pages: isWanted ? pages + 1 : pages,
        otherBytes: isWanted ? otherBytes : otherBytes + page.bytes,
        end: offset + page.bytes,
        copies,
      };
    },
  };
}

/**
 * Finds which pulled files hold what was written: by the first page, else by other pages wherever they are,
 * else by the number of the file, else because no other is left. Returns those that hold nothing of it, as
 * far as is seen. Throws Failure (usage) where one cannot be read.
 */
export async function assignFiles(
  paths: readonly string[],
  written: readonly (WrittenFile & { copies: string[] })[],
  newHash: () => Hash,
): Promise<string[]> {
  const open = () => written.filter(({ copies }) => copies.length === 0);
  let unknown: string[] = [];
  for (const path of new Set(paths)) {
    const holds = await withHashed(path, newHash, (file) => beginningIn(file, written));
    for (const one of holds) one.copies.push(path);
    if (holds.length === 0) unknown.push(path);
  }
  for (const isIn of [holdsSample, hasNumber]) {
    for (const path of unknown) {
      const one = await withHashed(path, newHash, (file) => isIn(file, open(), newHash));
      if (one === undefined) continue;
      one.copies.push(path);
      unknown = unknown.filter((other) => other !== path);
    }
  }
  const [one, ...others] = open();
  if (one !== undefined && others.length === 0 && unknown.length === 1) {
    one.copies.push(unknown.pop()!);
  }
  return unknown;
}

/** What of the written files begins in a pulled file, with the first page at its place. */
async function beginningIn<File extends WrittenFile>(
  file: HashedFile,
  written: readonly File[],
): Promise<File[]> {
  const found: File[] = [];
  const firstOf = ({ samples }: File) => samples[0]!;
  const places = new Set(written.map((one) => firstOf(one).output.offset).sort((a, b) => a - b));
  for (const place of places) {
    const here = written.filter((one) => firstOf(one).output.offset === place);
    const whole = await file.whole(place, here.map(firstOf));
    found.push(...here.filter((one) => whole.includes(firstOf(one))));
  }
  return found;
}

/** What of the written files has a page in a pulled file: what comes before it may have been changed. */
async function holdsSample<File extends WrittenFile>(
  file: HashedFile,
  written: readonly File[],
  newHash: () => Hash,
): Promise<File | undefined> {
  const page = await findAnywhere(file, written.flatMap(({ samples }) => samples), newHash);
  return page && written.find(({ samples }) => samples.includes(page));
}

/** What of the written files has the number of a pulled file; a system without numbers says 0. */
function hasNumber<File extends WrittenFile>(
  { inode }: HashedFile,
  written: readonly File[],
): Promise<File | undefined> {
  return Promise.resolve(written.find((one) => one.inode !== "0" && one.inode === inode));
}
