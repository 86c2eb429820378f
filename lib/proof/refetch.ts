/** What does the service have that the pulled files lack? It is asked again, page by page. */

import { concat } from "@std/bytes/concat";
import { HOUR } from "../base/time.ts";
import { isMade, timeOfToken } from "../events/token.ts";
import type { Layout } from "../formats/layout.ts";
import type { ChainLine } from "../position/chain.ts";
import type { Position } from "../position/position.ts";
import type { Receipt } from "../position/receipt.ts";
import { isRefusal } from "../sources/failures.ts";
import { refusesToken } from "../sources/log_start.ts";
import { answerTo, type AskOptions, type LaidOutAnswer } from "./answers.ts";
import type { Finding } from "./findings.ts";
import { lostEvents, type Suspect } from "./lost_events.ts";
import type { Hash } from "../base/hashes.ts";
import { type Step, stepsOf } from "./refetch_steps.ts";
import { goneFinding, lostFindings, notFromStartFinding } from "./refetch_words.ts";
import { countOf, limitFor, waysFor } from "./refetch_ways.ts";
import type { Window } from "./written_files.ts";

/** What is needed to ask again. */
export interface RefetchOptions extends Omit<AskOptions, "layOut" | "since"> {
  /** The moment from which on the stream was asked for (RFC 3339); undefined where that is not known. */
  readonly begun?: string | undefined;
  /** How events may have been written; the first that fits a page counts for all. */
  readonly layouts: readonly Layout[];
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

/**
 * Asks for every page of the receipts in the window again, and for what lies in the holes between them, and
 * tells which events are in none of the files. Throws CallFailure where the service cannot be asked.
 */
export async function refetch(asked: RefetchOptions): Promise<void> {
  const { newHash, tell, files, write } = asked;
  let options = asked;
  let suspects: Suspect[] = [];
  let steps: Step[] = [];
  const flush = async () => {
    const lost = await lostEvents(suspects, files, newHash);
    for (const finding of lostFindings(lost, steps)) await tell(finding);
    if (write !== undefined && lost.length > 0) await write(concat(lost.map(({ line }) => line)));
    [suspects, steps] = [[], []];
  };
  let bytes = 0;
  for await (const step of stepsOf(options.lines, options.window, options.end)) {
    const number = steps.push(step) - 1;
    try {
      const { asking, answer } = await askFor(step, options);
      options = asking;
      if (!isFromStart(step, answer, asking)) {
        await tell(notFromStartFinding(step));
        continue;
      }
      for await (const { line, kind } of suspicious(step, answer, asking)) {
        const digest = newHash().update(line).digest("hex");
        suspects.push({ line, kind, digest, step: number });
        bytes += line.length;
      }
    } catch (error) {
      if (isMade(step.from) && refusesToken(error)) await tell(notFromStartFinding(step));
      else if (isRefusal(error)) await tell(goneFinding(step, error));
      else throw error;
    }
    if (bytes > MAX_SUSPECT_BYTES) {
      await flush();
      bytes = 0;
    }
  }
  await flush();
}

/** A way to ask for a step, and what was answered. */
interface Asked {
  readonly asking: Asking;
  readonly answer: LaidOutAnswer;
}

/** How it was asked: with one of the layouts, and with those that come into question from now on. */
type Asking = RefetchOptions & AskOptions;

/** Asks for a page in the first of all ways that fits it, else in the first of all. */
async function askFor(step: Step, options: RefetchOptions): Promise<Asked> {
  const { from, receipts } = step;
  const ways = waysFor(step, options);
  let first: Asked | undefined;
  for (const way of ways) {
    const asking = { ...options, ...way };
    const answer = await answerTo(from, asking, limitFor(step, asking));
    first ??= { asking, answer };
    if (ways.length === 1 || receipts.every(({ events }) => events === 0)) break;
    const parts = partsOf(receipts, answer.lines, options);
    if (parts.every(({ isSame }) => isSame)) {
      return { asking: { ...asking, layouts: [way.layOut] }, answer };
    }
  }
  return first!;
}

/** The events of each receipt in the answer for its page, and whether they are still the same. */
function partsOf(
  receipts: readonly Receipt[],
  lines: readonly Uint8Array[],
  { newHash }: RefetchOptions,
) {
  let at = receipts[0]?.skip ?? 0;
  return receipts.map((receipt) => {
    const part = lines.slice(at, at + receipt.events);
    at += receipt.events;
    const hash = newHash();
    for (const line of part) hash.update(line);
    return { part, receipt, end: at, isSame: hash.digest("hex") === receipt.sha256 };
  });
}

/**
 * Whether an answer begins where a step does. A token of the service leads there. One that was made for a
 * moment may be ignored, and then other events are answered: it was honoured where the first ones are there.
 */
function isFromStart({ from, receipts }: Step, answer: LaidOutAnswer, options: Asking): boolean {
  if (!isMade(from)) return true;
  const [first] = partsOf(receipts, answer.lines, options);
  if (first === undefined) return false;
  return first.isSame || answer.times.includes(Date.parse(first.receipt.first ?? ""));
}

/** The events of a step that may be in none of the files. */
async function* suspicious(
  step: Step,
  answer: LaidOutAnswer,
  options: Asking,
): AsyncGenerator<Pick<Suspect, "line" | "kind">, void, void> {
  const { isHeld } = options;
  const { lines, next } = answer;
  const parts = partsOf(step.receipts, lines, options);
  if (parts.length > 0 && parts.every(({ isSame }) => isSame)) {
    for (const { part, receipt } of parts) {
      if (!isHeld(receipt)) { for (const line of part) yield { line, kind: "events lost" }; }
    }
    // The page goes on to the same cursor as before, and has more in it.
    const isMore = next === step.to && next !== step.from;
    const more = isMore ? lines.slice(parts.at(-1)!.end) : [];
    for (const line of more) yield { line, kind: "events late" };
    return;
  }
  const isHeldWhole = parts.length > 0 && step.receipts.every(isHeld);
  const kind = isHeldWhole ? "events late" : "events lost";
  for await (const line of stretch(step, answer, options)) yield { line, kind };
}

/** All events from where a step begins to where it ends, and perhaps some more, which come later anyway. */
async function* stretch(
  step: Step,
  first: LaidOutAnswer,
  options: Asking,
): AsyncGenerator<Uint8Array, void, void> {
  const { receipts, to } = step;
  const end = timeOfToken(to);
  const isFar = Date.parse(step.until ?? "") + HOUR;
  const asked = new Set<string>();
  let cursor = step.from;
  let answer = first;
  for (let had = 0;;) {
    asked.add(cursor);
    const { lines, next, lastEvent } = answer;
    yield* lines;
    had += lines.length;
    const isThere = next === to || asked.has(next);
    const isPast = end !== undefined && (timeOfToken(next) ?? -Infinity) > end ||
      receipts.length === 0 && lastEvent > isFar;
    const isEnough = receipts.length > 0 &&
      had > countOf(receipts) + options.selection.limit;
    if (isThere || isPast || isEnough) return;
    cursor = next;
    answer = await answerTo(cursor, options);
  }
}
