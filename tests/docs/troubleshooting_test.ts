/** Are the messages that docs/troubleshooting.md explains the ones that the client has? */

import { assert, assertEquals } from "@std/assert";
import { walk } from "@std/fs/walk";
import { fromFileUrl } from "@std/path/from-file-url";
import { page } from "./readme.ts";

const LIB = fromFileUrl(new URL("../../lib/", import.meta.url));

Deno.test("every message in the troubleshooting page is one of the client's", async () => {
  const text = page("docs/troubleshooting.md");
  const headings = [...text.matchAll(/^### (.*)$/gm)]
    .flatMap(([, heading = ""]) => [...heading.matchAll(/`([^`]+)`/g)].map(([, words]) => words!));
  const lines = [...text.matchAll(/^ {4}(\S.*)$/gm)].map(([, line]) => line!);
  assert(headings.length > 25 && lines.length > 10, `${headings.length}, ${lines.length}`);
  const sources = await textOfSources();
  // Of a line the parts between what is filled in, where they are long enough to be found.
  const parts = lines.flatMap((line) =>
    line.split(/\.\.\.+|[";()]/).map((part) => part.replaceAll(/^\W+|\W+$/g, ""))
  )
    .filter((part) => /\w+ \w+ \w+/.test(part) && !BY_THE_SYSTEM.test(part));
  const unknown = [...headings, ...parts].filter((part) => !sources.includes(part));
  assertEquals(unknown, []);
});

/** What comes from the system or the runtime. */
const BY_THE_SYSTEM = /Permission denied|No space left on device|invalid peer certificate/;

/** All sources, with their messages in one piece, and "..." for what is filled in. */
async function textOfSources(): Promise<string> {
  const texts: string[] = [];
  for await (const { path } of walk(LIB, { includeDirs: false, exts: [".ts"] })) {
    texts.push(await Deno.readTextFile(path));
  }
  return texts.join("\n").replaceAll(/["`] \+\s+["`]/g, "").replaceAll(/\$\{[^}]*\}/g, "...");
}
