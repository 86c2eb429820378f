/**
 * In which order do receipts belong? Each names the digest of the line before it. A line may stand a little
 * off its place in a file, or not belong there at all.
 */

import { isSameStream, type Receipt } from "./receipt.ts";
import type { ReceiptLine } from "./receipt_files.ts";

/** A line that is a receipt. */
export type WholeLine = ReceiptLine & { readonly receipt: Receipt };

/** A receipt where it belongs. */
export interface PlacedLine {
  readonly line: WholeLine;
  /**
   * Whether its `previous` is the digest of the line before it. Undefined where that is not known, since a
   * line that cannot be read stands there.
   */
  readonly isLinked: boolean | undefined;
}

/** Why a line is left out, or out of its place. */
export type Stray = "altered" | "torn" | "doubled" | "foreign" | "moved";

/** So many lines are looked at for the one that comes next. */
const WINDOW_LINES = 64;
/** Of so many lines it is known that they were there already. */
const REMEMBERED_LINES = 1000;

/**
 * The receipts where they belong, one at a time. A line that is left out or out of place is told to
 * `tell`, with the receipt that comes before it in the chain.
 */
export async function* inOrder(
  lines: AsyncIterator<ReceiptLine, void>,
  tell: (stray: Stray, line: ReceiptLine, before: Receipt | undefined) => void,
): AsyncGenerator<PlacedLine, void, void> {
  const window: ReceiptLine[] = [];
  const fill = filling(window, lines);
  await fill();
  const stream = mostCommonStream(window);
  const recent = createMemory();
  let [before, digest]: [Receipt | undefined, string | undefined] = [undefined, undefined];
  let isUnknown = false;
  for (let [head] = window; head !== undefined; await fill(), [head] = window) {
    const next = digest === undefined ? undefined : successor(digest, window);
    const stray = next === head ? undefined : strayness(head, next, window, stream, recent);
    if (stray !== undefined) {
      window.shift();
      await fill();
      const isBridge = stray === "torn" && next === undefined && window.length > 0;
      if (isBridge) digest = head.digest;
      isUnknown ||= stray === "altered";
      tell(stray, head, before);
      continue;
    }
    const line = (next ?? rootOf(head, window)) as WholeLine;
    if (line !== head) {
      const moved = successor(head.digest, window) === window[1] ? line : head;
      if (recent.add(`moved ${moved.digest}`)) tell("moved", moved, before);
    }
    window.splice(window.indexOf(line), 1);
    recent.add(line.digest);
    yield { line, isLinked: next !== undefined ? true : isUnknown ? undefined : false };
    [before, digest, isUnknown] = [line.receipt, line.digest, false];
  }
}

/** Why the first line of the window is not taken; undefined where it may be. */
function strayness(
  head: ReceiptLine,
  next: ReceiptLine | undefined,
  window: readonly ReceiptLine[],
  stream: Receipt | undefined,
  recent: Memory,
): Stray | undefined {
  if (head.receipt === undefined) {
    // The chain goes on without it, or with what is left of it; or nothing comes after it.
    const isLeftOver = next !== undefined || successor(head.digest, window) !== undefined ||
      window.length === 1 && !head.isEnded;
    return isLeftOver ? "torn" : "altered";
  }
  if (recent.has(head.digest)) return "doubled";
  if (stream !== undefined && !isSameStream(head.receipt, stream)) return "foreign";
  return next !== undefined && predecessor(head, window) === undefined ? "foreign" : undefined;
}

function filling(window: ReceiptLine[], lines: AsyncIterator<ReceiptLine, void>) {
  let isOver = false;
  return async () => {
    while (!isOver && window.length < WINDOW_LINES) {
      const { value, done } = await lines.next();
      if (done) isOver = true;
      else window.push(value);
    }
  };
}

/** The line that follows a digest. */
function successor(digest: string, window: readonly ReceiptLine[]): ReceiptLine | undefined {
  return window.find(({ receipt }) => receipt?.previous === digest);
}

/** The line that one follows. */
function predecessor(
  { receipt }: ReceiptLine,
  window: readonly ReceiptLine[],
): ReceiptLine | undefined {
  return window.find((line) => line.receipt !== undefined && line.digest === receipt?.previous);
}

/** The first line of the chain to which one belongs, in the window. */
function rootOf(line: ReceiptLine, window: readonly ReceiptLine[]): ReceiptLine {
  const before = predecessor(line, window);
  // A digest is not in the text that it is made of, so this comes to an end.
  return before === undefined ? line : rootOf(before, window);
}

/** The stream that most of the lines are of: a line of another one may be the first. */
function mostCommonStream(window: readonly ReceiptLine[]): Receipt | undefined {
  const receipts = window.flatMap(({ receipt }) => receipt ?? []);
  const counts = receipts.map((one) => receipts.filter((other) => isSameStream(one, other)).length);
  return receipts[counts.indexOf(Math.max(...counts))];
}

/** What was there lately. */
interface Memory {
  has(text: string): boolean;
  /** Whether it is new. */
  add(text: string): boolean;
}

function createMemory(): Memory {
  const texts = new Set<string>();
  return {
    has: (text) => texts.has(text),
    add(text) {
      if (texts.has(text)) return false;
      texts.add(text);
      for (const oldest of texts) {
        if (texts.size <= REMEMBERED_LINES) break;
        texts.delete(oldest);
      }
      return true;
    },
  };
}
