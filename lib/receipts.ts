/** What receipt does each page of a stream get? */

import type { Options } from "./cli/options.ts";
import { instantAt } from "./base/time.ts";
import { keptFilesOf } from "./destination.ts";
import { count } from "./events/events.ts";
import type { Page } from "./events/page.ts";
import type { Layout } from "./formats/layout.ts";
import { windowOf } from "./formats/window.ts";
import type { Place } from "./output/mark.ts";
import { standingOf } from "./position/chain_end.ts";
import { hexDigest } from "./position/receipt.ts";
import { receiptWriter } from "./position/receipt_writer.ts";
import { refuseSharedReceipts } from "./position/same_file.ts";
import type { Stream } from "./stream.ts";

/** The receipts of a stream in the hands of this run. */
export interface Receipts extends AsyncDisposable {
  /** The same layout; what it lays out last is what the next receipt is about. */
  readonly layOut: Layout;
  /**
   * Writes the receipt of a page that was laid out and delivered to `place`. Returns the digest for the
   * position; undefined where the page neither delivered events nor moved the cursor, and gets none.
   * Throws Failure (position).
   */
  append(page: Page, place: Place | undefined): Promise<string | undefined>;
}

/** What is noted of a page before it is written: its events may be overwritten by that. */
interface LaidOut {
  readonly events: number;
  readonly first: string | null;
  readonly last: string | null;
  readonly bytes: number;
  readonly digest: Promise<string>;
}

/** A page of which nothing is written. */
function unwritten(): LaidOut {
  return { events: 0, first: null, last: null, bytes: 0, digest: hexDigest(new Uint8Array()) };
}

/**
 * Opens the receipts that a run has to write; undefined where it writes none. Throws Failure: usage
 * where their file is kept for something else, position where the stream cannot go on with it.
 */
export async function openReceipts(
  options: Options,
  stream: Stream,
  layOut: Layout,
): Promise<Receipts | undefined> {
  const { receipts: path, once } = options;
  if (path === undefined || once) return undefined;
  await refuseSharedReceipts(keptFilesOf(options));
  const standing = standingOf(stream.position());
  const { head } = standing;
  const file = await receiptWriter(path, standing);
  try {
    // A run wrote this line, and was cut off before it saved that. With this, never more than one line is ahead.
    if (head !== null && file.head !== null && file.head !== head) {
      await stream.saveReceipt(file.head);
    }
  } catch (error) {
    await file[Symbol.asyncDispose]();
    throw error;
  }
  let laidOut: LaidOut | undefined;
  return {
    layOut(page) {
      const window = windowOf(page.events);
      const first = instantAt(window.first)?.text ?? null;
      const last = instantAt(window.last)?.text ?? null;
      const events = count(page.events);
      const bytes = layOut(page);
      // What is hashed is copied at once: its memory may be used again before this is done.
      laidOut = { events, first, last, bytes: bytes.length, digest: hexDigest(bytes) };
      return bytes;
    },
    async append({ next, known = 0 }, place) {
      const { api, address, organisation, cursor: from } = stream.position();
      const { events, first, last, bytes, digest } = laidOut ?? unwritten();
      laidOut = undefined;
      const sha256 = await digest;
      if (events === 0 && next.at === from) return undefined;
      const about = { api, address, organisation, from, skip: known, to: next.at };
      const written = { events, bytes, sha256, first, last, output: place ?? null };
      return await file.append({ ...about, ...written });
    },
    [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
  };
}
