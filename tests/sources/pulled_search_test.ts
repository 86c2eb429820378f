/** Is a search of files the same as one of the service? */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { DAY } from "../../lib/base/time.ts";
import { type Folder, run, temporaryFolder } from "../client.ts";
import { lines, numbered, numberedEvent, startFakeApi } from "../fake_api.ts";
import { search } from "../runs.ts";

async function gzipped(text: string): Promise<Uint8Array> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

const FORMATS = ["ndjson", "json", "table", "logins", "csv", "ecs", "ocsf"];

Deno.test("a searched file and a searched service give the same, byte for byte", async () => {
  const events = numbered(2500);
  await using api = startFakeApi({ events });
  await using folder = temporaryFolder();
  const pulled = folder.path("pulled");
  await Deno.writeTextFile(pulled, lines(events));
  for (const format of FORMATS) {
    for (const filter of [[], ["--query", "user=user1@example.edu,service!=idp"]]) {
      const args = ["--format", format, "--summary", ...filter];
      const fromService = await search(api.siemUrl, args);
      assertEquals(await run([...args, pulled]), fromService, args.join(" "));
      assertEquals([fromService.code, fromService.stdout.length > 1000], [0, true]);
    }
  }
});

Deno.test("what --format json wrote gives the same as the lines of --format ndjson", async () => {
  await using folder = temporaryFolder();
  const [asLines, asArrays] = [folder.path("lines"), folder.path("arrays")];
  await Deno.writeTextFile(asLines, lines(numbered(2500)));
  const { stdout } = await run(["--format", "json", asLines]);
  await Deno.writeTextFile(asArrays, stdout);
  for (
    const args of [["--format", "ndjson"], ["--format", "json", "--query", "clientip=192.0.2.7"]]
  ) {
    assertEquals(await run([...args, asArrays]), await run([...args, asLines]));
  }
});

/** Ten files of 16 hours each, as logrotate names them; the oldest two are packed. */
async function rotated(folder: Folder, texts: readonly string[]): Promise<string[]> {
  const paths: string[] = [];
  for (const [age, text] of texts.toReversed().entries()) {
    const name = `cirrus.jsonl${age === 0 ? "" : `.${age}`}${age > 7 ? ".gz" : ""}`;
    paths.push(folder.path(name));
    await Deno.writeFile(
      paths.at(-1)!,
      age > 7 ? await gzipped(text) : new TextEncoder().encode(text),
    );
  }
  return paths;
}

Deno.test("one person's week out of ten rotated files is what was pulled of it", async () => {
  await using folder = temporaryFolder();
  const first = Date.UTC(2026, 10, 2);
  const events = Array.from({ length: 4000 }, (_, n) => numberedEvent(n, first + n * 180_000));
  const texts = Array.from({ length: 10 }, (_, i) => lines(events.slice(i * 400, (i + 1) * 400)));
  const paths = await rotated(folder, texts);
  const [since, until] = [first + DAY / 2, first + 7.5 * DAY];
  const expected = events.filter(({ arrived, text }) =>
    arrived >= since && arrived <= until && JSON.parse(text).logData.eppn === "user1@example.edu"
  );
  const window = [since, until].map((ms) => new Date(ms).toISOString());
  const asked = ["--query", "user=user1@example.edu", "--since", window[0]!, "--until", window[1]!];
  const found = await run([...asked, "--format", "ndjson", ...paths]);
  assertEquals(found, { code: 0, stdout: lines(expected), stderr: "" });
  await Deno.writeTextFile(folder.path("expected"), lines(expected));
  const table = await run([...asked, "--format", "table", ...paths.toReversed()]);
  assertEquals(table, await run(["--format", "table", folder.path("expected")]));
  assertStringIncludes(table.stdout, "user1@example.edu");
  assertEquals(table.stdout.split("\n").length, expected.length + 2);
});
