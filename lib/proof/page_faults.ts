/** What is told of pages that are not there as they were written? Neighbours are told together. */

import { plural, quoted } from "../base/text.ts";
import { earlier, type Finding, type FindingName, later } from "./findings.ts";
import type { PageReceipt } from "./written_files.ts";

/** What can be wrong with a page. */
export type PageFault = "missing" | "altered" | "cut off" | "moved" | "file missing";

const NAMES: Readonly<Record<PageFault, FindingName>> = {
  "missing": "pages missing",
  "altered": "pages altered",
  "cut off": "pages cut off",
  "moved": "pages moved",
  "file missing": "file missing",
};

/** Neighbours with the same fault. */
interface Group {
  readonly fault: PageFault;
  readonly pages: number;
  readonly events: number;
  readonly first: PageReceipt;
  readonly since: string | undefined;
  readonly until: string | undefined;
  readonly place: number | undefined;
}

/** Collects what is wrong with the pages of one file, and tells it. `path` is the file, where it is known. */
export function pageFaults(tell: (finding: Finding) => Promise<void>, path: string | undefined) {
  let group: Group | undefined;
  const end = async () => {
    if (group !== undefined) await tell(findingOf(group, path));
    group = undefined;
  };
  return {
    end,
    async add(page: PageReceipt, fault: PageFault, place?: number) {
      if (group?.fault !== fault) await end();
      const { first, last, saved } = page;
      group = {
        fault,
        pages: (group?.pages ?? 0) + 1,
        events: (group?.events ?? 0) + page.events,
        first: group?.first ?? page,
        since: earlier(group?.since, first ?? saved),
        until: later(group?.until, last ?? saved),
        place: group === undefined ? place : group.place,
      };
    },
  };
}

function findingOf(group: Group, path: string | undefined): Finding {
  const { fault, pages, events, first, since, until, place } = group;
  const from = place ?? first.output.offset;
  return {
    finding: NAMES[fault],
    isFault: true,
    message: messageOf(group, path, from),
    since,
    until,
    pages,
    events,
    file: path,
    offset: from,
    mayRefetch: fault !== "moved",
  };
}

function messageOf(
  { fault, pages, events, first, since, until }: Group,
  path: string | undefined,
  place: number,
): string {
  const many = `${plural(pages, "page")} (${plural(events, "event")}) from ${since} to ${until}`;
  const [are, stand, they] = pages === 1 ? ["is", "stands", "it"] : ["are", "stand", "they"];
  const where = path === undefined ? "" : ` at byte ${place} of ${quoted(path)}`;
  switch (fault) {
    case "missing":
      return `${many} ${are} missing${where}`;
    case "altered":
      return `${many} ${are} not as written${where}`;
    case "cut off":
      return `${many} ${are} cut off${where}: the file ends before`;
    case "moved":
      return `${many} ${stand} out of order${where}`;
    case "file missing":
      return `${many} ${are} in none of the pulled files; ${they} went to the file with inode ` +
        first.output.inode;
  }
}
