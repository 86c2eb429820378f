/** What is there? Pages in, events out; no position is read or written. */

import type { Options } from "./cli/options.ts";
import { deliver, deliverEnd } from "./delivery.ts";
import { openSearchOutput } from "./destination.ts";
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
  try {
    for await (const page of pagesFrom(service, selection, start)) {
      await deliver(page, layOut, output, service);
    }
    await deliverEnd(layOut, output, service);
  } catch (error) {
    if (!(error instanceof ReaderGone)) throw error;
  }
}
