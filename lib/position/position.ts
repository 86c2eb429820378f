/** Where did we stop? What a position says, and how it is read. */

import * as z from "zod/mini";
import { Failure } from "../base/errors.ts";
import { Delivered } from "../events/page.ts";
import { Mark } from "../output/mark.ts";
import { Digest } from "./receipt.ts";

const COMMON = {
  api: z.enum(["siem", "log"]),
  /** The service, in normal form. */
  address: z.string(),
  /**
   * As `--orgurl` gives it; null where none was given. Log API v1 has the one that the service told;
   * null until then.
   */
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
  /** How far a file was written, where events go to one. */
  output: z.optional(Mark),
};

const Format1 = z.strictObject({ version: z.literal(1), ...COMMON });

const Format2 = z.strictObject({
  version: z.literal(2),
  ...COMMON,
  /** What `--query` asked for: see `StreamId`. */
  query: z.record(z.string(), z.string()),
  /** In which format events were written, as `--format` names it. */
  format: z.optional(z.string()),
  /** See `Cursor`. */
  since: z.optional(z.string()),
  /** See `Cursor`. */
  begins: z.optional(z.string()),
  /** Until when the service asked not to be called. */
  retryAt: z.optional(z.string()),
  /** When it asked that. */
  retryAsked: z.optional(z.string()),
  /** True where `output` is standard output that was redirected to a file, not `--output`. */
  redirected: z.optional(z.literal(true)),
  /** The digest of the last line of its receipts; see receipt.ts. */
  receipt: z.optional(Digest),
});

const Position = z.discriminatedUnion("version", [Format1, Format2]);

/** What a position says, whichever format it was kept in. All times are RFC 3339 in UTC. */
export interface Position extends Omit<z.infer<typeof Format2>, "version" | "query"> {
  /** Undefined where it is not known: the first format does not say. */
  readonly query?: Readonly<Record<string, string>> | undefined;
}

/** What was found: a position of ours, the published client's, or nothing. */
export interface FoundPosition {
  readonly saved?: Position;
  /** The line that the published client leaves, `URL; rel="next"`, and when it was written. */
  readonly published?: { readonly link: string; readonly written: string | undefined };
}

const NO_POSITION = "it is damaged, or it is not a position";

/** The line that a position file holds. */
export function positionLine(position: Position): string {
  const { api, address, organisation, query = {}, ...rest } = position;
  return `${JSON.stringify({ version: 2, api, address, organisation, query, ...rest })}\n`;
}

/** What each line of `positionLine` begins with, and what one of the first format did. */
const BEGINNINGS = [1, 2].map((version) => `{"version":${version},"api":"`);

/** Whether these are the first bytes of a position, however few. */
export function beginsPosition(bytes: Uint8Array): boolean {
  const text = new TextDecoder().decode(bytes);
  return BEGINNINGS.some((known) => known.startsWith(text.slice(0, known.length)));
}

/** Whether all of a file, of which these are the bytes, is a position, whoever's and of which stream ever. */
export function holdsPosition(bytes: Uint8Array): boolean {
  const bad = (why: string) => new Failure("position", why);
  try {
    const { saved, published } = parsePosition(bytes, undefined, bad, bad);
    return (saved ?? published) !== undefined;
  } catch {
    return false;
  }
}

/**
 * Lines that a shell may have put behind a position, by `2>> position`: messages of this client, and with
 * `-v` what belongs to them. They change nothing.
 */
const MESSAGES = /(?:\n(?:siem-client: | {4})[^\n]*)+$/;

/**
 * Reads what is in a position file that was written at `written`. Throws what `bad` makes of the reason
 * why that is no position, and what `damaged` does where it can only be restored or begun anew.
 */
export function parsePosition(
  bytes: Uint8Array,
  written: string | undefined,
  bad: (why: string) => Failure,
  damaged: (why: string, cause: unknown) => Failure,
): FoundPosition {
  let text: string;
  let json: unknown;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes).trim()
      .replace(MESSAGES, "");
    if (/^\S+\s*;\s*rel="?next"?$/.test(text)) return { published: { link: text, written } };
    json = JSON.parse(text);
  } catch (error) {
    throw damaged(NO_POSITION, error);
  }
  const version = z.object({ version: z.number() }).safeParse(json).data?.version;
  if (version !== undefined && version > 2) {
    throw bad(
      `a later siem-client wrote it (format ${version}); use that one, or another --position`,
    );
  }
  const result = Position.safeParse(json);
  if (!result.success) {
    throw damaged(NO_POSITION, result.error);
  }
  const { version: _, ...saved } = result.data;
  return { saved };
}
