/** What is new? A search that stays: round after round from where the last one ended, without a position. */

import type { Options } from "./cli/options.ts";
import { deliver, deliverEnd } from "./delivery.ts";
import { openSearchOutput } from "./destination.ts";
import type { Cursor } from "./events/page.ts";
import type { Selection } from "./events/selection.ts";
import { every } from "./every.ts";
import type { Layout } from "./formats/layout.ts";
import { ReaderGone } from "./output/output.ts";
import { pagesFrom, selectionOf } from "./pages.ts";
import { APIS } from "./sources/apis.ts";
import type { Service } from "./sources/service.ts";

/**
 * Writes the events that were asked for, and then what comes, with a round each `every` milliseconds. Ends
 * well where their reader has gone. Throws Failure, or the signal's reason.
 */
export async function follow(
  options: Options,
  service: Service,
  layOut: Layout,
): Promise<void> {
  let selection: Selection | undefined;
  let cursor: Cursor | undefined;
  /** Whether all that was begun is written. */
  let isWhole = true;
  using output = await openSearchOutput(options, service.notes);
  const round = async () => {
    selection ??= await selectionOf(options, service);
    for await (
      const page of pagesFrom(service, selection, cursor ?? APIS[options.api].start(selection))
    ) {
      isWhole = false;
      await deliver(page, layOut, output, service);
      isWhole = true;
      cursor = page.next;
    }
  };
  try {
    await every(options.every!, round, service);
  } catch (error) {
    if (error instanceof ReaderGone) return;
    // What a layout still has, such as logins that may go on, would be lost.
    if (service.signal.aborted && isWhole) {
      await deliverEnd(layOut, output, service).catch(() => {});
    }
    throw error;
  }
}
