/** Which files hold the receipts of a stream, and in which order? Also rotated and compressed ones. */

import { concat } from "@std/bytes/concat";
import { Failure } from "../base/errors.ts";
import { blocksOf, DamagedGzip } from "../base/file_blocks.ts";
import { basename, dirname } from "../base/files.ts";
import { filesIn } from "../base/folders.ts";
import { loadHashes } from "../base/hashes.ts";
import { describe, whyUnread } from "../base/text.ts";
import { isSameStream, type Receipt, receiptOf } from "./receipt.ts";

/** A line of a file of receipts. */
export interface ReceiptLine {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  /** What `digestOfLine` gives. */
  readonly digest: string;
  /** Undefined where it is no receipt. */
  readonly receipt: Receipt | undefined;
  /** Whether a newline ends it; what was cut off while it was written has none. */
  readonly isEnded: boolean;
}

/** A file of receipts, and how it is linked to others. */
export interface ReceiptFile {
  readonly path: string;
  readonly lines: number;
  /** The first and the last receipt in it; undefined where there is none. */
  readonly first: ReceiptLine | undefined;
  readonly last: ReceiptLine | undefined;
  /** Why it could not be read to its end; undefined where it could. */
  readonly damage: string | undefined;
}

/** What lies there under the name of receipts. */
export interface ReceiptFiles {
  /** In the order of the chain; of each, only the lines that were there at this time. */
  readonly files: readonly ReceiptFile[];
  /** Files whose names begin with the same name, but which are no part of the chain, and why. */
  readonly others: readonly { readonly path: string; readonly why: string }[];
}

/** Two cursors of 16,000 characters, written in the longest way, and the rest. */
const MAX_LINE_BYTES = 256 * 1024;
const NEWLINE = 0x0a;

/**
 * Finds the files of receipts: the one of this name, and those beside it whose names begin with it.
 * Reads each once. Throws Failure (position) where one cannot be read.
 */
export async function receiptFiles(path: string): Promise<ReceiptFiles> {
  const all: ReceiptFile[] = [];
  for (const each of await receiptCandidates(path)) all.push(await lookAt(each));
  const files: ReceiptFile[] = [];
  const others: { path: string; why: string }[] = [];
  const named = all.find((file) => file.path === path);
  const stream = (named?.last ?? all.findLast(({ last }) => last !== undefined)?.last)?.receipt;
  for (const file of all) {
    const why = file === named ? undefined : strangeness(file, all, named, stream);
    if (why === undefined) files.push(file);
    else if (file.lines > 0) others.push({ path: file.path, why });
  }
  return { files: linked(files), others };
}

/**
 * The lines of a file of receipts, at most `count` of them. Throws DamagedGzip where a compressed one ends
 * before its end, and what the system says.
 */
export async function* linesOf(file: string, count = Infinity): AsyncGenerator<ReceiptLine> {
  let line = 0;
  let begun: Uint8Array[] = [];
  let length = 0;
  const newHash = await loadHashes();
  const whole = (isEnded: boolean): ReceiptLine => {
    const bytes = concat(begun);
    const receipt = length > MAX_LINE_BYTES ? undefined : receiptOf(bytes);
    const digest = newHash().update(bytes).digest("hex");
    [begun, length] = [[], 0];
    return { file, line: ++line, digest, receipt, isEnded };
  };
  const add = (bytes: Uint8Array) => {
    // What is longer than any receipt is not kept.
    if (length <= MAX_LINE_BYTES) begun.push(bytes.slice());
    length += bytes.length;
  };
  for await (const block of blocksOf(file)) {
    for (let at = 0; at < block.length;) {
      const end = block.indexOf(NEWLINE, at);
      add(block.subarray(at, end < 0 ? block.length : end));
      if (end < 0) break;
      at = end + 1;
      yield whole(true);
      if (line >= count) return;
    }
  }
  if (length > 0) yield whole(false);
}

/**
 * The named file, where it is there, and those beside it whose names begin with its name. It is the last:
 * where nothing else tells the order, it is the newest. Throws Failure (position).
 */
export async function receiptCandidates(path: string): Promise<string[]> {
  const name = basename(path);
  const beside: string[] = [];
  try {
    for await (const each of filesIn(dirname(path))) {
      const other = basename(each);
      if (other !== name && other.startsWith(name)) beside.push(each);
    }
    const isThere = await Deno.stat(path).then((info) => info.isFile, () => false);
    return [...beside.sort(), ...(isThere ? [path] : [])];
  } catch (error) {
    throw cannotRead(path, error);
  }
}

async function lookAt(path: string): Promise<ReceiptFile> {
  let lines = 0;
  let first: ReceiptLine | undefined;
  let last: ReceiptLine | undefined;
  let damage: string | undefined;
  try {
    for await (const line of linesOf(path)) {
      lines = line.line;
      if (line.receipt === undefined) continue;
      first ??= line;
      last = line;
    }
  } catch (error) {
    if (!(error instanceof DamagedGzip)) throw cannotRead(path, error);
    damage = describe(error);
  }
  return { path, lines, first, last, damage };
}

/** Why a file is no part of the chain; undefined where it may be. */
function strangeness(
  { path, lines, first, last }: ReceiptFile,
  all: readonly ReceiptFile[],
  named: ReceiptFile | undefined,
  stream: Receipt | undefined,
): string | undefined {
  if (first === undefined) return "no receipt is in it";
  if (stream !== undefined && ![first, last!].some((one) => isSameStream(one.receipt!, stream))) {
    return "its receipts are of another stream";
  }
  const longer = all.find((other) =>
    other.path !== path && other.first?.digest === first.digest &&
    (other === named || other.lines > lines ||
      other.lines === lines && all.indexOf(other) > all.findIndex((one) => one.path === path))
  );
  return longer === undefined ? undefined : `it is a copy of "${longer.path}", or of its beginning`;
}

/** The files in the order of the chain; by time where one is not linked to any other. */
function linked(files: readonly ReceiptFile[]): ReceiptFile[] {
  const left = files.toSorted((one, other) =>
    time(one) - time(other) || files.indexOf(one) - files.indexOf(other)
  );
  const before = (file: ReceiptFile) =>
    left.find((other) =>
      other !== file && file.first?.receipt?.previous === (other.last?.digest ?? NaN)
    );
  const inOrder: ReceiptFile[] = [];
  while (left.length > 0) {
    let next = left[0]!;
    // Files that were made up could be linked in a circle.
    for (let steps = left.length; steps > 0 && before(next) !== undefined; steps--) {
      next = before(next)!;
    }
    for (let file: ReceiptFile | undefined = next; file !== undefined;) {
      const { last }: ReceiptFile = file;
      inOrder.push(file);
      left.splice(left.indexOf(file), 1);
      file = left.find(({ first }) => last && first?.receipt?.previous === last.digest);
    }
  }
  return inOrder;
}

/** When the first receipt of a file was written; a file without one comes last. */
function time({ first }: ReceiptFile): number {
  const ms = Date.parse(first?.receipt?.saved ?? "");
  return Number.isNaN(ms) ? Number.MAX_SAFE_INTEGER : ms;
}

/** A failure that names the file. */
export function cannotRead(path: string, cause: unknown): Failure {
  if (cause instanceof Failure) return cause;
  return new Failure("position", `Cannot read receipts "${path}": ${whyUnread(cause)}`, { cause });
}
