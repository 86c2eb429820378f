/**
 * In what order? Page, output, receipt, position, next page. The position never passes what the output has
 * accepted: whatever happens in between, no event is lost.
 */

import { spanText, utcTime } from "./base/time.ts";
import type { Options } from "./cli/options.ts";
import { deliver } from "./delivery.ts";
import { openStreamOutput } from "./destination.ts";
import type { Layout } from "./formats/layout.ts";
import { unlessAhead } from "./position/reached.ts";
import { DeadlinePassed } from "./sources/failures.ts";
import { openReceipts } from "./receipts.ts";
import type { Service } from "./sources/service.ts";
import { openStream } from "./stream.ts";

/** Pulls a stream on from its position. Throws Failure, or the signal's reason. */
export async function pull(options: Options, service: Service, layOut: Layout): Promise<void> {
  const { notes, signal, timing } = service;
  const { budget = Infinity } = options;
  const deadline = timing.now() + budget;
  await using stream = await openStream(options, { ...service, deadline });
  await using receipts = await openReceipts(options, stream, layOut);
  using output = await openStreamOutput(options, stream.resumed, notes);
  // Before the first request: a first run that fails goes on later from where it was to begin.
  if (stream.resumed === undefined) await stream.saveMark(output.mark(false));
  let isBegun = false;
  try {
    for await (const page of stream.pages()) {
      const { saveMark } = stream;
      const place = await deliver(page, receipts?.layOut ?? layOut, output, service, saveMark);
      const receipt = await receipts?.append(page, place);
      await stream.savePage(page, output.mark(page.more), receipt);
      signal.throwIfAborted();
      isBegun = true;
      if (page.more && timing.now() >= deadline) throw new DeadlinePassed(new URL(options.apiUrl));
    }
  } catch (error) {
    // A run that got nothing has failed, however short its time was.
    if (!isBegun || !(error instanceof DeadlinePassed)) throw error;
    notes.say(budgetUsedUp(stream.reached(), timing.now()));
  }
}

/** What is said where the time for a run is over. Both are in milliseconds since 1970. */
function budgetUsedUp(reached: number | undefined, now: number): string {
  const known = unlessAhead(reached, now);
  const behind = known === undefined
    ? ""
    : ` at ${utcTime(known)}, ${spanText(Math.max(0, now - known))} behind`;
  return `Stopped${behind}, since the --budget is used up; the next run goes on`;
}
