/** Are the pages of one file there, one after the other, and where are those that are not at their place? */

import { findPage } from "./find_page.ts";
import type { PageFault } from "./page_faults.ts";
import type { Hash } from "../base/hashes.ts";
import { openPulled, type PulledFile } from "./pulled_file.ts";
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
  open(path: string): Promise<PulledFile>;
  opened(): Iterable<PulledFile>;
}

export function openCopies(
  paths: readonly string[],
  newHash: () => Hash,
  reading: (path: string) => void,
): Copies {
  const files = new Map<string, PulledFile>();
  return {
    paths,
    async open(path) {
      const file = files.get(path) ?? await openPulled(path, newHash);
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

/**
 * Goes through a file page by page. What is not at its place is looked for around it. Pages are `shift`
 * bytes behind the place that their receipts name. Returns where the last page ended.
 */
export async function walkFile(
  { end: lastEnd }: WrittenFile,
  { pages, fill }: Coming,
  start: { readonly path: string; readonly shift: number },
  copies: Copies,
  { found, missed, newHash }: {
    found: (page: PageReceipt, path: string) => Promise<void>;
    missed: Missed;
    newHash: () => Hash;
  },
): Promise<Place> {
  let file = await copies.open(start.path);
  let { shift } = start;
  /** Where the last page ended that was found. */
  let end = 0;
  let displaced: PageReceipt[] = [];
  const effort = { bytes: 0 };
  for (let [page] = pages; page !== undefined; await fill(), [page] = pages) {
    const place = page.output.offset + shift;
    await file.goTo(place);
    if (await file.hash(page.bytes) === page.sha256) {
      end = place + page.bytes;
      await found(page, file.path);
      pages.shift();
      continue;
    }
    const other = await inOtherCopy(page, file, copies);
    if (other !== undefined) {
      [file, shift, end] = [other, 0, page.output.offset + page.bytes];
      await found(page, file.path);
      pages.shift();
      continue;
    }
    const hit = await findPage({
      file,
      place,
      reached: end,
      coming: pages,
      missed: displaced,
      end: lastEnd,
      newHash,
      effort,
    });
    if (hit === undefined) {
      const size = await file.size();
      const isWhole = size >= place + page.bytes;
      await missed(page, isWhole ? "altered" : size > place ? "cut off" : "missing", place);
      pages.shift();
      continue;
    }
    end = hit.place + hit.page.bytes;
    await found(hit.page, file.path);
    if (displaced.includes(hit.page)) {
      displaced = displaced.filter((one) => one !== hit.page);
      shift += hit.page.bytes;
      await missed(hit.page, "moved", hit.place);
      continue;
    }
    const skipped = pages.splice(0, pages.indexOf(hit.page));
    pages.shift();
    if (hit.place <= place) displaced.push(...skipped);
    for (const one of displaced.splice(0, Math.max(0, displaced.length - MAX_DISPLACED_PAGES))) {
      await missed(one, "missing", place);
    }
    if (hit.place > place) { for (const one of skipped) await missed(one, "altered", place); }
    shift = hit.place - hit.page.output.offset;
  }
  for (const page of displaced) {
    // The last pages may be in another order.
    await file.goTo(end);
    const isHere = await file.hash(page.bytes) === page.sha256;
    if (isHere) await found(page, file.path);
    await missed(page, isHere ? "moved" : "missing", end);
    if (isHere) end += page.bytes;
  }
  return { path: file.path, place: end };
}

/** Another copy of the file that has a page at its place. */
async function inOtherCopy(
  page: PageReceipt,
  file: PulledFile,
  copies: Copies,
): Promise<PulledFile | undefined> {
  for (const path of copies.paths) {
    if (path === file.path) continue;
    const other = await copies.open(path);
    await other.goTo(page.output.offset);
    if (await other.hash(page.bytes) === page.sha256) return other;
  }
  return undefined;
}
