/** What is there? Pages in, events out; no position is read or written. */

import { plural } from "./base/text.ts";
import type { Options } from "./cli/options.ts";
import { deliver, deliverEnd } from "./delivery.ts";
import { openSearchOutput } from "./destination.ts";
import { count } from "./events/events.ts";
import type { Page } from "./events/page.ts";
import { isExact } from "./events/selection.ts";
import { formatNamed } from "./formats/formats.ts";
import type { Layout } from "./formats/layout.ts";
import { type Output, ReaderGone } from "./output/output.ts";
import { pagesFrom, selectionOf } from "./pages.ts";
import { APIS } from "./sources/apis.ts";
import type { Service } from "./sources/service.ts";

/** Writes the events that were asked for. Throws as `deliverAll` does. */
export async function search(options: Options, service: Service, layOut: Layout): Promise<void> {
  const { notes } = service;
  // Before the output is opened: a run that is refused leaves no file.
  const again = options.receipts === undefined
    ? undefined
    : await (await import("./search_again.ts")).searchAgain(options.receipts, options, notes);
  const orgUrl = again?.orgUrl ?? options.orgUrl;
  const selection = await selectionOf({ ...options, orgUrl }, service);
  using output = await openSearchOutput(options, notes);
  // Where it begins in receipts, that was said.
  if (again === undefined) notes.debug(`starting at ${options.since.text}`);
  const start = again?.start ?? APIS[options.api].start(selection);
  await deliverAll(pagesFrom(service, selection, start), options, service, layOut, output)
    .catch((error) => {
      throw again?.advised(error) ?? error;
    });
}

/**
 * Writes all pages, and says where nothing came. Ends early, and well, where their reader has gone.
 * Throws Failure, or the signal's reason.
 */
export async function deliverAll(
  pages: AsyncIterable<Page>,
  options: Options,
  taking: Pick<Service, "notes" | "signal">,
  layOut: Layout,
  output: Output,
): Promise<void> {
  let all: number | undefined = 0;
  let delivered = 0;
  try {
    for await (const page of pages) {
      all = page.all === undefined || all === undefined ? undefined : all + page.all;
      delivered += count(page.events);
      await deliver(page, layOut, output, taking);
    }
    await deliverEnd(layOut, output, taking);
  } catch (error) {
    if (!(error instanceof ReaderGone)) throw error;
    return;
  }
  // A format that is not for programs shows nothing then, or a heading only.
  if (delivered === 0 && formatNamed(options.format).notWith["-c"] !== undefined) {
    taking.notes.say(nothingFound(all, options));
  }
}

/**
 * What is said where no event matched. So many came: the service may have left out others, and have sent
 * some of other times. Of files it is not known how many there are: many lines are passed over unread.
 */
function nothingFound(
  all: number | undefined,
  { since, sinceIsGiven, until, filters, files }: Options,
): string {
  const isBounded = sinceIsGiven || files.length === 0;
  const from = isBounded ? ` from ${since.text}` : "";
  const to = until !== undefined ? ` until ${until.text}` : isBounded ? " on" : "";
  const exactly = filters.some(({ key }) => key === "user") ? '; "user" is matched exactly' : "";
  const whole = filters.some((filter) => filter.key === "clientip" && isExact(filter))
    ? '; "clientip" is a whole address, or address/bits'
    : "";
  const where = all === undefined ? " in the files" : "";
  const looked = all === undefined ? "" : `; ${plural(all, "event")} came`;
  return `No event${where}${from}${to} matched${looked}${exactly}${whole}`;
}
