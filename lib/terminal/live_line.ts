/** How far is the run? One line on a terminal says it, and at its end one about the whole run. */

import { plural } from "../base/text.ts";
import { utcTime } from "../base/time.ts";
import { waitAtMost } from "./standard_error.ts";

/** The line while it lives. */
export interface LiveLine {
  /** Resolves when the line is out of the way of events that are about to be written. */
  beforeWriting(): Promise<void>;
  /** A page is delivered: how many events, and when the last one happened (ms since 1970, or NaN). */
  delivered(events: number, time: number): void;
  /** What the run waits for; absent for an answer of the service. */
  waiting(text?: string): void;
  /** Writes other text, which stays, above the line. */
  write(text: string): void;
  /** Ends the line; where it was ever seen, a line about the whole run takes its place. */
  end(): void;
}

/** Where and how a line is drawn. */
export interface LiveLineOptions {
  /** Width of the terminal in cells, asked anew each time, since terminals change their size. */
  columns(): number;
  /** Whether events are written to the same terminal, so that the line has to make way for them. */
  readonly amongEvents: boolean;
}

/** What there is to say about a run. */
export interface RunSoFar {
  readonly events: number;
  readonly pages: number;
  /** Time since the run began. */
  readonly seconds: number;
  /** When the last event delivered happened, in milliseconds since 1970; NaN where unknown. */
  readonly reached: number;
  /** What the run waits for where it is not the service. */
  readonly waiting: string | undefined;
}

/** Shorter runs need no line. */
const FIRST_SHOWN_MS = 1000;
const REFRESH_MS = 200;
/** Events do not wait longer for a terminal that was stopped. */
const MAX_CLEAR_MS = 1000;

const CLEAR = "\r\x1b[K";

/** Starts a line, which is written with `send`. */
export function startLiveLine(
  send: (text: string) => Promise<void>,
  { columns, amongEvents }: LiveLineOptions,
): LiveLine {
  const started = performance.now();
  const line = drawnLine(send);
  let [events, pages, reached] = [0, 0, NaN];
  let waiting: string | undefined;
  let makesWay = false;

  const soFar = (): RunSoFar => {
    return { events, pages, reached, waiting, seconds: (performance.now() - started) / 1000 };
  };
  function draw(): void {
    if (makesWay || performance.now() - started < FIRST_SHOWN_MS) return;
    // One column stays free: a full line makes some terminals begin the next one.
    line.draw(lineFor(soFar(), columns() - 1));
  }
  const timer = setInterval(draw, REFRESH_MS);
  return {
    async beforeWriting() {
      if (!amongEvents) return;
      makesWay = true;
      await line.clear();
    },
    delivered(more, time) {
      pages++;
      events += more;
      if (!Number.isNaN(time)) reached = time;
      if (!makesWay) return;
      makesWay = false;
      draw();
    },
    waiting(text) {
      waiting = text;
    },
    write: line.write,
    end() {
      clearInterval(timer);
      line.write(line.wasShown() ? `siem-client: ${wholeRun(soFar())}\n` : "");
    },
  };
}

/** A line of a terminal that is drawn again and again, among other lines. */
interface DrawnLine {
  draw(text: string): void;
  /** Resolves when the line is gone, or that takes too long. */
  clear(): Promise<void>;
  /** Writes other lines in its place. */
  write(text: string): void;
  wasShown(): boolean;
}

function drawnLine(send: (text: string) => Promise<void>): DrawnLine {
  let isShown = false;
  let wasShown = false;
  let unwritten = 0;

  async function write(text: string): Promise<void> {
    unwritten++;
    await send(text);
    unwritten--;
  }
  async function clear(): Promise<void> {
    if (!isShown) return;
    isShown = false;
    await write(CLEAR);
  }
  return {
    draw(text) {
      // On a terminal that takes nothing at the moment, lines would pile up.
      if (unwritten > 0) return;
      write(`\r${text}\x1b[K`);
      isShown = wasShown = true;
    },
    async clear() {
      if (isShown) await waitAtMost(MAX_CLEAR_MS, clear());
    },
    write(text) {
      clear();
      if (text !== "") write(text);
    },
    wasShown: () => wasShown,
  };
}

/**
 * The line in at most so many cells. As room gets short, these go: the speed, then the time, then what
 * is not out of the ordinary.
 */
export function lineFor(run: RunSoFar, room: number): string {
  const { events, seconds, reached, waiting } = run;
  const speed = `${grouped(Math.round(events / seconds))}/s`;
  const at = Number.isNaN(reached) ? "" : `at ${utcTime(reached)}`;
  const wait = waiting ?? "waiting for the service";
  const all = total(run);
  const line = [[all, speed, at, wait], [all, at, wait], [all, wait]]
    .map((parts) => parts.filter(Boolean).join(", ")).find((text) => text.length <= room) ??
    (waiting ?? `${all}, ${speed}`);
  return line.slice(0, Math.max(0, room));
}

function wholeRun(run: RunSoFar): string {
  const upTo = Number.isNaN(run.reached) ? "" : `, up to ${utcTime(run.reached)}`;
  return `${total(run)}, ${run.seconds.toFixed(1)} s${upTo}`;
}

function total({ events, pages }: RunSoFar): string {
  return `${plural(events, "event", grouped(events))} in ${plural(pages, "page", grouped(pages))}`;
}

function grouped(count: number): string {
  return count.toLocaleString("en-US");
}
