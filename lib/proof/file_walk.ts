/** Are the pages of one file there, one after the other, and where are those that are not at their place? */

import { findPage, type FoundPage } from "./find_page.ts";
import type { PageFault } from "./page_faults.ts";
import type { Hash } from "../base/hashes.ts";
import { type HashedFile, openHashed } from "./hashed_file.ts";
import type { PageReceipt, WrittenFile } from "./written_files.ts";

/** Of so many pages that are not at their place it is seen that they stand elsewhere. */
const MAX_DISPLACED_PAGES = 64;

/** The pages of one file, in order. */
export interface Coming {
  /** The next pages, as many as are looked at. */
  readonly pages: PageReceipt[];
  /** Brings up more, where there are. */
  fill(): Promise<void>;
}

/** Where in a pulled file reading came to an end. */
export interface Place {
  readonly path: string;
  readonly place: number;
}

/** Is told of a page that is not as it was written, and where it should be. */
export type Missed = (page: PageReceipt, fault: PageFault, place?: number) => Promise<void>;

/** Copies of a file, opened as they are needed. */
export interface Copies extends Disposable {
  readonly paths: readonly string[];
  open(path: string): Promise<HashedFile>;
  opened(): Iterable<HashedFile>;
}

export function openCopies(
  paths: readonly string[],
  newHash: () => Hash,
  reading: (path: string) => void,
): Copies {
  const files = new Map<string, HashedFile>();
  return {
    paths,
    async open(path) {
      const file = files.get(path) ?? await openHashed(path, newHash);
      files.set(path, file);
      reading(path);
      return file;
    },
    opened: () => files.values(),
    [Symbol.dispose]() {
      for (const file of files.values()) file[Symbol.dispose]();
    },
  };
}

/** What a walk is told of pages. */
export interface Told {
  readonly found: (page: PageReceipt, path: string) => Promise<void>;
  readonly missed: Missed;
}

/** Where a walk is. */
interface Walk extends Told {
  file: HashedFile;
  /** How far pages are behind the place that their receipts name. */
  shift: number;
  /** Where the last page ended that was found. */
  end: number;
  /** Pages that were not at their place, and may stand elsewhere. */
  displaced: PageReceipt[];
  readonly pages: PageReceipt[];
}

/**
 * Goes through a file page by page, from `start` on. What is not at its place is looked for around it.
 * Returns where the last page ended.
 */
export async function walkFile(
  { end: lastEnd }: WrittenFile,
  { pages, fill }: Coming,
  start: { readonly path: string; readonly shift: number },
  copies: Copies,
  newHash: () => Hash,
  told: Told,
): Promise<Place> {
  const file = await copies.open(start.path);
  const walk: Walk = { ...told, file, shift: start.shift, end: 0, displaced: [], pages };
  const effort = { bytes: 0 };
  for (let [page] = pages; page !== undefined; await fill(), [page] = pages) {
    const place = page.output.offset + walk.shift;
    if (await walk.file.isAt(place, page)) {
      pages.shift();
      await find(walk, page, place);
      continue;
    }
    const other = await inOtherCopy(page, walk.file, copies);
    if (other !== undefined) {
      pages.shift();
      [walk.file, walk.shift] = [other, 0];
      await find(walk, page, page.output.offset);
      continue;
    }
    const around = {
      place,
      reached: walk.end,
      coming: pages,
      missed: walk.displaced,
      end: lastEnd,
    };
    const hit = await findPage({ ...around, file: walk.file, newHash, effort });
    if (hit !== undefined) await goOnAt(walk, hit, place);
    else await giveUp(walk, page, place);
  }
  await endWalk(walk);
  return { path: walk.file.path, place: walk.end };
}

async function find(walk: Walk, page: PageReceipt, place: number): Promise<void> {
  walk.end = place + page.bytes;
  await walk.found(page, walk.file.path);
}

/** The next page is nowhere. */
async function giveUp(walk: Walk, page: PageReceipt, place: number): Promise<void> {
  walk.pages.shift();
  const size = await walk.file.size();
  const fault = size >= place + page.bytes ? "altered" : size > place ? "cut off" : "missing";
  await walk.missed(page, fault, place);
}

/** Goes on with a page that was found elsewhere than at its place, or is not the next. */
async function goOnAt(walk: Walk, hit: FoundPage, place: number): Promise<void> {
  const { pages } = walk;
  await find(walk, hit.page, hit.place);
  if (walk.displaced.includes(hit.page)) {
    walk.displaced = walk.displaced.filter((one) => one !== hit.page);
    walk.shift += hit.page.bytes;
    await walk.missed(hit.page, "moved", hit.place);
    return;
  }
  const skipped = pages.splice(0, pages.indexOf(hit.page));
  pages.shift();
  // If there are bytes between the two places, these are what has become of the pages.
  if (hit.place > place) { for (const one of skipped) await walk.missed(one, "altered", place); }
  else walk.displaced.push(...skipped);
  const tooMany = Math.max(0, walk.displaced.length - MAX_DISPLACED_PAGES);
  for (const one of walk.displaced.splice(0, tooMany)) await walk.missed(one, "missing", place);
  walk.shift = hit.place - hit.page.output.offset;
}

/** The last pages may be in another order; what is not here is missing. */
async function endWalk(walk: Walk): Promise<void> {
  for (const page of walk.displaced) {
    const place = walk.end;
    const isHere = await walk.file.isAt(place, page);
    if (isHere) await find(walk, page, place);
    await walk.missed(page, isHere ? "moved" : "missing", place);
  }
}

/** Another copy of the file that has a page at its place. */
async function inOtherCopy(
  page: PageReceipt,
  file: HashedFile,
  copies: Copies,
): Promise<HashedFile | undefined> {
  for (const path of copies.paths) {
    if (path === file.path) continue;
    const other = await copies.open(path);
    if (await other.isAt(page.output.offset, page)) return other;
  }
  return undefined;
}
