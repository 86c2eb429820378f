/** Does --verify tell rightly what is wrong with a chain of receipts? */

import { assertEquals, assertMatch } from "@std/assert";
import { positionLine } from "../../lib/position/position.ts";
import { digestOfLine, receiptLine } from "../../lib/position/receipt.ts";
import { assertSays, type Finished, run, temporaryFolder } from "../client.ts";
import { gzipped, linesOfPages, makePages, textOfPages, writeFiles } from "./pulled.ts";

/** What `--verify` says: its findings, as `fault` or `note`, and its verdict. */
function read({ code, stdout, stderr }: Finished) {
  const lines = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  const verdict = lines.pop();
  const findings = lines.map(({ finding, fault }) => fault ? finding : `(${finding})`);
  return { code, stderr, findings, verdict, lines };
}

const pages = await makePages({ files: [3, 3] });

Deno.test("a whole chain: pages, events, bytes, from when to when", async () => {
  await using folder = temporaryFolder();
  await writeFiles(folder, {
    receipts: linesOfPages(pages.slice(4)),
    "receipts.1.gz": await gzipped(linesOfPages(pages.slice(0, 4))),
  });
  const result = read(await run(["--verify", "--receipts", folder.path("receipts")]));
  assertEquals([result.code, result.stderr, result.findings], [0, "", []]);
  assertEquals(result.verdict, {
    verdict: "whole",
    faults: 0,
    pages: 6,
    events: 18,
    bytes: pages.reduce((sum, { receipt }) => sum + receipt.bytes, 0),
    since: "2026-11-20T00:00:00.000Z",
    until: "2026-11-20T00:17:00.000Z",
    end: "not checked",
    files: "not checked",
    pagesInFiles: null,
    pagesFound: null,
    bytesBeyond: null,
  });
});

Deno.test("a hole in the chain: its window, its place, status 1", async () => {
  await using folder = temporaryFolder();
  await writeFiles(folder, { receipts: linesOfPages([pages[0]!, pages[1]!, pages[3]!]) });
  const path = folder.path("receipts");
  const { code, lines, verdict } = read(await run(["--verify", "--receipts", path]));
  assertEquals([code, verdict.verdict, verdict.faults], [1, "damaged", 1]);
  const [{ finding, message, since, until, line }] = lines;
  assertEquals(
    [finding, since, until, line],
    ["receipts missing", "2026-11-20T00:05:00.000Z", "2026-11-20T00:09:00.000Z", 3],
  );
  assertMatch(message, /^Receipts are missing before line 3 of ".*receipts": events from 2026-/);
});

Deno.test("what lies outside the window that was asked for is no fault", async () => {
  await using folder = temporaryFolder();
  await writeFiles(folder, { receipts: linesOfPages(pages.slice(1)) });
  const args = ["--verify", "--receipts", folder.path("receipts")];
  const all = read(await run(args));
  assertEquals([all.code, all.findings], [1, ["receipts missing"]]);
  const late = read(await run([...args, "--since", "2026-11-20T00:04:00Z"]));
  assertEquals([late.code, late.findings], [0, ["(receipts missing)"]]);
});

Deno.test("files from before the window are known, and need not be there", async () => {
  await using folder = temporaryFolder();
  const [old, late] = [pages.slice(0, 3), pages.slice(3)];
  await writeFiles(folder, {
    "receipts": linesOfPages(pages),
    "old.gz": await gzipped(textOfPages(old)),
    "late": textOfPages(late),
    "empty": "",
  });
  const args = ["--verify", "--receipts", folder.path("receipts")];
  const check = async (since: string, ...names: readonly string[]) => {
    const files = names.map((name) => folder.path(name));
    const { code, findings, verdict } = read(await run([...args, "--since", since, ...files]));
    return [code, findings, verdict.pagesInFiles, verdict.pagesFound, verdict.bytesBeyond];
  };
  const second = late[1]!.receipt.first!;
  assertEquals(await check(second, "late", "old.gz", "empty"), [0, [], 2, 2, 0]);
  assertEquals(await check(second, "late"), [0, [], 2, 2, 0]);
  assertEquals(await check(old[2]!.receipt.first!, "late"), [1, ["file missing"], 4, 3, 0]);
});

Deno.test("a receipt may name a place that no file can have", async () => {
  await using folder = temporaryFolder();
  const { text, receipt } = pages[0]!;
  const output = { inode: "1", offset: Number.MAX_SAFE_INTEGER };
  await writeFiles(folder, { receipts: receiptLine({ ...receipt, output }), pulled: text });
  const args = ["--verify", "--receipts", folder.path("receipts"), folder.path("pulled")];
  const { code, stderr, findings } = read(await run(args));
  // The page stands elsewhere, and is whole.
  assertEquals([code, stderr, findings], [0, "", []]);
});

Deno.test("a time that cannot be read does not move the window of the verdict", async () => {
  await using folder = temporaryFolder();
  const changed = { ...pages[3]!.receipt, first: "\u001b[2J soon", last: "later" };
  const lines = pages.map(({ line }, n) => n === 3 ? receiptLine(changed) : line);
  await writeFiles(folder, { receipts: lines.join("") });
  const { code, verdict } = read(await run(["--verify", "--receipts", folder.path("receipts")]));
  const { first } = pages[0]!.receipt, { last } = pages.at(-1)!.receipt;
  assertEquals([code, verdict.since, verdict.until], [1, first, last]);
});

Deno.test("without receipts nothing is verified", async () => {
  await using folder = temporaryFolder();
  const args = ["--verify", "--receipts", folder.path("receipts")];
  const none = await run(args);
  assertEquals(none.code, 7);
  assertSays(none.stderr, "Cannot verify", "no such receipts are there");
  await writeFiles(folder, { receipts: "" });
  assertEquals(read(await run(args)).findings, ["receipts missing"]);
  await writeFiles(folder, { receipts: linesOfPages(pages) });
  const noPosition = await run([...args, "--position", folder.path("position")]);
  assertEquals(noPosition.code, 7);
  assertSays(noPosition.stderr, "Cannot compare receipts with position", "there is none");
});

Deno.test("a file that is something else than receipts is told as what it is", async () => {
  await using folder = temporaryFolder();
  const { receipt, line } = pages.at(-1)!;
  const { api, address, organisation, to: cursor, saved, last } = receipt;
  const position = positionLine({
    ...{ api, address, organisation, cursor, saved, caughtUp: true, lastEvent: last! },
    receipt: await digestOfLine(line),
  });
  const rows: [content: string | Uint8Array, said: string][] = [
    [textOfPages(pages), "it holds no receipts"],
    [await gzipped(textOfPages(pages)), "it holds no receipts"],
    ["timestamp,orgid,service,tenant\n1,2,3,4\n", "it holds no receipts"],
    [position, "it is a position file; write --position before this name"],
  ];
  for (const [content, said] of rows) {
    await writeFiles(folder, { file: content, "file.1": linesOfPages(pages) });
    const { code, stdout, stderr } = await run(["--verify", "--receipts", folder.path("file")]);
    assertEquals([code, stdout], [7, ""]);
    assertSays(stderr, `Cannot verify "${folder.path("file")}": ${said}`);
  }
  // Receipts of which each was damaged are receipts all the same.
  for (
    const left of [line.replace('"version":1', '"version":7'), line.slice(0, 30), line.slice(1)]
  ) {
    await writeFiles(folder, { file: left, "file.1": "" });
    const { code } = read(await run(["--verify", "--receipts", folder.path("file")]));
    assertEquals(code, 1, left);
  }
});
