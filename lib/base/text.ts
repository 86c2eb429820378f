/** How is text from elsewhere shown on one line, and in which words does a person read a number? */

const MAX_QUOTED_LENGTH = 100;
const MAX_DESCRIPTION_LENGTH = 300;

/** A text from elsewhere as messages show it. Notes hide a secret also where it was cut here. */
export function quoted(text: string): string {
  return `"${oneLine(text, MAX_QUOTED_LENGTH)}"`;
}

/**
 * What a thrown thing says of itself, on one line, as messages go on with it: without the number that
 * the system has for it, without a full stop (Windows has one), and without advice to whoever starts
 * Deno, since the client has no such flags.
 */
export function describe(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const plain = text.replace(/ \(os error \d+\)/g, "").replace(/: \w+ '.*'$/s, "")
    .replace(/^File name too long$/, "$& (most systems take 255 bytes)")
    .replace(/^Requires all access to .*/s, "the runtime opens nothing in /dev, /proc and /sys")
    .replace(/, run again with the --allow-[\w-]+ flag$/, ", which the runtime does not give");
  return oneLine(plain, MAX_DESCRIPTION_LENGTH).replace(/(?<!\.)\.$/, "");
}

/** The same of a file that cannot be read, with what helps where this user may not. */
export function whyUnread(error: unknown): string {
  const isDenied = error instanceof Deno.errors.PermissionDenied;
  return describe(error) + (isDenied ? "; run as a user who may read it" : "");
}

/**
 * A text without what could control a terminal, end a line or turn the reading direction: control
 * characters (C1 too), the invisible ones that Unicode calls format characters, and line breaks. A
 * space stands for them.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu, " ");
}

/** JSON on one line, in which all that `printable` takes away is escaped. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) =>
      character.split("")
        .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`).join(""),
  );
}

/** Text from elsewhere as one line of at most `limit` UTF-16 units, without repeated spaces. */
export function oneLine(text: string, limit: number): string {
  const plain = printable(text.slice(0, limit + 1000)).replace(/ {2,}/g, " ").trim();
  return plain.length > limit ? `${plain.slice(0, limit)}…` : plain;
}

/** So many of a thing: `1 event`, `2 events`. */
export function plural(count: number, noun: string, digits: string = String(count)): string {
  return `${digits} ${noun}${count === 1 ? "" : "s"}`;
}

/** No terminal is wider. */
const MAX_CELL_LENGTH = 500;

/**
 * A value of an event as plain text on one line; empty for what is neither text nor a number. What
 * could move the cursor or the reading direction becomes a space. What terminals do not agree on the
 * width of is taken apart or left out: joined emoji, skin tones, variation selectors. At most `limit`
 * UTF-16 units are looked at.
 */
export function clean(value: unknown, limit: number = MAX_CELL_LENGTH): string {
  if (typeof value === "number") return String(value);
  if (typeof value !== "string") return "";
  const text = value.slice(0, limit);
  const plain = ASCII.test(text) ? text : text.replace(UNDECIDED, "").replace(INVISIBLE, " ");
  return oneLine(plain, limit) + (value.length > limit ? "…" : "");
}

/** Also every mark after the fourth on one letter: no language has it, and it runs over other lines. */
const UNDECIDED = /\p{Variation_Selector}|\p{Emoji_Modifier}|(?<=\p{M}{4})\p{M}/gu;

/** The letters of Hangul that show nothing and may take two cells for it. */
const INVISIBLE = /[\u115f\u1160\u3164\uffa0]/g;

const ASCII = /^[ -~]*$/;
