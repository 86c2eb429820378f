/**
 * In what order? Page, output, position, next page. The position never passes what the output has
 * accepted: whatever happens in between, no event is lost.
 */

import { spanText, utcTime } from "./base/time.ts";
import type { Options } from "./cli/options.ts";
import { deliver } from "./delivery.ts";
import type { Layout } from "./formats/formats.ts";
import type { Output } from "./output/output.ts";
import { fileOutput } from "./output/output_file.ts";
import { recordedOutput } from "./output/standard_output.ts";
import { DeadlinePassed } from "./sources/failures.ts";
import type { Service } from "./sources/service.ts";
import { openStream, type Stream } from "./stream.ts";

/** Pulls a stream on from its position. Throws Failure, or the signal's reason. */
export async function pull(options: Options, service: Service, layOut: Layout): Promise<void> {
  const { notes, signal, timing } = service;
  const { budget = Infinity } = options;
  const deadline = timing.now() + budget;
  using stream = await openStream(options, { ...service, deadline });
  using output = await openOutput(options, stream, service);
  let isBegun = false;
  try {
    for await (const page of stream.pages()) {
      await deliver(page, layOut, output, service, stream.saveMark);
      await stream.save(page, output.mark(page.more));
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

function openOutput(
  { output }: Options,
  { mark }: Stream,
  { notes }: Service,
): Promise<Output> {
  return output === undefined ? recordedOutput(mark) : fileOutput(output, mark, notes);
}

/** What is said where the time for a run is over. Both are in milliseconds since 1970. */
function budgetUsedUp(reached: number | undefined, now: number): string {
  const behind = reached === undefined
    ? ""
    : ` at ${utcTime(reached)}, ${spanText(now - reached)} behind`;
  return `Stopped${behind}, since the --budget is used up; the next run goes on`;
}
