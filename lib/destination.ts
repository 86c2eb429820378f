/** Where do this run's events go? Not into a file that is kept for something else. */

import type { Options } from "./cli/options.ts";
import { exists } from "./base/files.ts";
import type { Output } from "./output/output.ts";
import { fileOutput } from "./output/output_file.ts";
import { recordedOutput, standardOutput } from "./output/standard_output.ts";
import type { Position } from "./position/position.ts";
import { type KeptFiles, refuseKeptFiles } from "./position/same_file.ts";
import type { Notes } from "./terminal/notes.ts";

/** Files that no event of a run may go into. */
export function keptFilesOf({ position, credentialsFile, receipts, files }: Options): KeptFiles {
  const searched = files.filter((path) => path !== "-");
  return { position, credentials: credentialsFile, receipts, searched };
}

/** Opens the output of a search. Throws Failure (usage, output). */
export async function openSearchOutput(options: Options, notes: Notes): Promise<Output> {
  const { output } = options;
  if (output !== undefined) {
    return await openFile(output, options, () => fileOutput(output, undefined, notes));
  }
  await refuseKeptFiles(undefined, keptFilesOf(options));
  return standardOutput();
}

/**
 * Opens the output of a stream that goes on from `resumed`, or starts. Says where events go elsewhere
 * than before, and where they begin anew. Throws Failure (usage, output).
 */
export async function openStreamOutput(
  options: Options,
  resumed: Position | undefined,
  notes: Notes,
): Promise<Output> {
  const { output: path, position } = options;
  const mark = resumed?.output;
  const sayMoved = (from: string, to: string) => {
    if (options.once) return;
    notes.say(`Events of position "${position}" went to ${from} until now; this run's go to ${to}`);
  };
  if (path === undefined) {
    await refuseKeptFiles(undefined, keptFilesOf(options));
    const output = await recordedOutput(mark);
    if (mark !== undefined && !(output.mark(false) !== undefined && mayBeRedirected(resumed!))) {
      sayMoved("a file", "standard output");
    }
    return output;
  }
  await refuseKeptFiles(path, keptFilesOf(options));
  if (resumed === undefined) {
    const size = await Deno.stat(path).then((info) => info.isFile ? info.size : 0, () => 0);
    if (size > 0) {
      const why = `position "${position}" does not know what is in "${path}"`;
      notes.say(`Starting over at ${options.since.text}: ${why}`);
    }
  } else if (isOnStandardOutput(resumed)) sayMoved("standard output", `"${path}"`);
  return await openFile(path, options, () => fileOutput(path, mark, notes));
}

/** The first format of positions does not say whose file it was. */
function mayBeRedirected({ query, redirected }: Position): boolean {
  return query === undefined || redirected === true;
}

function isOnStandardOutput({ query, redirected, output }: Position): boolean {
  return query !== undefined && (output === undefined || redirected === true);
}

/** Opens a file; one that turns out to be the position's, and was not there before, is gone again. */
async function openFile(
  path: string,
  options: Options,
  open: () => Promise<Output>,
): Promise<Output> {
  const kept = keptFilesOf(options);
  await refuseKeptFiles(path, kept);
  const wasThere = await exists(path).catch(() => true);
  const output = await open();
  if (wasThere) return output;
  try {
    await refuseKeptFiles(path, kept);
  } catch (error) {
    output[Symbol.dispose]();
    await Deno.remove(path);
    throw error;
  }
  return output;
}
