/** What can be found where a stream is checked against its receipts, and how is that told to programs? */

/** What is wrong, or worth knowing. These names are promised (docs/reference.md). */
export type FindingName =
  | "receipts missing"
  | "receipts altered"
  | "receipts doubled"
  | "receipts moved"
  | "receipts foreign"
  | "receipts torn"
  | "receipts damaged"
  | "receipts left out"
  | "hole"
  | "end missing"
  | "end exchanged"
  | "end without position"
  | "pages missing"
  | "pages altered"
  | "pages cut off"
  | "pages moved"
  | "file missing"
  | "file copied"
  | "file unknown"
  | "file damaged"
  | "events lost"
  | "events late"
  | "events changed"
  | "events gone";

/** One thing that was found. */
export interface Finding {
  readonly finding: FindingName;
  /** Whether something is missing or altered; otherwise it is only worth knowing. */
  readonly isFault: boolean;
  /** One sentence for people, without a full stop. */
  readonly message: string;
  /** From when to when the events are that it is about (RFC 3339); undefined where that is not known. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  /** How many are concerned, as far as that is known. */
  readonly pages?: number;
  readonly events?: number;
  /** In which file, and there in which line or behind how many bytes. */
  readonly file?: string | undefined;
  readonly line?: number;
  readonly offset?: number;
  /** Whether to ask the service again may help. */
  readonly mayRefetch?: boolean;
}

/** What is said of the whole. */
export interface Verdict {
  readonly verdict: "whole" | "damaged";
  /** How many findings say so. */
  readonly faults: number;
  /** What the receipts name: pages, events, bytes, and from when to when the events are. */
  readonly pages: number;
  readonly events: number;
  readonly bytes: number;
  readonly since: string | null;
  readonly until: string | null;
  /** Whether the position's receipt was compared with the last line. */
  readonly end: "checked" | "not checked";
  /** Whether pulled files were compared. */
  readonly files: "checked" | "not checked";
  /** Of the pages, those that went to a file and were asked for; of these, those that were found whole. */
  readonly pagesInFiles: number | null;
  readonly pagesFound: number | null;
  /** Bytes in the pulled files that no receipt names. */
  readonly bytesBeyond: number | null;
}

/** A finding as a line of JSON has it; `again` is the command that asks the service for it once more. */
export function findingRecord(finding: Finding, again: string | undefined): unknown {
  const { isFault, message, since, until, pages, events, file, line, offset } = finding;
  return {
    finding: finding.finding,
    fault: isFault,
    message,
    since: since ?? null,
    until: until ?? null,
    pages: pages ?? null,
    events: events ?? null,
    file: file ?? null,
    line: line ?? null,
    offset: offset ?? null,
    again: again ?? null,
  };
}

/** The earlier of two times in RFC 3339, of which either may be unknown or no time. */
export function earlier(one: string | undefined, other: string | undefined): string | undefined {
  return pick(one, other, (a, b) => a <= b);
}

/** The later of two times. */
export function later(one: string | undefined, other: string | undefined): string | undefined {
  return pick(one, other, (a, b) => a >= b);
}

function pick(
  one: string | undefined,
  other: string | undefined,
  isFirst: (a: number, b: number) => boolean,
): string | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  const [a, b] = [Date.parse(one), Date.parse(other)];
  // A receipt that was changed may hold any text.
  return isFirst(a, b) || Number.isNaN(b) ? one : other;
}
