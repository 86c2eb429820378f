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
      const window = { since: endOf(last), until: after.lastEvent ?? after.saved };
      const told = { isFault: true, ...window, mayRefetch: true };
      const position = `position ${quoted(path)}`;
      if (heads.length === 0) {
        const why = `${position} names no receipt: the last run with it kept none`;
        const isWhole = last !== undefined && after.cursor === last.to;
        return {
          ...told,
          isFault: !isWhole,
          finding: "end without position",
          message: `The end cannot be checked: ${why}`,
        };
      }
      if (isSeen) {
        const message =
          `Receipts follow the one that ${position} names: one of the two was exchanged`;
        return { ...told, finding: "end exchanged", mayRefetch: false, message };
      }
      const isExchanged = isCursorSeen || last !== undefined && !isSameStream(after, last);
      return isExchanged
        ? {
          ...told,
          finding: "end exchanged",
          mayRefetch: false,
          message: `The receipt that ${position} names is not there: ` +
            (isCursorSeen
              ? "the last line was changed, or all of them were exchanged"
              : "these receipts are of another stream"),
        }
        : {
          ...told,
          finding: "end missing",
          message: `The last receipts are missing: ${position} names one that is not there`,
        };
    },
  };
}
