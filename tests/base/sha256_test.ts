/** SHA-256 of many texts at once is that of Web Crypto. */

import { assertEquals } from "@std/assert";
import { encodeHex } from "@std/encoding/hex";
import { createSha256, DIGEST_DIGITS } from "../../lib/base/sha256.ts";
import { seeded } from "../chance.ts";

const below = seeded(1);
const bytes = Uint8Array.from({ length: 40_000 }, () => below(256));
const sha256 = createSha256();

async function compare(spans: readonly number[]): Promise<void> {
  const digits = new TextDecoder().decode(sha256(bytes, Uint32Array.from(spans)));
  for (let i = 0; i < spans.length / 2; i++) {
    const [start, end] = [spans[2 * i]!, spans[2 * i + 1]!];
    const digest = encodeHex(
      new Uint8Array(await crypto.subtle.digest("SHA-256", bytes.slice(start, end))),
    );
    const found = digits.slice(DIGEST_DIGITS * i, DIGEST_DIGITS * (i + 1));
    assertEquals(found, digest, `from ${start} to ${end}`);
  }
}

Deno.test("A digest of any length is right, beside others of any length", async () => {
  await compare([]);
  for (let count = 1; count <= 5; count++) {
    await compare(Array.from({ length: count }, () => [7, 7 + below(200)]).flat());
  }
  await compare(Array.from({ length: 300 }, (_, length) => [length, 2 * length]).flat());
});

Deno.test("A digest is right where a text is longer than what is taken of it at once", async () => {
  const lengths = Array.from({ length: 260 }, (_, i) => 7680 * (1 + i % 3) - 130 + i);
  await compare(lengths.flatMap((length) => [3, 3 + length]));
  await compare([0, bytes.length, 5, 6, 0, 0, 1, bytes.length]);
});
