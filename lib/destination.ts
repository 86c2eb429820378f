/** Where do this run's events go? Not into a file that is kept for something else. */

import type { Options } from "./cli/options.ts";
import { usageFailure } from "./base/errors.ts";
import { exists } from "./base/files.ts";
import type { Mark } from "./output/mark.ts";
import type { Output } from "./output/output.ts";
import { standardOutput } from "./output/standard_output.ts";
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
  if (options.output !== undefined) {
    return await openFile(options.output, undefined, options, notes);
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
    const { recordedOutput } = await import("./output/recorded_output.ts");
    const output = await recordedOutput(mark);
    if (mark !== undefined && !(output.mark(false) !== undefined && mayBeRedirected(resumed!))) {
      sayMoved("a file", "standard output");
    }
    return output;
  }
  const output = await openFile(path, mark, options, notes);
  if (resumed === undefined && output.mark(false)!.length > 0) {
    const why = `position "${position}" does not know what is in "${path}"`;
    notes.say(`Starting over at ${options.since.text}: ${why}`);
  } else if (resumed !== undefined && isOnStandardOutput(resumed)) {
    sayMoved("standard output", `"${path}"`);
  }
  return output;
}

/** The first format of positions does not say whose file it was. */
function mayBeRedirected({ query, redirected }: Position): boolean {
  return query === undefined || redirected === true;
}

function isOnStandardOutput({ query, redirected, output }: Position): boolean {
  return query !== undefined && (output === undefined || redirected === true);
}

/** Opens a file; one that is kept for something else stays as it was, or is gone again. */
async function openFile(
  path: string,
  mark: Mark | undefined,
  options: Options,
  notes: Notes,
): Promise<Output> {
  const wasThere = await exists(path).catch(() => true);
  const { fileOutput } = await import("./output/output_file.ts");
  const output = await fileOutput(path, mark, notes);
  try {
    // Only now, since two names can be known to be one file's only where it is there.
    await refuseOutput(path, options);
  } catch (error) {
    output[Symbol.dispose]();
    if (!wasThere) await Deno.remove(path);
    throw error;
  }
  return output;
}

/** Throws Failure (usage) where a file is kept for something else than events. */
export async function refuseOutput(path: string, options: Options): Promise<void> {
  await refuseKeptFiles(path, keptFilesOf(options));
  const { useOf } = await import("./position/kept_file.ts");
  const use = await useOf(path);
  if (use !== undefined) {
    throw usageFailure(`Cannot use --output "${path}": ${use}; name another file`);
  }
}
