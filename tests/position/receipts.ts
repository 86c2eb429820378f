/** What receipts have to say, checked without the client's own code: a chain, and each page it tells of. */

import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { assert, assertEquals } from "@std/assert";
import type { Receipt } from "../../lib/position/receipt.ts";

/** A line of a receipts file. */
export interface Line {
  readonly text: string;
  readonly receipt: Receipt;
}

export function hash(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

/** A file as it is, or as it was before it was compressed. */
function contentOf(path: string): Uint8Array {
  const bytes = Deno.readFileSync(path);
  return path.endsWith(".gz") ? gunzipSync(bytes) : bytes;
}

/** The lines of a receipts file; each has to be a receipt. One that was rotated may end with a torn one. */
export function linesOf(path: string, isRotated = false): Line[] {
  const text = new TextDecoder().decode(contentOf(path));
  const isWhole = text === "" || text.endsWith("\n") || isRotated;
  assert(isWhole, `${path} ends within a line: ${text.slice(-100)}`);
  return text.split("\n").slice(0, -1).map((line) => ({ text: line, receipt: JSON.parse(line) }));
}

/** The lines of all files in a folder whose names begin with that of the receipts, in the chain's order. */
export function chainIn(folder: string, name: string): Line[] {
  const left = [...Deno.readDirSync(folder)]
    .filter((entry) => entry.isFile && entry.name.startsWith(name))
    .map((entry) => linesOf(`${folder}/${entry.name}`, entry.name !== name)).filter((lines) =>
      lines.length > 0
    );
  const all: Line[] = [];
  while (left.length > 0) {
    const last = all.at(-1);
    const head = last === undefined ? null : hash(last.text);
    const next = left.findIndex(([first]) => first!.receipt.previous === head);
    assert(next >= 0, `nothing follows ${last?.text}`);
    all.push(...left.splice(next, 1)[0]!);
  }
  return all;
}

/**
 * Holds that lines are one chain without holes, and returns those that count, in their order. `head` is
 * what the position has.
 */
export function assertChain(lines: readonly Line[], head: string | undefined): Receipt[] {
  const counting: Receipt[] = [];
  lines.forEach(({ text, receipt }, i) => {
    const before = lines[i - 1];
    assertEquals(receipt.previous, before === undefined ? null : hash(before.text), text);
    const { from, skip } = receipt;
    const last = counting.at(-1);
    if (last !== undefined && last.from === from && last.skip === skip) {
      counting.pop();
    } else if (last !== undefined) {
      assertEquals(from, last.to, text);
      assert(skip === 0 || last.to === last.from && skip >= last.skip + last.events, text);
    }
    counting.push(receipt);
  });
  const last = lines.at(-1);
  assertEquals(head, last && hash(last.text));
  return counting;
}

/** Holds that what was written for each page is in the files of a folder, byte for byte. */
export function assertPages(receipts: readonly Receipt[], folder: string): void {
  const files = [...Deno.readDirSync(folder)].map(({ name }) => {
    const path = `${folder}/${name}`;
    return { inode: String(Deno.statSync(path).ino), bytes: contentOf(path) };
  });
  for (const { output, bytes, sha256 } of receipts) {
    if (bytes === 0) continue;
    assert(output !== null);
    // A compressed file is another one, whose inode may be used again.
    const { inode, offset } = output;
    const inOrder = files.toSorted((one) => one.inode === inode ? -1 : 1);
    const found = inOrder.some((file) =>
      hash(file.bytes.subarray(offset, offset + bytes)) === sha256
    );
    assert(found, `${bytes} bytes at ${output.offset} are other ones`);
  }
}
