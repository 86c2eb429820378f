/** What does the service have that the pulled files lack? It is asked again, page by page. */

import { CallFailure } from "../base/errors.ts";
import { plural } from "../base/text.ts";
import { HOUR } from "../base/time.ts";
import { count } from "../events/events.ts";
import type { Page } from "../events/page.ts";
import type { Selection } from "../events/selection.ts";
import { timeOfToken } from "../events/token.ts";
import type { Layout } from "../formats/layout.ts";
import type { ChainLine } from "../position/chain.ts";
import type { Position } from "../position/position.ts";
import type { Receipt } from "../position/receipt.ts";
import { APIS } from "../sources/apis.ts";
import type { Service } from "../sources/service.ts";
import { between } from "./chain_words.ts";
import { earlier, type Finding, later } from "./findings.ts";
import { lostEvents, type Suspect } from "./lost_events.ts";
import type { Hash } from "./pulled_file.ts";
import { type Step, stepsOf } from "./refetch_steps.ts";
import type { Window } from "./written_files.ts";

/** What is needed to ask again. */
export interface RefetchOptions {
  readonly service: Service;
  readonly selection: Selection;
  readonly layOut: Layout;
  readonly lines: AsyncIterable<ChainLine>;
  /** The position behind them, where it is known. */
  readonly end: Position | undefined;
  readonly window: Window;
  /** Whether a pulled file holds all that was written for a page. */
  readonly isHeld: (receipt: Receipt) => boolean;
  readonly files: readonly string[];
  readonly newHash: () => Hash;
  readonly tell: (finding: Finding) => Promise<void>;
  /** Takes the events that are missing, in the order of the service. */
  readonly write: ((events: Uint8Array) => Promise<void>) | undefined;
}

/** What is suspected is looked for in the files as soon as there is so much of it. */
const MAX_SUSPECT_BYTES = 64 * 1024 * 1024;
const NEWLINE = 0x0a;

/**
 * Asks for every page of the receipts in the window again, and for what lies in the holes between them, and
 * tells which events are in none of the files. Throws CallFailure where the service cannot be asked.
 */
export async function refetch(options: RefetchOptions): Promise<void> {
  const { newHash, tell, files, write } = options;
  let suspects: Suspect[] = [];
  let steps: Step[] = [];
  const flush = async () => {
    const lost = await lostEvents(suspects, files, newHash);
    for (const group of grouped(lost)) await tell(lostFinding(group, steps));
    if (write !== undefined && lost.length > 0) await write(joined(lost.map(({ line }) => line)));
    [suspects, steps] = [[], []];
  };
  let bytes = 0;
  for await (const step of stepsOf(options.lines, options.window, options.end)) {
    const number = steps.push(step) - 1;
    try {
      for await (const { line, kind } of suspicious(step, options)) {
        const digest = newHash().update(line).digest("hex");
        suspects.push({ line, kind, digest, step: number });
        bytes += line.length;
      }
    } catch (error) {
      if (!(error instanceof CallFailure) || !isRefusal(error)) throw error;
      await tell(goneFinding(step, error));
    }
    if (bytes > MAX_SUSPECT_BYTES) {
      await flush();
      bytes = 0;
    }
  }
  await flush();
}

/** A cursor that the service does not take any more; other statuses are about the credentials or the address. */
function isRefusal({ status }: CallFailure): boolean {
  return [400, 410, 422].includes(status ?? 0);
}

/** The events of a step that may be in none of the files. */
async function* suspicious(
  step: Step,
  options: RefetchOptions,
): AsyncGenerator<Pick<Suspect, "line" | "kind">, void, void> {
  const { newHash, isHeld } = options;
  const [first] = step.receipts;
  if (first === undefined) {
    for await (const line of stretch(step, options)) yield { line, kind: "events lost" };
    return;
  }
  const { lines, next } = await answerTo(step.from, options);
  let at = first.skip;
  const parts = step.receipts.map((receipt) => {
    const part = lines.slice(at, at + receipt.events);
    at += receipt.events;
    const hash = newHash();
    for (const line of part) hash.update(line);
    return { part, receipt, isSame: hash.digest("hex") === receipt.sha256 };
  });
  const isHeldWhole = step.receipts.every(isHeld);
  if (parts.every(({ isSame }) => isSame)) {
    for (const { part, receipt } of parts) {
      if (!isHeld(receipt)) { for (const line of part) yield { line, kind: "events lost" }; }
    }
    // The page goes on to the same cursor as before, and has more in it.
    const isMore = next === step.to && next !== step.from;
    if (isMore) { for (const line of lines.slice(at)) yield { line, kind: "events late" }; }
    return;
  }
  const kind = isHeldWhole ? "events late" : "events lost";
  for await (const line of stretch(step, options)) yield { line, kind };
}

/** All events from where a step begins to where it ends, and perhaps some more, which come later anyway. */
async function* stretch(
  step: Step,
  options: RefetchOptions,
): AsyncGenerator<Uint8Array, void, void> {
  const { receipts, to } = step;
  const enough = receipts.reduce((sum, { events }) => sum + events, receipts[0]?.skip ?? 0);
  const end = timeOfToken(to);
  const isFar = Date.parse(step.until ?? "") + HOUR;
  const asked = new Set<string>();
  let cursor = step.from;
  for (let had = 0;;) {
    asked.add(cursor);
    const { lines, next, lastEvent } = await answerTo(cursor, options);
    yield* lines;
    had += lines.length;
    const isThere = next === to || asked.has(next);
    const isPast = end !== undefined && (timeOfToken(next) ?? -Infinity) > end ||
      receipts.length === 0 && lastEvent > isFar;
    const isEnough = receipts.length > 0 && had > enough + options.selection.limit;
    if (isThere || isPast || isEnough) return;
    cursor = next;
  }
}

/** What the service answers to a cursor: each event as it would be written, and where it goes on. */
async function answerTo(
  at: string,
  { service, selection, layOut }: RefetchOptions,
): Promise<{ lines: Uint8Array[]; next: string; lastEvent: number }> {
  const pages: AsyncIterator<Page, void> = APIS[selection.api].pages(
    service,
    { ...selection, once: true },
    { at },
  );
  const { value: page } = await pages.next();
  if (page === undefined) return { lines: [], next: at, lastEvent: NaN };
  const { next, lastEvent } = page;
  const events = count(page.events);
  const text = layOut(page).slice();
  page.release();
  service.notes.delivered(events, lastEvent);
  return { lines: linesOf(text), next: next.at, lastEvent };
}

function linesOf(text: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let at = 0; at < text.length;) {
    const end = text.indexOf(NEWLINE, at) + 1 || text.length;
    lines.push(text.subarray(at, end));
    at = end;
  }
  return lines;
}

/** Neighbours of one kind, of steps that follow each other. */
function grouped(lost: readonly Suspect[]): Suspect[][] {
  const groups: Suspect[][] = [];
  for (const one of lost) {
    const last = groups.at(-1)?.at(-1);
    if (last?.kind === one.kind && one.step - last.step <= 1) groups.at(-1)!.push(one);
    else groups.push([one]);
  }
  return groups;
}

function lostFinding(group: readonly Suspect[], steps: readonly Step[]): Finding {
  const [{ kind }] = group as [Suspect, ...Suspect[]];
  const of = [...new Set(group.map(({ step }) => step))].map((step) => steps[step]!);
  const since = of.map((step) => step.since).reduce(earlier);
  const until = of.map((step) => step.until).reduce(later);
  const many = plural(group.length, "event");
  const verb = group.length === 1 ? "is" : "are";
  const message = kind === "events lost"
    ? `The service has ${many} that ${verb} in none of the files`
    : `The service has ${many} in pages that were pulled before ${
      group.length === 1 ? "it" : "they"
    } ` +
      "came, and the files lack them".replace("them", group.length === 1 ? "it" : "them");
  return {
    finding: kind,
    isFault: true,
    message: message + between({ since, until }),
    since,
    until,
    events: group.length,
  };
}

function goneFinding({ since, until, receipts }: Step, error: CallFailure): Finding {
  const events = receipts.reduce((sum, { events }) => sum + events, 0);
  const what = receipts.length === 0 ? "what lies in a hole" : plural(events, "event");
  return {
    finding: "events gone",
    isFault: false,
    message: `The service does not give ${what} again${
      between({ since, until })
    } (${error.message})`,
    since,
    until,
    events,
  };
}

function joined(lines: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(lines.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const line of lines) {
    whole.set(line, at);
    at += line.length;
  }
  return whole;
}
