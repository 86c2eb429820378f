/** What is a page, and where does one go on after it? The same for both APIs. */

import { encodeBase64 } from "@std/encoding/base64";
import * as z from "zod/mini";
import { Failure } from "./errors.ts";
import type { Spans } from "./events.ts";
import type { Notes } from "./notes.ts";

/** The first events of a page, delivered by an earlier run: how many, and SHA-256 over their texts. */
export const Delivered = z.object({
  events: z.number().check(z.int(), z.positive()),
  digest: z.string(),
});
export type Delivered = z.infer<typeof Delivered>;

/** Where to go on. What `at` means is known to the API's own module only. */
export interface Cursor {
  readonly at: string;
  /** Where no later cursor is known, the next run asks for the same page and leaves these out. */
  readonly delivered?: Delivered | undefined;
}

/** What one answer of the service holds, whichever API it came from. */
export interface Answered {
  readonly bytes: Uint8Array;
  readonly spans: Spans;
  /** The same events, parsed: for reading, never for output. */
  readonly events: readonly Event[];
  /** The cursor that the service names for going on; undefined where it names none. */
  readonly next: string | undefined;
}

/** A page on its way to the output. */
export interface Page {
  readonly bytes: Uint8Array;
  /** The events to deliver; fewer than the service sent where some are left out. */
  readonly spans: Spans;
  /** The same events, parsed: for reading, never for output. */
  readonly events: readonly Event[];
  /** Where to go on once these events are delivered. */
  readonly next: Cursor;
  /** Whether more events may already be there. */
  readonly more: boolean;
  /** When the last event in the page happened, in milliseconds since 1970; NaN where unknown. */
  readonly lastEvent: number;
}

/** An event, parsed. Every field is optional and unknown ones are welcome. */
export type Event = Readonly<Record<string, unknown>>;

/** Events as they stand in an answer. Looked at without being copied: there are many. */
export const Events = z.array(
  z.custom<Event>(
    (value) => typeof value === "object" && value !== null && !Array.isArray(value),
    "it is not an object",
  ),
  "they are not a list",
);

/**
 * Turns the answer to a request from `from` on into a page: without what an earlier run delivered,
 * and without the events that are not wanted.
 * Throws Failure where the stream could not be gone on with, or would repeat itself for ever.
 */
export async function pageOf(
  answer: Answered,
  from: Cursor,
  { limit, notes, wanted }: {
    limit: number;
    notes: Notes;
    wanted?: ((event: Event) => boolean) | undefined;
  },
): Promise<Page> {
  const { bytes, spans, events, next } = answer;
  const full = events.length >= limit;
  const known = await alreadyDelivered(answer, from, notes);
  const chosen = events.map((event, i) => i >= known && (wanted === undefined || wanted(event)));
  const left = chosen.filter((yes) => !yes).length;
  const leftOut = left === 0 ? "" : `, ${left} of them left out`;
  notes.debug(`${events.length} event${events.length === 1 ? "" : "s"}${leftOut}`);
  const page = {
    bytes,
    spans: spans.filter((_, i) => chosen[i >> 1]),
    events: events.filter((_, i) => chosen[i]),
    lastEvent: timeOf(events.at(-1) ?? {}),
  };
  if (next !== undefined && next !== from.at) {
    return { ...page, next: { at: next }, more: full };
  }
  if (events.length === 0) return { ...page, next: from, more: false };
  if (next !== undefined) throw stuck("the service sends events, but its cursor does not move");
  if (full && known === events.length) {
    throw stuck("a full page was delivered before, and the service names none after it");
  }
  return { ...page, next: { at: from.at, delivered: await digested(answer) }, more: false };
}

/**
 * An event's own time in milliseconds since 1970; NaN where it has none that can be read. One without
 * a zone is none, since Date would take it for this host's, and would find a year in "unknown 3".
 */
export function timeOf(event: Event): number {
  const stamp = event["timeStampISO"];
  return typeof stamp === "string" && ZONED.test(stamp) ? Date.parse(stamp) : NaN;
}

const ZONED = /^\d{4}-\d\d-\d\d[T ]\d.*(Z|[+-]\d\d:?\d\d)$/i;

/** How many of the first events an earlier run delivered. */
async function alreadyDelivered(
  { bytes, spans }: Answered,
  { delivered }: Cursor,
  notes: Notes,
): Promise<number> {
  if (delivered === undefined || spans.length === 0) return 0;
  const first = await digested({ bytes, spans: spans.slice(0, delivered.events * 2) });
  if (first.digest === delivered.digest) return delivered.events;
  notes.say("The last page is no longer the one delivered, so some of its events may come twice");
  return 0;
}

async function digested({ bytes, spans }: Pick<Answered, "bytes" | "spans">): Promise<Delivered> {
  const whole = new Uint8Array(bytes.length + spans.length);
  let at = 0;
  for (let i = 0; i < spans.length; i += 2) {
    const event = bytes.subarray(spans[i]!, spans[i + 1]!);
    whole.set(event, at);
    at += event.length + 1; // a zero byte between events, which JSON cannot hold
  }
  const digest = await crypto.subtle.digest("SHA-256", whole.subarray(0, at));
  return { events: spans.length / 2, digest: encodeBase64(new Uint8Array(digest)) };
}

function stuck(why: string): Failure {
  return new Failure("unusable", `Cannot go on after this page: ${why}`);
}
