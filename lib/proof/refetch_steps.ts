/** What is asked for again? The pages of the receipts, from their own cursors, and what lies between them. */

import type { ChainLine } from "../position/chain.ts";
import type { Position } from "../position/position.ts";
import type { Receipt } from "../position/receipt.ts";
import { beginningOf, endOf } from "./chain_words.ts";
import { isInWindow, type Window } from "./written_files.ts";

/** A stretch of the stream: the receipts of one page of the service, or a hole between two. */
export interface Step {
  readonly from: string;
  readonly to: string;
  /** None for a hole. */
  readonly receipts: readonly Receipt[];
  readonly since: string | undefined;
  readonly until: string | undefined;
}

/** The steps of a chain that are in a window, in order; `end` is the position behind it. */
export async function* stepsOf(
  lines: AsyncIterable<ChainLine>,
  window: Window,
  end?: Position,
): AsyncGenerator<Step, void, void> {
  let page: Receipt[] = [];
  for await (const { receipt, counts } of lines) {
    if (!counts) continue;
    const last = page.at(-1);
    if (last !== undefined && last.from !== receipt.from) {
      yield* pageStep(page, window);
      page = [];
      const { from: to } = receipt;
      if (last.to !== to) yield* holeStep(last, { to, until: beginningOf(receipt) }, window);
    }
    page.push(receipt);
  }
  yield* pageStep(page, window);
  const last = page.at(-1);
  if (last === undefined || end === undefined || end.cursor === last.to) return;
  yield* holeStep(last, { to: end.cursor, until: end.lastEvent ?? end.saved }, window);
}

function* pageStep(receipts: readonly Receipt[], window: Window): Generator<Step> {
  const [first, last] = [receipts[0], receipts.at(-1)];
  if (first === undefined || last === undefined) return;
  if (!receipts.some((one) => isInWindow(one, window))) return;
  const { from } = first;
  const times = { since: beginningOf(first), until: endOf(last) };
  yield { from, to: last.to, receipts, ...times };
}

function* holeStep(
  before: Receipt,
  { to, until }: Pick<Step, "to" | "until">,
  window: Window,
): Generator<Step> {
  const since = endOf(before);
  if (Date.parse(until ?? "") < window.since || Date.parse(since ?? "") > window.until) return;
  yield { from: before.to, to, receipts: [], since, until };
}
