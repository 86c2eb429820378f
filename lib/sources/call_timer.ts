/** When has one call taken too long? */

import { spanText } from "../base/time.ts";
import { DeadlinePassed, unreachable } from "./failures.ts";
import type { Service } from "./service.ts";

/** A call may take so many times `--timeout`; after that only bytes at a useful rate keep it going. */
const MAX_TIMEOUTS = 10;
const MIN_BYTES_PER_SECOND = 4096;

/** Ends one call that takes too long, or whose run ends. */
export interface CallTimer extends Disposable {
  /** Aborts when the call has to end; its reason is what to throw. */
  readonly signal: AbortSignal;
  /** Whether the call was ended since too few bytes came. */
  readonly isStalled: boolean;
  /** From now on bytes are waited for. */
  start(): void;
  /** How many bytes have come by now, all in all. */
  received(length: number): void;
  /** From now on the call has at most so many milliseconds. */
  endIn(ms: number): void;
}

/** How far a call is. Times are those of `performance.now()`. */
export interface CallProgress {
  started: number;
  /** When the latest bytes came. */
  latest: number;
  /** How many bytes have come. */
  length: number;
  /** When the call has to end whatever comes. */
  endAt: number;
}

/**
 * Makes the timer of one call: it ends without a byte for `--timeout`, after ten times that unless bytes
 * come at a useful rate, and at the run's deadline. A run that has no page yet may wait for its first one
 * for `--timeout` at least, or a small `--budget` would never get anywhere.
 *
 * Its signal is not made by `AbortSignal.any`, whose signals stay with the one that lasts until V8 tidies
 * up; and it sets a timer once, and looks at the clock, rather than for each piece of a body.
 */
export function callTimer(service: Service, url: URL): CallTimer {
  const { timeout, signal, timing, state, deadline = Infinity } = service;
  const call = new AbortController();
  const end = () => call.abort(signal.reason);
  signal.addEventListener("abort", end);
  const progress: CallProgress = { started: 0, latest: 0, length: 0, endAt: Infinity };
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isStalled = false;

  function look() {
    const now = performance.now();
    const stalled = whyStalled(progress, timeout, now);
    isStalled = stalled !== undefined;
    if (stalled !== undefined) call.abort(unreachable(url, `${stalled} (see --timeout)`));
    else if (now >= progress.endAt) call.abort(new DeadlinePassed(url));
    else timer = setTimeout(look, Math.ceil(nextLook(progress, timeout, now) - now));
  }
  return {
    signal: call.signal,
    get isStalled() {
      return isStalled;
    },
    start() {
      const now = performance.now();
      const left = Math.max(deadline - timing.now(), state.hasPage ? 0 : timeout);
      Object.assign(progress, { started: now, latest: now, endAt: now + left });
      timer = setTimeout(look, Math.min(timeout, left));
    },
    received(length) {
      progress.latest = performance.now();
      progress.length = length;
    },
    endIn(ms) {
      progress.endAt = Math.min(progress.endAt, performance.now() + ms);
      clearTimeout(timer);
      look();
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
    },
  };
}

/** Why a call has taken too long by `now`, if it has; `timeout` is in milliseconds. */
export function whyStalled(
  { started, latest, length }: CallProgress,
  timeout: number,
  now: number,
): string | undefined {
  if (now - latest >= timeout) return `no byte came for ${timeout / 1000} seconds`;
  const took = now - started;
  if (took < timeout * MAX_TIMEOUTS || length / took * 1000 >= MIN_BYTES_PER_SECOND) {
    return undefined;
  }
  return `only ${length} bytes came in ${spanText(took)}`;
}

/** When a call can have taken too long for the first time from now on. */
function nextLook({ started, latest, endAt }: CallProgress, timeout: number, now: number): number {
  const limit = started + timeout * MAX_TIMEOUTS;
  return Math.min(latest + timeout, now < limit ? limit : Infinity, endAt);
}
