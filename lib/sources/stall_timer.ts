/** When has a call waited too long for the next byte? */

import { unreachable } from "./failures.ts";
import type { Service } from "./service.ts";

/** Ends one call where no byte comes for too long, or the run ends. */
export interface StallTimer extends Disposable {
  /** Aborts where the call has to end; its reason is what to throw. */
  readonly signal: AbortSignal;
  /** From now on bytes are waited for. */
  start(): void;
  /** Some bytes came. */
  reset(): void;
}

/**
 * Makes the timer of one call. Its signal is not made by `AbortSignal.any`, whose signals stay with the
 * one that lasts until V8 tidies up; and it sets a timer once, and looks at the clock, rather than for
 * each piece of a body.
 */
export function stallTimer({ timeout, signal }: Service, url: URL): StallTimer {
  const call = new AbortController();
  const end = () => call.abort(signal.reason);
  signal.addEventListener("abort", end);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let since = 0;
  const look = () => {
    const left = timeout - (performance.now() - since);
    if (left > 0) timer = setTimeout(look, left);
    else call.abort(unreachable(url, `no byte came for ${timeout / 1000} seconds (see --timeout)`));
  };
  return {
    signal: call.signal,
    start() {
      since = performance.now();
      timer = setTimeout(look, timeout);
    },
    reset() {
      since = performance.now();
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
    },
  };
}
