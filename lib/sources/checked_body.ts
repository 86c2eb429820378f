/** Is a body what it should be? Whole, valid JSON of the expected shape, cut up into events and the rest. */

import type * as z from "zod/mini";
import type { CallFailure } from "../base/errors.ts";
import { oneLine } from "../base/text.ts";
import type { Events } from "../events/events.ts";
import { MAX_EVENTS, type Split, splitEvents, TOP_LEVEL } from "../events/split.ts";
import type { Call } from "./call.ts";
import { unusable } from "./failures.ts";

/** What the body of an answer has to be. */
export interface Expected<Body> {
  readonly shape: z.ZodMiniType<Body>;
  /** The name of the list of events in it, or TOP_LEVEL where it is that list; undefined for none. */
  readonly list?: string | typeof TOP_LEVEL;
}

/** What is no event has to be parsed, and many small values take a hundred times their length. */
const MAX_ENVELOPE_UNITS = 1024 * 1024;

/**
 * The events in a body, and the body parsed with nothing in its list of events. Throws CallFailure,
 * which may be retried: a body that was cut off is not whole, or no longer has the shape.
 */
export function checkedBody<Body>(
  { url }: Call,
  response: Response,
  bytes: Uint8Array,
  { shape, list }: Expected<Body>,
): { events: Events; body: Body } {
  let found: Split;
  try {
    found = splitEvents(bytes, list);
  } catch (error) {
    if (error instanceof RangeError) {
      const why = `it holds more than ${MAX_EVENTS} events; try a smaller --limit`;
      throw unusable(url, why, { retryable: false });
    }
    const type = oneLine(response.headers.get("content-type") ?? "of no stated type", 80);
    const why = `${bytes.length} bytes (${type}) that are not whole, valid JSON in UTF-8`;
    throw unusable(url, why, { retryable: true });
  }
  const wrong = (path: PropertyKey[], message: string, cause?: Error): CallFailure => {
    const where = path.length > 0 ? `"${oneLine(path.join("."), 80)}" is wrong: ` : "";
    return unusable(url, `${where}${oneLine(message, 200)}`, { retryable: true, cause });
  };
  if (found.envelope.length > MAX_ENVELOPE_UNITS) {
    throw wrong([], `it holds more than ${MAX_ENVELOPE_UNITS / 1024 / 1024} MiB beside events`);
  }
  const { success, data, error } = shape.safeParse(JSON.parse(found.envelope));
  if (!success) throw wrong(error.issues[0]!.path, error.issues[0]!.message, error);
  if (found.firstNonObject !== undefined) {
    const path = [...(list === TOP_LEVEL ? [] : [list!]), found.firstNonObject];
    throw wrong(path, "it is not an object");
  }
  return { events: found.events, body: data };
}
