/** When has one call taken too long? */

import type { CallFailure } from "../base/errors.ts";
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
  let timer: ReturnType<typeof setTimeout> | undefined;
  let started = 0, latest = 0, length = 0;
  let endAt = Infinity;
  let isStalled = false;

  function look() {
    const now = performance.now();
    const took = now - started;
    if (now - latest >= timeout) {
      return stall(unreachable(url, `no byte came for ${timeout / 1000} seconds (see --timeout)`));
    }
    const limit = timeout * MAX_TIMEOUTS;
    if (took >= limit && length / took * 1000 < MIN_BYTES_PER_SECOND) {
      const why = `only ${length} bytes came in ${spanText(took)} (see --timeout)`;
      return stall(unreachable(url, why));
    }
    if (now >= endAt) return call.abort(new DeadlinePassed(url));
    const next = Math.min(latest + timeout, took < limit ? started + limit : Infinity, endAt);
    timer = setTimeout(look, Math.ceil(next - now));
  }
  function stall(failure: CallFailure) {
    isStalled = true;
    call.abort(failure);
  }
  return {
    signal: call.signal,
    get isStalled() {
      return isStalled;
    },
    start() {
      started = latest = performance.now();
      endAt = started + Math.max(deadline - timing.now(), state.hasPage ? 0 : timeout);
      timer = setTimeout(look, Math.min(timeout, Math.max(0, endAt - started)));
    },
    received(all) {
      latest = performance.now();
      length = all;
    },
    endIn(ms) {
      endAt = Math.min(endAt, performance.now() + ms);
      clearTimeout(timer);
      look();
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
    },
  };
}
