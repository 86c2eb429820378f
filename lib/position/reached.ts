/** How far has the stream come, and what may be lost when it cannot go on from there? */

import { Failure } from "../base/errors.ts";
import { DAY, utcTime } from "../base/time.ts";
import { timeOfToken } from "../events/token.ts";
import type { Position } from "./position.ts";

/** Milliseconds that the service keeps events for (its help pages). */
export const RETENTION = 90 * DAY;

/** Moments in milliseconds since 1970; undefined where a position does not tell. */
export interface PositionTimes {
  /** The time in the cursor: when the event that it stands for reached the log. */
  readonly cursor: number | undefined;
  /** When the last event before the position happened. */
  readonly lastEvent: number | undefined;
  /** Up to when everything that had reached the log has been delivered. */
  readonly reached: number | undefined;
}

/** How far a position is. A run that had caught up when it saved it had all there was then. */
export function timesOf(
  { api, cursor: token, lastEvent, caughtUp, saved }:
    & Pick<Position, "api" | "cursor" | "lastEvent" | "caughtUp">
    & Partial<Pick<Position, "saved">>,
): PositionTimes {
  const cursor = api === "log" ? timeOfToken(token) : undefined;
  const event = moment(lastEvent);
  return {
    cursor,
    lastEvent: event,
    reached: caughtUp ? moment(saved) : cursor ?? event,
  };
}

/**
 * Why the stream has a gap: the position reaches back beyond what the service keeps, or the service
 * refused it for the reason given. Undefined where it has none that is known of.
 */
export function gap(
  path: string,
  position: Position,
  now: number,
  refusal?: Error,
): Failure | undefined {
  const { reached } = timesOf(position);
  const kept = now - RETENTION;
  if (refusal === undefined && !(reached !== undefined && reached < kept)) return undefined;
  const why = refusal === undefined
    ? "it reaches back beyond the 90 days that the service keeps"
    : `the service refuses it (${refusal.message})`;
  const from = reached === undefined ? "an unknown time" : utcTime(reached);
  const to = utcTime(refusal === undefined ? kept : now);
  const again = utcTime(Math.max(reached ?? kept, kept));
  const message =
    `Cannot go on from position "${path}": ${why}; events from ${from} to ${to} may be ` +
    `lost. To get what is still there: rm "${path}" and run with --since ${again}. To leave the gap: ` +
    `rm "${path}" and run with --since 1h`;
  return new Failure("unusable", message, { cause: refusal });
}

function moment(text: string | undefined): number | undefined {
  const ms = Date.parse(text ?? "");
  return Number.isNaN(ms) ? undefined : ms;
}
