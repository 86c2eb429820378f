/** What does `--verify` mean? */

import { usageFailure } from "../base/errors.ts";
import type { Instant } from "../base/time.ts";
import { dashed } from "./option.ts";
import type { Name, Typed } from "./option_table.ts";
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
}

/** What only a run that calls the service or writes events has a use for. */
const FOR_REFETCH: readonly Name[] = ["output", "format", "query", "credentials"];

/** What `--verify` means; `now` is in milliseconds since 1970. Throws Failure (usage). */
export function verifyOptionsOf(
  typed: Typed,
  files: readonly string[],
  now: number,
): VerifyOptions {
  const one = (name: Name) => typed[name].at(-1);
  const useless = FOR_REFETCH.find((name) => typed[name].length > 0);
  if (useless !== undefined) {
    const why = "it reads, and calls nobody";
    throw usageFailure(`Cannot use ${dashed(useless)} with --verify: ${why}`);
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
  };
}
