/** Are the rooms of lib/ in order? Imports run down only, in no circle, and files stay short. */

import { assert, assertEquals } from "@std/assert";
import { walk } from "@std/fs/walk";
import { fromFileUrl } from "@std/path/from-file-url";

const LIB = fromFileUrl(new URL("../lib/", import.meta.url));

/** The rooms from top to bottom; the stories lie in lib/ itself. */
const ROOMS = [
  "stories",
  "cli",
  "proof",
  "sources",
  "position",
  "output",
  "formats",
  "events",
  "terminal",
  "base",
] as const;

const MAX_LINES = 250;

/** A file of lib/, named from there on. */
interface Source {
  readonly name: string;
  readonly lines: number;
  /** Files of lib/ that it imports. */
  readonly imports: readonly string[];
}

const sources = await readSources();

Deno.test("every folder of lib/ is a room", () => {
  const strangers = sources.filter(({ name }) => floorOf(name) < 0).map(({ name }) => name);
  assert(sources.length > 40, `only ${sources.length} files were found`);
  assertEquals(strangers, []);
});

Deno.test("a room uses only rooms further down", () => {
  const upward = sources.flatMap(({ name, imports }) =>
    imports.filter((other) => floorOf(other) < floorOf(name)).map((other) => `${name} -> ${other}`)
  );
  assertEquals(upward, []);
});

Deno.test("no imports run in a circle", () => {
  const left = new Map(sources.map(({ name, imports }) => [name, new Set(imports)]));
  // A file that imports nothing any more is taken away; what remains at the end is in a circle, or above one.
  for (let before = Infinity; left.size < before;) {
    before = left.size;
    for (const [name, imports] of left) {
      for (const other of imports) if (!left.has(other)) imports.delete(other);
      if (imports.size === 0) left.delete(name);
    }
  }
  assertEquals([...left].map(([name, imports]) => `${name} -> ${[...imports].join(", ")}`), []);
});

Deno.test("a file of lib/ is short enough to hold one idea", () => {
  const long = sources.filter(({ lines }) => lines > MAX_LINES)
    .map(({ name, lines }) => `${name}: ${lines}`);
  assertEquals(long, []);
});

/** How many rooms lie above a file's; -1 where its folder is no room. */
function floorOf(name: string): number {
  const [folder, file] = name.split("/");
  return ROOMS.findIndex((room) => room === (file === undefined ? "stories" : folder));
}

async function readSources(): Promise<Source[]> {
  const found: Source[] = [];
  for await (const { path } of walk(LIB, { includeDirs: false, exts: [".ts"] })) {
    if (path.endsWith(".d.ts")) continue;
    const text = await Deno.readTextFile(path);
    const imports = [...text.matchAll(/(?:from|import|import\() ?"(\.[^"]+\.ts)"/g)]
      .map(([, specifier]) => fromFileUrl(new URL(specifier!, new URL(`file://${path}`))));
    found.push({
      name: nameOf(path),
      lines: text.split("\n").length - 1,
      imports: imports.map(nameOf),
    });
  }
  return found;
}

function nameOf(path: string): string {
  return path.slice(LIB.length).replaceAll("\\", "/");
}
