/** Where does a search begin that names receipts? At a place that the service itself gave. */

import { CallFailure, Failure } from "./base/errors.ts";
import { quoted } from "./base/text.ts";
import { instantAt, utcTime } from "./base/time.ts";
import type { Options } from "./cli/options.ts";
import type { Cursor } from "./events/page.ts";
import { RETENTION_MS } from "./position/reached.ts";
import { receiptFiles } from "./position/receipt_files.ts";
import { placeBefore } from "./position/receipt_place.ts";
import { checkStream } from "./receipts_stream.ts";
import { isRefusal } from "./sources/failures.ts";
import type { Notes } from "./terminal/notes.ts";

/** The cursor to begin at, and the organisation that the receipts are of. */
export interface SearchAgain {
  readonly start: Cursor;
  readonly orgUrl: string | undefined;
  /** What was thrown, with what to do where the service does not know the place any more. */
  advised(error: unknown): unknown;
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
  const cannot = `Cannot search from receipts ${quoted(path)}`;
  const refuse = (why: string) => new Failure("position", `${cannot}: ${why}`);
  const { files } = await receiptFiles(path);
  const first = files.find((file) => file.first !== undefined)?.first?.receipt;
  if (first === undefined) {
    throw refuse(`none are there; a run with -c --receipts ${quoted(path)} writes them`);
  }
  checkStream(options, first, `${cannot}: they`);
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
    advised: (error) => Date.now() - time > RETENTION_MS ? adviceFor(error, time) : error,
  };
}

/** A refusal of a place that is so old that the service may have forgotten it, with a way on. */
function adviceFor(error: unknown, time: number): unknown {
  if (!isRefusal(error)) return error;
  const { kind, status, message } = error;
  const why = `the search begins at a token of ${utcTime(time)}, and these are good for 90 days`;
  const remedy = "use a later --since, or search the pulled files";
  const text = `${message}; ${why}: ${remedy}`;
  return new CallFailure(kind, text, { retryable: false, status, cause: error });
}
