import { assertEquals } from "@std/assert";
import { type Instant, instantAt } from "../../lib/base/time.ts";

const NOW = Date.UTC(2024, 4, 1, 12, 0, 0, 250);

Deno.test("instantAt() writes whole seconds without a fraction and milliseconds with one", () => {
  const rows: [number, Instant | undefined][] = [
    [0, { ms: 0, text: "1970-01-01T00:00:00Z" }],
    [NOW - 250, { ms: NOW - 250, text: "2024-05-01T12:00:00Z" }],
    [NOW, { ms: NOW, text: "2024-05-01T12:00:00.250Z" }],
    [NOW + 0.9, { ms: NOW, text: "2024-05-01T12:00:00.250Z" }],
    [Date.UTC(10_000) - 1, { ms: Date.UTC(10_000) - 1, text: "9999-12-31T23:59:59.999Z" }],
    [Date.UTC(10_000), undefined],
    [-1, undefined],
    [NaN, undefined],
    [Infinity, undefined],
  ];
  assertEquals(rows.map(([ms]) => [ms, instantAt(ms)]), rows);
});
