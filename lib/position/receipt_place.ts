/** Which place that the service itself gave lies before a moment? Log API v1 takes no other start in the past. */

import { isMade, timeOfToken } from "../events/token.ts";
import { chainOf } from "./chain.ts";
import type { ReceiptFile } from "./receipt_files.ts";

/** A token that the service gave: what follows it arrived later. */
export interface Place {
  readonly token: string;
  /** When the token's event arrived, or else by when the token was given; in milliseconds since 1970. */
  readonly time: number;
}

/**
 * The last place that is not after a moment (in milliseconds since 1970); where there is none, the oldest.
 * Undefined where the receipts have no token of the service's. What is wrong with their chain is not
 * looked at, but a line that was altered does not count. Throws Failure (position) where a file cannot be
 * read any more.
 */
export async function placeBefore(
  files: readonly ReceiptFile[],
  since: number,
): Promise<Place | undefined> {
  let oldest: Place | undefined;
  let best: Place | undefined;
  for await (const { receipt, isIntact } of chainOf(files, () => {})) {
    if (!isIntact || receipt.api !== "log") continue;
    // By when the first token of all was given no receipt says.
    const from = oldest === undefined ? placeOf(receipt.from, NaN) : undefined;
    for (const place of [from, placeOf(receipt.to, Date.parse(receipt.saved))]) {
      if (place === undefined) continue;
      oldest ??= place;
      if (place.time <= since && !(place.time < (best?.time ?? -Infinity))) best = place;
    }
  }
  return best ?? oldest;
}

function placeOf(token: string, given: number): Place | undefined {
  const time = timeOfToken(token) ?? given;
  return isMade(token) || Number.isNaN(time) ? undefined : { token, time };
}
