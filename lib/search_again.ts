/** Where does a search begin that names receipts? At a place that the service itself gave. */

import { Failure } from "./base/errors.ts";
import { quoted } from "./base/text.ts";
import { instantAt, utcTime } from "./base/time.ts";
import type { Options } from "./cli/options.ts";
import type { Cursor } from "./events/page.ts";
import { receiptFiles } from "./position/receipt_files.ts";
import { placeBefore } from "./position/receipt_place.ts";
import { checkStream } from "./receipts_stream.ts";
import type { Notes } from "./terminal/notes.ts";

/** The cursor to begin at, and the organisation that the receipts are of. */
export interface SearchAgain {
  readonly start: Cursor;
  readonly orgUrl: string | undefined;
}

/**
 * The last place in the receipts that is not after `--since`; else the oldest, which is said. Throws Failure:
 * usage where they are of another stream, position where they cannot be read or name no place.
 */
export async function searchAgain(
  path: string,
  options: Options,
  notes: Notes,
): Promise<SearchAgain> {
  const { since } = options;
  const refuse = (why: string) =>
    new Failure("position", `Cannot search from receipts ${quoted(path)}: ${why}`);
  const { files } = await receiptFiles(path);
  const first = files.find((file) => file.first !== undefined)?.first?.receipt;
  if (first === undefined) {
    throw refuse(`none are there; a run with -c --receipts ${quoted(path)} writes them`);
  }
  checkStream(options, first);
  const place = await placeBefore(files, since.ms);
  if (place === undefined) throw refuse("the service had given no place to go on from yet");
  const { token, time } = place;
  notes.debug(`starting at ${token}, of ${utcTime(time)}, which the receipts name`);
  const isLate = time > since.ms;
  if (isLate) {
    const why = `the oldest receipt is of ${utcTime(time)}, and the search begins there`;
    notes.say(`Cannot start at ${since.text}: ${why}`);
  }
  const begins = isLate ? instantAt(time)?.text : undefined;
  return {
    start: { at: token, since: since.text, begins },
    orgUrl: options.orgUrl ?? first.organisation ?? undefined,
  };
}
