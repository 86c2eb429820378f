/** Which pages come from files? The events that match, as the service would send them. */

import { deadline } from "@std/async/deadline";
import { DamagedGzip, unpacked } from "../base/file_blocks.ts";
import { enlarged } from "../base/memory.ts";
import { describe } from "../base/text.ts";
import { count, type Event, eventAt, type Events, only, slice } from "../events/events.ts";
import { timeOf } from "../events/fields.ts";
import type { Page } from "../events/page.ts";
import type { Notes } from "../terminal/notes.ts";
import { EventFinder, type Flaws } from "./pulled_events.ts";
import type { PulledFile } from "./pulled_files.ts";
import type { Needle } from "./pulled_needle.ts";
import { createWindow } from "./pulled_window.ts";

/** How many events a page has, as the service has them at most; the last page has fewer. */
const PAGE_EVENTS = 1000;
/** A page that would be larger is given away before it is full. */
const PAGE_BYTES = 8 * 1024 * 1024;
/** What lies between neighbours: a newline, or a comma, a newline and an indentation. */
const NEAR_BYTES = 8;
const NEWLINE = 0x0a;

/** What is looked for in files. */
export interface Wanted {
  /** Undefined where every event is wanted. */
  readonly matches: ((event: Event) => boolean) | undefined;
  readonly needle: Needle | undefined;
  /** How many events there are to be at most. */
  readonly most: number;
}

/** What became of the files. */
export interface Outcome {
  /** Whether something in them could not be read. */
  isDamaged: boolean;
}

/**
 * The pages; the last is shorter than the others, and perhaps empty, and so is one before a pause in what
 * comes through a pipe. What is wrong with a file is said, and
 * is in `outcome` at the end. Throws the signal's reason.
 */
export async function* pulledPages(
  files: readonly PulledFile[],
  wanted: Wanted,
  { notes, signal }: { notes: Notes; signal: AbortSignal },
  outcome: Outcome,
): AsyncGenerator<Page, void, void> {
  const page = createPage();
  let left = wanted.most;
  for (const file of files) {
    const found = eventsIn(file, wanted, notes, outcome);
    for await (let events of file.isPipe ? withPauses(found, signal) : found) {
      signal.throwIfAborted();
      if (events === PAUSE) {
        if (page.count() > 0) yield page.take();
        continue;
      }
      events = slice(events, 0, left);
      left -= count(events);
      while (count(events) > 0) {
        events = page.add(events);
        if (page.isFull() || count(events) > 0) yield page.take();
      }
      if (left === 0) break;
    }
    if (left === 0) break;
  }
  if (left > 0 || page.count() > 0) yield page.take();
}

/** Nothing comes for now. */
const PAUSE: Events = { bytes: new Uint8Array(0), spans: new Uint32Array(0), compact: true };
/** Shorter ones are none: whoever unpacks a file on the way may take a moment, too. */
const MIN_PAUSE_MS = 500;

/** The same, with PAUSE before whatever is waited for. Throws the signal's reason also while it waits. */
async function* withPauses(
  found: AsyncGenerator<Events, void, void>,
  signal: AbortSignal,
): AsyncGenerator<Events, void, void> {
  try {
    for (;;) {
      const coming = found.next();
      const next = await deadline(coming, MIN_PAUSE_MS, { signal }).catch((error) => {
        if (signal.aborted || !(error instanceof DOMException)) throw error;
      });
      if (next === undefined) yield PAUSE;
      const { value, done } = next ?? await deadline(coming, Infinity, { signal });
      if (done) return;
      yield value;
    }
  } finally {
    // Not waited for: that would be until something comes again.
    found.return().catch(() => {});
  }
}

/** The events of a file that match, as they are found. */
async function* eventsIn(
  file: PulledFile,
  { matches, needle }: Wanted,
  notes: Notes,
  outcome: Outcome,
): AsyncGenerator<Events, void, void> {
  const finder = new EventFinder(needle);
  try {
    const window = createWindow(await unpacked(file.reader));
    while (!window.atEnd) {
      await window.more();
      const events = finder.take(window);
      const chosen = matches === undefined ? events : only(events, matches);
      if (count(chosen) > 0) yield chosen;
    }
    sayFlaws(file, finder.flaws, notes);
  } catch (error) {
    const isOfSystem = error instanceof Error && "code" in error;
    if (!(error instanceof DamagedGzip || isOfSystem)) throw error;
    sayFlaws(file, { ...finder.flaws, isCutOff: false }, notes);
    notes.say(`Cannot read all of ${file.name}: ${describe(error)}`);
    outcome.isDamaged = true;
  } finally {
    file.close();
  }
  if (finder.flaws.count > 0) outcome.isDamaged = true;
}

function sayFlaws({ name }: PulledFile, flaws: Flaws, notes: Notes): void {
  if (flaws.count > 0) {
    const what = flaws.count === 1
      ? `1 line that is no event, line ${flaws.firstLine}`
      : `${flaws.count} lines that are no events, the first is line ${flaws.firstLine}`;
    notes.say(`Left out of ${name}: ${what}`);
  }
  if (flaws.isCutOff) notes.say(`Left out of ${name}: its end, which is cut off`);
}

/** A page in the making, in memory that is used again for the next. */
function createPage() {
  let bytes = new Uint8Array(1024 * 1024);
  let length = 0;
  let compact = true;
  let events = 0;
  const spans = new Uint32Array(2 * PAGE_EVENTS);

  return {
    count: () => events,
    isFull: () => events === PAGE_EVENTS,
    /** Copies events as far as they fit; returns the others. */
    add(from: Events): Events {
      const most = Math.min(count(from), PAGE_EVENTS - events);
      const first = from.spans[0]!;
      let fitting = 0;
      while (fitting < most) {
        const size = from.spans[2 * fitting + 1]! - first;
        if (length + size > PAGE_BYTES && events + fitting > 0) break;
        fitting++;
      }
      copy(from, fitting);
      return slice(from, fitting);
    },
    /** The page; it is good until the next event is added. */
    take(): Page {
      const taken = {
        bytes: bytes.subarray(0, length),
        spans: spans.subarray(0, 2 * events),
        compact,
      };
      const lastEvent = timeOf(eventAt(taken, events - 1) ?? {});
      length = events = 0;
      compact = true;
      return { events: taken, next: { at: "" }, more: false, lastEvent, release() {} };
    },
  };

  function copy(from: Events, fitting: number): void {
    if (fitting === 0) return;
    compact &&= from.compact;
    for (let i = 0; i < fitting;) {
      const start = from.spans[2 * i]!;
      // Neighbours are copied together, with what lies between them.
      let end = start;
      for (; i < fitting && from.spans[2 * i]! - end <= NEAR_BYTES; i++) {
        end = from.spans[2 * i + 1]!;
        spans[2 * events] = length + from.spans[2 * i]! - start;
        spans[2 * events++ + 1] = length + end - start;
      }
      append(from.bytes.subarray(start, end));
    }
  }

  /** With a newline: layouts need a byte between two events. */
  function append(more: Uint8Array): void {
    if (length + more.length >= bytes.length) {
      bytes = enlarged(bytes, Math.max(2 * bytes.length, length + more.length + 1));
    }
    bytes.set(more, length);
    length += more.length;
    bytes[length++] = NEWLINE;
  }
}
