import { assertEquals } from "@std/assert";
import { describe, plural, printable, printableJson, quoted } from "../../lib/base/text.ts";

Deno.test("describe() leaves out what messages do not need", () => {
  const rows: [string, string][] = [
    ["No such file or directory (os error 2): open '/tmp/x'", "No such file or directory"],
    // As Windows says it.
    [
      "The system cannot find the file specified. (os error 2)",
      "The system cannot find the file specified",
    ],
    ["Access is denied. (os error 5): rename 'C:\\a.b' -> 'C:\\c.d'", "Access is denied"],
    ["and so on...", "and so on..."],
  ];
  assertEquals(rows.map(([text]) => [text, describe(new Error(text))]), rows);
});

Deno.test("printable() puts spaces where something would control a terminal", () => {
  assertEquals(printable("a\x1b[2Jb\r\nc\u202ed\u0085e\u2028f\u{e0041}g"), "a [2Jb c d e f g");
  assertEquals(printable("two  spaces, ö, 東京"), "two  spaces, ö, 東京");
});

Deno.test("printableJson() escapes what printable() takes away, and means the same", () => {
  const value = { text: "a\x7fb\u009bc\u202ed\u2028e\u{e0041}f\ud800 ö" };
  const json = printableJson(value);
  assertEquals(printable(json), json);
  assertEquals(JSON.parse(json), value);
});

Deno.test("quoted() shows at most 100 characters", () => {
  assertEquals(quoted("x".repeat(101)), `"${"x".repeat(100)}…"`);
});

Deno.test("plural() takes the plural for all numbers but one", () => {
  assertEquals([0, 1, 2].map((count) => plural(count, "event")), [
    "0 events",
    "1 event",
    "2 events",
  ]);
});
