/** What does a typed value stand for? A number, a moment, a span, or one of several words. */

import { usageFailure } from "../base/errors.ts";
import { quoted } from "../base/text.ts";
import { type Instant, parseDuration, parseInstant } from "../base/time.ts";

/** A whole number, to the letter: what looks like another notation is a mistake. Throws Failure (usage). */
export function whole(name: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^(0|[1-9]\d*)$/.test(text) && Number(text) >= least) return Number(text);
  throw usageFailure(
    `Cannot use --${name} ${quoted(text)}: it must be a whole number from ${least} on`,
  );
}

/** A moment, or an age before `now` (milliseconds since 1970). Throws Failure (usage). */
export function instant(name: string, text: string | undefined, now: number): Instant | undefined {
  if (text === undefined) return undefined;
  const result = parseInstant(text, now);
  if (result !== undefined) return result;
  const forms = "a time such as 2017-05-03T16:22:18Z, or an age such as 90m, 24h or 7d";
  throw usageFailure(`Cannot use --${name} ${quoted(text)}: it must be ${forms}`);
}

/** A span in milliseconds, of at least `leastMs`. Throws Failure (usage). */
export function span(name: string, text: string | undefined, leastMs = 0): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseDuration(text);
  if (ms === undefined || !Number.isSafeInteger(ms)) {
    throw usageFailure(
      `Cannot use --${name} ${quoted(text)}: it must be a span such as 50s, 5m or 2h`,
    );
  }
  if (ms >= leastMs) return ms;
  throw usageFailure(
    `Cannot use --${name} ${quoted(text)}: it must be at least ${leastMs / 1000}s`,
  );
}

/** One of some words. Throws Failure (usage). */
export function choice<Choice extends string>(
  name: string,
  text: string | undefined,
  choices: readonly Choice[],
): Choice | undefined {
  if (text === undefined) return undefined;
  const chosen = choices.find((one) => one === text);
  if (chosen !== undefined) return chosen;
  const list = choices.join(", ").replace(/, (?=\w+$)/, " or ");
  throw usageFailure(`Cannot use --${name} ${quoted(text)}: it must be ${list}`);
}
