/** From when to when are events asked for? */

import { usageFailure } from "../base/errors.ts";
import { quoted } from "../base/text.ts";
import { DAY, type Instant, instantAt } from "../base/time.ts";
import { RETENTION_MS } from "../position/reached.ts";
import { instant } from "./values.ts";

/** From when to when; `until` is undefined where there is no end. */
export interface Period {
  readonly since: Instant;
  readonly until: Instant | undefined;
}

/** From when to when on the service; without `--since`, from 7 days before the end. Throws Failure (usage). */
export function periodOf(
  sinceText: string | undefined,
  untilText: string | undefined,
  now: number,
): Period {
  const end = instant("until", untilText, now);
  const until = end !== undefined && end.ms > now ? instantAt(now) : end;
  const latest = until?.ms ?? now;
  const since = instant("since", sinceText, now) ?? instantAt(Math.max(0, latest - 7 * DAY))!;
  if (since.ms <= latest) return { since, until };
  const isClock = /^\d\d:/.test(sinceText ?? "");
  const why = since.ms <= now
    ? "it is after --until"
    : `it is in the future${isClock ? "; a time without a date is one of today" : ""}`;
  throw usageFailure(`Cannot use --since ${quoted(sinceText ?? "")}: ${why}`);
}

/**
 * From when to when in what was pulled, which has no end but its own; without a bound, from 1970 on. Throws
 * Failure (usage).
 */
export function boundsOf(
  sinceText: string | undefined,
  untilText: string | undefined,
  now: number,
): Period {
  const until = instant("until", untilText, now);
  const since = instant("since", sinceText, now) ?? instantAt(0)!;
  if (since.ms <= (until?.ms ?? Infinity)) return { since, until };
  throw usageFailure(`Cannot use --since ${quoted(sinceText ?? "")}: it is after --until`);
}

/** What to say of a start that lies before all that the service keeps. */
export function sinceRemark(text: string | undefined, since: Instant, now: number): string[] {
  if (text === undefined || since.ms >= now - RETENTION_MS) return [];
  const days = RETENTION_MS / DAY;
  return [`--since ${text}: asks from ${since.text} on; the service keeps ${days} days`];
}
