/** How are findings and the verdict told, to programs and to people? */

import { plural, printable, printableJson } from "../base/text.ts";
import { type Finding, findingRecord, type Verdict } from "./findings.ts";

/** Takes what is found, and says it. */
export interface Report {
  /** Says a finding. What has nothing to do with the window that was asked for is no fault. */
  add(finding: Finding): Promise<void>;
  /** How many faults there were. */
  faults(): number;
  /** Says the verdict. */
  end(verdict: Omit<Verdict, "verdict" | "faults">): Promise<void>;
}

/** What a report needs. */
export interface ReportOptions {
  readonly write: (text: string) => Promise<void>;
  /** Whether people read it. */
  readonly isForPeople: boolean;
  readonly hide: (text: string) => string;
  /** The window that was asked for, in milliseconds since 1970. */
  readonly since: number;
  readonly until: number;
  /** The command that asks the service for a window again, where there is one. */
  again?(since: string, until: string): string;
  /** Whether it has the stream's `--query`, which receipts do not say. */
  readonly isQueryKnown: boolean;
}

/** Makes a report that writes as it goes. */
export function createReport(options: ReportOptions): Report {
  const { write, isForPeople, hide } = options;
  let faults = 0;
  let isQueryAsked = false;
  return {
    faults: () => faults,
    async add(found) {
      const isFault = found.isFault && isInWindow(found, options);
      const finding = { ...found, isFault };
      if (isFault) faults++;
      const { since, until, mayRefetch } = finding;
      const again = isFault && mayRefetch && since !== undefined
        ? options.again?.(since, until ?? new Date().toISOString())
        : undefined;
      isQueryAsked ||= again !== undefined && !options.isQueryKnown;
      await write(
        isForPeople
          ? forPeople(finding, again, hide)
          : `${hide(printableJson(findingRecord(finding, again)))}\n`,
      );
    },
    async end(rest) {
      const verdict: Verdict = { verdict: faults === 0 ? "whole" : "damaged", faults, ...rest };
      await write(
        isForPeople
          ? sentences(verdict) + (isQueryAsked ? ADD_QUERY : "")
          : `${printableJson(verdict)}\n`,
      );
    },
  };
}

const ADD_QUERY =
  "  the commands above: add --query where the run has one; --position FILE knows it\n";

/** What has no time is always meant. */
function isInWindow({ since, until }: Finding, window: ReportOptions): boolean {
  const [start, end] = [Date.parse(since ?? ""), Date.parse(until ?? "")];
  // A comparison with NaN is false.
  return !(Math.max(end, start || end) < window.since) &&
    !(Math.min(start, end || start) > window.until);
}

function forPeople(
  { message, isFault }: Finding,
  again: string | undefined,
  hide: (text: string) => string,
): string {
  const command = again === undefined ? "" : `    ${printable(hide(again))}\n`;
  return `${isFault ? "FAULT" : "note"}: ${printable(hide(message))}\n${command}`;
}

/** The verdict in a few lines. */
function sentences(verdict: Verdict): string {
  const { faults, pages, events, bytes, since, until, end, pagesInFiles, pagesFound } = verdict;
  const first = faults === 0 ? "Whole" : `Not whole (${plural(faults, "fault")})`;
  const amounts = [plural(pages, "page"), plural(events, "event"), plural(bytes, "byte")];
  return [
    `${first}: ${amounts.join(", ")}`,
    ...(since === null ? [] : [`  from ${since} to ${until}`]),
    pagesInFiles === null
      ? "  pulled files: not checked"
      : `  pulled files: ${pagesFound} of ${plural(pagesInFiles, "page")} found`,
    end === "checked"
      ? "  the last receipt: compared with the position"
      : "  the last receipt: not checked; --position FILE does that",
  ].map((line) => `${printable(line)}\n`).join("");
}
