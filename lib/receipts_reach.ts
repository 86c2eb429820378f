/** How far back do receipts reach, and would a run go on with them? Only ends of files are read. */

import { Failure } from "./base/errors.ts";
import { DamagedGzip } from "./base/file_blocks.ts";
import type { Position } from "./position/position.ts";
import { chainEnd, standingOf } from "./position/chain_end.ts";
import { isSameStream, type Receipt } from "./position/receipt.ts";
import { cannotRead, linesOf, receiptCandidates } from "./position/receipt_files.ts";

/** What is known of the receipts of a stream. */
export interface ReceiptsReach {
  readonly path: string;
  /** When the first event happened that they tell of, in milliseconds since 1970; undefined where none does. */
  readonly since: number | undefined;
  /** The digest of the last line; undefined where there is none, or a run would not go on with it. */
  readonly head: string | undefined;
  /** Why a run would not go on with them; undefined where it would. */
  readonly refusal: string | undefined;
}

/** Looks at a receipts file and those that it was rotated to. `position` is what a run would go on from. */
export async function reachOf(
  path: string,
  position: Position | undefined,
): Promise<ReceiptsReach> {
  try {
    const since = await beginning(path, position);
    if (position === undefined) return { path, since, head: undefined, refusal: undefined };
    const { previous } = await chainEnd(path, standingOf(position));
    return { path, since, head: previous ?? undefined, refusal: undefined };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { path, since: undefined, head: undefined, refusal: error.message };
  }
}

async function beginning(
  path: string,
  position: Position | undefined,
): Promise<number | undefined> {
  let earliest = Infinity;
  for (const file of await receiptCandidates(path)) {
    const receipt = await firstIn(file);
    if (receipt === undefined) continue;
    if (position !== undefined && !isSameStream(receipt, position)) continue;
    const ms = Date.parse(receipt.first ?? receipt.saved);
    if (ms < earliest) earliest = ms;
  }
  return earliest === Infinity ? undefined : earliest;
}

/** The receipt in a file's first line; undefined where none is there, or that is damaged. Throws Failure (position). */
async function firstIn(file: string): Promise<Receipt | undefined> {
  try {
    for await (const { receipt } of linesOf(file, 1)) return receipt;
  } catch (error) {
    if (!(error instanceof DamagedGzip)) throw cannotRead(file, error);
  }
  return undefined;
}
