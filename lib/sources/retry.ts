/** When is a call made again, and after how long? Nothing else in the client decides that. */

import { delay } from "@std/async/delay";
import { CallFailure } from "../base/errors.ts";
import { DAY, spanText, utcTime } from "../base/time.ts";
import type { Notes } from "../terminal/notes.ts";

const FIRST_WAIT_MS = 500;
const MAX_WAIT_MS = 30_000;
/** A `Retry-After` up to this long is waited out. */
const MAX_OBEYED_MS = 5 * 60_000;
/** A `Retry-After` beyond this is taken for a mistake of the service. */
const MAX_BELIEVED_MS = 7 * DAY;

/** Clock and chance, which tests replace. */
export interface Timing {
  /** Milliseconds since 1970. */
  now(): number;
  /** From 0 up to but not including 1. */
  random(): number;
  /** Resolves after so many milliseconds, or rejects with the signal's reason. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** What a retried call needs besides itself. */
export interface RetryOptions {
  /** How often a failed call is made again; 0 switches off. */
  readonly retries: number;
  readonly signal: AbortSignal;
  readonly notes: Notes;
  readonly timing: Timing;
  /** When the run has to be over, in milliseconds since 1970; no call goes on for longer. */
  readonly deadline?: number | undefined;
}

/** The real clock and real chance. */
export const realTiming: Timing = {
  now: Date.now,
  random: Math.random,
  sleep: (ms, signal) => delay(ms, { signal }),
};

/**
 * Makes a call until it succeeds, fails for good, has been made again `retries` times, or could only be
 * made again after the deadline. Throws the last failure, with how often and how long it was tried and
 * until when the service asked to wait (`retryAt`); or the signal's reason.
 */
export async function withRetries<T>(
  call: () => Promise<T>,
  { retries, signal, notes, timing, deadline = Infinity }: RetryOptions,
): Promise<T> {
  const started = timing.now();
  for (let made = 0;; made++) {
    signal.throwIfAborted();
    try {
      return await call();
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof CallFailure) || !error.retryable) throw error;
      const now = timing.now();
      const asked = retryAfter(error.retryAfter, now);
      const wait = asked ?? backoff(made, timing.random());
      if (made >= retries || wait > MAX_OBEYED_MS || now + wait > deadline) {
        const tried = made === 0 ? undefined : `${made + 1} times in ${spanText(now - started)}`;
        throw givenUp(error, tried, asked === undefined ? undefined : now + asked, now);
      }
      notes.debug(`${error.message}; retry ${made + 1} of ${retries} in ${seconds(wait)}`);
      const why = error.status ?? "no answer";
      notes.waiting(`retry ${made + 1} of ${retries} in ${seconds(wait)}: ${why}`);
      await timing.sleep(wait, signal);
      notes.waiting();
    }
  }
}

/** Whether a moment until when the service asked not to be called is to be waited for within a run. */
export function isSoon(retryAt: number, now: number): boolean {
  return retryAt - now <= MAX_OBEYED_MS;
}

/** Whether such a moment lies ahead, and is no mistake of the service's, or of a clock's. */
export function isAhead(retryAt: number, now: number): boolean {
  return retryAt > now && retryAt - now <= MAX_BELIEVED_MS;
}

/** Milliseconds before the retry after `made` others: doubling, capped, with full jitter. */
export function backoff(made: number, random: number): number {
  return random * Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** made);
}

/** An HTTP date, also in the two obsolete forms (RFC 9110, section 5.6.7). */
const HTTP_DATE = String
  .raw`(?:[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4}|[A-Z][a-z]{5,8}, \d\d-[A-Z][a-z]{2}-\d\d) ` +
  String.raw`\d\d:\d\d:\d\d GMT|[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}`;

/** What a `Retry-After` header holds; a second header of that name stands behind a comma. */
const RETRY_AFTER = new RegExp(`(?<=^|,)\\s*(\\d+|${HTTP_DATE})\\s*(?=$|,)`, "g");

/**
 * Milliseconds that a `Retry-After` header asks for (RFC 9110, section 10.2.3: seconds, or an HTTP
 * date); the longest of several. Undefined where there is none, or it lies in the past or makes no sense.
 */
export function retryAfter(header: string | undefined, now: number): number | undefined {
  const waits = Array.from(header?.matchAll(RETRY_AFTER) ?? [], ([, text = ""]) => {
    if (/^\d+$/.test(text)) return Number(text) * 1000;
    return Date.parse(text.endsWith("GMT") ? text : `${text} GMT`) - now;
  }).filter((wait) => wait >= 0 && wait <= MAX_BELIEVED_MS);
  return waits.length === 0 ? undefined : Math.max(...waits);
}

/** The last failure, with what there is to say besides. */
function givenUp(
  error: CallFailure,
  tried: string | undefined,
  retryAt: number | undefined,
  now: number,
): CallFailure {
  if (tried === undefined && retryAt === undefined) return error;
  const isLate = retryAt !== undefined && !isSoon(retryAt, now);
  const parts = [
    error.message,
    ...(tried === undefined ? [] : [`tried ${tried}`]),
    ...(isLate ? [`it wants no call before ${utcTime(retryAt)}`] : []),
  ];
  const { kind, status, retryAfter } = error;
  const details = { retryable: !isLate, status, retryAfter, retryAt, cause: error };
  return new CallFailure(kind, parts.join("; "), details);
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
