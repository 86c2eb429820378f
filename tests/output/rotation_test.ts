/** What docs/siem/rotation.md says, as the client alone meets it. */

import { assertEquals } from "@std/assert";
import { assertSays, available, type Folder, temporaryFolder } from "../client.ts";
import { pathsIn, rotate } from "../docs/rsyslog.ts";
import { type FakeApi, lines, numbered, startFakeApi } from "../fake_api.ts";
import { pull, readPosition } from "../runs.ts";

const ignore = !await available("logrotate");
const DONE = { code: 0, stdout: "", stderr: "" };
const TWICE = [`Some events may be twice in "`, "the file it wrote to is gone"] as const;

/** Leaves everything as a kill amid the next page does, of which the first 1000 bytes are written. */
async function interrupted(api: FakeApi, folder: Folder): Promise<void> {
  const position = await readPosition(folder.path("position"));
  position.output.open = true;
  await Deno.writeTextFile(folder.path("position"), JSON.stringify(position));
  const page = numbered(10, api.events.length);
  api.events.push(...page);
  const part = lines(page).slice(0, 1000);
  await Deno.writeTextFile(folder.path("log/cirrus.jsonl"), part, { append: true });
}

/** Everything in the folder of the output, with the renamed files first. */
async function logged(folder: Folder): Promise<string> {
  const names = await Array.fromAsync(Deno.readDir(folder.path("log")), ({ name }) => name);
  const inOrder = names.sort((one, other) => other.length - one.length);
  return (await Promise.all(inOrder.map((name) => Deno.readTextFile(folder.path(`log/${name}`)))))
    .join("");
}

for (const names of ["dateext", "nodateext"]) {
  Deno.test({
    name: `logrotate renames (${names}), also amid a page: nothing lost, nothing twice`,
    ignore,
    async fn() {
      await using folder = temporaryFolder();
      await pathsIn(folder);
      await using api = startFakeApi({ events: numbered(15) });
      assertEquals(await pull(api, folder, "--output", folder.path("log/cirrus.jsonl")), DONE);
      await interrupted(api, folder);
      await rotate(folder, ["dateext", names]);
      assertEquals(await pull(api, folder, "--output", folder.path("log/cirrus.jsonl")), DONE);
      api.events.push(...numbered(3, 25));
      assertEquals(await pull(api, folder, "--output", folder.path("log/cirrus.jsonl")), DONE);
      assertEquals(await logged(folder), lines(api.events));
      assertEquals(
        await Deno.readTextFile(folder.path("log/cirrus.jsonl")),
        lines(api.events.slice(25)),
      );
    },
  });
}

Deno.test("dated names in --output: a page is completed under the old date, then the new one", async () => {
  await using folder = temporaryFolder();
  await pathsIn(folder);
  await using api = startFakeApi({ events: numbered(15) });
  assertEquals(await pull(api, folder, "--output", folder.path("log/cirrus.jsonl")), DONE);
  await interrupted(api, folder);
  const next = "log/cirrus-2026-01-31.jsonl";
  assertEquals(await pull(api, folder, "--output", folder.path(next)), DONE);
  api.events.push(...numbered(3, 25));
  assertEquals(await pull(api, folder, "--output", folder.path(next)), DONE);
  const [old, current] = await Promise.all(
    ["log/cirrus.jsonl", next].map((path) => Deno.readTextFile(folder.path(path))),
  );
  assertEquals([old, current], [lines(api.events.slice(0, 25)), lines(api.events.slice(25))]);
});

Deno.test({
  name: "compressed at once or truncated in place amid a page: it is repeated, and that is said",
  ignore: ignore || !await available("gzip"),
  async fn() {
    for (const [from, to] of [["    nocompress\n", "    compress\n"], ["create", "copytruncate"]]) {
      await using folder = temporaryFolder();
      await pathsIn(folder);
      await using api = startFakeApi({ events: numbered(15) });
      assertEquals(await pull(api, folder, "--output", folder.path("log/cirrus.jsonl")), DONE);
      await interrupted(api, folder);
      await rotate(folder, [from!, to!]);
      const { code, stderr } = await pull(api, folder, "--output", folder.path("log/cirrus.jsonl"));
      assertEquals(code, 0);
      assertSays(stderr, ...TWICE);
      const file = await Deno.readTextFile(folder.path("log/cirrus.jsonl"));
      assertEquals(file, lines(api.events.slice(15)));
    }
  },
});

Deno.test("what is written between the copy and the truncation of copytruncate is lost", async () => {
  await using folder = temporaryFolder();
  const { file } = await pathsIn(folder);
  await using api = startFakeApi({ events: numbered(15) });
  assertEquals(await pull(api, folder, "--output", folder.path("log/cirrus.jsonl")), DONE);
  await Deno.copyFile(file, `${file}.1`);
  api.events.push(...numbered(5, 15));
  assertEquals(await pull(api, folder, "--output", folder.path("log/cirrus.jsonl")), DONE);
  await Deno.truncate(file);
  api.events.push(...numbered(5, 20));
  assertEquals(await pull(api, folder, "--output", folder.path("log/cirrus.jsonl")), DONE);
  const kept = [...api.events.slice(0, 15), ...api.events.slice(20)];
  assertEquals(await logged(folder), lines(kept));
});
