/** How does a run stay? A round, a wait, the next round. */

import { CallFailure, explain } from "./base/errors.ts";
import { spanText, utcTime } from "./base/time.ts";
import type { RetryOptions } from "./sources/retry.ts";

/** The share of the period by which a round may come later, so that not all clients come at once. */
const MAX_JITTER = 0.1;

/**
 * Runs rounds for ever, at multiples of `period` milliseconds since 1970, but not before a time that the
 * service asked for. Temporary failures do not end it; each change between failing and working is said
 * once. Throws other failures, or the signal's reason.
 */
export async function every(
  period: number,
  round: () => Promise<void>,
  { signal, notes, timing }: Omit<RetryOptions, "retries">,
): Promise<never> {
  let failingSince: number | undefined;
  for (;;) {
    let retryAt = 0;
    try {
      await round();
      if (failingSince !== undefined) notes.say(worksAgain(failingSince, timing.now()));
      failingSince = undefined;
    } catch (error) {
      if (!isTemporary(error)) throw error;
      if (failingSince === undefined) {
        failingSince = timing.now();
        const since = utcTime(failingSince);
        notes.say(`${explain(error)}; trying again until it works (since ${since})`);
      }
      retryAt = error.retryAt ?? 0;
    }
    signal.throwIfAborted();
    const now = timing.now();
    const nextRound = (Math.floor(now / period) + 1 + MAX_JITTER * timing.random()) * period;
    const next = Math.max(nextRound, retryAt);
    notes.waiting(`next round at ${utcTime(next)}`);
    await timing.sleep(next - now, signal);
    notes.waiting();
  }
}

function worksAgain(failingSince: number, now: number): string {
  return `Works again at ${utcTime(now)}, after ${spanText(Math.max(0, now - failingSince))}`;
}

/** A service that is away may come back, also after more tries than one round makes. */
function isTemporary(error: unknown): error is CallFailure {
  return error instanceof CallFailure && (error.kind === "unreachable" || error.retryable);
}
