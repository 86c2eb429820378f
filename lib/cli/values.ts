/** What does a typed value stand for? A number, a moment, a span, or one of several words. */

import { type Failure, usageFailure } from "../base/errors.ts";
import { readMoment, readSpan } from "../base/read_time.ts";
import { quoted } from "../base/text.ts";
import type { Instant } from "../base/time.ts";

/** A whole number, to the letter: what looks like another notation is a mistake. Throws Failure (usage). */
export function wholeNumber(
  name: string,
  text: string | undefined,
  least: number,
): number | undefined {
  if (text === undefined) return undefined;
  if (/^(0|[1-9]\d*)$/.test(text) && Number(text) >= least) return Number(text);
  throw unreadable(name, text, `it must be a whole number from ${least} on`);
}

/**
 * A moment, or an age before `now` (milliseconds since 1970). A time without a zone is one of this
 * host's zone. Throws Failure (usage).
 */
export function instant(name: string, text: string | undefined, now: number): Instant | undefined {
  return text === undefined ? undefined : read(name, text, () => readMoment(text, now));
}

/** A span in milliseconds, of at least `leastMs`. Throws Failure (usage). */
export function span(name: string, text: string | undefined, leastMs = 0): number | undefined {
  if (text === undefined) return undefined;
  const ms = read(name, text, () => readSpan(text));
  if (ms >= leastMs) return ms;
  throw unreadable(name, text, `it must be at least ${leastMs / 1000}s`);
}

function read<Value>(name: string, text: string, reader: () => Value): Value {
  try {
    return reader();
  } catch (error) {
    throw unreadable(name, text, (error as SyntaxError).message);
  }
}

function unreadable(name: string, text: string, why: string): Failure {
  return usageFailure(`Cannot use --${name} ${quoted(text)}: ${why}`);
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
  throw unreadable(name, text, `it must be ${list}`);
}
