/** Where did we stop? What a position says, and how it is read. */

import * as z from "zod/mini";
import type { Failure } from "../base/errors.ts";
import { Delivered } from "../events/page.ts";
import { Mark } from "../output/mark.ts";

/** What a position file says: one line of JSON. */
const Position = z.strictObject({
  version: z.literal(1),
  api: z.enum(["siem", "log"]),
  /** The service, in normal form. */
  address: z.string(),
  /** As `--orgurl` gives it; null where none was given. */
  organisation: z.nullable(z.string()),
  /** Where to go on; what it means is known to the API's own module. */
  cursor: z.string(),
  delivered: z.optional(Delivered),
  /** When this was saved. */
  saved: z.string(),
  /** Whether there were no more events then. */
  caughtUp: z.optional(z.boolean()),
  /** When the last event before this position happened. */
  lastEvent: z.optional(z.string()),
  output: z.optional(Mark),
});
export type Position = z.infer<typeof Position>;

/** What was found: a position of ours, the published client's, or nothing. */
export interface FoundPosition {
  readonly saved?: Position;
  /** The line that the published client leaves: `URL; rel="next"`. */
  readonly publishedLink?: string;
}

/** A way on from a file that is no position. */
export const START_ANEW = "remove it to start anew (7 days ago, or at --since)";

/** Reads what is in a position file. Throws what `bad` makes of the reason why that is no position. */
export function parsePosition(
  bytes: Uint8Array,
  bad: (why: string, cause?: unknown) => Failure,
): FoundPosition {
  let text: string;
  let json: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes).trim();
    if (/^\S+\s*;\s*rel="?next"?$/.test(text)) return { publishedLink: text };
    json = JSON.parse(text);
  } catch (error) {
    throw bad(`it is damaged, or it is not a position; ${START_ANEW}`, error);
  }
  const version = z.object({ version: z.number() }).safeParse(json).data?.version;
  if (version !== undefined && version > 1) {
    throw bad(`a later siem-client wrote it (format ${version}); use that one, or ${START_ANEW}`);
  }
  const result = Position.safeParse(json);
  if (!result.success) {
    throw bad(`it is damaged, or it is not a position; ${START_ANEW}`, result.error);
  }
  return { saved: result.data };
}
