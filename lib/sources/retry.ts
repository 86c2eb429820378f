/** When is a call made again, and after how long? Nothing else in the client decides that. */

import { delay } from "@std/async/delay";
import { CallFailure } from "../base/errors.ts";
import { DAY, utcTime } from "../base/time.ts";
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
}

/** The real clock and real chance. */
export const realTiming: Timing = {
  now: Date.now,
  random: Math.random,
  sleep: (ms, signal) => delay(ms, { signal }),
};

/**
 * Makes a call until it succeeds, fails for good, or has been made again `retries` times.
 * Throws the last failure, or the signal's reason.
 */
export async function withRetries<T>(
  call: () => Promise<T>,
  { retries, signal, notes, timing }: RetryOptions,
): Promise<T> {
  for (let made = 0;; made++) {
    signal.throwIfAborted();
    try {
      return await call();
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof CallFailure) || !error.retryable) throw error;
      const asked = retryAfter(error.retryAfter, timing.now());
      if (asked !== undefined && asked > MAX_OBEYED_MS) throw retryLater(error, asked, timing);
      if (made >= retries) throw error;
      const wait = asked ?? backoff(made, timing.random());
      notes.debug(`${error.message}; retry ${made + 1} of ${retries} in ${seconds(wait)}`);
      const why = error.status ?? "no answer";
      notes.waiting(`retry ${made + 1} of ${retries} in ${seconds(wait)}: ${why}`);
      await timing.sleep(wait, signal);
      notes.waiting();
    }
  }
}

/** Milliseconds before the retry after `made` others: doubling, capped, with full jitter. */
export function backoff(made: number, random: number): number {
  return random * Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** made);
}

/**
 * Milliseconds that a `Retry-After` header asks for (RFC 9110, section 10.2.3: seconds, or an HTTP
 * date). Undefined where there is none, or it lies in the past or makes no sense.
 */
export function retryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const wait = /^\d+$/.test(text)
    ? Number(text) * 1000
    : /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text)
    ? Date.parse(text) - now
    : NaN;
  return wait >= 0 && wait <= MAX_BELIEVED_MS ? wait : undefined;
}

function retryLater(error: CallFailure, wait: number, timing: Timing): CallFailure {
  const when = utcTime(timing.now() + wait);
  return new CallFailure(error.kind, `${error.message}; it asks to come back after ${when}`, {
    retryable: false,
    ...(error.status === undefined ? {} : { status: error.status }),
    cause: error,
  });
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
