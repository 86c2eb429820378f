/** From when on does a stream of Log API v1 have everything? What is said where that is later than asked for. */

import { CallFailure } from "../base/errors.ts";
import { instantAt, utcTime } from "../base/time.ts";
import { count, eventAt, type Events, parsed } from "../events/events.ts";
import { timeOf } from "../events/fields.ts";
import type { Cursor } from "../events/page.ts";
import { timeOfToken } from "../events/token.ts";
import { isRefusal } from "./failures.ts";
import {
  type LogAnswer,
  OWN_START_MS,
  reachesBack,
  type Start,
  SURELY_HONOURED_MS,
  timeAt,
} from "./log_start.ts";

/** What a first answer is worth. */
export interface Beginning {
  /** See `Cursor`. */
  readonly begins?: string | undefined;
  /** What is to be said. */
  readonly text?: string | undefined;
}

/** What helps where the service does not go back. */
export const EXPORT = `the Console's "Event Logs" export has the last 90 days`;

/**
 * From when on everything is there, after an answer for the made token of a cursor. `now` is this host's time in
 * milliseconds since 1970.
 */
export function beginningOf(start: Start, cursor: Cursor, now: number): Beginning {
  const { token, answer } = start;
  const since = timeOfToken(cursor.at)!;
  const time = timeAt(answer, now);
  if (token.is === "honoured" || reachesBack(since, time)) return {};
  const own = time - OWN_START_MS;
  const asked = cursor.asked === undefined ? undefined : Date.parse(cursor.asked);
  const isGap = asked !== undefined && !reachesBack(asked, time);
  const before = cursor.begins === undefined ? since : Date.parse(cursor.begins);
  const begins = asked === undefined || isGap ? own : before;
  const result = { begins: begins > since ? instantAt(begins)?.text : undefined };
  if (token.is === "unknown") return result;
  const why = `the service ${wordsFor(token)} a start in the past`;
  if (asked === undefined) {
    return {
      ...result,
      text:
        `Cannot start at ${instantAt(since)?.text}: ${why}; ${
          firstText(answer.events, since, own)
        }. ` +
        `For what lies before, ${EXPORT}; -c with --receipts keeps a way back from now on`,
    };
  }
  // With the first events it shows what the service makes of the token, and that is said once.
  const isNews = before > since && cursor.delivered === undefined && count(answer.events) > 0;
  if (!isGap && !isNews) return result;
  const from = instantAt(isNews ? since : asked)?.text;
  const text = `Events from ${from} to ${utcTime(begins)} may be missing: ${why}; ${EXPORT}`;
  return { ...result, text };
}

/**
 * What is to be said where no other call may be made (`-x`) to find out about an answer for the token
 * made for `since`. Both times are in milliseconds since 1970.
 */
export function onlyText(answer: LogAnswer, since: number, now: number): string | undefined {
  const time = timeAt(answer, now);
  const first = timeOf(eventAt(answer.events, 0) ?? {});
  if (reachesBack(since, time) || !(first >= time - SURELY_HONOURED_MS)) return undefined;
  return `The first event is of ${utcTime(first)}, and --since is ${utcTime(since)}: ` +
    "the service may not take a start in the past; without -x that is found out";
}

/** A refusal of the only call (`-x`) with a way on, where it may be about the made token. */
export function onlyRefusal(error: unknown): unknown {
  // Where it names an option, it is about that.
  if (!isRefusal(error) || /; check --| in --query$/.test(error.message)) return error;
  const { kind, status, message } = error;
  const remedy = "it may not take a start in the past: run without -x";
  return new CallFailure(kind, `${message}; ${remedy}`, { retryable: false, status, cause: error });
}

function wordsFor(token: Start["token"]): string {
  if (token.is === "refused") return `answers ${token.status} to`;
  return token.is === "nothing" ? "gives nothing for" : "ignores";
}

/** From when on there are events; where none came yet, where the service begins (`own`). */
function firstText(events: Events, since: number, own: number): string {
  if (count(events) === 0) return `it begins at ${utcTime(own)}`;
  let first = Infinity;
  for (const event of parsed(events)) {
    const ms = timeOf(event);
    if (ms >= since) first = Math.min(first, ms);
  }
  return `events are there from ${utcTime(first)} on`;
}
