/** Where does a chain of receipts end, and may the stream of a position go on with it? */

import { Failure } from "../base/errors.ts";
import { openNamed } from "../base/files.ts";
import { describe } from "../base/text.ts";
import type { Position } from "./position.ts";
import { type LastLines, lastLinesIn, lastLinesOf, NO_LINES } from "./last_lines.ts";
import { beginsReceipt, digestOfLine, isSameStream, type Receipt, receiptOf } from "./receipt.ts";
import { receiptCandidates } from "./receipt_files.ts";

/** Where a stream stands, as its position says. */
export interface Standing {
  readonly stream: Pick<Position, "api" | "address" | "organisation">;
  /** The digest of the last line; null where a chain begins. */
  readonly head: string | null;
  /** As in the receipt of the page that comes next. */
  readonly from: string;
  readonly skip: number;
}

/** Where the stream of a position stands. */
export function standingOf(position: Position): Standing {
  const { receipt: head = null, cursor: from, delivered } = position;
  return { stream: position, head, from, skip: delivered?.events ?? 0 };
}

/** The end of a chain. */
export interface ChainEnd {
  /** The digest that the next line names; null where there is no line before it. */
  readonly previous: string | null;
  /** What the system says of the file; undefined where it is not there. */
  readonly info: Deno.FileInfo | undefined;
  /** Where its last whole line ends. */
  readonly length: number;
  /** Whether a part of a line follows, which no position has. */
  readonly isTorn: boolean;
  /** The last line of the chain, with its newline, where no position has it: it may not be on disk. */
  readonly unsure:
    | { readonly path: string; readonly line: Uint8Array; readonly offset: number }
    | undefined;
}

/** A file may be renamed or compressed while the folder is looked through. */
const MAX_LOOKS = 3;

/**
 * Finds the end of the chain in a receipts file, or where that was rotated in a file beside it. Throws
 * Failure (position) where a stream that stands there cannot go on with it.
 */
export async function chainEnd(path: string, standing: Standing): Promise<ChainEnd> {
  const { head } = standing;
  const found = await ownLastLines(path, standing);
  const { lines, info } = found;
  const isTorn = lines.torn.length > 0;
  if (isTorn && !isBeginning(lines)) throw refused(path, standing, NO_RECEIPTS);
  const here = { info, length: lines.end, isTorn };
  if (lines.last === undefined) return { ...here, ...await endBeside(path, standing) };
  const previous = await digestOfLine(lines.last);
  if (previous === head) return { ...here, previous, unsure: undefined };
  const receipt = receiptOf(lines.last);
  if (receipt === undefined) throw refused(path, standing, NO_RECEIPTS);
  if (!isSameStream(receipt, standing.stream)) {
    throw refused(path, standing, "its last line is about another stream");
  }
  if (head !== null && !await isOneMore(receipt, lines, standing)) {
    throw refused(path, standing, "its last line is not the one that the position has");
  }
  return {
    ...here,
    previous,
    unsure: { path, line: lines.last, offset: lines.start },
  };
}

const NO_RECEIPTS = "it does not end with a receipt";

/** Whether a line was written, and its run was cut off before it saved the position. */
async function isOneMore(
  receipt: Receipt,
  { before }: LastLines,
  { head, from, skip }: Standing,
): Promise<boolean> {
  // Where the service had changed the page when it was asked for again, none of it was skipped.
  const isNext = receipt.from === from && (receipt.skip === skip || receipt.skip === 0);
  // A chain that begins may do so behind another one.
  if (head === null) return isNext;
  const isChained = before === undefined || await digestOfLine(before) === head;
  return receipt.previous === head && isNext && isChained;
}

/** The end of a chain in a file beside the one that is named. */
type EndBeside = Pick<ChainEnd, "previous" | "unsure">;

/**
 * The chain's end in a file that was rotated. Throws Failure (position) where there is none, unless the
 * chain begins.
 */
async function endBeside(path: string, standing: Standing): Promise<EndBeside> {
  const { head } = standing;
  let unknown: unknown;
  for (let look = 0; look < MAX_LOOKS; look++) {
    const ends: (EndBeside & { readonly follows: string | null | undefined })[] = [];
    const candidates = await receiptCandidates(path).catch((error) => {
      if (head !== null) throw error;
      return [];
    });
    for (const candidate of candidates) {
      try {
        const lines = await lastLinesOf(candidate);
        const { last: line, start: offset } = lines;
        if (line === undefined) continue;
        const previous = await digestOfLine(line);
        const receipt = receiptOf(line);
        const follows = receipt?.previous;
        if (previous === head) ends.push({ previous, unsure: undefined, follows });
        else if (
          receipt !== undefined && isSameStream(receipt, standing.stream) &&
          await isOneMore(receipt, lines, standing)
        ) ends.push({ previous, unsure: { path: candidate, line, offset }, follows });
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) unknown = error;
      }
    }
    const end = ends.find(({ previous }) => !ends.some(({ follows }) => follows === previous));
    if (end !== undefined) return end;
  }
  if (head === null) return { previous: null, unsure: undefined };
  const none = "it has no lines, and no file beside it whose name begins like that ends with the " +
    "line that the position has";
  throw refused(path, standing, unknown === undefined ? none : `${none} (${describe(unknown)})`);
}

/** The last lines of a receipts file, which has to be a plain file with one name. Throws Failure (position). */
async function ownLastLines(
  path: string,
  standing: Standing,
): Promise<{ lines: LastLines; info: Deno.FileInfo | undefined }> {
  const refuse = (why: string) => refused(path, standing, why, "name another file with --receipts");
  const check = ({ isSymlink, isFile, nlink }: Deno.FileInfo) => {
    if (isSymlink) throw refuse("it is a link");
    if (!isFile) throw refuse("it is not a plain file");
    if ((nlink ?? 1) > 1) throw refuse("it has a second name");
  };
  try {
    for (let look = 0; look < MAX_LOOKS; look++) {
      const opened = await openNamed(path, { read: true }, check);
      if (opened === undefined) continue;
      const { file, info } = opened;
      const lines = await lastLinesIn(file, info.size).finally(() => file.close());
      return { lines, info };
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { lines: NO_LINES, info: undefined };
    if (error instanceof Failure) throw error;
    throw refuse(describe(error));
  }
  throw refuse("it is being replaced all the time");
}

/** Whether what follows the last line is the beginning of another, and so ours to take away. */
function isBeginning({ torn, last, end }: LastLines): boolean {
  if (last === undefined && end > 0) return false;
  const text = new TextDecoder().decode(torn).replace(/\0+$/, "");
  return beginsReceipt(text) || last !== undefined && torn[0] === 0;
}

/** A failure that says how to go on. */
function refused(path: string, { head }: Standing, why: string, way?: string): Failure {
  const usual = head === null
    ? "name another file with --receipts"
    : "restore it, or run once without --receipts, which ends this chain, and a later run begins another";
  return new Failure("position", `Cannot go on with receipts "${path}": ${why}; ${way ?? usual}`);
}
