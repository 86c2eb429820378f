/** How far has the stream come, and what may be lost when it cannot go on from there? */

import { Failure } from "../base/errors.ts";
import { DAY, utcTime } from "../base/time.ts";
import { timeOfToken } from "../events/token.ts";
import type { Position } from "./position.ts";

/** Milliseconds that the service keeps events for (its help pages). */
export const RETENTION_MS = 90 * DAY;

/** Moments in milliseconds since 1970; undefined where a position does not tell. */
export interface PositionTimes {
  /** The time in the cursor: when the event that it stands for reached the log. */
  readonly cursor: number | undefined;
  /** When the last event before the position happened. */
  readonly lastEvent: number | undefined;
  /** Up to when everything that had reached the log has been delivered. */
  readonly reached: number | undefined;
}

/**
 * How far a position is. Each of these times may be wrong alone: the clock of this host or of whoever
 * logged the event was. The newest counts; a run that had caught up when it saved had all there was.
 */
export function timesOf(
  { api, cursor: token, lastEvent, caughtUp, saved }: Pick<
    Position,
    "api" | "cursor" | "lastEvent" | "caughtUp" | "saved"
  >,
): PositionTimes {
  const cursor = api === "log" ? timeOfToken(token) : undefined;
  const event = moment(lastEvent);
  const known = [cursor, event, caughtUp ? moment(saved) : undefined]
    .filter((ms) => ms !== undefined);
  return {
    cursor,
    lastEvent: event,
    reached: known.length === 0 ? undefined : Math.max(...known),
  };
}

/** Milliseconds that the clocks of services and hosts may be apart. */
export const MAX_SKEW_MS = 5 * 60_000;

/** A time that is not ahead of the clock: such a one proves nothing. All in milliseconds since 1970. */
export function unlessAhead(time: number | undefined, now: number): number | undefined {
  return time !== undefined && time <= now + MAX_SKEW_MS ? time : undefined;
}

/**
 * Until when the service asked not to be called; 0 for no such time, or one that was counted by a clock
 * that was ahead. All in milliseconds since 1970.
 */
export function retryAtOf(
  { retryAt, retryAsked }: Pick<Position, "retryAt" | "retryAsked">,
  now: number,
): number {
  const isProved = unlessAhead(moment(retryAsked), now) !== undefined;
  return isProved ? moment(retryAt) ?? 0 : 0;
}

/** What to do where the service refuses a position. `reached` and `now` are in milliseconds since 1970. */
export function refusedPosition(
  path: string,
  reached: number | undefined,
  now: number,
  refusal: Error,
): Failure {
  const from = unlessAhead(reached, now);
  const again = Math.max(from ?? 0, now - RETENTION_MS);
  const message =
    `Cannot go on from position "${path}": the service refuses it (${refusal.message}); events from ` +
    `${from === undefined ? "an unknown time" : utcTime(from)} to ${utcTime(now)} may be lost. ` +
    `To get what is still there: rm "${path}" and run with --since ${utcTime(again)}. ` +
    `To leave the gap: rm "${path}" and run with --since 1h. ` +
    `The Console's "Event Logs" export has the last 90 days, too`;
  return new Failure("unusable", message, { cause: refusal });
}

/**
 * What to say where a position that the service took reaches back beyond what it keeps, by this host's
 * clock, which may be wrong. Undefined where it does not.
 */
export function ageWarning(
  path: string,
  reached: number | undefined,
  now: number,
): string | undefined {
  const kept = now - RETENTION_MS;
  if (reached === undefined || reached >= kept) return undefined;
  return `Position "${path}" reaches back to ${
    utcTime(reached)
  }, by this host's clock further than ` +
    `the 90 days that the service keeps; if so, events up to ${utcTime(kept)} are lost`;
}

function moment(text: string | undefined): number | undefined {
  const ms = Date.parse(text ?? "");
  return Number.isNaN(ms) ? undefined : ms;
}
