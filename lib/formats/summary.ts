/** What happened, all in all? `--summary`: counts, bars and a line over time, for a person. */

import { clean, plural } from "../base/text.ts";
import type { Event } from "../events/events.ts";
import { addressOf, isFailure, kindOf, timeOf, userOf } from "../events/fields.ts";
import { createTally, createTimeline, type Tally, type Timeline } from "./tally.ts";
import { localTime } from "../terminal/local_time.ts";
import { cellsOf, cut, cutPath, pad } from "../terminal/width.ts";

/** A summary in the making. */
export interface Summary {
  /** Counts the events of a page. */
  add(events: readonly Event[]): void;
  /** What there is to say so far, in lines of at most `width` cells. */
  text(options: { width: number; zone?: string }): string;
}

const MOST_KINDS = 20;
const MOST_BUSY = 10;

/** UTF-16 units that names are told apart by. */
const LONGEST_NAME = 120;

/** Longer bars say no more. */
const LONGEST_BAR = 40;

/** Makes a summary. Its memory stays within bounds, whatever comes. */
export function createSummary(): Summary {
  let events = 0;
  let failures = 0;
  let withoutTime = 0;
  const times = createTimeline();
  const kinds = createTally();
  const addresses = createTally();
  const users = createTally();

  function add(event: Event): void {
    events++;
    if (isFailure(event)) failures++;
    const time = timeOf(event);
    if (Number.isNaN(time)) withoutTime++;
    else times.add(time);
    kinds.add(clean(`${clean(event["service"])} ${kindOf(event)}`, LONGEST_NAME) || "(not said)");
    const address = clean(addressOf(event), LONGEST_NAME);
    if (address !== "") addresses.add(address);
    const user = userOf(event);
    if (user !== undefined) users.add(clean(user, LONGEST_NAME));
  }

  return {
    add: (page) => page.forEach(add),
    text(options) {
      const width = Math.max(1, Math.trunc(options.width));
      if (events === 0) return `${cut("No events", width)}\n`;
      const lines = [
        `${plural(events, "event")}, ` +
        `${plural(failures, "failure")} (${percent(failures, events)})`,
        ...(withoutTime > 0 ? [`${plural(withoutTime, "event")} without a time`] : []),
        ...overTime(times, width, options.zone),
        ...ranking("Service, type/subtype", kinds.top(MOST_KINDS), width),
        ...ranking("Busiest client addresses", addresses.top(MOST_BUSY), width),
        ...ranking("Busiest users", users.top(MOST_BUSY), width),
      ];
      return lines.map((line) => `${cut(line, width)}\n`).join("");
    },
  };
}

/** A part in percent. What is not nothing is not called 0, and what is not all is not called 100. */
function percent(part: number, whole: number): string {
  if (part === 0 || part === whole) return part === 0 ? "0 %" : "100 %";
  const share = 100 * part / whole;
  return share < 0.1 ? "under 0.1 %" : `${Math.min(99.9, share).toFixed(1)} %`;
}

function overTime(times: Timeline, width: number, zone: string | undefined): string[] {
  const counts = times.spread(width);
  if (counts.length === 0) return [];
  const time = localTime(zone);
  const [from, to] = [time.format(times.first()), time.format(times.last())];
  const place = time.zone === "UTC" ? "UTC" : `${time.zone}, ${time.offset(times.first())}`;
  const gap = Math.max(2, counts.length - cellsOf(from + to));
  return ["", `Events over time (${place})`, sparkline(counts), `${from}${" ".repeat(gap)}${to}`];
}

/** One block a count, the higher the more; none where nothing happened. */
function sparkline(counts: readonly number[]): string {
  const most = Math.max(...counts);
  return counts.map((count) => " ▁▂▃▄▅▆▇█"[Math.ceil(8 * count / most)]).join("");
}

function ranking(
  title: string,
  { rows, others }: ReturnType<Tally["top"]>,
  width: number,
): string[] {
  if (rows.length === 0) return [];
  const most = rows[0]![1];
  const digits = String(most).length;
  const longest = rows.reduce((cells, [key]) => Math.max(cells, cellsOf(key)), 0);
  const room = Math.min(
    longest,
    Math.max(Math.trunc(width * 0.6), width - digits - 2 - LONGEST_BAR),
  );
  const bars = Math.min(LONGEST_BAR, width - room - digits - 2);
  const lines = rows.map(([key, count]) =>
    `${pad(cutPath(key, room), room)} ${String(count).padStart(digits)} ${bar(count / most, bars)}`
      .trimEnd()
  );
  return ["", title, ...lines, ...(others === "" ? [] : [others])];
}

/** A bar of at most so many cells, exact to an eighth of one. */
function bar(share: number, cells: number): string {
  const eighths = Math.max(1, Math.round(share * Math.max(0, cells) * 8));
  return "█".repeat(eighths >> 3) + " ▏▎▍▌▋▊▉"[eighths & 7]!.trim();
}
