/**
 * Are the receipts one chain? Each names the digest of the line before it, and begins where that ended: a
 * line that is gone, was changed, moved or added shows.
 */

import { inOrder, type PlacedLine, type WholeLine } from "./chain_order.ts";
import type { Receipt } from "./receipt.ts";
import { cannotRead, linesOf, type ReceiptFile, type ReceiptLine } from "./receipt_files.ts";

/** A receipt at its place in the chain. */
export interface ChainLine extends WholeLine {
  /** Whether it counts: after a crash a later line may be about the same page. */
  readonly counts: boolean;
  /** False where the line after it does not have its digest, and no line between them is missing. */
  readonly isIntact: boolean;
}

/** What can be wrong with receipts. */
export type ChainFault =
  /** Lines are gone: before the first one, or between two. */
  | "missing"
  /** A line was changed, or cannot be read. */
  | "altered"
  /** The same line stands there again. */
  | "doubled"
  /** A line does not stand where it belongs. */
  | "moved"
  /** A line of another stream, or of another chain. */
  | "foreign"
  /** Runs without receipts were in between. */
  | "hole"
  /** A line was cut off as it was written. The chain goes on without it, or it is the last. */
  | "torn"
  /** A compressed file is damaged or cut off. */
  | "damaged";

/** Something that was found in the files of receipts. */
export interface ChainFinding {
  readonly fault: ChainFault;
  readonly file: string;
  /**
   * The first line that it is about, from 1, and how many there are; where lines are missing, the line
   * behind them, and 0. Of two lines that were "altered" it may be one.
   */
  readonly line: number;
  readonly lines: number;
  /** What stands before and after it in the chain; undefined at its ends. */
  readonly before: Receipt | undefined;
  readonly after: Receipt | undefined;
  /** What the system says of a damaged file. */
  readonly why?: string;
}

/**
 * The receipts in the order of the chain, one at a time. What is wrong with them is told to `found`, at
 * about the place where it is. Of a file only as many lines are read as it had when it was found.
 * Throws Failure (position) where a file cannot be read any more, or is not the same any more.
 */
export async function* chainOf(
  files: readonly ReceiptFile[],
  found: (finding: ChainFinding) => void,
): AsyncGenerator<ChainLine, void, void> {
  const tell = merging(found);
  const strays: ChainFinding[] = [];
  const placed = inOrder(allLines(files, tell.add), (fault, { file, line }, before) => {
    strays.push({ fault, file, line, lines: 1, before, after: undefined });
  });
  const tellStrays = (after?: Receipt) => {
    for (const stray of strays.splice(0)) tell.add({ ...stray, after });
  };
  const follow = async (): Promise<PlacedLine | undefined> => {
    const { value } = await placed.next();
    return value ?? undefined;
  };
  let before: ChainLine | undefined;
  let here = await follow();
  tellStrays(here?.line.receipt);
  while (here !== undefined) {
    const next = await follow();
    const finding = stepTo(here, before, next);
    if (finding !== undefined) tell.add(finding);
    const { line } = here;
    before = {
      ...line,
      counts: next === undefined || !isSamePage(line.receipt, next.line.receipt),
      isIntact: !isAltered(here, next) &&
        !(finding?.fault === "altered" && finding.line === line.line),
    };
    yield before;
    tellStrays(next?.line.receipt);
    here = next;
  }
  tell.end();
}

/** What is wrong between a line and the one before it. */
function stepTo(
  { line, isLinked }: PlacedLine,
  before: WholeLine | undefined,
  next: PlacedLine | undefined,
): ChainFinding | undefined {
  const { file, receipt } = line;
  const gap = { file, line: line.line, lines: 0, before: before?.receipt, after: receipt };
  const isConfirmed = next === undefined || next.isLinked === true;
  if (before === undefined) {
    const isFirst = receipt.previous === null || isLinked === undefined || !isConfirmed;
    return isFirst ? undefined : { ...gap, fault: "missing" };
  }
  if (isLinked === undefined) return undefined;
  const goesOn = isContinuous(before.receipt, receipt);
  if (isLinked || receipt.previous === null) {
    return goesOn || !isConfirmed ? undefined : { ...gap, fault: "hole" };
  }
  if (!goesOn && !isBehind(before.receipt, receipt)) return { ...gap, fault: "missing" };
  // One of the two was changed. The line after them may tell which.
  if (!isConfirmed) return { ...gap, fault: "altered", lines: 1 };
  const isSure = next !== undefined || before.file !== file;
  const [first, lines] = [before.line, isSure ? 1 : 2];
  return { ...gap, fault: "altered", file: before.file, line: first, lines };
}

/** Whether the line after one shows that it was changed. */
function isAltered({ line }: PlacedLine, next: PlacedLine | undefined): boolean {
  if (next === undefined || next.isLinked !== false || next.line.receipt.previous === null) {
    return false;
  }
  return isContinuous(line.receipt, next.line.receipt) ||
    isBehind(line.receipt, next.line.receipt);
}

/** Whether a receipt is about the page that another one is about, too. */
function isSamePage(one: Receipt, other: Receipt): boolean {
  return one.from === other.from && one.skip === other.skip;
}

/** Whether a receipt begins where another one ends. */
function isContinuous(one: Receipt, other: Receipt): boolean {
  if (isSamePage(one, other)) return true;
  // Where the service had changed a page that is asked for again, none of it was skipped.
  const isWhole = other.skip === 0;
  return one.to === other.from &&
    (isWhole || one.to === one.from && other.skip >= one.skip + one.events);
}

/** Whether what was written for a page lies right behind what was written for another. */
function isBehind({ output: one, bytes }: Receipt, { output: other }: Receipt): boolean {
  return one !== null && other !== null && one.inode === other.inode &&
    one.offset + bytes === other.offset;
}

async function* allLines(
  files: readonly ReceiptFile[],
  tell: (finding: ChainFinding) => void,
): AsyncGenerator<ReceiptLine, void, void> {
  for (const { path, lines, last, damage: why } of files) {
    let lastRead: ReceiptLine | undefined;
    if (lines > 0) {
      try {
        for await (const line of linesOf(path, lines)) {
          if (line.receipt !== undefined) lastRead = line;
          yield line;
        }
      } catch (error) {
        throw cannotRead(path, error);
      }
    }
    if (lastRead?.digest !== last?.digest) {
      throw cannotRead(path, new Error("it was rotated or changed just now; run again"));
    }
    if (why === undefined) continue;
    const place = { file: path, line: lines + 1, lines: 0, before: undefined, after: undefined };
    tell({ fault: "damaged", ...place, why });
  }
}

/** Findings about lines that follow each other become one. */
function merging(found: (finding: ChainFinding) => void) {
  let pending: ChainFinding | undefined;
  const end = () => {
    if (pending !== undefined) found(pending);
    pending = undefined;
  };
  return {
    end,
    add(finding: ChainFinding) {
      const { fault, file, line, lines, after } = finding;
      const isMore = pending?.fault === fault && pending.file === file && lines > 0 &&
        pending.line + pending.lines === line;
      if (isMore) pending = { ...pending!, lines: pending!.lines + lines, after };
      else if (pending?.fault !== fault || pending.file !== file || pending.line !== line) {
        end();
        pending = finding;
      }
    },
  };
}
