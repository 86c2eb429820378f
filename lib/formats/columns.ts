/** How do columns fit on a line, however wide the terminal is? */

import { pad, truncate } from "../terminal/width.ts";

/** Which columns there are and how many cells each has, from a width of the terminal on; widest first. */
export type Widths<Column extends string> = readonly (readonly [
  from: number,
  columns: Partial<Record<Column, number>>,
])[];

/** Columns in order, with the cells of each. */
export type Columns<Column extends string> = readonly (readonly [column: Column, width: number])[];

/** The columns for a width. `rest` comes last and gets the cells that are left. */
export function columnsFor<Column extends string>(
  widths: Widths<Column>,
  width: number,
  rest: Column,
): Columns<Column> {
  const [, chosen] = widths.find(([from]) => width >= from)!;
  const columns = Object.entries(chosen) as [Column, number][];
  const taken = columns.reduce((sum, [, cells]) => sum + cells + 1, 0);
  return [...columns, [rest, Math.max(1, width - taken)]];
}

/** A line of at most `width` cells. */
export function lineOf<Column extends string>(
  columns: Columns<Column>,
  width: number,
  cellOf: (column: Column, width: number) => string,
): string {
  const cells = columns.map(([column, width]) => pad(cellOf(column, width), width));
  return truncate(cells.join(" ").trimEnd(), width);
}

// A foreground and the default one again. @std/fmt/colors would decide about NO_COLOR as well, which is
// the caller's business.
const COLOURS = { red: "\x1b[31m", yellow: "\x1b[33m" };
const PLAIN = "\x1b[39m";

/** A line in a colour; as it is for undefined. */
export function coloured(line: string, colour: keyof typeof COLOURS | undefined): string {
  return colour === undefined ? line : `${COLOURS[colour]}${line}${PLAIN}`;
}

/** How long something took, in six cells for less than a day: `4s`, `1m05s`, `2h00m`. */
export function shortSpan(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const two = (number: number) => String(number % 60).padStart(2, "0");
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes}m${two(seconds)}s`
    : `${Math.floor(minutes / 60)}h${two(minutes)}m`;
}
