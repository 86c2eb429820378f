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

function findingOf(
  { fault, pages, events, first, since, until, place }: Group,
  path?: string,
): Finding {
  const { inode, offset } = first.output;
  const from = place ?? offset;
  const many = `${plural(pages, "page")} (${plural(events, "event")})`;
  const where = path === undefined ? "" : `, from byte ${from} of ${quoted(path)} on`;
  const verbs: Readonly<Record<PageFault, string>> = {
    "missing": `${pages === 1 ? "is" : "are"} missing`,
    "altered": `${pages === 1 ? "is" : "are"} not as written`,
    "cut off": "is cut off: its file ends before its end",
    "moved": `${pages === 1 ? "stands" : "stand"} out of order`,
    "file missing":
      `${pages === 1 ? "is" : "are"} in none of the pulled files; they went to a file ` +
      `with inode ${inode}`,
  };
  const message = `${many} from ${since} to ${until} ${verbs[fault]}${where}`;
  return {
    finding: NAMES[fault],
    isFault: true,
    message: pages === 1 ? message.replace("they went", "it went") : message,
    since,
    until,
    pages,
    events,
    file: path,
    offset: from,
    mayRefetch: fault !== "moved",
  };
}
