/** What a receipt's line looks like, to the byte: it is a promise. */

import { assertEquals, assertThrows } from "@std/assert";
import { digestOfLine, type Receipt, receiptLine, receiptOf } from "../../lib/position/receipt.ts";

const RECEIPT: Receipt = {
  previous: null,
  saved: "2026-11-26T21:05:22.123Z",
  output: { offset: 123, inode: "18446744073709551615" },
  last: "2026-11-26T21:05:20Z",
  first: "2026-11-26T21:00:00Z",
  sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  bytes: 633210,
  events: 1000,
  to: "TWO",
  skip: 0,
  from: "ONE",
  organisation: "https://www.example.edu/",
  address: "https://api.example.com/logs/v1",
  api: "log",
  version: 1,
};

const LINE = '{"version":1,"api":"log","address":"https://api.example.com/logs/v1",' +
  '"organisation":"https://www.example.edu/","from":"ONE","skip":0,"to":"TWO","events":1000,' +
  '"bytes":633210,"sha256":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",' +
  '"first":"2026-11-26T21:00:00Z","last":"2026-11-26T21:05:20Z",' +
  '"output":{"inode":"18446744073709551615","offset":123},"saved":"2026-11-26T21:05:22.123Z",' +
  '"previous":null}\n';

Deno.test("a receipt is one line whose fields always come in the same order", () => {
  assertEquals(receiptLine(RECEIPT), LINE);
  assertEquals(receiptOf(new TextEncoder().encode(LINE)), RECEIPT);
});

Deno.test("the digest of a line is that of its bytes without the newline", async () => {
  const digest = await digestOfLine(LINE);
  assertEquals(digest.length, 64);
  assertEquals(await digestOfLine(LINE.trimEnd()), digest);
  assertEquals(await digestOfLine(new TextEncoder().encode(LINE)), digest);
  // printf abc | sha256sum
  assertEquals(
    await digestOfLine("abc\n"),
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
});

Deno.test("what is no receipt of this version is none", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  const altered = (change: Record<string, unknown>) =>
    bytes(JSON.stringify({ ...RECEIPT, ...change }));
  const strangers = [
    bytes(""),
    bytes("null"),
    bytes("\0".repeat(600)),
    bytes(LINE.slice(0, 100)),
    bytes(`\uFEFF${LINE}`),
    new Uint8Array([0x22, 0xff, 0x22]),
    altered({ version: 2 }),
    altered({ more: true }),
    altered({ skip: -1 }),
    altered({ bytes: 1.5 }),
    altered({ sha256: RECEIPT.sha256.toUpperCase() }),
    altered({ previous: "" }),
    altered({ output: { inode: 1, offset: 0 } }),
    altered({ organisation: undefined }),
  ];
  assertEquals(strangers.map(receiptOf), strangers.map(() => undefined));
  assertThrows(() => receiptLine({ ...RECEIPT, bytes: -1 }));
});
