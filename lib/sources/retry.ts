/** When is a call made again, and after how long? Nothing else in the client decides that. */

import { CallFailure } from "../base/errors.ts";
import { DAY, utcTime } from "../base/time.ts";
import type { Notes } from "../terminal/notes.ts";

const FIRST_WAIT = 500;
const LONGEST_WAIT = 30_000;
/** A `Retry-After` up to this long is waited out. */
const LONGEST_OBEYED = 5 * 60_000;
/** A `Retry-After` beyond this is taken for a mistake of the service. */
const LONGEST_BELIEVED = 7 * DAY;

/** Clock and chance, which tests replace. */
export interface Chance {
  /** Milliseconds since 1970. */
  now(): number;
  /** From 0 up to but not including 1. */
  random(): number;
  /** Resolves after so many milliseconds, or rejects with the signal's reason. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** What a retried call needs besides itself. */
export interface Persistence {
  /** How often a failed call is made again; 0 switches off. */
  readonly retries: number;
  readonly signal: AbortSignal;
  readonly notes: Notes;
  readonly chance: Chance;
}

/** The real clock and real chance. */
export const realChance: Chance = { now: Date.now, random: Math.random, sleep };

/**
 * Makes a call until it succeeds, fails for good, or has been made again `retries` times.
 * Throws the last failure, or the signal's reason.
 */
export async function persistently<T>(
  call: () => Promise<T>,
  { retries, signal, notes, chance }: Persistence,
): Promise<T> {
  for (let made = 0;; made++) {
    signal.throwIfAborted();
    try {
      return await call();
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof CallFailure) || !error.retryable) throw error;
      const asked = requestedWait(error.retryAfter, chance.now());
      if (asked !== undefined && asked > LONGEST_OBEYED) throw comeBackLater(error, asked, chance);
      if (made >= retries) throw error;
      const wait = asked ?? ownWait(made, chance.random());
      notes.debug(`${error.message}; retry ${made + 1} of ${retries} in ${seconds(wait)}`);
      const why = error.status ?? "no answer";
      notes.waiting(`retry ${made + 1} of ${retries} in ${seconds(wait)}: ${why}`);
      await chance.sleep(wait, signal);
      notes.waiting();
    }
  }
}

/** Milliseconds before the retry after `made` others: doubling, capped, with full jitter. */
export function ownWait(made: number, random: number): number {
  return random * Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** made);
}

/**
 * Milliseconds that a `Retry-After` header asks for (RFC 9110, section 10.2.3: seconds, or an HTTP
 * date). Undefined where there is none, or it lies in the past or makes no sense.
 */
export function requestedWait(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  const wait = /^\d+$/.test(text)
    ? Number(text) * 1000
    : /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text)
    ? Date.parse(text) - now
    : NaN;
  return wait >= 0 && wait <= LONGEST_BELIEVED ? wait : undefined;
}

function comeBackLater(error: CallFailure, wait: number, chance: Chance): CallFailure {
  const when = utcTime(chance.now() + wait);
  return new CallFailure(error.kind, `${error.message}; it asks to come back after ${when}`, {
    retryable: false,
    ...(error.status === undefined ? {} : { status: error.status }),
    cause: error,
  });
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal.addEventListener("abort", stop, { once: true });
  });
}
