/** How may a character stand in a text, and where does a text end that is written in such ways? */

/** How a character may stand in a text. */
export interface Spelling {
  readonly plain: readonly string[];
  /** The numbers that escapes have for it: of the character, of its UTF-16 units, of its bytes. */
  readonly numbers: readonly (readonly number[])[];
}

/** Names that HTML has for what has to be escaped there. */
const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&apos;",
  " ": "&nbsp;",
};

/** All the ways to write a character that are known here. */
export function spellingOf(character: string): Spelling {
  const bytes = Array.from(new TextEncoder().encode(character));
  const units = character.split("").map((unit) => unit.charCodeAt(0));
  const entity = ENTITIES[character];
  return {
    plain: [
      character,
      `\\${character}`,
      ...(entity === undefined ? [] : [entity]),
      ...(character === " " ? ["+"] : []),
      // Headers are read byte by byte, so a character of several bytes comes as several.
      ...(bytes.length === 1 ? [] : [String.fromCharCode(...bytes)]),
      // What cannot be shown may be replaced, byte by byte or as a whole.
      ...(bytes.length === 1 ? [] : bytes.flatMap((_, i) => ["?", "\ufffd"].map(repeat(i + 1)))),
    ],
    numbers: [[character.codePointAt(0)!], units, bytes],
  };
}

function repeat(count: number) {
  return (text: string) => text.repeat(count);
}

/**
 * Where a form that begins at `start` ends; before the ellipsis where the text was cut inside it; at
 * `start` where it does not stand there. (Not a regular expression: V8 refuses one for a long secret, in
 * a message that holds it.)
 */
export function endOf(form: readonly Spelling[], text: string, start: number): number {
  let ends = [start];
  for (const spelling of form) {
    const next = new Set<number>();
    let cut = start;
    for (const end of ends) {
      const at = end === start || isPlain(text, end) ? end : end + lengthOf(INVISIBLE, text, end);
      // A line break may stand for a space.
      if (at > end && spelling.plain[0] === " ") next.add(at);
      for (const spelled of spelling.plain) {
        if (text.startsWith(spelled, at)) next.add(at + spelled.length);
        const shown = text.slice(at, at + spelled.length).indexOf(ELLIPSIS);
        if (shown >= 0 && spelled.startsWith(text.slice(at, at + shown))) cut = at + shown;
      }
      if (text[at] === ELLIPSIS) cut = at;
      if (!isEscape(text[at])) continue;
      for (const numbers of spelling.numbers) {
        const escaped = endOfEscapes(numbers, text, at);
        if (escaped !== undefined) next.add(escaped);
      }
      const begun = lengthOf(CUT_ESCAPE, text, at);
      if (begun > 0) cut = at + begun;
    }
    if (next.size === 0) return cut;
    ends = [...next];
  }
  return Math.max(...ends);
}

/** Where escapes for these numbers that begin at `start` end. */
function endOfEscapes(
  numbers: readonly number[],
  text: string,
  start: number,
): number | undefined {
  let at = start;
  for (const number of numbers) {
    if (!isEscape(text[at])) return undefined;
    ESCAPE.lastIndex = at;
    const [escape = "", ...groups] = ESCAPE.exec(text) ?? [];
    const [decimal, ...hexadecimal] = groups;
    const digits = hexadecimal.find((group) => group !== undefined);
    const found = digits === undefined ? Number(decimal) : parseInt(digits, 16);
    if (found !== number) return undefined;
    at += escape.length;
  }
  return at;
}

function isEscape(character: string | undefined): boolean {
  return character === "\\" || character === "&" || character === "%";
}

/** How JSON, JavaScript, HTML and URLs write a character, or a byte of it, as a number. */
const ESCAPE = new RegExp(
  String.raw`&#(\d{1,8});?|&#x([\da-f]{1,8});?|\\u([\da-f]{4})|\\u\{([\da-f]{1,8})\}|` +
    String.raw`\\x([\da-f]{2})|%u([\da-f]{4})|%([\da-f]{2})`,
  "iy",
);

/** The beginning of such an escape before an ellipsis, which is not a part of it. */
const CUT_ESCAPE = /(?:&#x?|\\[ux]\{?|%u?|&)[\da-z]{0,8}(?=…)/iy;

/** What is not seen, and does not keep a person from reading a secret. */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]+/uy;

/** A text without what is not seen of it. */
export function withoutInvisible(text: string): string {
  return text.replace(new RegExp(INVISIBLE, "gu"), "");
}

/** Whether a character is one of ASCII that is seen; most are. */
function isPlain(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return unit >= 0x20 && unit < 0x7f;
}

/** How much of a text from `at` on a sticky pattern takes, in UTF-16 units. */
function lengthOf(sticky: RegExp, text: string, at: number): number {
  sticky.lastIndex = at;
  return sticky.exec(text)?.[0].length ?? 0;
}

const ELLIPSIS = "…";
