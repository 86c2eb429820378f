/** What was pulled? Events out of files; nobody is called. */

import { EXIT } from "./base/errors.ts";
import type { Options } from "./cli/options.ts";
import { openSearchOutput } from "./destination.ts";
import { matcher } from "./events/filter.ts";
import type { Layout } from "./formats/layout.ts";
import { deliverAll } from "./search.ts";
import { openPulled } from "./sources/pulled_files.ts";
import { needleOf } from "./sources/pulled_needle.ts";
import { pulledPages } from "./sources/pulled_pages.ts";
import type { Service } from "./sources/service.ts";

/**
 * Writes the events of files that were asked for; returns the exit status. Ends early, and well, where
 * their reader has gone. Throws Failure, or the signal's reason.
 */
export async function searchFiles(
  options: Options,
  taking: Pick<Service, "notes" | "signal">,
  layOut: Layout,
): Promise<number> {
  const { files: paths, filters, once, limit, sinceIsGiven, since } = options;
  // Before the output is opened: a run that is refused leaves no file.
  const files = await openPulled(paths, taking.notes);
  using output = await openSearchOutput(options, taking.notes);
  const wanted = {
    matches: matcher(options, sinceIsGiven ? since.ms : undefined),
    needle: needleOf(filters),
    most: once ? limit : Infinity,
  };
  const outcome = { isDamaged: false };
  const pages = pulledPages(files, wanted, taking, outcome);
  await deliverAll(pages, options, taking, layOut, output);
  return outcome.isDamaged ? EXIT.unusable : EXIT.done;
}
