/** What does `--verify` mean? */

import { usageFailure } from "../base/errors.ts";
import { quoted } from "../base/text.ts";
import { type Format, type FormatName, FORMATS } from "../formats/formats.ts";
import { shellWord } from "./completions.ts";
import { dashed } from "./option.ts";
import type { Name, Typed } from "./option_table.ts";
import type { Position } from "../position/position.ts";
import { type Options, optionsOf, type Surroundings } from "./options.ts";
import { boundsOf, type Period } from "./period.ts";
import { queryItem } from "./query.ts";

/** What `--verify` has to do, and from when to when pages have to be there. */
export interface VerifyOptions extends Period {
  /** Path of the receipts file. */
  readonly receipts: string;
  /** Paths of pulled files. */
  readonly files: readonly string[];
  /** Path of the position file; undefined where it was not named: the usual one is not looked at. */
  readonly position: string | undefined;
  readonly verbose: boolean;
  /** How the service is asked again; undefined where nobody is called. */
  readonly refetch: Refetch | undefined;
  /**
   * The command that asks the service for the events of a window again. `query` is the position's, where that
   * is known: receipts do not say it.
   */
  readonly again: (since: string, until: string, query?: Position["query"]) => string;
}

/** How the service is asked again. */
export interface Refetch {
  readonly options: Options;
  /** The formats in which the events may have been written. */
  readonly formats: readonly FormatName[];
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
  const { since, until } = boundsOf(one("since"), one("until"), now);
  const [receipts, position] = [one("receipts")!, one("position")];
  return {
    receipts,
    files,
    position,
    since,
    until,
    verbose: typed.verbose.length > 0,
    refetch: isRefetch ? refetchOf(typed, surroundings) : undefined,
    again: (from, to, query) => againCommand(typed, files, ["--since", from, "--until", to], query),
  };
}

/** Formats that a continuous run writes into files: an event is a line in them, and can be compared. */
const LINE_FORMATS: readonly FormatName[] = FORMATS
  .filter(({ notWith }: Format) => Object.keys(notWith).length === 0).map(({ name }) => name);

function refetchOf(typed: Typed, surroundings: Surroundings): Refetch {
  const asked = typed.format.at(-1);
  const formats = LINE_FORMATS.filter((name) => asked === undefined || name === asked);
  if (formats.length === 0) {
    const why = `events are compared line by line; use ${LINE_FORMATS.join(", ")}`;
    throw usageFailure(`Cannot use --format ${quoted(asked!)} with --refetch: ${why}`);
  }
  // From when to when is what the receipts say.
  const rest = { ...typed, receipts: [], since: [], until: [], format: ["ndjson"] };
  return { options: optionsOf(rest, [], surroundings), formats };
}

/** Whom to ask, as what, and for what: it stays as it was typed. */
const KEPT: readonly Name[] = [
  "receipts",
  "position",
  "credentials",
  "apiurl",
  "api",
  "orgurl",
  "demo",
  "format",
  "query",
];

/** A command line for a shell. */
function againCommand(
  typed: Typed,
  files: readonly string[],
  window: readonly string[],
  query: Position["query"],
): string {
  const kept = KEPT.flatMap((name) => typed[name].map((value) => ({ name, value })));
  const known = typed.query.length > 0 ? [] : Object.entries(query ?? {});
  const options = [
    // A flag has no value, and no other option has an empty one.
    ...kept.flatMap(({ name, value }) => value === "" ? [dashed(name)] : [dashed(name), value]),
    ...known.flatMap((entry) => ["--query", queryItem(...entry)]),
  ];
  const paths = files.map((path) => path.startsWith("-") ? `./${path}` : path);
  return [
    "siem-client",
    "--verify",
    "--refetch",
    ...options,
    ...window,
    "--output",
    "missing.jsonl",
  ]
    .concat(paths).map((word) => /^[\w@%+=:,./-]+$/.test(word) ? word : shellWord(word)).join(" ");
}
