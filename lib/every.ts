/** A continuous run that stays: a round, a wait, the next round. */

import { CallFailure, explain } from "./base/errors.ts";
import { utcTime } from "./base/time.ts";
import type { RetryOptions } from "./sources/retry.ts";

/** The share of the period by which a round may come later, so that not all clients come at once. */
const LARGEST_JITTER = 0.1;

/**
 * Runs rounds for ever, at multiples of `period` milliseconds since 1970. What may heal is survived;
 * each change between failing and working is said once. Throws what does not heal, or the signal's
 * reason.
 */
export async function every(
  period: number,
  round: () => Promise<void>,
  { signal, notes, timing }: Omit<RetryOptions, "retries">,
): Promise<never> {
  for (let failing = false;;) {
    try {
      await round();
      if (failing) notes.say("Works again");
      failing = false;
    } catch (error) {
      if (!retryable(error)) throw error;
      if (!failing) notes.say(`${explain(error)}; trying again until it works`);
      failing = true;
    }
    signal.throwIfAborted();
    const now = timing.now();
    const next = (Math.floor(now / period) + 1 + LARGEST_JITTER * timing.random()) * period;
    notes.waiting(`next round at ${utcTime(next)}`);
    await timing.sleep(next - now, signal);
    notes.waiting();
  }
}

/** A service that is away may come back, also after more tries than one round makes. */
function retryable(error: unknown): boolean {
  return error instanceof CallFailure && (error.kind === "unreachable" || error.retryable);
}
