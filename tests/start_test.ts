/** Does a run load only what it needs? People wait for the first event, and for the help. */

import { assert, assertEquals } from "@std/assert";

const ROOT = new URL("../", import.meta.url);

/** Rooms and packages that a search needs, and the help does not. */
const FOR_RUNS = /^lib\/(sources|position|proof)\/|^lib\/[^/]+$|^zod/;
/** Of these rooms the help takes a number, and none of what reads or writes. */
const ALSO_FOR_HELP = ["lib/position/reached.ts"];

/** What only some searches need, whose files are named so wherever they are. */
const FOR_SOME =
  /(demo|\/table|steps|summary|tally|login|csv|ecs|ocsf|mapped|recorded|receipt|chain)/;
const STORIES_FOR_SOME = /^lib\/(pull|stream|every|follow|verify|check|status|search_files)\.ts$/;

Deno.test("the help and the version load no part of a run", async () => {
  const loaded = await loadedWith("main.ts");
  assert(loaded.includes("lib/cli/help.ts"), loaded.join(" "));
  const needless = loaded.filter((name) => FOR_RUNS.test(name) && !ALSO_FOR_HELP.includes(name));
  assertEquals(needless, []);
});

Deno.test("a search loads no formats, stories and sources but its own", async () => {
  const loaded = await loadedWith("main.ts", "lib/run.ts", "lib/search.ts");
  assert(loaded.includes("lib/sources/siem_api.ts"), loaded.join(" "));
  const needless = loaded.filter((name) => FOR_SOME.test(name) || STORIES_FOR_SOME.test(name));
  assertEquals(needless, []);
});

/** Files and packages that are evaluated with some files: not what is imported for its types, or by a call. */
async function loadedWith(...entries: string[]): Promise<string[]> {
  const loaded = new Set(entries);
  for (const name of loaded) {
    if (!name.endsWith(".ts")) continue;
    const text = await Deno.readTextFile(new URL(name, ROOT));
    for (const [, names, from] of text.matchAll(/^(?:im|ex)port ([^;"=]*)"([^"]+)"/gm)) {
      const isTypes = names!.startsWith("type ") || /^\{(\s*type [^,]+,?\s*)+\} from/.test(names!);
      if (isTypes) continue;
      const isOurs = from!.startsWith(".");
      loaded.add(isOurs ? new URL(from!, new URL(name, ROOT)).href.slice(ROOT.href.length) : from!);
    }
  }
  return [...loaded];
}
