/**
 * In what order? Page, output, position, next page. The position never passes what the output has
 * accepted: whatever happens in between, no event is lost.
 */

import { CallFailure, Failure, usageFailure } from "./base/errors.ts";
import { dirname } from "./base/files.ts";
import { instantAt, spanText } from "./base/time.ts";
import type { Options } from "./cli/options.ts";
import { count } from "./events/events.ts";
import type { Cursor, Page } from "./events/page.ts";
import { ReaderGone, recordedOutput, standardOutput } from "./output/output.ts";
import { fileOutput } from "./output/output_file.ts";
import { openPosition } from "./position/position_file.ts";
import { gap, standing } from "./position/reached.ts";
import { APIS } from "./sources/apis.ts";
import { onlyOrganisation } from "./sources/log_api.ts";
import type { Service } from "./sources/request.ts";
import { resume } from "./stream.ts";

/** Milliseconds. */
const LONGEST_FINISH = 3000;

/** Pulls what was asked for; `layOut` makes a page's text. Throws Failure, or the signal's reason. */
export async function pull(
  options: Options,
  service: Service,
  layOut: (page: Page) => Uint8Array,
): Promise<void> {
  const { continuous, once, api, budget = Infinity } = options;
  const { notes, signal, chance } = service;
  const started = chance.now();
  if (continuous && options.output !== undefined) {
    await keepApart(options.output, options.position);
  }
  using file = continuous ? await openPosition(options.position, signal) : undefined;
  const saved = file?.found && "position" in file.found ? file.found.position : undefined;
  const output = options.output !== undefined
    ? await fileOutput(options.output, saved?.output, notes)
    : continuous
    ? await recordedOutput(saved?.output)
    : standardOutput;
  const orgUrl = options.orgUrl ??
    (api === "log" ? await onlyOrganisation(service, options.apiUrl) : undefined);
  const selection = { ...options, orgUrl };
  const identity = { api, address: options.address, organisation: orgUrl ?? null };
  const resumed = file?.found && resume(file.found, options, identity);
  const broken = saved && gap(options.position, saved, started);
  if (broken !== undefined) throw broken;
  notes.debug(
    resumed === undefined
      ? `starting at ${options.since.text}`
      : `going on from ${resumed.at}, read from ${options.position}; --since does not count`,
  );
  const start = resumed ?? APIS[api].start(selection);

  let lastEvent = saved?.lastEvent;
  const save = async ({ at: cursor, delivered }: Cursor, more: boolean) => {
    if (file === undefined || once) return;
    const mark = output.mark(more);
    await file.save({ ...identity, cursor, delivered, lastEvent, caughtUp: !more, output: mark });
    notes.debug(`saved ${cursor} to ${options.position}`);
  };
  const pages = APIS[api].pages(service, selection, start);
  let coming = pages.next();
  if (saved !== undefined) {
    coming = coming.catch((error) => {
      throw isRefusal(error) ? gap(options.position, saved, chance.now(), error) : error;
    });
  }
  for (const asked = new Set([start.at]);;) {
    const { value: page } = await coming;
    if (page === undefined) return;
    signal.throwIfAborted();
    const more = page.more && !once;
    if (more && asked.has(page.next.at)) {
      const why = "the service sends back to where this run has been";
      throw new Failure("unusable", `Cannot go on after this page: ${why}`);
    }
    // From the first page on a crash can leave a part of one behind what the position says of a file.
    if (asked.size === 1 && output.mark(true) !== undefined) await save(start, true);
    asked.add(page.next.at);
    // The next page may be on its way while this one is written. Its failure is for its own turn.
    if (more) (coming = pages.next()).catch(() => {});
    try {
      await notes.progress({ writing: true });
      await inTime(output.write(layOut(page)), signal);
    } catch (error) {
      if (error instanceof ReaderGone && !continuous) return;
      throw error;
    }
    notes.progress({ events: count(page.events), reached: page.lastEvent });
    page.release();
    lastEvent = instantAt(page.lastEvent)?.text ?? lastEvent;
    await save(page.next, more);
    signal.throwIfAborted();
    if (!more) return;
    if (chance.now() - started >= budget) {
      const { reached } = standing({ api, cursor: page.next.at, lastEvent });
      return notes.say(budgetUsedUp(reached, chance.now()));
    }
  }
}

/** What is said where the time for a run is over. Both are in milliseconds since 1970. */
function budgetUsedUp(reached: number | undefined, now: number): string {
  const behind = reached === undefined
    ? ""
    : ` at ${instantAt(reached)?.text}, ${spanText(now - reached)} behind`;
  return `Stopped${behind}, since the --budget is used up; the next run goes on`;
}

/**
 * A saved cursor that the service does not take: no repetition will heal that. Other statuses, such as
 * 404, are rather about the address.
 */
function isRefusal(error: unknown): error is CallFailure {
  return error instanceof CallFailure && [400, 410, 422].includes(error.status ?? 0);
}

/**
 * A page that is being written is finished even when the run is told to end, but not for ever: its
 * reader may have stalled. Rejects with the signal's reason where it takes too long.
 */
function inTime<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const soon = () => setTimeout(() => reject(signal.reason), LONGEST_FINISH);
  if (signal.aborted) soon();
  else signal.addEventListener("abort", soon, { once: true });
  return Promise.race([work, promise]).finally(() => signal.removeEventListener("abort", soon));
}

/** Throws Failure (usage) where events would go into a file that the position is kept in or by. */
async function keepApart(output: string, position: string): Promise<void> {
  const real = (path: string) =>
    Deno.realPath(path).catch(async () => {
      const folder = await Deno.realPath(dirname(path)).catch(() => dirname(path));
      return `${folder}/${path.replace(/^.*[/\\]/s, "")}`;
    });
  const files = ["", ".lock", ".new"].map((suffix) => real(position + suffix));
  if (!(await Promise.all(files)).includes(await real(output))) return;
  throw usageFailure(
    `Cannot use --output "${output}": the position is kept there; name another file`,
  );
}
