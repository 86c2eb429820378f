/** Where are the events in the bytes that the service sent, and how does one look at them? */

import { excerpt } from "./excerpt.ts";

/** Events, in the bytes that the service sent. */
export interface Events {
  readonly bytes: Uint8Array;
  /** Start and end offset of each event, in turn. */
  readonly spans: Uint32Array;
  /** Whether there is no white space between the tokens of any event. */
  readonly compact: boolean;
}

/** An event, parsed. Every field is optional and unknown ones are welcome. */
export type Event = Readonly<Record<string, unknown>>;

/** Of a larger event only an excerpt is read: see excerpt.ts. */
const MAX_PARSED_BYTES = 256 * 1024;

const decoder = new TextDecoder();

/** How many events there are. */
export function count({ spans }: Events): number {
  return spans.length / 2;
}

/** The events from `start` to before `end`. */
export function slice(events: Events, start: number, end?: number): Events {
  return { ...events, spans: events.spans.subarray(start * 2, end && end * 2) };
}

/**
 * An event for reading, never for output; undefined where there is none at this index. Of a very large
 * one it is an excerpt, marked with INCOMPLETE.
 */
export function eventAt({ bytes, spans }: Events, index: number): Event | undefined {
  if (index < 0 || index * 2 >= spans.length) return undefined;
  const start = spans[index * 2]!, end = spans[index * 2 + 1]!;
  if (end - start > MAX_PARSED_BYTES) return excerpt(bytes, start, end);
  return JSON.parse(decoder.decode(bytes.subarray(start, end)));
}

/**
 * All events for reading, never for output. Each is parsed when its turn comes: all at once could take
 * far more memory than the service's bytes.
 */
export function parsed(events: Events): Iterable<Event> {
  return {
    *[Symbol.iterator]() {
      for (let i = 0; i < count(events); i++) yield eventAt(events, i)!;
    },
  };
}

/** The events that are wanted. */
export function only(events: Events, wanted: (event: Event) => boolean): Events {
  const spans = new Uint32Array(events.spans.length);
  let kept = 0;
  for (let i = 0; i < count(events); i++) {
    if (!wanted(eventAt(events, i)!)) continue;
    spans.set(events.spans.subarray(i * 2, i * 2 + 2), kept);
    kept += 2;
  }
  return { ...events, spans: spans.subarray(0, kept) };
}
