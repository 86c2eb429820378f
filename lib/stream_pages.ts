/** Which pages come from a position on, and what do they and their failures say of it? */

import { CallFailure, Failure } from "./base/errors.ts";
import { utcTime } from "./base/time.ts";
import type { Options } from "./cli/options.ts";
import type { Page } from "./events/page.ts";
import type { Selection } from "./events/selection.ts";
import { isMade, timeOfToken } from "./events/token.ts";
import { pagesFrom, selectionOf } from "./pages.ts";
import type { Position } from "./position/position.ts";
import { ageWarning, MAX_SKEW_MS, refusedPosition } from "./position/reached.ts";
import type { Progress } from "./progress.ts";
import { checkOrganisation, startOf } from "./resume.ts";
import { isRefusal } from "./sources/failures.ts";
import type { Service } from "./sources/service.ts";

/** What was there when the run began. */
interface Before {
  /** The position to go on from; undefined where the stream starts with this run. */
  readonly resumed: Position | undefined;
  /** How far that is, in milliseconds since 1970; undefined where unknown. */
  readonly reachedBefore: number | undefined;
}

/**
 * What gives the pages from a position on; it throws Failure, or the signal's reason. Finds out for which
 * organisation they are: throws Failure (usage, refused, position) where the service tells several, none,
 * or another than the position's. What may pass is thrown with the pages: by then the start of a first
 * run is saved.
 */
export async function openPages(
  progress: Progress,
  before: Before,
  options: Options,
  service: Service,
): Promise<() => AsyncGenerator<Page, void, void>> {
  const selecting = selectionFor(progress, options, service);
  await selecting.catch((error) => {
    if (error instanceof Failure && !(error instanceof CallFailure)) throw error;
  });
  return () =>
    judged(
      answersTo(progress, selecting, before, options, service),
      progress,
      before,
      options,
      service,
    );
}

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

/**
 * The same pages. What the clock makes one suspect of a position is said when the service has answered;
 * what the service refuses is a gap. Throws Failure, or the signal's reason.
 */
async function* judged(
  pages: AsyncGenerator<Page, void, void>,
  progress: Progress,
  { resumed, reachedBefore }: Before,
  { position: path }: Options,
  { notes, timing }: Service,
): AsyncGenerator<Page, void, void> {
  let isFirst = true;
  let isBack = false;
  try {
    for await (const page of pages) {
      const warning = isFirst ? ageWarning(path, reachedBefore, timing.now()) : undefined;
      if (warning !== undefined) notes.say(warning);
      isFirst = false;
      const back: string | undefined = isBack
        ? undefined
        : backInTime(progress.position().cursor, page.next.at);
      if (back !== undefined) notes.say(back);
      isBack ||= back !== undefined;
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

/**
 * What to say where the service's next token (Log API v1) is of an earlier time than the one it follows:
 * from run to run it could go round in a circle. Cursors of the SIEM API do not tell.
 */
function backInTime(from: string, to: string): string | undefined {
  const [before, after] = [from, to].map(timeOfToken);
  if (before === undefined || after === undefined || isMade(from)) return undefined;
  if (after >= before - MAX_SKEW_MS) return undefined;
  const times = `from ${utcTime(before)} to ${utcTime(after)}`;
  return `The service goes back ${times}: events of that time may come again`;
}

async function* answersTo(
  progress: Progress,
  selecting: Promise<Selection>,
  { resumed }: Before,
  options: Options,
  service: Service,
): AsyncGenerator<Page, void, void> {
  const { cursor: at, delivered, since, begins, caughtUp, saved } = progress.position();
  const asked = caughtUp === true ? saved : undefined;
  const selection = await selecting;
  service.notes.debug(
    resumed === undefined
      ? `starting at ${options.since.text}`
      : `going on from ${at}, read from ${options.position}; --since does not count`,
  );
  const start = { at, delivered, since, asked, begins };
  for await (const page of pagesFrom(service, selection, start)) yield page;
}
