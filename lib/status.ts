/** How far is the stream of a position file? No request is made, and nothing is written. */

import type { StatusOptions } from "./cli/options.ts";
import { readPosition } from "./position/position_file.ts";
import { RETENTION_MS, timesOf, unlessAhead } from "./position/reached.ts";
import { refuseKeptFiles } from "./position/same_file.ts";
import { startOf } from "./resume.ts";
import { jsonStatus, peopleStatus, prometheusStatus, type Status } from "./status_text.ts";

/**
 * What a position file says, as `form` has it, and whether the stream is further behind than `maxLag`; one
 * that has not begun, or does not say how far it is, counts as further behind. `now` is in milliseconds
 * since 1970. Throws Failure: usage where its text would go into a file of the position, position where
 * the file is none.
 */
export async function status(
  { position: path, maxLag, form }: StatusOptions,
  now: number,
  isForPeople: boolean,
): Promise<{ text: string; tooLate: boolean }> {
  // It would be damaged by that.
  await refuseKeptFiles(undefined, { position: path });
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
    // A run that only began has saved where, too.
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
