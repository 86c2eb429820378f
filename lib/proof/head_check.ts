/** Is the last receipt the one that the position names? Else the end of a chain could be cut off unseen. */

import { quoted } from "../base/text.ts";
import type { ChainLine } from "../position/chain.ts";
import type { Position } from "../position/position.ts";
import { isSameStream, type Receipt } from "../position/receipt.ts";
import { endOf } from "./chain_words.ts";
import type { Finding } from "./findings.ts";

/** A position as it was before and after the receipts were looked for: a run may be going on. */
export interface KnownEnd {
  readonly path: string;
  readonly before: Position;
  readonly after: Position;
}

/** Watches the lines of a chain go by. */
export interface EndWatch {
  see(line: ChainLine): void;
  /** Whether the last line is the one that the position names, or was written after that. */
  isAtEnd(): boolean;
  /** What is wrong with the end. */
  finding(): Finding | undefined;
}

/** Watches for the receipt that a position names. */
export function watchEnd({ path, before, after }: KnownEnd): EndWatch {
  const isMoving = before.receipt !== after.receipt;
  const heads = [before.receipt, after.receipt].filter((head) => head !== undefined);
  let last: Receipt | undefined;
  let [isSeen, isCursorSeen, isBehind] = [false, false, false];
  const isAtEnd = () => isSeen && !isBehind;
  return {
    see({ receipt, digest }) {
      last = receipt;
      isCursorSeen ||= receipt.to === after.cursor;
      if (heads.includes(digest)) [isSeen, isBehind] = [true, false];
      // What is written for a page before the position is saved is no fault, nor is a run that goes on.
      else if (isSeen && !isMoving && receipt.from !== after.cursor) isBehind = true;
    },
    isAtEnd,
    finding() {
      if (isAtEnd()) return undefined;
      return endFinding(path, after, { hasHead: heads.length > 0, last, isSeen, isCursorSeen });
    },
  };
}

/** What is known of a chain that does not end where the position says. */
interface Seen {
  /** Whether the position names a receipt. */
  readonly hasHead: boolean;
  readonly last: Receipt | undefined;
  /** Whether that receipt is there, or one that leads to the position's cursor. */
  readonly isSeen: boolean;
  readonly isCursorSeen: boolean;
}

function endFinding(
  path: string,
  position: Position,
  { hasHead, last, isSeen, isCursorSeen }: Seen,
): Finding {
  const window = { since: endOf(last), until: position.lastEvent ?? position.saved };
  const name = `position ${quoted(path)}`;
  if (!hasHead) {
    const isWhole = last !== undefined && position.cursor === last.to;
    const why = `${name} names no receipt: the last run with it kept none`;
    const message = `The end cannot be checked: ${why}`;
    return {
      finding: "end without position",
      isFault: !isWhole,
      message,
      ...window,
      mayRefetch: true,
    };
  }
  const exchanged = { finding: "end exchanged", isFault: true, ...window } as const;
  if (isSeen) {
    const message = `Receipts follow the one that ${name} names: one of the two was exchanged`;
    return { ...exchanged, message };
  }
  if (isCursorSeen || last !== undefined && !isSameStream(position, last)) {
    const why = isCursorSeen
      ? "the last line was changed, or all of them were exchanged"
      : "these receipts are of another stream";
    return { ...exchanged, message: `The receipt that ${name} names is not there: ${why}` };
  }
  const message = `The last receipts are missing: ${name} names one that is not there`;
  return { finding: "end missing", isFault: true, message, ...window, mayRefetch: true };
}
