/**
 * Where does a first run on Log API v1 start? Its document knows no start in the past, so a token made
 * for the moment is tried, and what the service makes of it is looked at.
 */

import { CallFailure } from "../base/errors.ts";
import { HOUR, instantAt } from "../base/time.ts";
import { count, parsed } from "../events/events.ts";
import { timeOf } from "../events/fields.ts";
import type { Answered } from "../events/page.ts";
import { timeOfToken } from "../events/token.ts";

/** The answer to start with, and what the service made of the token that was made for a moment. */
export type Start =
  /** It gave events for it; or there are none yet, with a token or without. */
  | { readonly token: "honoured"; readonly answer: Answered }
  /** It answered the token with this status; this is its answer without one. */
  | { readonly token: "refused"; readonly status: number; readonly answer: Answered }
  /** It gave nothing for it, although it has events; this is its answer without one. */
  | { readonly token: "nothing"; readonly answer: Answered };

/**
 * The first answer for a made token. Where the service does not honour it, the next best is its own
 * start, which is an hour ago. `answerFor` asks for the page of a token, or of none.
 */
export async function firstAnswer(
  token: string,
  answerFor: (token: string | undefined) => Promise<Answered>,
): Promise<Start> {
  let honoured: Start | undefined;
  try {
    honoured = { token: "honoured", answer: await answerFor(token) };
    if (count(honoured.answer.events) > 0) return honoured;
  } catch (error) {
    if (!refusesToken(error)) throw error;
  }
  const answer = await answerFor(undefined);
  if (honoured === undefined) {
    // Asked once more, since what looks like a refusal may have been a failure of the moment.
    try {
      return { token: "honoured", answer: await answerFor(token) };
    } catch (error) {
      if (!refusesToken(error)) throw error;
      return { token: "refused", status: error.status, answer };
    }
  }
  return count(answer.events) === 0 ? honoured : { token: "nothing", answer };
}

/** What to say of a start that was not honoured; undefined where nothing is missing for that. */
export function lateStart(start: Start, token: string, now: number): string | undefined {
  const { events } = start.answer;
  const since = timeOfToken(token) ?? NaN;
  if (start.token === "honoured" || count(events) === 0 || !(since < now - HOUR)) return undefined;
  const why = start.token === "refused" ? `answers ${start.status} to it` : "gives nothing for it";
  let first = Infinity;
  for (const event of parsed(events)) {
    const ms = timeOf(event);
    if (ms >= since) first = Math.min(first, ms);
  }
  return `Cannot start at ${instantAt(since)?.text}: the service ${why}; ` +
    `events are there from ${instantAt(first)?.text ?? "an unknown time"} on`;
}

/** Whether a failure is about the token, rather than about the credentials, the load or the server. */
function refusesToken(error: unknown): error is CallFailure & { status: number } {
  if (!(error instanceof CallFailure) || error.status === undefined) return false;
  const { status } = error;
  return status === 500 || status >= 400 && status < 500 && ![401, 403, 429].includes(status);
}
