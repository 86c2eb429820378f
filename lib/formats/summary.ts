/** What happened, all in all? `--summary`: counts, bars and a line over time, for a person. */

import { plural } from "../base/text.ts";
import { count, type Event, type Events } from "../events/events.ts";
import type { Login } from "../events/login.ts";
import { createLoginCounts } from "./login_counts.ts";
import { type Counted, countedOf, createCounter } from "./summary_parts.ts";
import { createTally, createTimeline, percent, type Tally, type Timeline } from "./tally.ts";
import { localTime } from "../terminal/local_time.ts";
import { cellsOf, pad, truncate, truncatePath } from "../terminal/width.ts";

/** A summary in the making. */
export interface Summary {
  /** Counts events. */
  add(events: Iterable<Event>): void;
  /** Counts the events of a page. */
  addPage(events: Events): void;
  /** Counts a login, where `--format logins` puts them together. */
  addLogin(login: Login): void;
  /** From when on all events were to be had (RFC 3339), where that is later than asked for. */
  beginsAt(time: string | undefined): void;
  /**
   * What there is to say so far, in lines of at most `width` cells. `hide` is used on what events say,
   * before it is cut; `zone` is by default this machine's.
   */
  text(options: SummaryOptions): string;
}

/** How a summary is written. */
export interface SummaryOptions {
  readonly width: number;
  readonly hide: (text: string) => string;
  readonly zone?: string;
}

/** Rows that are shown. */
const MAX_KINDS = 20;
const MAX_BUSIEST = 10;

/** Longer bars say no more. */
const MAX_BAR_CELLS = 40;

/** Makes a summary. Its memory stays within bounds, whatever comes. */
export function createSummary(): Summary {
  let events = 0;
  let failures = 0;
  let withoutTime = 0;
  let begins: string | undefined;
  const times = createTimeline();
  const kinds = createTally();
  const addresses = createTally();
  const users = createTally();
  const logins = createLoginCounts();
  const counted = createCounter();

  function add({ failed, time, kind, address, user }: Counted): void {
    events++;
    if (failed) failures++;
    if (Number.isNaN(time)) withoutTime++;
    else times.add(time);
    kinds.add(kind);
    if (address !== "") addresses.add(address);
    if (user !== undefined) users.add(user);
  }

  return {
    add(page) {
      for (const event of page) add(countedOf(event));
    },
    addPage(page) {
      for (let i = 0; i < count(page); i++) add(counted(page, i));
    },
    addLogin: logins.add,
    beginsAt: (time) => begins = time,
    text(options) {
      const { width, zone } = options;
      const window = begins === undefined ? [] : [`Complete only from ${begins} on`];
      const lines = events === 0 ? ["No events", ...window] : [
        `${plural(events, "event")}, ` +
        `${plural(failures, "failure")} (${percent(failures, events)})`,
        ...window,
        ...(withoutTime > 0 ? [`${plural(withoutTime, "event")} without a time`] : []),
        ...logins.lines(options),
        ...overTime(times, width, zone),
        ...ranking("Service, type/subtype", kinds.top(MAX_KINDS), options),
        ...ranking("Busiest client addresses", addresses.top(MAX_BUSIEST), options),
        ...ranking("Busiest users", users.top(MAX_BUSIEST), options),
      ];
      return lines.map((line) => `${truncate(line, width)}\n`).join("");
    },
  };
}

function overTime(times: Timeline, width: number, zone: string | undefined): string[] {
  const counts = times.spread(width);
  if (counts.length === 0) return [];
  const time = localTime(zone);
  const [from, to] = [time.format(times.first()), time.format(times.last())];
  const offset = time.offset(times.first());
  const place = time.zone === undefined
    ? offset
    : time.zone === "UTC"
    ? "UTC"
    : `${time.zone}, ${offset}`;
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
  { rows: counted, others }: ReturnType<Tally["top"]>,
  { width, hide }: SummaryOptions,
): string[] {
  if (counted.length === 0) return [];
  const rows = counted.map(([key, count]) => [hide(key), count] as const);
  const most = rows[0]![1];
  const digits = String(most).length;
  const longest = rows.reduce((cells, [key]) => Math.max(cells, cellsOf(key)), 0);
  const room = Math.min(
    longest,
    Math.max(Math.trunc(width * 0.6), width - digits - 2 - MAX_BAR_CELLS),
  );
  const bars = Math.min(MAX_BAR_CELLS, width - room - digits - 2);
  const lines = rows.map(([key, count]) =>
    `${pad(truncatePath(key, room), room)} ${String(count).padStart(digits)} ${
      bar(count / most, bars)
    }`
      .trimEnd()
  );
  return ["", title, ...lines, ...(others === "" ? [] : [others])];
}

/** A bar of at most so many cells, exact to an eighth of one. */
function bar(share: number, cells: number): string {
  const eighths = Math.max(1, Math.round(share * Math.max(0, cells) * 8));
  return "█".repeat(eighths >> 3) + " ▏▎▍▌▋▊▉"[eighths & 7]!.trim();
}
