/** Where in a damaged file does the next whole page begin? */

import type { Hash } from "../base/hashes.ts";
import type { HashedFile } from "./hashed_file.ts";
import type { PageReceipt } from "./written_files.ts";

/** A whole page, and where it was found. */
export interface FoundPage {
  readonly page: PageReceipt;
  readonly place: number;
}

/** What a search may look at. */
export interface Search {
  readonly file: HashedFile;
  /** Where the next page should begin. */
  readonly place: number;
  /** Up to where all is accounted for. Between the two may be what no receipt names. */
  readonly reached: number;
  /** The pages that come next, in order. */
  readonly coming: readonly PageReceipt[];
  /** Pages that were not found at their place. */
  readonly missed: readonly PageReceipt[];
  /** Where the last page should end, in a file that was not changed. */
  readonly end: number;
  readonly newHash: () => Hash;
  readonly effort: Effort;
}

/** What was spent on searching in one file. */
export interface Effort {
  bytes: number;
}

/** A file in which nothing is as it was would otherwise take for ever: some seconds' worth. */
const MAX_EFFORT_BYTES = 16 * 1024 * 1024 * 1024;

/** No page is much larger: the service gives a thousand events in one. */
const MAX_REGION_BYTES = 64 * 1024 * 1024;
/** Lines at which a page is looked for. Each costs a look at as many bytes as a page has. */
const MAX_LINES = 2000;
const NEWLINE = 0x0a;

/**
 * Looks where pages begin that are whole. First at the place where one should begin: some may have been
 * taken out or exchanged. Then behind a page of the same length; then counted from the end of the file; then
 * at each line. Undefined where none is found, or too much was spent on looking.
 */
export async function findPage(search: Search): Promise<FoundPage | undefined> {
  const { file, effort } = search;
  if (effort.bytes > MAX_EFFORT_BYTES) return undefined;
  const before = file.work();
  const found = await lookFor(search);
  effort.bytes += file.work() - before;
  return found;
}

async function lookFor(search: Search): Promise<FoundPage | undefined> {
  const { file, place, reached, coming, missed, end } = search;
  const [first, ...later] = coming as [PageReceipt, ...PageReceipt[]];
  const [here] = await file.whole(place, [...coming, ...missed]);
  if (here !== undefined) return { page: here, place };
  const behind = place + first.bytes;
  const [next] = await file.whole(behind, later);
  if (next !== undefined) return { page: next, place: behind };
  const size = await file.size();
  for (const page of coming) {
    const fromEnd = page.output.offset + size - end;
    if (fromEnd >= reached && await file.isAt(fromEnd, page)) {
      return { page, place: fromEnd };
    }
  }
  return await atLine(search);
}

/** The next page, or the one after it, at the beginning of a line. */
async function atLine(
  { file, place, coming, newHash, effort }: Search,
): Promise<FoundPage | undefined> {
  const pages = coming.slice(0, 2);
  const length = pages.reduce((sum, { bytes }) => sum + bytes, 0) + pages[0]!.bytes;
  await file.goTo(place);
  const region = await file.bytes(Math.min(length, MAX_REGION_BYTES));
  let at = 0;
  for (let lines = 0; lines < MAX_LINES; lines++) {
    at = region.indexOf(NEWLINE, at) + 1;
    if (at === 0) return undefined;
    for (const page of pages) {
      const bytes = region.subarray(at, at + page.bytes);
      if (bytes.length < page.bytes) continue;
      effort.bytes += bytes.length;
      if (newHash().update(bytes).digest("hex") === page.sha256) return { page, place: place + at };
    }
  }
  return undefined;
}
