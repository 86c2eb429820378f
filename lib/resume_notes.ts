/** What has a person to know where a run goes on otherwise than the runs before? */

import type { Options } from "./cli/options.ts";
import type { Position } from "./position/position.ts";
import type { Notes } from "./terminal/notes.ts";

/** Says how the run that begins at `now` differs from those that left `before`. */
export function sayOfResumed(
  before: Position,
  now: Position,
  { position: path, sinceIsGiven, filters, once }: Options,
  notes: Notes,
): void {
  // Not where nobody looks: cron lines may well have it, and runs without trouble are silent there.
  if (sinceIsGiven && Deno.stderr.isTerminal()) {
    const remedy = "for an earlier time, search without -c";
    notes.say(`--since does not count: position "${path}" says where to go on; ${remedy}`);
  }
  if (once) return;
  if (before.query === undefined && filters.length > 0) {
    // The run before may have had no --query, and then this one takes events out of its stream.
    notes.say(
      `Position "${path}" does not say for which --query it is: from now on it is for ` +
        "this one, and other events are left out",
    );
  }
  if (before.format !== undefined && before.format !== now.format) {
    notes.say(
      `Events of position "${path}" were in format ${before.format} until now; ` +
        `this run's are in ${now.format}`,
    );
  }
  if (before.receipt !== now.receipt) {
    notes.say(
      `The chain of receipts of position "${path}" ends here: this run has no --receipts`,
    );
  }
}
