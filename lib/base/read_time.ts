/** Which moment or span did a person write? Where it is none: what is wrong with it? */

import { DAY, HOUR, type Instant, instantAt } from "./time.ts";

const UNITS_MS: Readonly<Record<string, number>> = {
  w: 7 * DAY,
  d: DAY,
  h: HOUR,
  m: 60_000,
  s: 1000,
};

const MOMENT_FORMS = 'it must be a time such as 2026-11-01, "2026-11-01 18:00", ' +
  "2026-11-01T18:00:00Z, 18:00 or yesterday, or an age such as 90m, 24h or 7d";
const SPAN_FORMS = "it must be a span such as 50s, 5m or 1h30m";

/** A date, perhaps with a time of day (fractions of a second, too), and that with its zone. */
const DATE_TIME =
  /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/;
const CLOCK = /^(\d\d):(\d\d)(?::(\d\d))?$/;

/**
 * Reads a moment: a date or a date and a time, with `Z` or an offset as in RFC 3339, or without as this
 * host's zone has it; a time of today; `today`, `yesterday`; or an age such as `90m` counted back from
 * `now` (milliseconds since 1970). Of two moments that a time stands for, as the clock is set back, it
 * is the earlier one; a time that the clock leaves out moves on by as much.
 * Throws SyntaxError, which says what is wrong with it.
 */
export function readMoment(text: string, now: number): Instant {
  // The fraction is carried over as text: Date would cut it to milliseconds.
  const [ms, fraction = ""] = momentAndFraction(text, now);
  const whole = instantAt(ms);
  if (whole === undefined) throw new SyntaxError("it must lie in the years 1970 to 9999");
  if (fraction === "") return whole;
  return {
    ms: whole.ms + Math.trunc(Number(`0${fraction}`) * 1000),
    text: whole.text.replace("Z", `${fraction}Z`),
  };
}

function momentAndFraction(text: string, now: number): [ms: number, fraction?: string | undefined] {
  const today = new Date(now);
  const [year, month, day] = [today.getFullYear(), today.getMonth(), today.getDate()];
  if (text === "today") return [localTime(year, month, day)];
  if (text === "yesterday") return [localTime(year, month, day - 1)];
  const [isClock, ...clock] = CLOCK.exec(text) ?? [];
  if (isClock !== undefined) return [localTime(year, month, day, ...clockTime(clock))];
  const [isDate, years, months, days, hour, minute, second, fraction, zone] =
    DATE_TIME.exec(text.toUpperCase()) ?? [];
  if (isDate === undefined) return [now - readAge(text)];
  const date = [Number(years), Number(months) - 1, Number(days)] as const;
  checkDate(...date);
  const time = clockTime([hour, minute, second]);
  if (zone === undefined) return [localTime(...date, ...time), fraction];
  return [Date.UTC(...date, ...time) - offsetMs(zone), fraction];
}

/** A time of this host's zone in milliseconds since 1970. ECMA-262 has the rule for changes of the clock. */
function localTime(...parts: readonly [year: number, month: number, ...more: number[]]): number {
  return new Date(...parts as [number, number]).getTime();
}

function checkDate(year: number, month: number, day: number): void {
  // Of these, Date makes years of the last century.
  if (year < 100) throw new SyntaxError("it must lie in the years 1970 to 9999");
  const name = `${year}-${String(month + 1).padStart(2, "0")}`;
  if (month < 0 || month > 11) throw new SyntaxError(`there is no month ${twoDigits(month + 1)}`);
  const last = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  if (day < 1 || day > last) throw new SyntaxError(`${name} has no day ${twoDigits(day)}`);
}

function clockTime(parts: readonly (string | undefined)[]): number[] {
  return parts.map((text = "00", i) => {
    const [unit, most] = ([["hour", 23], ["minute", 59], ["second", 59]] as const)[i]!;
    if (Number(text) > most) throw new SyntaxError(`there is no ${unit} ${text}`);
    return Number(text);
  });
}

/** How far a zone such as `+02:00` is from Greenwich, in milliseconds. */
function offsetMs(zone: string): number {
  if (zone === "Z") return 0;
  const [hours = 0, minutes = 0] = zone.slice(1).split(":").map(Number);
  if (hours > 23 || minutes > 59) throw new SyntaxError(`there is no offset ${zone}`);
  return (zone.startsWith("-") ? -1 : 1) * (hours * HOUR + minutes * 60_000);
}

function twoDigits(number: number): string {
  return String(number).padStart(2, "0");
}

function readAge(text: string): number {
  // Not only here, but many programs count ages like this.
  const [, unsigned] = /^[-+]((?:\d+[a-z]+)+)$/.exec(text) ?? [];
  if (unsigned !== undefined) {
    throw new SyntaxError(`an age is written without a sign: ${unsigned}`);
  }
  const [, lone] = /(?:^|[T ])(\d):\d\d/i.exec(text) ?? [];
  if (lone !== undefined) throw new SyntaxError(`its hour needs two digits: 0${lone}`);
  return spanMs(text, MOMENT_FORMS);
}

/**
 * Reads a span such as `90m` or `1h30m` (units w, d, h, m, s) into milliseconds.
 * Throws SyntaxError, which says what is wrong with it.
 */
export function readSpan(text: string): number {
  return spanMs(text, SPAN_FORMS);
}

function spanMs(text: string, forms: string): number {
  if (/^\d+$/.test(text)) throw new SyntaxError("it needs a unit: w, d, h, m or s");
  if (/^\d+[.,]\d+[a-z]+$/i.test(text)) throw new SyntaxError("it must be whole, such as 1h30m");
  const parts = [...text.matchAll(/(\d+)([wdhms][a-z]*)/gi)];
  if (parts.length === 0 || parts.map(([part]) => part).join("") !== text) {
    throw new SyntaxError(forms);
  }
  const ms = parts.reduce((sum, [, count, unit]) => {
    const unitMs = UNITS_MS[unit!];
    if (unitMs === undefined) throw new SyntaxError(`its units are w, d, h, m and s, not ${unit}`);
    return sum + Number(count) * unitMs;
  }, 0);
  if (!Number.isSafeInteger(ms)) throw new SyntaxError("it is too long");
  return ms;
}
