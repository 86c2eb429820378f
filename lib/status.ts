/** What does a position file say, for monitoring? No request is made, and nothing is written. */

import { printableJson } from "./base/text.ts";
import { DAY, instantAt } from "./base/time.ts";
import type { StatusOptions } from "./cli/options.ts";
import { readPosition } from "./position/position_file.ts";
import { type PositionTimes, RETENTION_MS, timesOf, unlessAhead } from "./position/reached.ts";

/**
 * One line of JSON about a position file, and whether the stream is further behind than `maxLag`; one
 * that has not begun, or does not say how far it is, counts as further behind. `now` is in milliseconds since
 * 1970. Throws Failure (position) where the file is not a position.
 */
export async function status(
  { position: path, maxLag }: StatusOptions,
  now: number,
): Promise<{ text: string; tooLate: boolean }> {
  const { saved: position, published } = await readPosition(path);
  const { cursor, lastEvent, reached }: Partial<PositionTimes> = position ? timesOf(position) : {};
  const proved = unlessAhead(reached, now);
  const lag = proved === undefined ? undefined : Math.max(0, now - proved);
  const oldest = unlessAhead(cursor ?? lastEvent, now);
  const report = {
    position: path,
    found: (position ?? published) !== undefined,
    api: position?.api ?? null,
    address: position?.address ?? null,
    organisation: position?.organisation ?? null,
    saved: position?.saved ?? null,
    caughtUp: position?.caughtUp ?? null,
    lastEvent: position?.lastEvent ?? null,
    cursorTime: cursor === undefined ? null : instantAt(cursor)?.text ?? null,
    reached: reached === undefined ? null : instantAt(reached)?.text ?? null,
    lagSeconds: lag === undefined ? null : Math.round(lag / 1000),
    retentionDaysLeft: oldest === undefined
      ? null
      : Math.floor((oldest + RETENTION_MS - now) / DAY * 10) / 10,
  };
  const tooLate = maxLag !== undefined && !(lag !== undefined && lag <= maxLag);
  return { text: `${printableJson(report)}\n`, tooLate };
}
