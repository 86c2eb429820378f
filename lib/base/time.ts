/** How are moments and spans of time written by people, for the services, and in messages? */

import * as z from "zod/mini";

/** A moment: to compare with, and as it is sent. */
export interface Instant {
  /** Milliseconds since 1970. */
  readonly ms: number;
  /** RFC 3339 in UTC with a `Z`; fractions of a second are kept as they were given. */
  readonly text: string;
}

const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** One hour in milliseconds. */
export const HOUR = UNITS.h;
/** One day in milliseconds. */
export const DAY = UNITS.d;

const RFC3339 = z.iso.datetime({ offset: true });

/**
 * Reads a moment: RFC 3339 (a space or a small letter for the `T` will do), or an age such as `90m`
 * counted back from `now`. Undefined where it is neither, or lies outside the years 1970 to 9999.
 */
export function parseInstant(text: string, now: number): Instant | undefined {
  const age = parseDuration(text);
  if (age !== undefined) return instantAt(now - age);
  const standard = text.toUpperCase().replace(" ", "T");
  if (!RFC3339.safeParse(standard).success) return undefined;
  // The fraction is carried over as text: Date would cut it to milliseconds.
  const fraction = /\.\d+/.exec(standard)?.[0] ?? "";
  const whole = instantAt(Date.parse(standard.replace(fraction, "")));
  return whole && {
    ms: whole.ms + Math.trunc(Number(`0${fraction}`) * 1000),
    text: whole.text.replace("Z", `${fraction}Z`),
  };
}

/** Reads a span such as `90m`, `24h` or `7d` (units s, m, h, d) into milliseconds. */
export function parseDuration(text: string): number | undefined {
  const [, count, unit] = /^(\d+)([smhd])$/.exec(text) ?? [];
  return unit === undefined ? undefined : Number(count) * UNITS[unit as keyof typeof UNITS];
}

/** The moment `ms` milliseconds after 1970; undefined outside the years 1970 to 9999. */
export function instantAt(ms: number): Instant | undefined {
  if (!(ms >= 0 && ms < Date.UTC(10_000))) return undefined;
  const whole = Math.trunc(ms);
  return { ms: whole, text: new Date(whole).toISOString().replace(".000Z", "Z") };
}

/** A moment for people, in UTC to the second: `2026-11-26T21:05:22Z`. `ms` is milliseconds since 1970. */
export function utcTime(ms: number): string {
  return instantAt(ms - ms % 1000)?.text ?? "an unknown time";
}

/** A span for people, in its largest unit: `2.1 h`. */
export function spanText(ms: number): string {
  const [unit, size] = Object.entries(UNITS).findLast(([, size]) => ms >= size) ?? ["s", 1000];
  return `${(ms / size).toFixed(1)} ${unit === "m" ? "min" : unit}`;
}
