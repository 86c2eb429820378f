/** How is a page asked for again, so that the answer is what it was when it was pulled? */

import { HOUR } from "../base/time.ts";
import { isMade, timeOfToken } from "../events/token.ts";
import type { Layout } from "../formats/layout.ts";
import type { Receipt } from "../position/receipt.ts";
import type { AskOptions } from "./answers.ts";
import type { Step } from "./refetch_steps.ts";

/** The layout, and the moment before which events are left out; see `AskOptions`. */
type Way = Pick<AskOptions, "layOut" | "since">;

/**
 * In which ways a page may have been pulled, the most likely one first. Until a first run is through with
 * `--since`, which is `begun` (RFC 3339), it leaves out what is older.
 */
export function waysFor(
  { from, since: first }: Step,
  { begun, layouts }: { begun?: string | undefined; layouts: readonly Layout[] },
): Way[] {
  const time = timeOfToken(from) ?? Date.parse(first ?? "");
  const isLater = begun === undefined || time > Date.parse(begun) + HOUR;
  // At a token that was made for it, this moment counts in any case.
  const near = isMade(from) ? [undefined, begun] : [begun, undefined];
  return (isLater ? [undefined] : near)
    .flatMap((since) => layouts.map((layOut) => ({ layOut, since })));
}

/**
 * How many events to ask for: as many as there were, and one more, which shows that there are more now. Where
 * some are left out here, how many there were is not known.
 */
export function limitFor({ receipts }: Step, { selection, since }: AskOptions): number {
  const { limit, filters } = selection;
  if (receipts.length === 0 || filters.length > 0 || since !== undefined) return limit;
  return Math.min(limit, countOf(receipts) + 1);
}

/** How many events of a page there are in its receipts. */
export function countOf(receipts: readonly Receipt[]): number {
  return receipts.reduce((sum, { events }) => sum + events, receipts[0]?.skip ?? 0);
}
