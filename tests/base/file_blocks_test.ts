/** Do the bytes of a file come as they are, unpacked, whatever was done to it? */

import { assertEquals, assertRejects } from "@std/assert";
import { blocksOf, DamagedGzip } from "../../lib/base/file_blocks.ts";
import { temporaryFolder } from "../client.ts";

const TEXT = new TextEncoder().encode(
  Array.from({ length: 50_000 }, (_, i) => `{"n":${i},"x":"${i * 7919 % 1000}"}\n`).join(""),
);

async function packed(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

/** What is read, and the error at the end; each block is copied since the next may take its memory. */
async function readAll(
  bytes: Uint8Array,
  blockBytes?: number,
): Promise<{ text: string; error?: unknown }> {
  await using folder = temporaryFolder();
  const path = folder.path("file");
  await Deno.writeFile(path, bytes);
  const blocks: Uint8Array[] = [];
  const text = () => new TextDecoder().decode(joined(...blocks));
  try {
    for await (const block of blocksOf(path, blockBytes)) blocks.push(block.slice());
  } catch (error) {
    return { text: text(), error };
  }
  return { text: text() };
}

const whole = new TextDecoder().decode(TEXT);

Deno.test("a plain file is read as it is, in blocks of any size", async () => {
  for (const size of [1000, 65_537, 1 << 22]) {
    assertEquals(await readAll(TEXT, size), { text: whole });
  }
});

Deno.test("files of no byte and of one byte are read", async () => {
  assertEquals(await readAll(new Uint8Array(0)), { text: "" });
  assertEquals(await readAll(new Uint8Array([0x1f])), { text: "\x1f" });
});

Deno.test("a gzip file is unpacked, of several members and with zeros behind them too", async () => {
  const one = await packed(TEXT.slice());
  assertEquals(await readAll(one), { text: whole });
  assertEquals(await readAll(one, 1000), { text: whole });
  assertEquals(await readAll(joined(one, one)), { text: whole + whole });
  assertEquals(await readAll(joined(one, new Uint8Array(512))), { text: whole });
});

Deno.test("what follows behind zeros in a gzip file is not passed over in silence", async () => {
  const { createGunzip } = await import("node:zlib");
  // Deno 2.4 does not say where it stops, as docs/search.md tells.
  if (createGunzip().bytesWritten === undefined) return;
  const one = await packed(TEXT.slice());
  for (const zeros of [1, 512, 100_000]) {
    for (const more of [one, new TextEncoder().encode("{}\n")]) {
      const { text, error } = await readAll(joined(one, new Uint8Array(zeros), more));
      assertEquals([text, error instanceof DamagedGzip], [whole, true], `${zeros}`);
      assertEquals((error as DamagedGzip).isCutOff, false);
    }
  }
  assertEquals(await readAll(joined(one, new Uint8Array(100_000))), { text: whole });
});

Deno.test("what is in a gzip file before it is cut off comes, and then where that is", async () => {
  const one = await packed(TEXT.slice());
  for (const length of [5, 100, one.length >> 1, one.length - 1]) {
    const { text, error } = await readAll(one.slice(0, length));
    assertEquals(text, whole.slice(0, text.length));
    assertEquals(error instanceof DamagedGzip && error.isCutOff && error.at, text.length);
    if (length === one.length - 1) assertEquals(text, whole);
  }
  const { text, error } = await readAll(joined(one, one.slice(0, 9)));
  assertEquals(text, whole);
  assertEquals(error instanceof DamagedGzip && error.isCutOff, true);
});

Deno.test("a gzip file with wrong bytes is damaged, and not cut off", async () => {
  const one = await packed(TEXT.slice());
  one.fill(0, one.length - 8, one.length - 4);
  const { text, error } = await readAll(one);
  assertEquals(text, whole.slice(0, text.length));
  assertEquals(error instanceof DamagedGzip && !error.isCutOff && error.at, text.length);
  assertEquals(text.length > whole.length - 65_537, true);
});

Deno.test("a file that is not there is not read", async () => {
  await assertRejects(() => blocksOf("/no/such/file").next(), Deno.errors.NotFound);
});
