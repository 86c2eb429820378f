/** What is there? Pages in, events out; no position is read or written. */

import { plural } from "./base/text.ts";
import type { Options } from "./cli/options.ts";
import { deliver, deliverEnd } from "./delivery.ts";
import { openSearchOutput } from "./destination.ts";
import { count } from "./events/events.ts";
import type { FormatName } from "./formats/formats.ts";
import type { Layout } from "./formats/layout.ts";
import { ReaderGone } from "./output/output.ts";
import { pagesFrom, selectionOf } from "./pages.ts";
import { APIS } from "./sources/apis.ts";
import type { Service } from "./sources/service.ts";

/**
 * Writes the events that were asked for. Ends early, and well, where their reader has gone.
 * Throws Failure, or the signal's reason.
 */
export async function search(options: Options, service: Service, layOut: Layout): Promise<void> {
  const { notes } = service;
  // Before the output is opened: a run that is refused leaves no file.
  const selection = await selectionOf(options, service);
  using output = await openSearchOutput(options, notes);
  notes.debug(`starting at ${options.since.text}`);
  const start = APIS[options.api].start(selection);
  let [all, delivered] = [0, 0];
  try {
    for await (const page of pagesFrom(service, selection, start)) {
      all += page.all ?? 0;
      delivered += count(page.events);
      await deliver(page, layOut, output, service);
    }
    await deliverEnd(layOut, output, service);
    if (delivered === 0 && FOR_PEOPLE.includes(options.format)) {
      notes.say(nothingFound(all, options));
    }
  } catch (error) {
    if (!(error instanceof ReaderGone)) throw error;
  }
}

/** Formats that show nothing, or a heading only, where there are no events. */
const FOR_PEOPLE: readonly FormatName[] = ["table", "logins", "csv"];

/** What is said where none of so many events matched; the service may have left out others. */
function nothingFound(all: number, { since, until, filters, files }: Options): string {
  const isAnyTime = files.length > 0 && since.ms === 0;
  const from = isAnyTime ? "" : ` from ${since.text}`;
  const time = until === undefined ? from && `${from} on` : `${from} until ${until.text}`;
  const exactly = filters.some(({ key }) => key === "user") ? '; "user" is matched exactly' : "";
  return `No event matched, of ${plural(all, "event")}${time}${exactly}`;
}
