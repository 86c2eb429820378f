/** Are receipts read in the order of their chain, and is what is wrong with them told? */

import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Failure } from "../../lib/base/errors.ts";
import { chainOf } from "../../lib/position/chain.ts";
import { receiptFiles } from "../../lib/position/receipt_files.ts";
import { temporaryFolder } from "../client.ts";
import { gzipped, linesOfPages, type MadePage, makePages, writeFiles } from "../proof/pulled.ts";

/** What a chain says: the pages in its order (those in brackets do not count), and its findings. */
async function read(files: Record<string, string | Uint8Array>, pages: readonly MadePage[]) {
  await using folder = temporaryFolder();
  await writeFiles(folder, files);
  const { files: found, others } = await receiptFiles(folder.path("receipts"));
  const findings: string[] = [];
  const order: string[] = [];
  const chain = chainOf(found, ({ fault, file, line, lines }) => {
    findings.push(`${fault} ${file.replace(/.*\//, "")}:${line}+${lines}`);
  });
  for await (const { receipt, counts, isIntact } of chain) {
    const number = pages.findIndex((page) => page.receipt.to === receipt.to);
    order.push(`${counts ? number : `(${number})`}${isIntact ? "" : "?"}`);
  }
  return { order: order.join(" "), findings, others: others.map(({ why }) => why) };
}

const pages = await makePages();
const other = await makePages({ organisation: "https://other.example/" });
const lines = pages.map(({ line }) => line);
const at = (...numbers: number[]) => numbers.map((n) => lines[n]!).join("");
const flipped = (line: string, before: string) => {
  const i = line.indexOf(before) + before.length;
  return line.slice(0, i) + (line[i] === "1" ? "2" : "1") + line.slice(i + 1);
};

const WHOLE = "0 1 2 3 4 5";

const CASES: readonly [name: string, text: string, order: string, findings: string[]][] = [
  ["a whole chain", at(0, 1, 2, 3, 4, 5), WHOLE, []],
  ["the first line removed", at(1, 2, 3, 4, 5), "1 2 3 4 5", ["missing receipts:1+0"]],
  ["a line removed", at(0, 1, 3, 4, 5), "0 1 3 4 5", ["missing receipts:3+0"]],
  ["two lines swapped", at(0, 1, 3, 2, 4, 5), WHOLE, ["moved receipts:3+1"]],
  ["the first two swapped", at(1, 0, 2, 3, 4, 5), WHOLE, ["moved receipts:1+1"]],
  ["the last two swapped", at(0, 1, 2, 3, 5, 4), WHOLE, ["moved receipts:5+1"]],
  ["a line moved down", at(0, 2, 3, 4, 1, 5), WHOLE, ["moved receipts:5+1"]],
  ["a line moved up", at(0, 4, 1, 2, 3, 5), WHOLE, ["moved receipts:2+1"]],
  ["a line doubled", at(0, 1, 2, 2, 3, 4, 5), WHOLE, ["doubled receipts:4+1"]],
  ["the last line doubled", at(0, 1, 2, 3, 4, 5, 5), WHOLE, ["doubled receipts:7+1"]],
  ["an old line again", at(0, 1, 2, 3, 4, 1, 5), WHOLE, ["doubled receipts:6+1"]],
  ["all of it twice", at(0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5), WHOLE, ["doubled receipts:7+6"]],
  [
    "lines of another stream",
    at(0, 1) + other[0]!.line + other[1]!.line + at(2, 3, 4, 5),
    WHOLE,
    ["foreign receipts:3+2"],
  ],
  [
    "another stream first",
    other[0]!.line + at(0, 1, 2, 3, 4, 5),
    WHOLE,
    ["foreign receipts:1+1"],
  ],
  [
    "another stream last",
    at(0, 1, 2, 3, 4, 5) + other[0]!.line,
    WHOLE,
    ["foreign receipts:7+1"],
  ],
  [
    "a byte flipped in a count",
    at(0, 1) + flipped(lines[2]!, '"bytes":') + at(3, 4, 5),
    "0 1 2? 3 4 5",
    ["altered receipts:3+1"],
  ],
  [
    "a byte flipped in a digest",
    at(0, 1) + flipped(lines[2]!, '"previous":"') + at(3, 4, 5),
    "0 1? 2? 3 4 5",
    ["altered receipts:3+1"],
  ],
  [
    "a byte flipped in the first line",
    flipped(lines[0]!, '"sha256":"') + at(1, 2, 3, 4, 5),
    "0? 1 2 3 4 5",
    ["altered receipts:1+1"],
  ],
  [
    "a byte flipped in the digest of the last line",
    at(0, 1, 2, 3, 4) + flipped(lines[5]!, '"previous":"'),
    "0 1 2 3 4? 5",
    ["altered receipts:5+2"],
  ],
  [
    "a byte flipped in a cursor",
    at(0, 1) + flipped(lines[2]!, '"from":"') + at(3, 4, 5),
    "0 1 2? 3 4 5",
    ["altered receipts:3+1"],
  ],
  [
    "a line that is no JSON any more",
    at(0, 1) + lines[2]!.replace("{", "[") + at(3, 4, 5),
    "0 1 3 4 5",
    ["altered receipts:3+1"],
  ],
  [
    "a line cut off by a crash, and the chain after it",
    at(0, 1) + lines[2]!.slice(0, 40) + "\n" + at(2, 3, 4, 5),
    WHOLE,
    ["torn receipts:3+1"],
  ],
  ["the last line cut off", at(0, 1, 2) + lines[3]!.slice(0, 40), "0 1 2", ["torn receipts:4+1"]],
  ["the last line removed", at(0, 1, 2, 3, 4), "0 1 2 3 4", []],
  ["nothing", "", "", []],
  ["no receipts at all", "one\ntwo\n", "", ["altered receipts:1+2"]],
];

Deno.test("a chain in one file, and what can happen to it", async () => {
  for (const [name, text, order, findings] of CASES) {
    const found = await read({ receipts: text }, pages);
    assertEquals(found, { order, findings, others: [] }, name);
  }
});

Deno.test("a page that a crash wrote twice counts once, the later time", async () => {
  const [first, second] = pages as [MadePage, MadePage];
  const again = await makePages({
    after: second,
    number: 1,
    files: [2],
    from: second.receipt.from,
  });
  const all = [first, second, ...again];
  const { order, findings } = await read({ receipts: linesOfPages(all) }, [
    first,
    second,
    again[1]!,
  ]);
  assertEquals([order, findings], ["0 (1) 1 2", []]);
});

Deno.test("runs without receipts leave a hole", async () => {
  const later = await makePages({ number: 9 });
  const anew = await read({ receipts: at(0, 1) + linesOfPages(later) }, [...pages, ...later]);
  assertEquals(anew.findings, ["hole receipts:3+0"]);
  const linked = await makePages({ number: 9, after: pages[1], from: later[0]!.receipt.from });
  const chained = await read({ receipts: at(0, 1) + linesOfPages(linked) }, pages);
  assertEquals(chained.findings, ["hole receipts:3+0"]);
  const same = await makePages({ number: 2 });
  assertEquals((await read({ receipts: at(0, 1) + linesOfPages(same) }, pages)).findings, []);
});

Deno.test("rotated and compressed files are one chain, whatever they are called", async () => {
  const found = await read({
    "receipts": at(4, 5),
    "receipts.9": at(2, 3),
    "receipts-old.gz": await gzipped(at(0, 1)),
    "receipts.9.gz": await gzipped(at(2, 3)),
    "receipts.bak": at(4),
    "receipts.lock": "",
    "receipts.a": "a note",
    "receipts.other": linesOfPages(other),
    "not-receipts": at(1),
  }, pages);
  assertEquals([found.order, found.findings], [WHOLE, []]);
  assertEquals(found.others.map((why) => why.replace(/".*\//, '"')), [
    'it is a copy of "receipts.9.gz", or of its beginning',
    "no receipt is in it",
    'it is a copy of "receipts", or of its beginning',
    "its receipts are of another stream",
  ]);
});

Deno.test("a rotated file is missing, or cut off", async () => {
  const gone = await read({ receipts: at(4, 5), "receipts.2": at(0, 1) }, pages);
  assertEquals([gone.order, gone.findings], ["0 1 4 5", ["missing receipts:1+0"]]);
  const packed = await gzipped(at(0, 1, 2, 3));
  const cut = await read({ receipts: at(4, 5), "receipts.1.gz": packed.slice(0, -9) }, pages);
  assertEquals(cut.findings.includes("damaged receipts.1.gz:5+0"), true, cut.findings.join());
});

Deno.test("a chain whose newest file was rotated away has no file of its own name", async () => {
  const found = await read({ "receipts.1": at(0, 1, 2, 3, 4, 5) }, pages);
  assertEquals([found.order, found.findings], [WHOLE, []]);
});

Deno.test("a file that is rotated away while the chain is read is said to be", async () => {
  await using folder = temporaryFolder();
  await writeFiles(folder, { "receipts": at(2, 3), "receipts.1": at(0, 1) });
  const { files } = await receiptFiles(folder.path("receipts"));
  await Deno.remove(folder.path("receipts.1"));
  const failure = await assertRejects(() => chainOf(files, () => {}).next(), Failure);
  assertMatch(failure.message, /^Cannot read receipts ".*receipts\.1": /);
});
