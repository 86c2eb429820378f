/** In which words is told what is wrong with a chain of receipts? */

import { plural, quoted } from "../base/text.ts";
import type { ChainFinding } from "../position/chain.ts";
import type { Receipt } from "../position/receipt.ts";
import { type Finding, later } from "./findings.ts";

/** A finding of the chain, told; `isLoneEnd` says whether a torn last line is no fault. */
export function chainFinding(found: ChainFinding, isLoneEnd: boolean): Finding {
  const { fault, file, line, lines, before, after, why } = found;
  const place = { file, ...(fault === "damaged" ? {} : { line }) };
  const window = { since: endOf(before), until: beginningOf(after) };
  const told = {
    isFault: true,
    ...place,
    ...window,
    mayRefetch: false,
  };
  const where = lines > 1
    ? `lines ${line} to ${line + lines - 1} of ${quoted(file)}`
    : `line ${line} of ${quoted(file)}`;
  const stands = lines > 1 ? "stand" : "stands";
  switch (fault) {
    case "missing":
      return {
        ...told,
        finding: "receipts missing",
        mayRefetch: before !== undefined,
        message: before === undefined
          ? `The receipts before ${where} are missing${upTo(after)}`
          : `Receipts are missing before ${where}${between(window)}`,
      };
    case "hole":
      return {
        ...told,
        finding: "hole",
        mayRefetch: true,
        message: `Runs without receipts left a hole before ${where}${between(window)}`,
      };
    case "altered":
      return {
        ...told,
        finding: "receipts altered",
        message: lines === 2 && after !== undefined
          ? `Line ${line} or ${line + 1} of ${quoted(file)} was changed after it was written`
          : `${capital(where)} ${lines > 1 ? "were" : "was"} changed after it was written`
            .replace("it was", lines > 1 ? "they were" : "it was"),
      };
    case "doubled":
      return {
        ...told,
        finding: "receipts doubled",
        message: `${capital(where)} ${stands} there twice`,
      };
    case "moved":
      return {
        ...told,
        finding: "receipts moved",
        message: `${capital(where)} ${stands} out of order`,
      };
    case "foreign":
      return {
        ...told,
        finding: "receipts foreign",
        message: `${capital(where)} ${lines > 1 ? "do" : "does"} not belong to this chain`,
      };
    case "torn":
      return {
        ...told,
        finding: "receipts torn",
        isFault: after === undefined && !isLoneEnd,
        message: `${capital(where)} ${lines > 1 ? "are" : "is"} cut off or no receipt` +
          (after === undefined
            ? `: a run was killed there, or the file was cut; ${
              plural(lines, "line")
            } may be missing`
            : ", and the chain goes on without it"),
      };
    case "damaged":
      return {
        ...told,
        finding: "receipts damaged",
        message: `Receipts ${quoted(file)} cannot be read to the end: ${why}`,
      };
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
export function between(
  { since, until }: { since?: string | undefined; until?: string | undefined },
): string {
  if (since === undefined && until === undefined) return "";
  // Events do not always come in the order of their times.
  const end = later(since, until);
  return `: events from ${since ?? "an unknown time"} to ${until === undefined ? "now" : end}`;
}

function upTo(after: Receipt | undefined): string {
  const time = beginningOf(after);
  return time === undefined ? "" : `: events up to ${time}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
