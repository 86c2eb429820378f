/** Is a page checked as strictly as by `JSON.parse` over strict UTF-8, and not more strictly? */

import { assertEquals } from "@std/assert";
import { splitEvents, TOP_LEVEL } from "../../lib/events/split.ts";
import { SEED, seeded } from "../chance.ts";

/** Pieces that texts are made of: whole tokens, parts of some, and bytes that are no UTF-8. */
const PIECES: readonly (string | readonly number[])[] = [
  ...'{}[]:,"\\ \n\t\r-+.eE0123456789truefalsn/\u0000\u001f\u007f'.split(""),
  ...['""', '"a":', '{"a":1}', "[]", "{}", "true", "false", "null", "-0", "1.5e-7", "\\u00e9"],
  ...["\\uD83D", "\\u12", "\\x", "é", "漢", "😀", "\u2028", "\ufeff", "\u00a0", "tru", "nul", "01"],
  ...[[0x80], [0xbf], [0xc0, 0x80], [0xc1, 0xbf], [0xc2], [0xe0, 0x9f, 0xbf], [0xe0, 0xa0, 0x80]],
  ...[[0xed, 0x9f, 0xbf], [0xed, 0xa0, 0x80], [0xef, 0xbf], [0xef, 0xbb, 0xbf], [0xef, 0xbf, 0xbf]],
  ...[[0xf0, 0x8f, 0xbf, 0xbf], [0xf0, 0x90, 0x80, 0x80], [0xf4, 0x8f, 0xbf, 0xbf]],
  ...[[0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xff], [0xe2, 0x28, 0xa1]],
];
const BYTES = PIECES.map((piece) =>
  typeof piece === "string" ? [...new TextEncoder().encode(piece)] : piece
);

const WHOLE_DOCUMENT =
  '[ {"a":[1,-2.5e+3,true,null,"\\u00e9\\\\é😀"],"b":{}} , {"c":[[],"" ]}\t]\n';

Deno.test(`60,000 texts are taken or refused as JSON.parse does (seed ${SEED})`, () => {
  const below = seeded(SEED);
  let taken = 0;
  for (let i = 0; i < 40_000; i++) {
    const pieces = Array.from({ length: below(8) }, () => BYTES[below(BYTES.length)]!);
    // Half of them within a string, where most bytes are good for something.
    if (i % 2 === 0) pieces.unshift([0x5b, 0x22]), pieces.push([0x22, 0x5d]);
    if (agree(Uint8Array.from(pieces.flat()))) taken++;
  }
  const document = [...new TextEncoder().encode(WHOLE_DOCUMENT)];
  for (let i = 0; i < 20_000; i++) {
    const bytes = [...document];
    const piece = BYTES[below(BYTES.length)]!;
    bytes.splice(below(bytes.length), below(3), ...(i % 3 === 0 ? [] : piece));
    if (agree(Uint8Array.from(bytes))) taken++;
  }
  assertEquals(taken > 6000, true, `${taken}`);
});

Deno.test("a document that ends early is refused wherever it ends", () => {
  const bytes = new TextEncoder().encode(WHOLE_DOCUMENT.trim());
  for (let length = 0; length < bytes.length; length++) {
    assertEquals(agree(bytes.slice(0, length)), false, `${length}`);
  }
});

Deno.test("what is no JSON but often sent as such is refused", () => {
  const texts = ["", " ", "\ufeff", "NaN", "[Infinity]", "{'a':1}", "{a:1}", "[1,]", '{"a":1,}'];
  texts.push("[1 2]", "[01]", "[1.]", "[.5]", "[+1]", "[1e]", "// x\n[]", '["\t"]', "[]]", "[][]");
  texts.push(
    "\ufeff\ufeff[]",
    "\u00a0[]",
    "\v[]",
    '{"a" 1}',
    '{"a":}',
    "{1:2}",
    "[\\u0020]",
    "\0[]",
  );
  for (const text of texts) assertEquals(agree(new TextEncoder().encode(text)), false, text);
});

/** Whether a text is taken. Throws where the two do not agree on that, or on what it says. */
function agree(bytes: Uint8Array): boolean {
  const parsed = attempt(() => JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes)));
  for (const list of [undefined, TOP_LEVEL, "a"] as const) {
    const found = attempt(() => splitEvents(bytes, list));
    const message = `${list?.toString()}: ${bytes.join(" ")}`;
    assertEquals(found === undefined, parsed === undefined, message);
    // Where no events are taken out, the rest is all there is.
    if (list === undefined && found !== undefined) {
      assertEquals(JSON.parse(found.value.envelope), parsed?.value, message);
    }
  }
  return parsed !== undefined;
}

/** What a function returns; undefined where it throws a SyntaxError, or the decoder its TypeError. */
function attempt<Result>(get: () => Result): { value: Result } | undefined {
  try {
    return { value: get() };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}
