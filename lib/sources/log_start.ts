/**
 * Where does a first run on Log API v1 start? The vendor's guide knows no start in the past, so a token
 * made for the moment is tried, and what the service makes of it is found out.
 */

import { CallFailure } from "../base/errors.ts";
import { HOUR } from "../base/time.ts";
import { count, eventAt } from "../events/events.ts";
import { timeOf } from "../events/fields.ts";
import type { Answered } from "../events/page.ts";
import { timeOfToken, tokenAt } from "../events/token.ts";

/** An answer of Log API v1. */
export interface LogAnswer extends Answered {
  /** The service's own time when it answered, in milliseconds since 1970; NaN where it does not say. */
  readonly servedAt: number;
}

/** Asks for the page of a token, or of none; with `limit` for at most so many events. */
export type AnswerFor = (token: string | undefined, limit?: number) => Promise<LogAnswer>;

/** The answer to start with, and what the service made of the token that was made for a moment. */
export interface Start {
  readonly answer: LogAnswer;
  readonly token:
    /** It began there; or its own start lies no later. */
    | { readonly is: "honoured" }
    /** It answered the token with this status. */
    | { readonly is: "refused"; readonly status: number }
    /** It gave nothing for it, although it has events. */
    | { readonly is: "nothing" }
    /** It took it, and began where it begins without a token. */
    | { readonly is: "ignored" }
    /** There are no events of the last hour by which to tell. */
    | { readonly is: "unknown" };
}

/** Without a token, the service begins this long ago (its OpenAPI document). */
export const OWN_START_MS = HOUR;
/** What begins longer ago than this is not the service's own start: events come late, but not so late. */
export const SURELY_HONOURED_MS = 1.5 * HOUR;
/** What came for a token made for now, and is older than this, was there before. */
const SURELY_OLD_MS = HOUR / 2;

/**
 * The first answer for a made token. Where the service does not honour it, the next best is its own
 * start. `now` is this host's time in milliseconds since 1970; where the service says its own, that counts.
 */
export async function firstAnswer(
  token: string,
  answerFor: AnswerFor,
  now: number,
): Promise<Start> {
  let made = await unlessRefused(answerFor(token));
  if (made instanceof CallFailure) {
    const own = await answerFor(undefined);
    // Asked once more, since what looks like a refusal may have been a failure of the moment.
    made = await unlessRefused(answerFor(token));
    if (made instanceof CallFailure) {
      return { token: { is: "refused", status: made.status! }, answer: own };
    }
    own.release();
  }
  const time = timeAt(made, now);
  if (beginningOf(made, token) < time - SURELY_HONOURED_MS) return honoured(made);
  const hasEvents = count(made.events) > 0;
  if (hasEvents && reachesBack(timeOfToken(token)!, time)) return honoured(made);
  const own = await answerFor(undefined, hasEvents ? 1 : undefined);
  if (!hasEvents && count(own.events) > 0) return { token: { is: "nothing" }, answer: own };
  const ownSign = signOf(own, undefined);
  own.release();
  const sign = signOf(made, token);
  if (sign === undefined || ownSign === undefined) {
    return { token: { is: "unknown" }, answer: made };
  }
  const isIgnored = await ignoresTokens(
    [sign, ownSign],
    answerFor,
    hasEvents ? 1 : undefined,
    time,
  );
  return isIgnored ? { token: { is: "ignored" }, answer: made } : honoured(made);
}

/** Whether the service's own start lies at a moment, or before it; both in milliseconds since 1970. */
export function reachesBack(since: number, now: number): boolean {
  // "1h" was counted a little before the service is asked.
  return since >= now - OWN_START_MS - MAX_ASKING_MS;
}

const MAX_ASKING_MS = 60_000;

/** The service's time; where it does not say, this host's. In milliseconds since 1970. */
export function timeAt({ servedAt }: LogAnswer, now: number): number {
  return Number.isNaN(servedAt) ? now : servedAt;
}

/**
 * Whether a token made for this very moment is answered with what was there before: with what is the
 * first of other answers (`signs`), or with an event that is no new one.
 */
async function ignoresTokens(
  signs: readonly string[],
  answerFor: AnswerFor,
  limit: number | undefined,
  time: number,
): Promise<boolean> {
  const token = tokenAt(time);
  const answer = await unlessRefused(answerFor(token, limit));
  if (answer instanceof CallFailure) return false;
  const sign = signOf(answer, token);
  const first = timeOf(eventAt(answer.events, 0) ?? {});
  answer.release();
  return sign !== undefined && (signs.includes(sign) || first < time - SURELY_OLD_MS);
}

/** By what an answer is known again: its first event, or else the token that it leads on to. */
function signOf({ events, next }: LogAnswer, token: string | undefined): string | undefined {
  const { bytes, spans } = events;
  if (spans.length > 0) return new TextDecoder().decode(bytes.subarray(spans[0], spans[1]));
  return next === token ? undefined : next;
}

/** When an answer begins: by its first event, or else by the token that it leads on to, if that is later. */
function beginningOf({ events, next }: LogAnswer, token: string): number {
  const first = eventAt(events, 0);
  if (first !== undefined) return timeOf(first);
  const time = timeOfToken(next ?? "") ?? NaN;
  return time > timeOfToken(token)! ? time : NaN;
}

function honoured(answer: LogAnswer): Start {
  return { token: { is: "honoured" }, answer };
}

/** The answer, or the failure where it is about the token. Throws every other failure. */
async function unlessRefused(answering: Promise<LogAnswer>): Promise<LogAnswer | CallFailure> {
  try {
    return await answering;
  } catch (error) {
    if (!refusesToken(error)) throw error;
    return error;
  }
}

/** Whether a failure is about the token, rather than about the credentials, the load or the server. */
export function refusesToken(error: unknown): error is CallFailure & { status: number } {
  if (!(error instanceof CallFailure) || error.status === undefined) return false;
  const { status } = error;
  return status === 500 || status >= 400 && status < 500 && ![401, 403, 429].includes(status);
}
