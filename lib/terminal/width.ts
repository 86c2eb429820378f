/**
 * How much room does a text take on a terminal? Text from elsewhere is made harmless here, measured
 * in cells, and cut and padded to them.
 */

/** How many cells of a terminal a cleaned text takes. */
export function cellsOf(text: string): number {
  if (ASCII.test(text)) return text.length;
  let cells = 0;
  for (const character of text) cells += NOTHING.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return cells;
}

/** As much of a text as fits, with an ellipsis where something is missing; never half a character. */
export function cut(text: string, width: number): string {
  if (cellsOf(text) <= width) return text;
  if (width < 1) return "";
  let kept = "";
  let room = width - 1;
  graphemes ??= new Intl.Segmenter("und", { granularity: "grapheme" });
  for (const { segment } of graphemes.segment(text)) {
    room -= cellsOf(segment);
    if (room < 0) break;
    kept += segment;
  }
  return `${kept.trimEnd()}…`;
}

/** As `cut`, but what follows the last slash gives way last. */
export function cutPath(text: string, width: number): string {
  const slash = text.lastIndexOf("/");
  if (slash < 0 || cellsOf(text) <= width) return cut(text, width);
  const end = text.slice(slash);
  return cut(cut(text.slice(0, slash), Math.max(4, width - cellsOf(end))) + end, width);
}

/** A text in exactly so many cells: cut, or with spaces after it. */
export function pad(text: string, width: number): string {
  const fitting = cut(text, width);
  return fitting + " ".repeat(Math.max(0, width - cellsOf(fitting)));
}

/** Made where it is needed first, since most runs never do. */
let graphemes: Intl.Segmenter | undefined;

const ASCII = /^[ -~]*$/;

// Unicode's East Asian width is not among the properties that regular expressions know, and the npm
// edition of @std/cli lacks the data of its unicode_width.js. These two agree with wcwidth 0.9.1
// (Unicode 18) except for some 130 symbols of divination and counting, and the spacing marks of
// Indic scripts, which count one here as on most terminals.
const NOTHING = /^[\p{Mn}\p{Me}\u1160-\u11ff\ud7b0-\ud7ff]/u;
// A flag is two regional indicators, so each of them counts one.
const WIDE = new RegExp(
  "^(?!\\p{RI})[\\p{Emoji_Presentation}" +
    "\\u1100-\\u115e\\u2329\\u232a\\u2e80-\\u303e\\u3040-\\ua4cf\\ua960-\\ua97f\\uac00-\\ud7a3" +
    "\\uf900-\\ufaff\\ufe10-\\ufe1f\\ufe30-\\ufe6f\\uff01-\\uff60\\uffe0-\\uffe6" +
    "\\u{16fe0}-\\u{18dff}\\u{1aff0}-\\u{1b2ff}\\u{1f200}-\\u{1f2ff}\\u{20000}-\\u{3fffd}]",
  "u",
);
