/** Every kind of damage to receipts, pulled files and their end: is each told rightly, and nothing else? */

import { assertEquals } from "@std/assert";
import { digestOfLine } from "../../lib/position/receipt.ts";
import { run, temporaryFolder } from "../client.ts";
import {
  gzipped,
  linesOfPages,
  type MadePage,
  makePages,
  textOfPages,
  writeFiles,
} from "./pulled.ts";

type Content = string | Uint8Array;

const pages = await makePages({ files: [4, 3, 5] });
const FILES = [pages.slice(0, 4), pages.slice(4, 7), pages.slice(7)] as const;
const other = await makePages({ files: [3], organisation: "https://other.example/" });
/** The same stream pulled anew, with other pages: a chain that is as sound. */
const again = await makePages({ files: [4, 3, 5], eventsPerPage: 4 });

/** The position of a stream after its last page. */
async function positionAfter(made: readonly MadePage[], head = true): Promise<string> {
  const { receipt, line } = made.at(-1)!;
  const { api, address, organisation, to: cursor, saved, last: lastEvent } = receipt;
  const stream = { version: 2, api, address, organisation, query: {} };
  const named = head ? { receipt: await digestOfLine(line) } : {};
  return JSON.stringify({ ...stream, cursor, saved, caughtUp: true, lastEvent, ...named });
}

/** What is there when nothing is damaged; `undefined` takes a file away. */
const SOUND: Readonly<Record<string, Content>> = {
  "receipts.1": linesOfPages(pages.slice(0, 5)),
  "receipts": linesOfPages(pages.slice(5)),
  "old.jsonl": textOfPages(FILES[0]),
  "cirrus.jsonl.1": textOfPages(FILES[1]),
  "cirrus.jsonl": textOfPages(FILES[2]),
  "position": await positionAfter(pages),
};

interface Case {
  readonly name: string;
  readonly changes: Readonly<Record<string, Content | undefined>>;
  /** Findings that are faults; for pages with their number. */
  readonly faults: readonly string[];
  /** Findings that are none. */
  readonly notes?: readonly string[];
  /** Whether the position is not named. */
  readonly withoutPosition?: true;
  /** Bytes that no receipt names. */
  readonly beyond?: number;
}

const without = (file: readonly MadePage[], ...left: number[]) =>
  file.filter((_, i) => !left.includes(i));
const flipped = (text: string, at: number) =>
  text.slice(0, at) + (text[at] === "1" ? "2" : "1") + text.slice(at + 1);
const flippedBehind = (text: string, sign: string) =>
  flipped(text, text.indexOf(sign) + sign.length);
/** Where a page begins in a file. */
const placeOf = (file: readonly MadePage[], page: number) =>
  textOfPages(file.slice(0, page)).length;
const NEW = linesOfPages(pages.slice(5));
const OLD = linesOfPages(pages.slice(0, 5));
const [FIRST, SECOND, THIRD] = FILES.map(textOfPages) as [string, string, string];

const CASES: readonly Case[] = [
  { name: "nothing", changes: {}, faults: [] },
  {
    name: "rotated, compressed, renamed, in another order",
    changes: {
      "receipts.1": undefined,
      "receipts-20261120.gz": await gzipped(OLD),
      "old.jsonl": undefined,
      "a": THIRD,
      "b.gz": await gzipped(FIRST),
      "cirrus.jsonl": undefined,
    },
    faults: [],
  },
  {
    name: "a page removed",
    changes: { "cirrus.jsonl": textOfPages(without(FILES[2], 2)) },
    faults: ["pages missing 1"],
  },
  {
    name: "the first page of a file removed",
    changes: { "cirrus.jsonl": textOfPages(without(FILES[2], 0)) },
    faults: ["pages missing 1"],
  },
  {
    name: "the last page of a file removed",
    changes: { "old.jsonl": textOfPages(without(FILES[0], 3)) },
    faults: ["pages missing 1"],
  },
  {
    name: "three pages in a row removed",
    changes: { "cirrus.jsonl": textOfPages(without(FILES[2], 1, 2, 3)) },
    faults: ["pages missing 3"],
  },
  {
    name: "two pages swapped",
    changes: { "old.jsonl": textOfPages([0, 2, 1, 3].map((i) => FILES[0][i]!)) },
    faults: ["pages moved 1"],
  },
  {
    name: "the last two pages swapped",
    changes: { "old.jsonl": textOfPages([0, 1, 3, 2].map((i) => FILES[0][i]!)) },
    faults: ["pages moved 1"],
  },
  {
    name: "a byte flipped in a page",
    changes: { "cirrus.jsonl": flipped(THIRD, placeOf(FILES[2], 2) + 20) },
    faults: ["pages altered 1"],
    beyond: FILES[2][2]!.receipt.bytes,
  },
  {
    name: "a byte flipped in the first page of a file",
    changes: { "cirrus.jsonl": flipped(THIRD, 20) },
    faults: ["pages altered 1"],
  },
  {
    name: "a byte flipped in the last page of a file",
    changes: { "cirrus.jsonl.1": flipped(SECOND, SECOND.length - 20) },
    faults: ["pages altered 1"],
  },
  {
    name: "a byte flipped in two pages that are no neighbours",
    changes: {
      "cirrus.jsonl": flipped(
        flipped(THIRD, placeOf(FILES[2], 1) + 20),
        placeOf(FILES[2], 3) + 20,
      ),
    },
    faults: ["pages altered 1", "pages altered 1"],
  },
  {
    name: "an event removed from a page",
    changes: { "cirrus.jsonl": THIRD.replace(/.*"n":28.*\n/, "") },
    faults: ["pages altered 1"],
  },
  {
    name: "a line put into a page",
    changes: { "cirrus.jsonl": THIRD.replace(/(.*"n":28.*\n)/, '$1{"n":"forged"}\n') },
    faults: ["pages altered 1"],
  },
  {
    name: "the end of a page and the beginning of the next removed",
    changes: {
      "cirrus.jsonl": THIRD.slice(0, placeOf(FILES[2], 2) - 40) +
        THIRD.slice(placeOf(FILES[2], 2) + 40),
    },
    faults: ["pages altered 2"],
  },
  {
    name: "lines put between two pages",
    changes: {
      "cirrus.jsonl": THIRD.slice(0, placeOf(FILES[2], 2)) + "somebody else's\nlines\n" +
        THIRD.slice(placeOf(FILES[2], 2)),
    },
    faults: [],
    beyond: 22,
  },
  { name: "a file missing", changes: { "cirrus.jsonl.1": undefined }, faults: ["file missing 3"] },
  {
    name: "a file twice",
    changes: { "copy.gz": await gzipped(SECOND) },
    faults: [],
    notes: ["file copied"],
    beyond: SECOND.length,
  },
  {
    name: "a file twice, and one of the two damaged",
    changes: { "a-copy": flipped(SECOND, placeOf(FILES[1], 1) + 20) },
    faults: [],
    notes: ["file copied"],
  },
  {
    name: "a file truncated between two pages",
    changes: { "cirrus.jsonl": THIRD.slice(0, placeOf(FILES[2], 3)) },
    faults: ["pages missing 2"],
  },
  {
    name: "a file torn in a page",
    changes: { "cirrus.jsonl": THIRD.slice(0, placeOf(FILES[2], 3) + 50) },
    faults: ["pages cut off 1", "pages missing 1"],
  },
  {
    name: "a file emptied",
    changes: { "cirrus.jsonl": "" },
    faults: ["pages missing 5"],
  },
  {
    name: "a file extended",
    changes: { "cirrus.jsonl": THIRD + "more\n" },
    faults: [],
    beyond: 5,
  },
  {
    name: "a file extended in front",
    changes: { "cirrus.jsonl": "more\n" + THIRD },
    faults: [],
    beyond: 5,
  },
  {
    name: "a page repeated after a crash",
    changes: { "cirrus.jsonl": THIRD + FILES[2].at(-1)!.text },
    faults: [],
    beyond: FILES[2].at(-1)!.receipt.bytes,
  },
  {
    name: "a foreign file",
    changes: { "z-other": textOfPages(other) },
    faults: [],
    notes: ["file unknown"],
    beyond: textOfPages(other).length,
  },
  {
    name: "a compressed file cut off",
    changes: { "cirrus.jsonl": (await gzipped(THIRD)).slice(0, -30) },
    faults: ["pages cut off 1"],
    notes: ["file damaged"],
  },
  {
    name: "a line removed from the first page of a file that was saved anew, and a foreign file",
    changes: {
      "cirrus.jsonl": THIRD.replace(/^.*\n/, ""),
      "a-other": textOfPages(other),
      "z-other.gz": await gzipped(textOfPages(other)),
    },
    faults: ["pages altered 1"],
    notes: ["file unknown", "file unknown"],
  },
  {
    name: "first lines changed in two files that were saved anew",
    changes: {
      "cirrus.jsonl": THIRD.replace(/^.*\n/, "short\n"),
      "cirrus.jsonl.1": await gzipped(SECOND.replace(/^.*\n/, "a line\n".repeat(50))),
    },
    faults: ["pages altered 1", "pages altered 1"],
  },
  {
    name: "two files made into one",
    changes: { "cirrus.jsonl": undefined, "cirrus.jsonl.1": SECOND + THIRD },
    faults: [],
  },
  {
    name: "the first receipt removed",
    changes: { "receipts.1": linesOfPages(pages.slice(1, 5)) },
    faults: ["receipts missing"],
  },
  {
    name: "the last receipt removed",
    changes: { "receipts": linesOfPages(pages.slice(5, -1)) },
    faults: ["end missing"],
  },
  {
    name: "the last receipt removed, and no position named",
    changes: { "receipts": linesOfPages(pages.slice(5, -1)) },
    faults: [],
    withoutPosition: true,
  },
  {
    name: "a receipt removed within",
    changes: { "receipts": linesOfPages(without(pages.slice(5), 3)) },
    faults: ["receipts missing"],
  },
  {
    name: "a file of receipts missing",
    changes: { "receipts.1": undefined },
    faults: ["receipts missing"],
    notes: ["file unknown"],
  },
  {
    name: "a receipt doubled",
    changes: { "receipts": linesOfPages([pages[5]!, ...pages.slice(5)]) },
    faults: ["receipts doubled"],
  },
  {
    name: "two receipts swapped",
    changes: { "receipts": linesOfPages([5, 7, 6, 8, 9, 10, 11].map((i) => pages[i]!)) },
    faults: ["receipts moved"],
  },
  {
    name: "a receipt of another stream",
    changes: { "receipts": other[0]!.line + NEW },
    faults: ["receipts foreign"],
  },
  {
    name: "a file of receipts of another stream beside it",
    changes: { "receipts-other": linesOfPages(other) },
    faults: [],
    notes: ["receipts left out"],
  },
  {
    name: "a byte flipped in a receipt",
    changes: { "receipts": flippedBehind(NEW, '"bytes":') },
    faults: ["receipts altered"],
  },
  {
    name: "a byte flipped in the digest of a page",
    changes: { "receipts": flippedBehind(NEW, '"sha256":"') },
    faults: ["receipts altered"],
  },
  {
    name: "a byte flipped in the digest of a receipt",
    changes: { "receipts": flippedBehind(NEW, '"previous":"') },
    faults: ["receipts altered"],
  },
  {
    name: "a byte flipped so that a receipt is none any more",
    changes: { "receipts": NEW.replace("{", "(") },
    faults: ["receipts altered"],
  },
  {
    name: "a byte flipped in the last receipt",
    changes: {
      "receipts": linesOfPages(pages.slice(5, -1)) +
        flippedBehind(pages.at(-1)!.line, '"saved":"202'),
    },
    faults: ["end exchanged"],
  },
  {
    name: "a receipt that a crash cut off",
    changes: { "receipts": NEW + '{"version":1,"api":"lo' },
    faults: [],
    notes: ["receipts torn"],
  },
  {
    name: "a file of receipts cut off",
    changes: { "receipts": NEW.slice(0, -60) },
    faults: ["receipts torn", "end missing"],
  },
  {
    name: "a compressed file of receipts cut off",
    changes: { "receipts.1": (await gzipped(OLD)).slice(0, -40) },
    faults: ["receipts damaged", "receipts missing"],
  },
  {
    name: "the receipts replaced by another sound chain",
    changes: { "receipts.1": undefined, "receipts": linesOfPages(again) },
    // One of the old files holds, in the middle, what a page of the other chain has.
    faults: ["end exchanged", "pages missing", "pages altered", "pages cut off"],
  },
  {
    name: "the receipts replaced by those of another stream",
    changes: { "receipts.1": undefined, "receipts": linesOfPages(other) },
    faults: ["end exchanged", "file missing"],
  },
  {
    name: "a position without a receipt, where it stands",
    changes: { "position": await positionAfter(pages, false) },
    faults: [],
    notes: ["end without position"],
  },
  {
    name: "a position that has gone on without receipts",
    changes: { "position": await positionAfter(await makePages({ number: 90 }), false) },
    faults: ["end without position"],
  },
  {
    name: "a hole left by runs without receipts",
    changes: {
      "receipts": NEW + linesOfPages(await makePages({ number: 20, piped: 2 })),
    },
    faults: ["hole"],
    withoutPosition: true,
  },
];

Deno.test("each kind of damage is told as what it is", async (test) => {
  for (const { name, changes, faults, notes = [], withoutPosition, beyond } of CASES) {
    await test.step(name, async () => {
      await using folder = temporaryFolder();
      const files = Object.entries({ ...SOUND, ...changes })
        .filter((file): file is [string, Content] => file[1] !== undefined);
      await writeFiles(folder, Object.fromEntries(files));
      const pulled = files.map(([name]) => name).filter((name) =>
        !/^(receipts|position)/.test(name)
      );
      const position = withoutPosition ? [] : ["--position", folder.path("position")];
      const { code, stdout, stderr } = await run([
        ...["--verify", "--receipts", folder.path("receipts"), ...position],
        ...pulled.toSorted().map((name) => folder.path(name)),
      ]);
      const lines = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
      const verdict = lines.pop();
      const told = (isFault: boolean) =>
        lines.filter(({ fault }) => fault === isFault)
          .map(({ finding, pages }) => `${finding}${pages === null ? "" : ` ${pages}`}`);
      const isPart = faults.includes("pages altered") || faults.includes("file missing");
      const shortened = isPart
        ? [...new Set(told(true).map((fault) => fault.replace(/ \d+$/, "")))]
        : told(true);
      assertEquals([shortened, isPart ? notes : told(false)], [faults, notes], stdout);
      assertEquals(
        [code, verdict.verdict, stderr],
        faults.length === 0 ? [0, "whole", ""] : [1, "damaged", ""],
      );
      if (beyond !== undefined) assertEquals(verdict.bytesBeyond, beyond);
    });
  }
});
