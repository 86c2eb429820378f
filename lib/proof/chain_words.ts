/** In which words is told what is wrong with a chain of receipts? */

import { quoted } from "../base/text.ts";
import type { ChainFault, ChainFinding } from "../position/chain.ts";
import type { Receipt } from "../position/receipt.ts";
import { type Finding, type FindingName, later } from "./findings.ts";

/** What a finding of the chain is called. */
const NAMES: Readonly<Record<ChainFault, FindingName>> = {
  missing: "receipts missing",
  altered: "receipts altered",
  doubled: "receipts doubled",
  moved: "receipts moved",
  foreign: "receipts foreign",
  hole: "hole",
  torn: "receipts torn",
  damaged: "receipts damaged",
};

/** A finding of the chain, told. `isAtEnd` says that the position knows of no later line. */
export function chainFinding(found: ChainFinding, isAtEnd: boolean): Finding {
  const { fault, file, line, before, after } = found;
  return {
    finding: NAMES[fault],
    // A run that is cut off leaves such a line, and the next takes it away.
    isFault: fault !== "torn" || after === undefined && !isAtEnd,
    message: messageOf(found),
    since: endOf(before),
    until: beginningOf(after),
    file,
    ...(fault === "damaged" ? {} : { line }),
    mayRefetch: fault === "hole" || fault === "missing" && before !== undefined,
  };
}

function messageOf({ fault, file, line, lines, before, after, why }: ChainFinding): string {
  const isOne = lines <= 1;
  const place = `${isOne ? `line ${line}` : `lines ${line} to ${line + lines - 1}`} of ${
    quoted(file)
  }`;
  const those = place.replace("line", "Line");
  const window = between({ since: endOf(before), until: beginningOf(after) });
  switch (fault) {
    case "missing":
      return before === undefined
        ? `The receipts before ${place} are missing: events up to ${beginningOf(after)}`
        : `Receipts are missing before ${place}${window}`;
    case "hole":
      return `Runs without receipts left a hole before ${place}${window}`;
    case "altered":
      // Where the last two lines do not fit, no line after them tells which of them it was.
      return lines === 2 && after !== undefined
        ? `Line ${line} or ${line + 1} of ${quoted(file)} was changed`
        : `${those} ${isOne ? "was" : "were"} changed`;
    case "doubled":
      return `${those} ${isOne ? "stands" : "stand"} there twice`;
    case "moved":
      return `${those} ${isOne ? "stands" : "stand"} out of order`;
    case "foreign":
      return `${those} ${isOne ? "does" : "do"} not belong to this chain`;
    case "torn":
      return `${those} ${isOne ? "is" : "are"} cut off or no receipt` +
        (after === undefined
          ? ": a run was killed there, or what follows was cut off"
          : ", and the chain goes on without it");
    case "damaged":
      return `Receipts ${quoted(file)} cannot be read to the end: ${why}`;
  }
}

/** From when on there may be events behind a receipt. */
export function endOf(receipt: Receipt | undefined): string | undefined {
  return receipt && (receipt.last ?? receipt.saved);
}

/** Up to when there may be events before a receipt. */
export function beginningOf(receipt: Receipt | undefined): string | undefined {
  return receipt && (receipt.first ?? receipt.saved);
}

/** The window of a finding in words; empty where neither end is known. */
export function between({ since, until }: Pick<Finding, "since" | "until">): string {
  if (since === undefined && until === undefined) return "";
  // Events do not always come in the order of their times.
  const end = until === undefined ? "now" : later(since, until);
  return `: events from ${since ?? "an unknown time"} to ${end}`;
}
