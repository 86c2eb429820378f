/** How much room does a text take on a terminal, and how is it made to fit? */

import { eastAsianWidth } from "get-east-asian-width";

/** How many cells of a terminal a cleaned text takes. */
export function cellsOf(text: string): number {
  if (ASCII.test(text)) return text.length;
  let cells = 0;
  for (const character of text) {
    if (!NO_CELLS.test(character)) cells += eastAsianWidth(character.codePointAt(0)!);
  }
  return cells;
}

/** As much of a text as fits, with an ellipsis where something is missing; never half a character. */
export function truncate(text: string, width: number): string {
  if (cellsOf(text) <= width) return text;
  if (width < 1) return "";
  if (ASCII.test(text)) return `${text.slice(0, width - 1).trimEnd()}…`;
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

/** As `truncate`, but what follows the last slash is kept as long as possible. */
export function truncatePath(text: string, width: number): string {
  const slash = text.lastIndexOf("/");
  if (slash < 0 || cellsOf(text) <= width) return truncate(text, width);
  const end = text.slice(slash);
  const start = truncate(text.slice(0, slash), Math.max(4, width - cellsOf(end)));
  return truncate(start + end, width);
}

/** A text in exactly so many cells: truncated, or with spaces after it. */
export function pad(text: string, width: number): string {
  const fitting = truncate(text, width);
  return fitting + " ".repeat(Math.max(0, width - cellsOf(fitting)));
}

/** Made when it is first needed, since most runs never need it. */
let graphemes: Intl.Segmenter | undefined;

const ASCII = /^[ -~]*$/;

/** Marks that stand on the character before them, and the later letters of a syllable of Hangul. */
const NO_CELLS = /^[\p{Mn}\p{Me}\u1160-\u11ff\ud7b0-\ud7ff]/u;
