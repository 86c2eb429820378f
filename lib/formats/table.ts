/** How do events look to a person? `--format table`: one line each, in columns. */

import { clean } from "../base/text.ts";
import type { Event } from "../events/events.ts";
import { addressOf, isFailure, kindOf, tellingOf, timeOf } from "../events/fields.ts";
import { type LocalTime, localTime } from "../terminal/local_time.ts";
import { cellsOf, truncatePath } from "../terminal/width.ts";
import { coloured, type Columns, columnsFor, lineOf, shortSpan, type Widths } from "./columns.ts";

/** What can be in a column. `clock` is the time without its date. */
type Column =
  | "time"
  | "clock"
  | "pause"
  | "service"
  | "kind"
  | "address"
  | "tenant"
  | "correlation"
  | "details";

const TITLES: Readonly<Record<Exclude<Column, "time" | "clock">, string>> = {
  pause: "After",
  service: "Service",
  kind: "Type/subtype",
  address: "Client address",
  tenant: "Tenant",
  correlation: "Correlation",
  details: "Details",
};

/**
 * Cells of each column in a terminal of at least so many; the details get what is left. As room gets
 * short, these go: correlation id, tenant, service, the date, client address, the time of day.
 */
const LAYOUTS: Widths<Column> = [
  [180, { time: 19, service: 12, kind: 36, address: 39, tenant: 24, correlation: 16 }],
  [120, { time: 19, service: 12, kind: 22, address: 15, tenant: 15, correlation: 11 }],
  [100, { time: 19, service: 7, kind: 22, address: 15, tenant: 15 }],
  [76, { time: 19, service: 7, kind: 18, address: 15 }],
  [66, { time: 19, kind: 18, address: 15 }],
  [52, { clock: 8, kind: 14, address: 15 }],
  [32, { clock: 8, kind: 14 }],
  [0, { kind: 14 }],
];

/** The same with the time since the event before, which one login makes room for: most of the rest is equal. */
const LAYOUTS_WITH_PAUSES: Widths<Column> = [
  [180, { time: 19, pause: 7, service: 12, kind: 36, address: 39, tenant: 24 }],
  [120, { time: 19, pause: 7, service: 12, kind: 22, address: 15, tenant: 15 }],
  [100, { time: 19, pause: 7, service: 7, kind: 22, address: 15 }],
  [76, { time: 19, pause: 7, service: 7, kind: 18 }],
  ...LAYOUTS.filter(([from]) => from < 76),
];

/**
 * Makes a table: a function from the events of a page to its lines, of which the very first is a
 * heading with the time zone in it. No line is wider than `width` cells; with `colour`, failures are
 * red. What an event holds never controls the terminal.
 */
export function createTable(
  options: { width: number; colour: boolean; zone?: string; pauses?: boolean },
): (events: Iterable<Event>) => string {
  const width = Math.max(1, Math.trunc(options.width));
  const time = localTime(options.zone);
  const columns: Columns<Column> = columnsFor(
    options.pauses ? LAYOUTS_WITH_PAUSES : LAYOUTS,
    width,
    "details",
  );
  let begun = false;
  let before = NaN;

  function line(cellOf: (column: Column, width: number) => string): string {
    return lineOf(columns, width, cellOf);
  }

  return (events) => {
    let text = "";
    for (const event of events) {
      if (!begun) {
        const first = firstTime(events) ?? Date.now();
        text += `${line((column, width) => titleOf(column, width, time, first))}\n`;
        begun = true;
      }
      const pause = timeOf(event) - before;
      const row = line((column, width) =>
        column === "pause"
          ? pause >= 0 ? `+${shortSpan(pause)}` : ""
          : valueOf(event, column, width, time)
      );
      before = timeOf(event);
      text += `${coloured(row, options.colour && isFailure(event) ? "red" : undefined)}\n`;
    }
    return text;
  };
}

function firstTime(events: Iterable<Event>): number | undefined {
  for (const event of events) {
    const ms = timeOf(event);
    if (!Number.isNaN(ms)) return ms;
  }
  return undefined;
}

function titleOf(column: Column, width: number, time: LocalTime, ms: number): string {
  return column === "time" || column === "clock" ? timeTitle(width, time, ms) : TITLES[column];
}

/** The title of a column of times: the zone, as much of it as fits. */
export function timeTitle(width: number, { zone, offset }: LocalTime, ms: number): string {
  const place = zone === "UTC" ? "UTC" : offset(ms);
  const named = zone === undefined || zone === "UTC" ? [] : [`${zone} ${place}`];
  const titles = [...named, `Time (${place})`, place];
  return titles.find((title) => cellsOf(title) <= width) ?? "Time";
}

function valueOf(
  event: Event,
  column: Exclude<Column, "pause">,
  width: number,
  time: LocalTime,
): string {
  switch (column) {
    case "time":
      return time.format(timeOf(event)) || clean(event["timeStampISO"]);
    case "clock":
      return time.format(timeOf(event)).replace(/^.* /, "") || clean(event["timeStampISO"]);
    case "kind":
      // The subtype says how it went.
      return truncatePath(kindOf(event), width);
    case "service":
    case "tenant":
      return clean(event[column]);
    case "address":
      return addressOf(event);
    case "correlation":
      return clean(event["correlationId"]);
    case "details":
      return tellingOf(event);
  }
}
