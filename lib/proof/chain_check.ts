/** Is the chain of receipts whole, and what do its receipts name? */

import { type ChainFinding, type ChainLine, chainOf } from "../position/chain.ts";
import type { Receipt } from "../position/receipt.ts";
import type { ReceiptFiles } from "../position/receipt_files.ts";
import { type KnownEnd, watchEnd } from "./head_check.ts";
import { chainFinding } from "./chain_words.ts";
import { earlier, type Finding, later, type Verdict } from "./findings.ts";
import { quoted } from "../base/text.ts";

/** What the receipts that count name. */
export type Totals = Pick<Verdict, "pages" | "events" | "bytes" | "since" | "until">;

/**
 * Reads a chain to its end and tells what is wrong with it. `see` gets every line. Returns what its receipts
 * name. Throws what `chainOf` throws.
 */
export async function checkChain(
  path: string,
  { files, others }: ReceiptFiles,
  end: KnownEnd | undefined,
  tell: (finding: Finding) => Promise<void>,
  see: (line: ChainLine) => void,
): Promise<Totals> {
  let totals: Totals = { pages: 0, events: 0, bytes: 0, since: null, until: null };
  const found: ChainFinding[] = [];
  const watch = end && watchEnd(end);
  const tellFound = async (isEnd: boolean) => {
    const isLoneEnd = isEnd && watch?.isAtEnd() === true;
    for (const each of found.splice(0)) await tell(chainFinding(each, isLoneEnd));
  };
  for await (const line of chainOf(files, (finding) => found.push(finding))) {
    await tellFound(false);
    watch?.see(line);
    see(line);
    if (line.counts) totals = plus(totals, line.receipt);
  }
  await tellFound(true);
  if (totals.pages === 0) {
    const message = `No receipt is in ${quoted(path)}`;
    await tell({ finding: "receipts missing", isFault: true, message, file: path });
  }
  const wrong = watch?.finding();
  if (wrong !== undefined) await tell(wrong);
  for (const { path, why } of others) {
    const message = `${quoted(path)} was left out: ${why}`;
    await tell({ finding: "receipts left out", isFault: false, message, file: path });
  }
  return totals;
}

function plus(totals: Totals, { events, bytes, first, last }: Receipt): Totals {
  return {
    pages: totals.pages + 1,
    events: totals.events + events,
    bytes: totals.bytes + bytes,
    since: earlier(totals.since ?? undefined, first ?? undefined) ?? null,
    until: later(totals.until ?? undefined, last ?? undefined) ?? null,
  };
}
