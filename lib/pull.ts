/**
 * In what order? Page, output, position, next page. The position never passes what the output has
 * accepted: whatever happens in between, no event is lost.
 */

import type { Options } from "./args.ts";
import { Failure } from "./errors.ts";
import { layOut } from "./events.ts";
import { isLogCursor, logPages, logStart, onlyOrganisation } from "./log_api.ts";
import { nextLink } from "./link.ts";
import { ReaderGone, standardOutput } from "./output.ts";
import { fileOutput } from "./output_file.ts";
import type { Cursor } from "./page.ts";
import { type Found, openPosition } from "./position.ts";
import type { Service } from "./request.ts";
import { instantAt } from "./time.ts";
import { cursorOfLink, isSiemCursor, siemPages, siemStart } from "./siem_api.ts";

const APIS = {
  siem: { start: siemStart, pages: siemPages, isCursor: isSiemCursor },
  log: { start: logStart, pages: logPages, isCursor: isLogCursor },
};

const LONGEST_FINISH = 3000;

/** Pulls what was asked for. Throws Failure, or the signal's reason. */
export async function pull(options: Options, service: Service): Promise<void> {
  const { continuous, once, api, format } = options;
  const { notes, signal } = service;
  using file = continuous ? await openPosition(options.position, signal) : undefined;
  const saved = file?.found && "position" in file.found ? file.found.position : undefined;
  const output = options.output === undefined
    ? await standardOutput(saved?.output)
    : await fileOutput(options.output, saved?.output, notes);
  const orgUrl = options.orgUrl ??
    (api === "log" ? await onlyOrganisation(service, options.apiUrl) : undefined);
  const selection = { ...options, orgUrl };
  const identity = { api, address: options.address, organisation: orgUrl ?? null };
  const resumed = file?.found && resume(file.found, options, identity);
  notes.debug(
    resumed === undefined
      ? `starting at ${options.since.text}`
      : `going on from ${resumed.at}, read from ${options.position}; --since does not count`,
  );
  const start = resumed ?? APIS[api].start(selection);

  let lastEvent = saved?.lastEvent;
  const save = async ({ at: cursor, delivered }: Cursor, more: boolean) => {
    if (file === undefined || once) return;
    await file.save({ ...identity, cursor, delivered, lastEvent, output: output.mark(more) });
    notes.debug(`saved ${cursor} to ${options.position}`);
  };
  // From here on a crash can leave a part of a page behind what the position says of a file.
  if (output.mark(true) !== undefined) await save(start, true);

  const pages = APIS[api].pages(service, selection, start);
  for (let coming = pages.next();;) {
    const { value: page } = await coming;
    if (page === undefined) return;
    signal.throwIfAborted();
    // The next page may be on its way while this one is written. Its failure is for its own turn.
    const more = page.more && !once;
    if (more) (coming = pages.next()).catch(() => {});
    try {
      await inTime(output.write(layOut(page.bytes, page.spans, format)), signal);
    } catch (error) {
      if (error instanceof ReaderGone && !continuous) return;
      throw error;
    }
    lastEvent = instantAt(page.lastEvent)?.text ?? lastEvent;
    await save(page.next, more);
    signal.throwIfAborted();
    if (!more) return;
  }
}

/**
 * A page that is being written is finished even when the run is told to end, but not for ever: its
 * reader may have stalled. Rejects with the signal's reason where it takes too long.
 */
function inTime<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const soon = () => setTimeout(() => reject(signal.reason), LONGEST_FINISH);
  signal.addEventListener("abort", soon, { once: true });
  return Promise.race([work, promise]).finally(() => signal.removeEventListener("abort", soon));
}

/** The cursor to go on from. Throws Failure (position) where it is not for this stream. */
function resume(
  found: Found,
  { position: path, api, apiUrl }: Options,
  identity: { api: string; address: string; organisation: string | null },
): Cursor {
  const refuse = (why: string) => {
    const remedy = "name another file with --position, or remove this one to start anew";
    return new Failure("position", `Cannot go on from position "${path}": ${why}; ${remedy}`);
  };
  if ("publishedLink" in found) {
    if (api === "log") throw refuse("the published client left it, for the SIEM API");
    return { at: publishedCursor(found.publishedLink, new URL(apiUrl), refuse) };
  }
  const { position } = found;
  for (const name of ["api", "address", "organisation"] as const) {
    if (position[name] === identity[name]) continue;
    throw refuse(`it is for ${name} "${position[name]}", this run for "${identity[name]}"`);
  }
  if (!APIS[api].isCursor(position.cursor)) throw refuse("what it says is no cursor of this API");
  return { at: position.cursor, delivered: position.delivered };
}

function publishedCursor(link: string, base: URL, refuse: (why: string) => Failure): string {
  const target = nextLink(link) ?? "";
  const host = URL.canParse(target, base) ? new URL(target, base).host : undefined;
  if (host !== base.host) throw refuse(`it is for host "${host}", this run for "${base.host}"`);
  try {
    return cursorOfLink(link, base) ?? "";
  } catch {
    throw refuse("its link names no place to go on from");
  }
}
