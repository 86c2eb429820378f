/** Which stream is this, where did it stop, and may this run go on with it? */

import { CallFailure, Failure } from "./base/errors.ts";
import { instantAt } from "./base/time.ts";
import type { Options } from "./cli/options.ts";
import type { Cursor, Page } from "./events/page.ts";
import type { ApiName } from "./events/selection.ts";
import { isSameMark, type Mark } from "./output/mark.ts";
import { pagesFrom, selectionOf } from "./pages.ts";
import type { FoundPosition, Position } from "./position/position.ts";
import { openPosition, type PositionFile } from "./position/position_file.ts";
import { gap, timesOf } from "./position/reached.ts";
import { refuseSamePath } from "./position/same_file.ts";
import { APIS } from "./sources/apis.ts";
import { nextLink } from "./sources/link.ts";
import type { Service } from "./sources/service.ts";
import { cursorOfLink } from "./sources/siem_api.ts";

/** Which stream a position belongs to. */
interface StreamId {
  readonly api: ApiName;
  readonly address: string;
  readonly organisation: string | null;
}

/** A stream in the hands of this run; nobody else can pull it meanwhile. */
export interface Stream extends Disposable {
  /** Up to where its events were written into a file by the run before; undefined for none. */
  readonly mark: Mark | undefined;
  /** The pages from where it stopped. Throws Failure, or the signal's reason. */
  pages(): AsyncGenerator<Page, void, void>;
  /** Makes sure that the position has a mark. With `-x` nothing is saved. Throws Failure (position). */
  saveMark(mark: Mark): Promise<void>;
  /** Saves that a page is delivered. With `-x` nothing is saved. Throws Failure (position). */
  save(page: Page, mark: Mark | undefined): Promise<void>;
  /** Up to when everything is delivered, in milliseconds since 1970; undefined where unknown. */
  reached(): number | undefined;
}

/**
 * Takes hold of a stream. Throws Failure: usage where the output is a file of the position, position
 * where another run has it or it is not this run's, unusable where it has a gap.
 */
export async function openStream(options: Options, service: Service): Promise<Stream> {
  if (options.output !== undefined) await refuseSamePath(options.output, options.position);
  const file = await openPosition(options.position, service.signal);
  try {
    return await streamOf(file, options, service);
  } catch (error) {
    file[Symbol.dispose]();
    throw error;
  }
}

async function streamOf(file: PositionFile, options: Options, service: Service): Promise<Stream> {
  const { api, address, position: path, once } = options;
  const { notes, timing } = service;
  const { saved } = file.found;
  const selection = await selectionOf(options, service);
  const stream: StreamId = { api, address, organisation: selection.orgUrl ?? null };
  const resumed = resume(file.found, options, stream);
  const broken = saved && gap(path, saved, timing.now());
  if (broken !== undefined) throw broken;
  notes.debug(
    resumed === undefined
      ? `starting at ${options.since.text}`
      : `going on from ${resumed.at}, read from ${path}; --since does not count`,
  );
  const start = resumed ?? APIS[api].start(selection);
  const latest: { cursor: Cursor; lastEvent: string | undefined; mark: Mark | undefined } = {
    cursor: start,
    lastEvent: saved?.lastEvent,
    mark: saved?.output,
  };
  async function save(caughtUp: boolean, mark: Mark | undefined) {
    if (once) return;
    const { lastEvent, cursor: { at: cursor, delivered } } = latest;
    latest.mark = mark;
    await file.save({ ...stream, cursor, delivered, lastEvent, caughtUp, output: mark });
    notes.debug(`saved ${cursor} to ${path}`);
  }
  return {
    mark: saved?.output,
    pages: () => refusalsExplained(pagesFrom(service, selection, start), path, saved, service),
    async saveMark(mark) {
      if (!isSameMark(mark, latest.mark)) await save(false, mark);
    },
    async save({ next, more, lastEvent }, mark) {
      latest.cursor = next;
      latest.lastEvent = instantAt(lastEvent)?.text ?? latest.lastEvent;
      await save(!more, mark);
    },
    reached: () => timesOf({ api, ...latest, cursor: latest.cursor.at }).reached,
    [Symbol.dispose]: () => file[Symbol.dispose](),
  };
}

/** The same pages; where the service refuses the cursor that was saved, what to do about it is said. */
async function* refusalsExplained(
  pages: AsyncIterable<Page>,
  path: string,
  saved: Position | undefined,
  { timing }: Service,
): AsyncGenerator<Page, void, void> {
  let isSaved = saved !== undefined;
  try {
    for await (const page of pages) {
      isSaved = false;
      yield page;
    }
  } catch (error) {
    throw isSaved && isRefusal(error) ? gap(path, saved!, timing.now(), error) : error;
  }
}

/**
 * A saved cursor that the service does not take: no repetition will change that. Other statuses, such
 * as 404, are rather about the address.
 */
function isRefusal(error: unknown): error is CallFailure {
  return error instanceof CallFailure && [400, 410, 422].includes(error.status ?? 0);
}

/**
 * The cursor to go on from; undefined where there is no position. Throws Failure (position) where it is
 * not for this stream.
 */
function resume(
  { saved, publishedLink }: FoundPosition,
  { position: path, api, apiUrl }: Options,
  stream: StreamId,
): Cursor | undefined {
  const refuse = (why: string) => {
    const remedy = "name another file with --position, or remove this one to start anew";
    return new Failure("position", `Cannot go on from position "${path}": ${why}; ${remedy}`);
  };
  if (publishedLink !== undefined) {
    if (api === "log") throw refuse("the published client left it, for the SIEM API");
    return { at: publishedCursor(publishedLink, new URL(apiUrl), refuse) };
  }
  if (saved === undefined) return undefined;
  for (const name of ["api", "address", "organisation"] as const) {
    if (saved[name] === stream[name]) continue;
    throw refuse(`it is for ${name} "${saved[name]}", this run for "${stream[name]}"`);
  }
  if (!APIS[api].isCursor(saved.cursor)) throw refuse("its cursor is not one of this API");
  return { at: saved.cursor, delivered: saved.delivered };
}

function publishedCursor(link: string, base: URL, refuse: (why: string) => Failure): string {
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
