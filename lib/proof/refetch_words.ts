/** In which words is told what the service has that the files lack? */

import type { CallFailure } from "../base/errors.ts";
import { plural } from "../base/text.ts";
import { between } from "./chain_words.ts";
import { earlier, type Finding, later } from "./findings.ts";
import type { Suspect } from "./lost_events.ts";
import type { Step } from "./refetch_steps.ts";

/** What is told of events that are in none of the files: of neighbours of one kind together. */
export function lostFindings(lost: readonly Suspect[], steps: readonly Step[]): Finding[] {
  const groups: Suspect[][] = [];
  for (const one of lost) {
    const last = groups.at(-1)?.at(-1);
    if (last?.kind === one.kind && one.step - last.step <= 1) groups.at(-1)!.push(one);
    else groups.push([one]);
  }
  return groups.map((group) => lostFinding(group, steps));
}

function lostFinding(group: readonly Suspect[], steps: readonly Step[]): Finding {
  const [{ kind }] = group as [Suspect, ...Suspect[]];
  const of = [...new Set(group.map(({ step }) => step))].map((step) => steps[step]!);
  const since = of.map((step) => step.since).reduce(earlier);
  const until = of.map((step) => step.until).reduce(later);
  const [are, they, them] = group.length === 1 ? ["is", "it", "it"] : ["are", "they", "them"];
  const what = kind === "events lost"
    ? `that ${are} in none of the files`
    : `in pages that were pulled before ${they} came, and the files lack ${them}`;
  const message = `The service has ${plural(group.length, "event")} ${what}`;
  return {
    finding: kind,
    isFault: true,
    message: message + between({ since, until }),
    since,
    until,
    events: group.length,
  };
}

/** What is told of a step that the service does not give again. */
export function goneFinding({ since, until, receipts }: Step, error: CallFailure): Finding {
  const events = receipts.reduce((sum, { events }) => sum + events, 0);
  const what = receipts.length === 0 ? "what lies in a hole" : plural(events, "event");
  const window = between({ since, until });
  return {
    finding: "events gone",
    isFault: false,
    message: `The service does not give ${what} again${window} (${error.message})`,
    since,
    until,
    events,
  };
}
