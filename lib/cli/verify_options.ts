/** What does `--verify` mean? */

import { usageFailure } from "../base/errors.ts";
import { quoted } from "../base/text.ts";
import type { Instant } from "../base/time.ts";
import { dashed } from "./option.ts";
import type { Name, Typed } from "./option_table.ts";
import { type Options, optionsOf, type Surroundings } from "./options.ts";
import { instant } from "./values.ts";

/** What `--verify` has to do. */
export interface VerifyOptions {
  /** Path of the receipts file. */
  readonly receipts: string;
  /** Paths of pulled files. */
  readonly files: readonly string[];
  /** Path of the position file; undefined where it was not named: the usual one is not looked at. */
  readonly position: string | undefined;
  /** From when to when pages have to be there; undefined for all. */
  readonly since: Instant | undefined;
  readonly until: Instant | undefined;
  readonly verbose: boolean;
  /** How the service is asked again; undefined where nobody is called. */
  readonly refetch: Options | undefined;
  /** The command that asks the service for the events of a window again. */
  readonly again: (since: string, until: string) => string;
}

/** What only a run that calls the service or writes events has a use for. */
const FOR_REFETCH: readonly Name[] = ["output", "format", "query", "credentials"];

/** What `--verify` means. Throws Failure (usage). */
export function verifyOptionsOf(
  typed: Typed,
  files: readonly string[],
  surroundings: Surroundings,
): VerifyOptions {
  const { now } = surroundings;
  const one = (name: Name) => typed[name].at(-1);
  const isRefetch = typed.refetch.length > 0;
  const useless = FOR_REFETCH.find((name) => typed[name].length > 0);
  if (useless !== undefined && !isRefetch) {
    const why = "only with --refetch is the service asked";
    throw usageFailure(`Cannot use ${dashed(useless)} with --verify alone: ${why}`);
  }
  const [since, until] = [instant("since", one("since"), now), instant("until", one("until"), now)];
  const [receipts, position] = [one("receipts")!, one("position")];
  return {
    receipts,
    files,
    position,
    since,
    until,
    verbose: typed.verbose.length > 0,
    refetch: isRefetch ? refetchOptionsOf(typed, surroundings) : undefined,
    again: (from, to) => againCommand({ receipts, position, files }, from, to),
  };
}

/** Formats in which an event is a line, so that events can be compared one by one. */
const LINE_FORMATS: readonly string[] = ["ndjson", "ecs", "ocsf"];

function refetchOptionsOf(typed: Typed, surroundings: Surroundings): Options {
  const format = typed.format.at(-1) ?? "ndjson";
  if (!LINE_FORMATS.includes(format)) {
    const why = `events are compared line by line; use ${LINE_FORMATS.join(", ")}`;
    throw usageFailure(`Cannot use --format ${quoted(format)} with --refetch: ${why}`);
  }
  // From when to when is what the receipts say.
  const asked = { ...typed, receipts: [], since: [], until: [], format: [format] };
  return optionsOf(asked, [], surroundings);
}

/** A command line for a shell. */
function againCommand(
  { receipts, position, files }: Pick<VerifyOptions, "receipts" | "position" | "files">,
  from: string,
  to: string,
): string {
  const window = ["--since", from, "--until", to];
  const known = position === undefined ? [] : ["--position", position];
  const words = ["--verify", "--refetch", "--receipts", receipts, ...known, ...window];
  return ["siem-client", ...words, "--output", "missing.jsonl", ...files].map(shellWord).join(" ");
}

function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
