/** How far is the stream of a position file? No request is made, and nothing is written. */

import type { StatusOptions } from "./cli/options.ts";
import { readPosition } from "./position/position_file.ts";
import { RETENTION_MS, timesOf, unlessAhead } from "./position/reached.ts";
import { refuseKeptFiles } from "./position/same_file.ts";
import type { Position } from "./position/position.ts";
import type { ReceiptsReach } from "./receipts_reach.ts";
import { startOf } from "./resume.ts";
import { jsonStatus, peopleStatus, prometheusStatus, type Status } from "./status_text.ts";

/**
 * What a position file says, as `form` has it, and whether the stream is further behind than `maxLag`; one
 * that has not begun, or does not say how far it is, counts as further behind. `now` is in milliseconds
 * since 1970. Throws Failure: usage where its text would go into a file of the position, position where
 * the file is none.
 */
export async function status(
  { position: path, receipts, maxLag, form }: StatusOptions,
  now: number,
  isForPeople: boolean,
): Promise<{ text: string; tooLate: boolean }> {
  // It would be damaged by that.
  await refuseKeptFiles(undefined, { position: path, receipts });
  const { saved: position, published } = await readPosition(path);
  const times = position && timesOf(position);
  const proved = unlessAhead(times?.reached, now);
  const oldest = unlessAhead(times?.cursor ?? times?.lastEvent, now);
  const lag = proved === undefined ? undefined : Math.max(0, now - proved);
  const found: Status = {
    path,
    isFound: (position ?? published) !== undefined,
    position,
    cursor: times?.cursor,
    reached: times?.reached,
    lag,
    retentionLeft: oldest === undefined ? undefined : oldest + RETENTION_MS - now,
    receipts: receipts === undefined ? undefined : await receiptsReach(receipts, path, position),
    // A run that only began has saved a position, too.
    isBegun: position !== undefined && startOf(position) === undefined,
  };
  const tooLate = maxLag !== undefined && !(lag !== undefined && lag <= maxLag);
  const text = form === "prometheus"
    ? prometheusStatus(found)
    : form === "json" || !isForPeople
    ? jsonStatus(found)
    : peopleStatus(found, now, tooLate ? maxLag : undefined);
  return { text, tooLate };
}

/** How often is looked again where a run saves the position meanwhile. */
const MAX_LOOKS = 3;

async function receiptsReach(
  path: string,
  positionPath: string,
  first: Position | undefined,
): Promise<ReceiptsReach> {
  // Loaded only where it is asked for.
  const { reachOf } = await import("./receipts_reach.ts");
  let position = first;
  for (let look = 1;; look++) {
    const reach = await reachOf(path, position);
    if (reach.refusal === undefined || look === MAX_LOOKS) return reach;
    const { saved } = await readPosition(positionPath);
    if (saved?.receipt === position?.receipt) return reach;
    position = saved;
  }
}
