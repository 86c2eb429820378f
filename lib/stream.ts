/** Which stream is this, where did it stop, and what is saved of it? */

import { instantAt } from "./base/time.ts";
import type { Options } from "./cli/options.ts";
import { keptFilesOf } from "./destination.ts";
import type { Page } from "./events/page.ts";
import { isSameMark, type Mark } from "./output/mark.ts";
import type { Position } from "./position/position.ts";
import { openPosition, type PositionFile } from "./position/position_file.ts";
import { retryAtOf, timesOf } from "./position/reached.ts";
import { refuseKeptFiles, refuseSharedPosition } from "./position/same_file.ts";
import { createProgress } from "./progress.ts";
import { refuseTerminal, resume, type StreamId, streamIdOf, withReceipts } from "./resume.ts";
import { sayOfResumed } from "./resume_notes.ts";
import { APIS } from "./sources/apis.ts";
import type { Service } from "./sources/service.ts";
import { openPages } from "./stream_pages.ts";
import type { Notes } from "./terminal/notes.ts";

/** A stream in the hands of this run; nobody else can pull it meanwhile. With `-x` nothing is saved. */
export interface Stream extends AsyncDisposable {
  /** The position to go on from; undefined where the stream starts with this run. */
  readonly resumed: Position | undefined;
  /** The pages from there. Throws Failure, or the signal's reason. */
  pages(): AsyncGenerator<Page, void, void>;
  /** Makes sure that a mark is saved, and by this run; all else stays. Throws Failure (position). */
  saveMark(mark: Mark | undefined): Promise<void>;
  /**
   * Saves that a page is delivered; `receipt` is the digest of its receipt, where it has one. Throws
   * Failure (position).
   */
  savePage(page: Page, mark: Mark | undefined, receipt?: string): Promise<void>;
  /** Saves which receipt is the last; all else stays. Throws Failure (position). */
  saveReceipt(digest: string): Promise<void>;
  /** What is saved, or will be by the next save. */
  position(): Position;
  /** Up to when everything is delivered, in milliseconds since 1970; undefined where unknown. */
  reached(): number | undefined;
}

/**
 * Takes hold of a stream. Throws Failure: usage where events would go into a file of the position,
 * position where another run has it or it is not this run's.
 */
export async function openStream(options: Options, service: Service): Promise<Stream> {
  const kept = keptFilesOf(options);
  await refuseSharedPosition(kept);
  await refuseKeptFiles(options.output, kept);
  const file = await openPosition(options.position, service.signal);
  try {
    return await streamOf(file, options, service);
  } catch (error) {
    await file[Symbol.asyncDispose]();
    throw error;
  }
}

async function streamOf(
  file: PositionFile,
  options: Options,
  service: Service,
): Promise<Stream> {
  const id = streamIdOf(options);
  const resumed = resume(file.found, options, id, service.timing.now());
  const { state, timing, notes } = service;
  if (resumed !== undefined) {
    refuseTerminal(resumed, options);
    state.retryAt = Math.max(state.retryAt, retryAtOf(resumed, timing.now()));
  }
  const goingOn = resumed === undefined
    ? firstPosition(options, id)
    : { ...resumed, query: id.query };
  const first = { ...withReceipts(goingOn, options), format: options.format };
  const progress = createProgress(file, first, options, notes);
  // Of the published client's position nothing is known but when it was saved.
  const caughtUp = resumed?.caughtUp ?? file.found.published !== undefined;
  const reachedBefore = resumed && timesOf({ ...resumed, caughtUp }).reached;
  const pages = await openPages(progress, { resumed, reachedBefore }, options, service);
  if (resumed !== undefined) sayOfResumed(resumed, first, options, notes);
  return {
    resumed,
    pages,
    async saveMark(output) {
      if (progress.isSaved() && isSameMark(output, progress.position().output)) return;
      const isStart = resumed === undefined && !progress.isSaved();
      await progress.save({ output });
      if (isStart) sayOfFolder(file, options, notes);
    },
    savePage: (page, output, receipt) =>
      progress.save({
        ...afterPage(page, progress.position()),
        output,
        ...(receipt !== undefined && { receipt }),
      }),
    saveReceipt: (receipt) => progress.save({ receipt }),
    position: progress.position,
    reached: () => timesOf(progress.position()).reached,
    [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
  };
}

/** What a position says of a page that is delivered. */
function afterPage(
  { next: { at, delivered, since, begins }, more, isOvertaken = false, lastEvent }: Page,
  before: Position,
): Partial<Position> {
  return {
    cursor: at,
    delivered,
    since,
    begins,
    saved: now(),
    caughtUp: !more && !isOvertaken,
    lastEvent: instantAt(lastEvent)?.text ?? before.lastEvent,
    retryAt: undefined,
    retryAsked: undefined,
  };
}

/** A position that root makes in a folder of another user locks that user out. */
function sayOfFolder(
  { folderOwner }: PositionFile,
  { position, once }: Options,
  notes: Notes,
): void {
  if (once || folderOwner === undefined) return;
  const why = `it is made by root in a folder of user ${folderOwner}`;
  notes.say(`Only root can go on from position "${position}": ${why}`);
}

function firstPosition(options: Options, id: StreamId): Position {
  const { at: cursor, since } = APIS[options.api].start(options);
  return { ...id, cursor, since, saved: now(), caughtUp: false };
}

function now(): string {
  return new Date().toISOString();
}
