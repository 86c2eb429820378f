/** Which stream is this, where did it stop, and what is saved of it? */

import { CallFailure, Failure } from "./base/errors.ts";
import { instantAt, utcTime } from "./base/time.ts";
import type { Options } from "./cli/options.ts";
import { keptFilesOf } from "./destination.ts";
import type { Page } from "./events/page.ts";
import type { Selection } from "./events/selection.ts";
import { isSameMark, type Mark } from "./output/mark.ts";
import { pagesFrom, selectionOf } from "./pages.ts";
import type { Position } from "./position/position.ts";
import { openPosition, type PositionFile } from "./position/position_file.ts";
import { ageWarning, refusedPosition, retryAtOf, timesOf } from "./position/reached.ts";
import { refuseKeptFiles, refuseSharedPosition } from "./position/same_file.ts";
import { createProgress, type Progress } from "./progress.ts";
import {
  checkOrganisation,
  refuseTerminal,
  resume,
  startOf,
  type StreamId,
  streamIdOf,
  withReceipts,
} from "./resume.ts";
import { APIS } from "./sources/apis.ts";
import type { Notes } from "./terminal/notes.ts";
import type { Service } from "./sources/service.ts";

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
  if (resumed !== undefined) {
    refuseTerminal(resumed, options);
    const { state, timing } = service;
    state.retryAt = Math.max(state.retryAt, retryAtOf(resumed, timing.now()));
    // Not where nobody looks: cron lines may well have it, and runs without trouble are silent there.
    if (options.sinceIsGiven && Deno.stderr.isTerminal()) {
      service.notes.say(
        `--since does not count: position "${options.position}" says where to go on`,
      );
    }
  }
  if (resumed && !resumed.query && options.filters.length > 0 && !options.once) {
    // The run before may have had no --query, and then this one takes events out of its stream.
    service.notes.say(
      `Position "${options.position}" does not say for which --query it is: from now on it is for ` +
        "this one, and other events are left out",
    );
  }
  const goingOn = resumed === undefined
    ? firstPosition(options, id)
    : { ...resumed, query: id.query };
  const first = withReceipts(goingOn, options);
  const progress = createProgress(file, first, options, service.notes);
  const selecting = selectionFor(progress, options, service);
  // What may pass is thrown where pages are asked for: by then the start of a first run is saved.
  await selecting.catch((error) => {
    if (isOurRefusal(error)) throw error;
  });
  if (first.receipt !== goingOn.receipt) {
    service.notes.say(
      `The chain of receipts of position "${options.position}" ends here: this run has no --receipts`,
    );
  }
  // Of the published client's position nothing is known but when it was saved.
  const caughtUp = resumed?.caughtUp ?? file.found.published !== undefined;
  const reachedBefore = resumed && timesOf({ ...resumed, caughtUp }).reached;
  return {
    resumed,
    pages: () => pagesOf(progress, selecting, resumed, reachedBefore, options, service),
    async saveMark(output) {
      if (progress.isSaved() && isSameMark(output, progress.position().output)) return;
      const isStart = resumed === undefined && !progress.isSaved();
      await progress.save({ output });
      if (isStart) sayOfFolder(file, options, service.notes);
    },
    savePage(page, output, receipt) {
      const { next: { at, delivered, since }, more, isOvertaken = false, lastEvent } = page;
      return progress.save({
        cursor: at,
        delivered,
        since,
        saved: now(),
        caughtUp: !more && !isOvertaken,
        lastEvent: instantAt(lastEvent)?.text ?? progress.position().lastEvent,
        retryAt: undefined,
        retryAsked: undefined,
        output,
        ...(receipt !== undefined && { receipt }),
      });
    },
    saveReceipt: (receipt) => progress.save({ receipt }),
    position: progress.position,
    reached: () => timesOf(progress.position()).reached,
    [Symbol.asyncDispose]: () => file[Symbol.asyncDispose](),
  };
}

/**
 * What to ask for, of the organisation that the position is for. Throws Failure: usage, refused or position
 * where the service tells another one, several or none; what `ask` throws; or the signal's reason.
 */
async function selectionFor(
  progress: Progress,
  options: Options,
  service: Service,
): Promise<Selection> {
  const selection = await selectionOf(options, service);
  const organisation = selection.orgUrl ?? null;
  const { position: path, api } = options;
  if (api === "log") checkOrganisation(progress.position(), organisation!, path);
  progress.set({ organisation });
  return selection;
}

/** Whether this client will not go on, whatever the service does later. */
function isOurRefusal(error: unknown): boolean {
  return error instanceof Failure && !(error instanceof CallFailure);
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

/**
 * The pages from a position on. What the clock makes one suspect of it is said when the service has
 * answered; what the service refuses is a gap. Throws Failure, or the signal's reason.
 */
async function* pagesOf(
  progress: Progress,
  selecting: Promise<Selection>,
  resumed: Position | undefined,
  reachedBefore: number | undefined,
  options: Options,
  service: Service,
): AsyncGenerator<Page, void, void> {
  const { position: path } = options;
  const { notes, timing } = service;
  let isFirst = true;
  try {
    for await (
      const page of answersTo(progress, selecting, resumed !== undefined, options, service)
    ) {
      const warning = isFirst ? ageWarning(path, reachedBefore, timing.now()) : undefined;
      if (warning !== undefined) notes.say(warning);
      isFirst = false;
      yield page;
    }
  } catch (error) {
    if (!(error instanceof CallFailure)) throw error;
    if (error.retryAt !== undefined) {
      // The failure counts, whether or not this can be saved.
      const changes = { retryAt: utcTime(error.retryAt), retryAsked: utcTime(timing.now()) };
      await progress.save(changes).catch(() => {});
    }
    // From a start that nothing was delivered from there is nothing to lose.
    const isStart = resumed === undefined || startOf(resumed) !== undefined;
    if (!isFirst || isStart || !isRefusal(error)) throw error;
    throw refusedPosition(path, reachedBefore, timing.now(), error);
  }
}

async function* answersTo(
  progress: Progress,
  selecting: Promise<Selection>,
  isResumed: boolean,
  options: Options,
  service: Service,
): AsyncGenerator<Page, void, void> {
  const { cursor: at, delivered, since } = progress.position();
  const selection = await selecting;
  service.notes.debug(
    isResumed
      ? `going on from ${at}, read from ${options.position}; --since does not count`
      : `starting at ${options.since.text}`,
  );
  for await (const page of pagesFrom(service, selection, { at, delivered, since })) yield page;
}

/**
 * A saved cursor that the service does not take: no repetition will change that. Other statuses, such
 * as 404, are rather about the address.
 */
export function isRefusal(error: CallFailure): boolean {
  return [400, 410, 422].includes(error.status ?? 0);
}

function now(): string {
  return new Date().toISOString();
}
