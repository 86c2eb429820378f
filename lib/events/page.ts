/** What is a page, and where does one go on after it? The same for both APIs. */

import { encodeBase64 } from "@std/encoding/base64";
import * as z from "zod/mini";
import { Failure } from "../base/errors.ts";
import { sha256 } from "../base/hashes.ts";
import { plural } from "../base/text.ts";
import { count, type Event, eventAt, type Events, only, slice } from "./events.ts";
import { timeOf } from "./fields.ts";
import type { Notes } from "../terminal/notes.ts";

/** The first events of a page, delivered by an earlier run: how many, and SHA-256 over their texts. */
export const Delivered = z.object({
  events: z.number().check(z.int(), z.positive()),
  digest: z.string(),
});
export type Delivered = z.infer<typeof Delivered>;

/**
 * Where to go on, and all that decides which events of the page there are delivered: asked for again
 * after a crash, it is laid out the same.
 */
export interface Cursor {
  /** What it means is known to the API's own module only. */
  readonly at: string;
  /** Where no later cursor is known, the next run asks for the same page and leaves these out. */
  readonly delivered?: Delivered | undefined;
  /**
   * Events that happened before this moment (RFC 3339) are left out: a first run with `--since` is not
   * through with it. Log API v1 only, whose answers may begin earlier.
   */
  readonly since?: string | undefined;
  /** When an earlier run asked here, and was given nothing (RFC 3339). Log API v1 only. */
  readonly asked?: string | undefined;
  /**
   * From when on the stream surely has everything (RFC 3339), where that is later than asked for: Log API v1
   * may not take a start in the past.
   */
  readonly begins?: string | undefined;
}

/** What one answer of the service holds, whichever API it came from. */
export interface Answered {
  readonly events: Events;
  /** The cursor that the service names for going on; undefined where it names none. */
  readonly next: string | undefined;
  /** Gives the memory of `events` to a later answer. */
  release(): void;
}

/**
 * A page on its way to the output. Its memory belongs to whoever has it, until `release`; what is made
 * from a page may lie in that memory, too (`--format ndjson` does). So: lay it out once, read nothing of
 * it after, write that, and then release it.
 */
export interface Page {
  /** The events to deliver; fewer than the service sent where some are left out. */
  readonly events: Events;
  /** How many events were looked at for it; undefined where they were not counted. */
  readonly all?: number;
  /** How many first events of the answer an earlier run delivered, so that they are not here. */
  readonly known?: number;
  /** Where to go on once these events are delivered. */
  readonly next: Cursor;
  /** Whether more events may already be there; this run then goes on. */
  readonly more: boolean;
  /** Where the run ends: whether events came meanwhile, which the next run gets. */
  readonly isOvertaken?: boolean;
  /** Whether nothing of it is written, not even an empty list: it was asked for only since the page before was short. */
  readonly isUnwritten?: boolean;
  /** When the last event in the answer happened, in milliseconds since 1970; NaN where unknown. */
  readonly lastEvent: number;
  /** Gives the page's memory to a later one. Nothing of this page may be looked at after that. */
  release(): void;
}

/** A page, and whether the service sent as many events as it was asked for. */
export interface AnswerPage extends Page {
  readonly isFull: boolean;
}

/**
 * Turns the answer to a request from `from` on into a page: without what an earlier run delivered,
 * and without the events that are not wanted.
 * Throws Failure where the stream could not be gone on with, or would repeat itself for ever.
 */
export async function pageOf(
  answer: Answered,
  from: Cursor,
  { limit, shortPageIsLast, notes, wanted }: {
    limit: number;
    shortPageIsLast: boolean;
    notes: Notes;
    wanted?: ((event: Event) => boolean) | undefined;
  },
): Promise<AnswerPage> {
  const { events, next, release } = answer;
  const all = count(events);
  const known = await alreadyDelivered(events, from, notes);
  const fresh = slice(events, known);
  const chosen = wanted === undefined ? fresh : only(fresh, wanted);
  const left = all - count(chosen);
  const leftOut = left === 0 ? "" : `, ${left} of them left out`;
  notes.debug(`${plural(all, "event")}${leftOut}`);
  const isFull = all >= limit;
  const page = {
    events: chosen,
    all,
    known,
    lastEvent: timeOf(eventAt(events, all - 1) ?? {}),
    isFull,
    release,
  };
  if (next !== undefined && next !== from.at) {
    return { ...page, next: { at: next }, more: isFull || !shortPageIsLast };
  }
  if (all === 0) return { ...page, next: from, more: false };
  // Where a short page is not the last, a cursor that is repeated says so, and its events are delivered.
  if (next !== undefined && (isFull || shortPageIsLast)) {
    throw stuck("the service sends events, but its cursor does not move");
  }
  if (isFull && known === all) {
    throw stuck("this full page was delivered before, and the service names no next page");
  }
  return { ...page, next: { at: from.at, delivered: await digested(events) }, more: false };
}

/** How many of the first events an earlier run delivered. */
async function alreadyDelivered(
  events: Events,
  { delivered }: Cursor,
  notes: Notes,
): Promise<number> {
  if (delivered === undefined || count(events) === 0) return 0;
  const first = await digested(slice(events, 0, delivered.events));
  if (first.digest === delivered.digest) return delivered.events;
  notes.say(
    "The service changed the last page after it was delivered, so some of its events may come twice",
  );
  return 0;
}

async function digested(events: Events): Promise<Delivered> {
  const { bytes, spans } = events;
  const whole = new Uint8Array(bytes.length + spans.length);
  let at = 0;
  for (let i = 0; i < spans.length; i += 2) {
    const event = bytes.subarray(spans[i]!, spans[i + 1]!);
    whole.set(event, at);
    at += event.length + 1; // a zero byte between events, which JSON cannot hold
  }
  return { events: count(events), digest: encodeBase64(await sha256(whole.subarray(0, at))) };
}

function stuck(why: string): Failure {
  return new Failure("unusable", `Cannot go on after this page: ${why}`);
}
