/** How is text from elsewhere shown on one line, and in which words does a person read a number? */

/** A text from elsewhere as messages show it. */
export function quoted(text: string): string {
  return `"${oneLine(text, 100)}"`;
}

/**
 * What a thrown thing says of itself, on one line, without the numbers that the system has for it and
 * without advice to whoever starts Deno: the client has no such flags.
 */
export function describe(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const plain = text.replace(/ \(os error \d+\)/g, "").replace(/: \w+ '.*'$/s, "")
    .replace(/, run again with the --allow-[\w-]+ flag$/, ", which the runtime does not give");
  return oneLine(plain, 300);
}

/**
 * Text from elsewhere made fit for a line on a terminal: control characters (also the C1 and the
 * bidirectional ones) and line breaks become spaces, and at most `limit` UTF-16 units are kept.
 */
export function oneLine(text: string, limit: number): string {
  const plain = text.slice(0, limit + 1000)
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu, " ")
    .replace(/ {2,}/g, " ").trim();
  return plain.length > limit ? `${plain.slice(0, limit)}…` : plain;
}

/** So many of a thing: `1 event`, `2 events`. */
export function plural(count: number, noun: string, digits: string = String(count)): string {
  return `${digits} ${noun}${count === 1 ? "" : "s"}`;
}

/** UTF-16 units of a text that are looked at; no terminal is wider. */
const LONGEST = 500;

/**
 * A value of an event as plain text on one line; empty for what is neither text nor a number. What
 * could move the cursor or the reading direction becomes a space. What terminals do not agree on the
 * width of is taken apart or left out: joined emoji, skin tones, variation selectors.
 */
export function clean(value: unknown, longest: number = LONGEST): string {
  if (typeof value === "number") return String(value);
  if (typeof value !== "string") return "";
  const text = value.slice(0, longest);
  const plain = ASCII.test(text) ? text : text.replace(UNDECIDED, "").replace(INVISIBLE, " ");
  return oneLine(plain, longest) + (value.length > longest ? "…" : "");
}

/** Also every mark after the fourth on one letter: no language has it, and it runs over other lines. */
const UNDECIDED = /\p{Variation_Selector}|\p{Emoji_Modifier}|(?<=\p{M}{4})\p{M}/gu;

/** The letters of Hangul that show nothing and may take two cells for it. */
const INVISIBLE = /[\u115f\u1160\u3164\uffa0]/g;

const ASCII = /^[ -~]*$/;
