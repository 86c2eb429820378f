/** May this run go on from the position that was found? */

import { Failure } from "./base/errors.ts";
import { quoted } from "./base/text.ts";
import type { Options } from "./cli/options.ts";
import type { ApiName, Filter } from "./events/selection.ts";
import { isMade, timeOfToken } from "./events/token.ts";
import type { FoundPosition, Position } from "./position/position.ts";
import { unlessAhead } from "./position/reached.ts";
import { APIS } from "./sources/apis.ts";
import { nextLink } from "./sources/link.ts";
import { cursorOfLink } from "./sources/siem_api.ts";

/** Which stream a position belongs to. */
export interface StreamId {
  readonly api: ApiName;
  readonly address: string;
  /** Null where none was given; Log API v1 then tells which one it is. */
  readonly organisation: string | null;
  /**
   * What `--query` asks for, in order of the alphabet: keys and their values, and `key!=value` with an
   * empty text.
   */
  readonly query: Readonly<Record<string, string>>;
}

/** A filter in a position. No other has an empty value, which is why `key!=value` has one there. */
function entryOf({ key, value, not }: Filter): [name: string, value: string] {
  return not ? [`${key}!=${value}`, ""] : [key, value];
}

/** Which stream a run is about, as far as its options tell. */
export function streamIdOf({ api, address, orgUrl, filters }: Options): StreamId {
  const query = Object.fromEntries(
    filters.map(entryOf).sort(([one], [other]) => one < other ? -1 : 1),
  );
  return { api, address, organisation: orgUrl ?? null, query };
}

/**
 * The position to go on from; undefined where the stream has to start. `now` is in milliseconds since
 * 1970. Throws Failure (position) where it is not for this stream.
 */
export function resume(
  { saved, published }: FoundPosition,
  options: Options,
  stream: StreamId,
  now: number,
): Position | undefined {
  const refuse = refusalOf(options.position);
  if (published !== undefined) {
    if (options.api === "log") throw refuse("the published client left it, for the SIEM API");
    const cursor = publishedCursor(published.link, new URL(options.apiUrl), refuse);
    return { ...stream, cursor, saved: published.written ?? "" };
  }
  if (saved === undefined) return undefined;
  refuseOtherStream(saved, stream, refuse);
  const since = sinceOf(saved);
  if (since !== undefined && unlessAhead(since, now) === undefined && isUntouched(saved)) {
    // A clock that was ahead made it, and it would leave out all that comes until then.
    if (options.api === "siem" || isMade(saved.cursor)) return undefined;
    const { since: _, ...rest } = saved;
    return { ...rest, organisation: saved.organisation ?? stream.organisation };
  }
  const started = startOf(saved);
  // Nothing is lost by an earlier --since, as long as nothing was delivered.
  const isEarlier = options.sinceIsGiven && started !== undefined && options.since.ms < started;
  if (isEarlier) return undefined;
  return { ...saved, organisation: saved.organisation ?? stream.organisation };
}

function refuseOtherStream(
  saved: Position,
  stream: StreamId,
  refuse: ReturnType<typeof refusalOf>,
): void {
  for (const name of ["api", "address", "organisation"] as const) {
    if (saved[name] === stream[name] || name === "organisation" && isUnknown(saved, stream)) {
      continue;
    }
    throw refuse(`it is for ${name} ${named(saved[name])}, this run for ${named(stream[name])}`);
  }
  if (saved.query !== undefined && itemsOf(saved.query).join() !== itemsOf(stream.query).join()) {
    const [theirs, ours] = [saved.query, stream.query].map(queryText);
    throw refuse(
      `it is for ${theirs}, this run for ${ours}`,
      "use another --position for that, or search without -c, which leaves this one alone",
    );
  }
  if (!APIS[stream.api].isCursor(saved.cursor)) {
    throw refuse("its cursor is not one of this API");
  }
}

/** Throws Failure (position) where the service tells another organisation than a position. */
export function checkOrganisation({ organisation }: Position, found: string, path: string): void {
  if (organisation === null || organisation === found) return;
  const why = `it is for organisation ${named(organisation)}, this run for ${named(found)}`;
  throw refusalOf(path)(why);
}

/**
 * Events that go into a file are not shown on a terminal instead, where they would be gone: throws
 * Failure (position).
 */
export function refuseTerminal({ output }: Position, options: Options): void {
  const isTaken = output === undefined || options.output !== undefined || options.once;
  if (isTaken || !Deno.stdout.isTerminal()) return;
  const why = "its events go to a file, and this run would take them from there";
  const remedy = "add --output, or -x to look without moving it";
  throw new Failure(
    "position",
    `Cannot go on from position "${options.position}": ${why}; ${remedy}`,
  );
}

/**
 * The position as a run goes on from it: one that writes no receipts ends their chain, or else a later
 * one would hide the hole.
 */
export function withReceipts(position: Position, { receipts, once }: Options): Position {
  if (receipts !== undefined || once) return position;
  const { receipt: _, ...rest } = position;
  return rest;
}

/** Where a position is from which nothing was delivered yet, in milliseconds since 1970. */
export function startOf(position: Position): number | undefined {
  const { cursor, api, caughtUp, output } = position;
  const isStart = isUntouched(position) && caughtUp === false && output?.open !== true &&
    (api === "siem" || isMade(cursor));
  return isStart ? sinceOf(position) : undefined;
}

function isUntouched({ delivered, lastEvent }: Position): boolean {
  return delivered === undefined && lastEvent === undefined;
}

/** The moment that a stream was to start at, where its position still says it; see `startOf`. */
function sinceOf({ api, cursor, since }: Position): number | undefined {
  if (api === "log" && since === undefined) return isMade(cursor) ? timeOfToken(cursor) : undefined;
  // The service's own cursors may have a "since" among other parameters.
  const own = /^since=[^&]*$/.test(cursor) ? new URLSearchParams(cursor).get("since") : null;
  const ms = Date.parse((api === "log" ? since : own) ?? "");
  return Number.isNaN(ms) ? undefined : ms;
}

/** Log API v1 says which organisation it is where none is named. */
function isUnknown(saved: Position, stream: StreamId): boolean {
  return stream.api === "log" && (saved.organisation === null || stream.organisation === null);
}

function queryText(query: Readonly<Record<string, string>>): string {
  const items = itemsOf(query);
  return items.length === 0 ? "no --query" : `--query ${quoted(items.join(","))}`;
}

/** The items of a query as they are typed, in order of the alphabet. */
function itemsOf(query: Readonly<Record<string, string>>): string[] {
  return Object.entries(query).map(([key, value]) => value === "" ? key : `${key}=${value}`)
    .map((item) => /[",]/.test(item) ? `"${item.replaceAll('"', '""')}"` : item).sort();
}

function named(text: string | null): string {
  return text === null ? "none" : `"${text}"`;
}

function publishedCursor(
  link: string,
  base: URL,
  refuse: (why: string) => Failure,
): string {
  let host: string | undefined;
  let cursor: string | undefined;
  try {
    host = new URL(nextLink(link) ?? "", base).host;
    cursor = cursorOfLink(link, base);
  } catch {
    // What could not be found out is missing below.
  }
  if (host !== undefined && host !== base.host) {
    throw refuse(`it is for host "${host}", this run for "${base.host}"`);
  }
  if (cursor === undefined) throw refuse("its link does not say where to go on");
  return cursor;
}

function refusalOf(path: string) {
  const usual = "name another file with --position, or remove this one to start anew";
  return (why: string, remedy: string = usual) =>
    new Failure("position", `Cannot go on from position "${path}": ${why}; ${remedy}`);
}
