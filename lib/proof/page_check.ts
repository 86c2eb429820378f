/** Do the pulled files hold every page that the receipts name, byte for byte? */

import { quoted } from "../base/text.ts";
import type { ChainLine } from "../position/chain.ts";
import { type Coming, type Missed, openCopies, type Place, walkFile } from "./file_walk.ts";
import type { Finding } from "./findings.ts";
import { type PageFault, pageFaults } from "./page_faults.ts";
import type { Hash } from "../base/hashes.ts";
import { type HashedFile, withHashed } from "./hashed_file.ts";
import {
  createFileCounter,
  isInWindow,
  type PageReceipt,
  type Window,
  type WrittenFile,
} from "./written_files.ts";

/** What a check of pulled files tells. */
export interface PageCheck {
  /** Pages that have to be there, and those that are. */
  readonly pagesInFiles: number;
  readonly pagesFound: number;
  /** Bytes in the pulled files that no receipt names. */
  readonly bytesBeyond: number;
}

/** What a check needs. */
export interface PageCheckOptions {
  /** The receipts once more, in the order of the chain. */
  readonly lines: AsyncIterable<ChainLine>;
  readonly written: readonly WrittenFile[];
  /** Pulled files that hold nothing of what was written. */
  readonly unknown: readonly string[];
  readonly window: Window;
  readonly newHash: () => Hash;
  readonly tell: (finding: Finding) => Promise<void>;
  /** Is told of each page that was found, and of each that was not. */
  readonly see: (page: PageReceipt, fault: PageFault | undefined) => void;
  /** Is told which file is read. */
  readonly reading: (path: string) => void;
}

/** So many pages are looked for where one is not found at its place. */
const WINDOW_PAGES = 64;

/** What is known so far. */
interface Progress {
  pagesFound: number;
  /** For each pulled file, the bytes of whole pages in it, and its length. */
  readonly found: Map<string, number>;
  readonly sizes: Map<string, number>;
  /** Where the last file ended that was gone through. */
  end: Place | undefined;
}

/**
 * Checks all pages, one written file after the other. Throws what reading the receipts throws, and Failure
 * (usage) where a pulled file cannot be read any more.
 */
export async function checkPages(options: PageCheckOptions): Promise<PageCheck> {
  const { written, unknown, newHash, tell } = options;
  const pages = pagesInFiles(options);
  const progress: Progress = {
    pagesFound: 0,
    found: new Map(),
    sizes: new Map(),
    end: undefined,
  };
  for (const [number, one] of written.entries()) {
    const [path] = one.copies;
    if (path !== undefined) addTo(progress.found, path, one.otherBytes);
    if (one.pages === 0) continue;
    await checkWritten(one, await pages.ofFile(number), progress, options);
    for (const copy of one.copies.slice(1)) {
      const message = `${quoted(copy)} holds the same pages as ${quoted(one.copies[0]!)}`;
      await tell({ finding: "file copied", isFault: false, message, file: copy });
    }
  }
  const { sizes, found, pagesFound } = progress;
  for (const path of [...written.flatMap(({ copies }) => copies), ...unknown]) {
    if (sizes.has(path)) continue;
    const size = await withHashed(path, newHash, (file) => file.size());
    sizes.set(path, size);
    if (!unknown.includes(path) || size === 0) continue;
    const message = `${quoted(path)} holds no page that the receipts name`;
    await tell({ finding: "file unknown", isFault: false, message, file: path });
  }
  const sum = (numbers: Iterable<number>) => [...numbers].reduce((a, b) => a + b, 0);
  return {
    pagesInFiles: sum(written.map(({ pages }) => pages)),
    pagesFound,
    bytesBeyond: Math.max(0, sum(sizes.values()) - sum(found.values())),
  };
}

function addTo(sums: Map<string, number>, key: string, more: number): void {
  sums.set(key, (sums.get(key) ?? 0) + more);
}

/** Checks the pages of one written file. */
async function checkWritten(
  one: WrittenFile,
  coming: Coming,
  progress: Progress,
  { newHash, tell, see, reading }: PageCheckOptions,
): Promise<void> {
  using files = openCopies(one.copies, newHash, reading);
  const known = one.copies.length > 0 ? { path: one.copies[0]!, shift: 0 } : undefined;
  const start = known ?? await behind(progress.end, coming.pages[0]!, newHash);
  const faults = pageFaults(tell, start?.path);
  const told = {
    async found(page: PageReceipt, path: string) {
      await faults.end();
      progress.pagesFound++;
      addTo(progress.found, path, page.bytes);
      see(page, undefined);
    },
    async missed(page: PageReceipt, fault: PageFault, place?: number) {
      await faults.add(page, fault, place);
      if (fault !== "moved") see(page, fault);
    },
  };
  if (start === undefined) await missFile(coming, told.missed);
  else progress.end = await walkFile(one, coming, start, files, newHash, told);
  await faults.end();
  for (const file of files.opened()) await tellOfFile(file, tell, progress.sizes);
}

/** Where a file begins that was added to the one before it. */
async function behind(
  end: Place | undefined,
  first: PageReceipt,
  newHash: () => Hash,
): Promise<{ path: string; shift: number } | undefined> {
  if (end === undefined) return undefined;
  const { path, place } = end;
  const isHere = await withHashed(path, newHash, (file) => file.isAt(place, first));
  return isHere ? { path, shift: place - first.output.offset } : undefined;
}

async function tellOfFile(
  file: HashedFile,
  tell: (finding: Finding) => Promise<void>,
  sizes: Map<string, number>,
): Promise<void> {
  const { path } = file;
  if (sizes.has(path)) return;
  sizes.set(path, await file.size());
  const why = file.damage();
  if (why === undefined) return;
  const message = `${quoted(path)} cannot be read to its end: ${why}`;
  await tell({ finding: "file damaged", isFault: false, message, file: path });
}

/** Hands out the pages that have to be in files, a file at a time. */
function pagesInFiles({ lines, window }: PageCheckOptions) {
  const counter = createFileCounter();
  const iterator = lines[Symbol.asyncIterator]();
  let ahead: { number: number; page: PageReceipt } | undefined;
  const next = async () => {
    for (;;) {
      const { value, done } = await iterator.next();
      if (done) return undefined;
      const number = counter.fileOf(value);
      if (number === undefined || !isInWindow(value.receipt, window)) continue;
      return { number, page: value.receipt as PageReceipt };
    }
  };
  return {
    async ofFile(number: number): Promise<Coming> {
      const pages: PageReceipt[] = [];
      const fill = async () => {
        while (pages.length < WINDOW_PAGES) {
          ahead ??= await next();
          if (ahead?.number !== number) return;
          pages.push(ahead.page);
          ahead = undefined;
        }
      };
      await fill();
      return { pages, fill };
    },
  };
}

/** All pages of a file that is not there. */
async function missFile({ pages, fill }: Coming, missed: Missed): Promise<void> {
  for (let page = pages.shift(); page !== undefined; page = pages.shift()) {
    await missed(page, "file missing");
    await fill();
  }
}
