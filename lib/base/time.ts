/** How are moments and spans of time written, for the services and in messages? */

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
