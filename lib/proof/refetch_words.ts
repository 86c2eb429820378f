/** In which words is told what the service has that the files lack? */

import type { CallFailure } from "../base/errors.ts";
import { plural } from "../base/text.ts";
import { EXPORT } from "../sources/log_beginning.ts";
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

/** What is told of a step that the service does not give again, and refuses. */
export function goneFinding(step: Step, error: CallFailure): Finding {
  const message = `The service does not give ${contentOf(step)} again${between(step)}`;
  return gone(step, `${message} (${error.message})`);
}

/** What is told of a step that began at `--since`, and to which the service does not lead again. */
export function notFromStartFinding(step: Step): Finding {
  const why =
    `the run began there with a token of its own, which does not lead there now; ${EXPORT}`;
  return gone(
    step,
    `The service cannot be asked for ${contentOf(step)} again${between(step)}: ${why}`,
  );
}

function contentOf({ receipts }: Step): string {
  return receipts.length === 0 ? "what lies in a hole" : plural(countOf(receipts), "event");
}

function countOf(receipts: Step["receipts"]): number {
  return receipts.reduce((sum, { events }) => sum + events, 0);
}

function gone({ since, until, receipts }: Step, message: string): Finding {
  const events = countOf(receipts);
  return { finding: "events gone", isFault: false, message, since, until, events };
}
