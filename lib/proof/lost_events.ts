/** Which of some events are in none of the pulled files? */

import { blocksOf, DamagedGzip } from "../base/file_blocks.ts";
import type { Hash } from "../base/hashes.ts";
import { cannotRead } from "./hashed_file.ts";

/** An event that the service has and that may be missing, as it would be written. */
export interface Suspect {
  /** With its newline. */
  readonly line: Uint8Array;
  readonly digest: string;
  /** The page that it is of. */
  readonly step: number;
  readonly kind: "events lost" | "events late";
}

const NEWLINE = 0x0a;

/**
 * The suspects that are in none of the files, in their order. Lines are compared by their digests; a line
 * that several pages have is missed as often as one page has it more often than the files.
 * Throws Failure (usage) where a file cannot be read any more.
 */
export async function lostEvents(
  suspects: readonly Suspect[],
  files: readonly string[],
  newHash: () => Hash,
): Promise<Suspect[]> {
  const left = countsOf(suspects);
  const lengths = new Set(suspects.map(({ line }) => line.length));
  for (const file of new Set(files)) {
    if (left.size === 0) break;
    for await (const line of linesIn(file, lengths)) {
      const digest = newHash().update(line).digest("hex");
      const count = left.get(digest) ?? 0;
      if (count > 1) left.set(digest, count - 1);
      else left.delete(digest);
    }
  }
  return suspects.filter(({ digest }) => {
    const count = left.get(digest) ?? 0;
    if (count > 1) left.set(digest, count - 1);
    else left.delete(digest);
    return count > 0;
  });
}

/** How often each line has to be there: as often as the page has it that has it most often. */
function countsOf(suspects: readonly Suspect[]): Map<string, number> {
  const most = new Map<string, number>();
  let [step, here] = [-1, new Map<string, number>()];
  for (const suspect of suspects) {
    if (suspect.step !== step) [step, here] = [suspect.step, new Map()];
    const count = (here.get(suspect.digest) ?? 0) + 1;
    here.set(suspect.digest, count);
    most.set(suspect.digest, Math.max(count, most.get(suspect.digest) ?? 0));
  }
  return most;
}

/** The lines of a file that have one of these lengths, with their newlines. Each is good until the next. */
async function* linesIn(file: string, lengths: ReadonlySet<number>): AsyncGenerator<Uint8Array> {
  const longest = Math.max(...lengths);
  const begun = new Uint8Array(longest + 1);
  let length = 0;
  try {
    for await (const block of blocksOf(file)) {
      for (let at = 0; at < block.length;) {
        const end = block.indexOf(NEWLINE, at);
        const rest = block.subarray(at, end < 0 ? block.length : end + 1);
        if (length === 0 && end >= 0) {
          if (lengths.has(rest.length)) yield rest;
        } else {
          if (length + rest.length <= longest) begun.set(rest, length);
          length += rest.length;
          if (end >= 0) {
            if (lengths.has(length)) yield begun.subarray(0, length);
            length = 0;
          }
        }
        at += rest.length;
      }
    }
  } catch (error) {
    // What came before was read; that it is damaged was told.
    if (!(error instanceof DamagedGzip)) throw cannotRead(file, error);
  }
}
