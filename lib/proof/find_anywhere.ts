/** Is one of some pages anywhere in a file, whatever was changed before it? The file is read once. */

import { concat } from "@std/bytes/concat";
import type { Hash } from "../base/hashes.ts";
import type { HashedFile, PageDigest } from "./hashed_file.ts";

/** No page is much larger: the service gives a thousand events in one. */
const MAX_PAGE_BYTES = 64 * 1024 * 1024;
/** At least so much is read at once. */
const CHUNK_BYTES = 1024 * 1024;
/** Where all lines are of one length, each is where a page may end: some seconds' worth. */
const MAX_HASHED_BYTES = 4 * 1024 * 1024 * 1024;
const NEWLINE = 0x0a;

/**
 * The first of some pages that is whole in a file, wherever that is; undefined where none is found, or too
 * much was spent on looking. A page begins and ends with a line, and both at the right distance are rare.
 */
export async function findAnywhere<Page extends PageDigest>(
  file: HashedFile,
  pages: readonly Page[],
  newHash: () => Hash,
): Promise<Page | undefined> {
  const wanted = pages.filter(({ bytes }) => bytes <= MAX_PAGE_BYTES);
  if (wanted.length === 0) return undefined;
  const longest = Math.max(...wanted.map(({ bytes }) => bytes));
  await file.goTo(0);
  // The beginning of a file is the beginning of a line, as if a newline were before it.
  let kept = Uint8Array.of(NEWLINE);
  for (let hashed = 0; hashed <= MAX_HASHED_BYTES;) {
    const chunk = await file.bytes(Math.max(longest, CHUNK_BYTES));
    if (chunk.length === 0) return undefined;
    const region = concat([kept, chunk]);
    for (let end = kept.length; (end = region.indexOf(NEWLINE, end) + 1) > 0;) {
      for (const page of wanted) {
        const start = end - page.bytes;
        if (region[start - 1] !== NEWLINE) continue;
        hashed += page.bytes;
        const digest = newHash().update(region.subarray(start, end)).digest("hex");
        if (digest === page.sha256) return page;
      }
    }
    kept = region.slice(-longest - 1);
  }
  return undefined;
}
