/** How does a page get to where events go? */

import { count } from "./events/events.ts";
import type { Page } from "./events/page.ts";
import type { Layout } from "./formats/layout.ts";
import type { Place } from "./output/mark.ts";
import type { Output, SaveMark } from "./output/output.ts";
import type { Service } from "./sources/service.ts";

const NOTHING = new Uint8Array(0);

/** Milliseconds that a page which is being written has after the run was told to end. */
const MAX_FINISH_MS = 3000;

/**
 * Writes a page; its events are no more afterwards. Resolves when the output has accepted all of it,
 * with what `Output.write` returns.
 * Throws Failure (output), what `saveMark` throws, or the signal's reason.
 */
export async function deliver(
  page: Page,
  layOut: Layout,
  output: Output,
  { notes, signal }: Pick<Service, "notes" | "signal">,
  saveMark?: SaveMark,
): Promise<Place | undefined> {
  signal.throwIfAborted();
  await notes.beforeWriting();
  const bytes = page.isUnwritten ? NOTHING : layOut(page);
  const place = await finishWithin(MAX_FINISH_MS, output.write(bytes, saveMark), signal);
  if (!page.isUnwritten) notes.delivered(count(page.events), page.lastEvent);
  page.release();
  return place;
}

/** Writes what a layout has to say after the last page, also where the run was told to end. Throws as `deliver` does. */
export async function deliverEnd(
  layOut: Layout,
  output: Output,
  { notes, signal }: Pick<Service, "notes" | "signal">,
): Promise<void> {
  const end = layOut.end?.();
  if (end === undefined || end.length === 0) return;
  await notes.beforeWriting();
  await finishWithin(MAX_FINISH_MS, output.write(end), signal);
}

/**
 * Work that is finished even when the run is told to end, but not for ever: a reader may have
 * stalled. Rejects with the signal's reason where it takes longer than `ms` from then on.
 */
function finishWithin<T>(ms: number, work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const soon = () => setTimeout(() => reject(signal.reason), ms);
  if (signal.aborted) soon();
  else signal.addEventListener("abort", soon, { once: true });
  return Promise.race([work, promise]).finally(() => signal.removeEventListener("abort", soon));
}
