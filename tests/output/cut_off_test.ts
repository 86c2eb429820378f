/** What a run that was cut off leaves in a file, and how the next run goes on from there. */

import { assertEquals, assertMatch } from "@std/assert";
import {
  assertSays,
  available,
  exists,
  type Folder,
  run,
  runInShell,
  temporaryFolder,
} from "../client.ts";
import { needs, SYSTEM } from "../form.ts";
import {
  CREDENTIALS,
  type FakeApi,
  lines as linesOf,
  numbered,
  startFakeApi,
} from "../fake_api.ts";
import { continuous, pull, readPosition } from "../runs.ts";

function lines(api: FakeApi, from = 0, to?: number): string {
  return linesOf(api.events.slice(from, to));
}

function positionOf(folder: Folder) {
  return readPosition(folder.path("position"));
}

/** Puts a folder where a kill in the middle of a page leaves it: `kept` bytes of it written. */
async function interrupted(api: FakeApi, folder: Folder, kept: number): Promise<void> {
  await pull(api, folder, "--output", folder.path("out"));
  const position = await positionOf(folder);
  position.output.open = true;
  const before = position.output.length;
  api.events.push(...numbered(25, api.events.length));
  await Deno.writeTextFile(folder.path("position"), JSON.stringify(position));
  const next = new TextEncoder().encode(lines(api, api.events.length - 25));
  await Deno.writeFile(folder.path("out"), next.subarray(0, kept), { append: true });
  assertEquals((await Deno.stat(folder.path("out"))).size, before + kept);
}

const DONE = { code: 0, stdout: "", stderr: "" };

for (const kept of [0, 1, 100, 3000]) {
  Deno.test(`a page of which ${kept} bytes are there is completed, not repeated`, async () => {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ events: numbered(5) });
    await interrupted(api, folder, kept);
    assertEquals(await pull(api, folder, "--output", folder.path("out")), DONE);
    assertEquals(await Deno.readTextFile(folder.path("out")), lines(api));
  });
}

Deno.test("a page that is there is not repeated with another --limit either", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(5) });
  await interrupted(api, folder, 2500);
  const args = continuous(api, folder, "--output", folder.path("out"), "--limit", "3");
  assertEquals(await run(args, { env: CREDENTIALS }), DONE);
  assertEquals(await Deno.readTextFile(folder.path("out")), lines(api));
});

Deno.test("a page is completed in the file it was begun in, after that was rotated", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(5) });
  await interrupted(api, folder, 1000);
  await Deno.rename(folder.path("out"), folder.path("out.1"));
  await Deno.writeTextFile(folder.path("out"), "", { mode: 0o640 });
  assertEquals(await pull(api, folder, "--output", folder.path("out")), DONE);
  const [rotated, current] = await Promise.all(
    [folder.path("out.1"), folder.path("out")].map((path) => Deno.readTextFile(path)),
  );
  assertEquals(rotated, lines(api, 0, 15));
  assertEquals(current, lines(api, 15));
});

Deno.test({
  ...needs("links"),
  name: "where --output is a link, a renamed file is looked for beside the file that it leads to",
  async fn() {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ events: numbered(5) });
    await Deno.mkdir(folder.path("data"));
    await Deno.writeTextFile(folder.path("data/out"), "", { mode: 0o640 });
    await Deno.symlink(folder.path("data/out"), folder.path("out"));
    await interrupted(api, folder, 1000);
    await Deno.rename(folder.path("data/out"), folder.path("data/out.1"));
    await Deno.writeTextFile(folder.path("data/out"), "", { mode: 0o640 });
    assertEquals(await pull(api, folder, "--output", folder.path("out")), DONE);
    assertEquals(await Deno.readTextFile(folder.path("data/out.1")), lines(api, 0, 15));
    assertEquals(await Deno.readTextFile(folder.path("data/out")), lines(api, 15));
  },
});

Deno.test("a page is completed in the file it was begun in, which was new after a rotation", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(5) });
  await interrupted(api, folder, 0);
  await Deno.rename(folder.path("out"), folder.path("out.1"));
  await Deno.writeTextFile(folder.path("out"), lines(api, 5).slice(0, 1000), { mode: 0o640 });
  assertEquals(await pull(api, folder, "--output", folder.path("out")), DONE);
  assertEquals(await Deno.readTextFile(folder.path("out.1")), lines(api, 0, 5));
  assertEquals(await Deno.readTextFile(folder.path("out")), lines(api, 5));
});

Deno.test("a run without events does not forget a page that is there in part", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(5) });
  await interrupted(api, folder, 1000);
  const late = api.events.splice(5);
  assertEquals(await pull(api, folder, "--output", folder.path("out")), DONE);
  api.events.push(...late);
  await Deno.rename(folder.path("out"), folder.path("out.1"));
  assertEquals(await pull(api, folder, "--output", folder.path("out")), DONE);
  assertEquals(await Deno.readTextFile(folder.path("out.1")), lines(api, 0, 15));
  assertEquals(await Deno.readTextFile(folder.path("out")), lines(api, 15));
});

for (const open of [true, false]) {
  Deno.test(`another file that has the number of one that is gone is left alone (open: ${open})`, async () => {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ events: numbered(5) });
    await pull(api, folder, "--output", folder.path("out"));
    await Deno.remove(folder.path("out"));
    const other = "z".repeat(5000);
    await Deno.writeTextFile(folder.path("other.gz"), other);
    const position = await positionOf(folder);
    position.output.inode = (await Deno.stat(folder.path("other.gz"))).ino;
    position.output.open = open;
    await Deno.writeTextFile(folder.path("position"), JSON.stringify(position));
    api.events.push(...numbered(5, 5));
    const { code, stderr } = await pull(api, folder, "--output", folder.path("out"));
    assertEquals([code, stderr === ""], [0, !open]);
    assertEquals(await Deno.readTextFile(folder.path("other.gz")), other);
    assertEquals(await Deno.readTextFile(folder.path("out")), lines(api, 5));
  });
}

Deno.test("two streams into one file do not mind each other", async () => {
  await using folder = temporaryFolder();
  await using elsewhere = temporaryFolder();
  await using one = startFakeApi({ events: numbered(5) });
  await using other = startFakeApi({ events: numbered(5, 100) });
  const output = ["--output", folder.path("out")];
  for (const from of [5, 10]) {
    assertEquals(await pull(one, folder, ...output), DONE);
    const { code, stdout, stderr } = await pull(other, elsewhere, ...output);
    assertEquals([code, stdout], [0, ""]);
    // It cannot know whose the events are that are there already.
    if (from === 5) assertMatch(stderr, /^siem-client: Starting over at \S+Z: [^\n]+\n$/);
    else assertEquals(stderr, "");
    for (const api of [one, other]) api.events.push(...numbered(5, from + (api === one ? 0 : 100)));
  }
  const parts = [0, 5].flatMap((from) => [one, other].map((api) => lines(api, from, from + 5)));
  assertEquals(await Deno.readTextFile(folder.path("out")), parts.join(""));
});

Deno.test("a file that is gone after a crash is begun anew, and that is said", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(5) });
  await interrupted(api, folder, 1000);
  await Deno.remove(folder.path("out"));
  const { code, stderr } = await pull(api, folder, "--output", folder.path("out"));
  assertEquals(code, 0);
  assertMatch(stderr, /^siem-client: Some events may be twice in "[^"]+": [^\n]+ is gone\n$/);
  assertEquals(await Deno.readTextFile(folder.path("out")), lines(api, 5));
});

Deno.test("a file that is gone after an orderly end is begun anew without a word", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(5) });
  await pull(api, folder, "--output", folder.path("out"));
  await Deno.remove(folder.path("out"));
  api.events.push(...numbered(5, 5));
  assertEquals(await pull(api, folder, "--output", folder.path("out")), DONE);
  assertEquals(await Deno.readTextFile(folder.path("out")), lines(api, 5));
});

Deno.test("where something else was appended, a torn line is ended and nothing is lost", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(5) });
  await interrupted(api, folder, 0);
  await Deno.writeTextFile(folder.path("out"), '{"n":"not ours', { append: true });
  const { code, stderr } = await pull(api, folder, "--output", folder.path("out"));
  assertEquals(code, 0);
  assertMatch(stderr, /^siem-client: Some events may be twice in "[^"]+": [^\n]+\n$/);
  const found = await Deno.readTextFile(folder.path("out"));
  assertEquals(found, `${lines(api, 0, 5)}{"n":"not ours\n${lines(api, 5)}`);
});

Deno.test({
  name: "a page that a killed run had written is synced before the position is saved",
  ignore: SYSTEM === "windows" || !await available("strace"),
  async fn() {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ events: numbered(5) });
    await interrupted(api, folder, 0);
    await Deno.writeTextFile(folder.path("out"), lines(api, 5), { append: true });
    const trace = `strace -f -y -qq -e trace=fdatasync,rename -o '${folder.path("trace")}'`;
    const args = continuous(api, folder, "--output", folder.path("out"));
    assertEquals((await runInShell(`${trace} "$@"`, args, CREDENTIALS)).code, 0);
    assertEquals(await Deno.readTextFile(folder.path("out")), lines(api));
    const steps = (await Deno.readTextFile(folder.path("trace"))).split("\n")
      .flatMap((line) => /(fdatasync(?=.*\/out>)|rename(?=.*position.new))/.exec(line)?.[1] ?? []);
    const page = ["fdatasync", "rename"];
    // After the last page with events comes one without.
    assertEquals(steps, [...page, ...page, ...page, "rename"]);
  },
});

Deno.test("what a run of an earlier version left is completed, too", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(5) });
  await interrupted(api, folder, 1000);
  const position = await positionOf(folder);
  const { inode, length } = position.output;
  position.output = { inode: Number(inode), length, open: true };
  await Deno.writeTextFile(folder.path("position"), JSON.stringify(position));
  await Deno.rename(folder.path("out"), folder.path("out.1"));
  assertEquals(await pull(api, folder, "--output", folder.path("out")), DONE);
  assertEquals(await Deno.readTextFile(folder.path("out.1")), lines(api, 0, 15));
  assertEquals(await Deno.readTextFile(folder.path("out")), lines(api, 15));
});

for (const create of [true, false]) {
  const how = create ? "renamed, and made anew," : "renamed";
  Deno.test(`a file that is ${how} while the first answer is on its way is completed`, async () => {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ events: numbered(5) });
    await interrupted(api, folder, 1000);
    api.fault = async (_, index) => {
      if (index !== api.requests.length - 1 || await exists(folder.path("out.1"))) return undefined;
      await Deno.rename(folder.path("out"), folder.path("out.1"));
      if (create) await Deno.writeTextFile(folder.path("out"), "", { mode: 0o640 });
      return undefined;
    };
    assertEquals(await pull(api, folder, "--output", folder.path("out")), DONE);
    assertEquals(await Deno.readTextFile(folder.path("out.1")), lines(api, 0, 15));
    assertEquals(await Deno.readTextFile(folder.path("out")), lines(api, 15));
  });
}

for (
  const [what, change] of [
    ["was made at another time", { born: "2026-01-31T09:30:00.000Z" }],
    ["begins with something else", { begins: { bytes: 1000, digest: "x" } }],
  ] as const
) {
  Deno.test(
    `a file with the number of the one written to that ${what} is another one`,
    what.startsWith("was made") ? needs("births") : {},
    async () => {
      await using folder = temporaryFolder();
      await using api = startFakeApi({ events: numbered(5) });
      await interrupted(api, folder, 1000);
      const position = await positionOf(folder);
      Object.assign(position.output, change);
      await Deno.writeTextFile(folder.path("position"), JSON.stringify(position));
      const { code, stderr } = await pull(api, folder, "--output", folder.path("out"));
      assertEquals(code, 0);
      assertSays(stderr, "Some events may be twice in", "the file it wrote to is gone");
      const found = await Deno.readTextFile(folder.path("out"));
      const torn = lines(api, 5).slice(0, 1000);
      assertEquals(found, `${lines(api, 0, 5)}${torn}\n${lines(api, 5)}`);
    },
  );
}

Deno.test("an empty file that may be another one is not taken for the one written to", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(5) });
  await pull(api, folder, "--output", folder.path("out"));
  const position = await positionOf(folder);
  await Deno.remove(folder.path("out"));
  await Deno.writeTextFile(folder.path("out"), "");
  const inode = (await Deno.stat(folder.path("out"))).ino;
  position.output = { inode: String(inode), length: 0, open: true };
  await Deno.writeTextFile(folder.path("position"), JSON.stringify(position));
  api.events.push(...numbered(5, 5));
  const { code, stderr } = await pull(api, folder, "--output", folder.path("out"));
  assertEquals(code, 0);
  assertSays(stderr, "Some events may be twice in", "the file it wrote to is gone");
  assertEquals(await Deno.readTextFile(folder.path("out")), lines(api, 5));
});

Deno.test({
  name: "a renamed file that may not be written any more is named, and its page is repeated",
  ignore: !await mayBeFixed(),
  async fn() {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ events: numbered(5) });
    await interrupted(api, folder, 1000);
    await Deno.rename(folder.path("out"), folder.path("out.1"));
    await chattr("+i", folder.path("out.1"));
    try {
      const { code, stderr } = await pull(api, folder, "--output", folder.path("out"));
      assertEquals(code, 0);
      assertSays(stderr, `twice in "${folder.path("out")}"`, `now "${folder.path("out.1")}"`);
      assertEquals(await Deno.readTextFile(folder.path("out")), lines(api, 5));
    } finally {
      await chattr("-i", folder.path("out.1"));
    }
  },
});

Deno.test({
  ...needs("links"),
  ignore: needs("links").ignore || !await available("strace"),
  name: "where --output is a link, the folder that is synced is that of the file it leads to",
  async fn() {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ events: numbered(5) });
    await Deno.mkdir(folder.path("data"));
    await Deno.mkdir(folder.path("link"));
    await Deno.writeTextFile(folder.path("data/out"), "", { mode: 0o640 });
    await Deno.symlink(folder.path("data/out"), folder.path("link/out"));
    const paths = ["data", "link"].map((name) => `-P '${folder.path(name)}'`).join(" ");
    const trace = folder.path("trace");
    const args = continuous(api, folder, "--output", folder.path("link/out"));
    const strace = `strace -f -y -qq -o '${trace}' ${paths} -e trace=fsync "$@"`;
    assertEquals(await runInShell(strace, args, CREDENTIALS), DONE);
    const synced = (await Deno.readTextFile(trace)).matchAll(/fsync\(\d+<([^>]*)>/g);
    assertEquals([...new Set(Array.from(synced, ([, path]) => path))], [folder.path("data")]);
  },
});

Deno.test("a torn line that another stream left in the file is ended before the next page", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(5) });
  await pull(api, folder, "--output", folder.path("out"));
  const torn = '{"another":"strea';
  await Deno.writeTextFile(folder.path("out"), torn, { append: true });
  api.events.push(...numbered(5, 5));
  assertEquals(await pull(api, folder, "--output", folder.path("out")), DONE);
  const found = await Deno.readTextFile(folder.path("out"));
  assertEquals(found, `${lines(api, 0, 5)}${torn}\n${lines(api, 5)}`);
});

/** Whether a file can be made one that even root may not write. */
async function mayBeFixed(): Promise<boolean> {
  if (!await available("chattr")) return false;
  await using folder = temporaryFolder();
  await Deno.writeTextFile(folder.path("file"), "");
  return await chattr("+i", folder.path("file")) && await chattr("-i", folder.path("file"));
}

async function chattr(change: string, path: string): Promise<boolean> {
  const { success } = await new Deno.Command("chattr", { args: [change, path] }).output();
  return success;
}
