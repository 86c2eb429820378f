/** From the service to the verdict: do real runs, with rotation and compression, leave what --verify finds whole? */

import { assertEquals, assertMatch } from "@std/assert";
import { commandLine, type Folder, run, temporaryFolder } from "../client.ts";
import { blocks } from "../docs/readme.ts";
import { CREDENTIALS, numbered, startFakeApi } from "../fake_api.ts";
import { inWine } from "../form.ts";
import { pull, search } from "../runs.ts";
import { gzipped } from "./pulled.ts";

/** Compresses a file, and leaves no other. */
async function compress(path: string): Promise<void> {
  await Deno.writeFile(`${path}.gz`, await gzipped(await Deno.readTextFile(path)));
  await Deno.remove(path);
}

/** Pulled files and receipts of runs with rotations between them. */
async function pulled(folder: Folder, ...options: readonly string[]): Promise<number> {
  const events = numbered(7);
  await using api = startFakeApi({ events });
  const files = ["--output", folder.path("cirrus.jsonl"), "--receipts", folder.path("receipts")];
  const once = async () => {
    const { code, stderr } = await pull(api, folder, "--since", "2h", ...files, ...options);
    assertEquals([code, stderr], [0, ""]);
  };
  await once();
  events.push(...numbered(25, 7));
  await once();
  await Deno.rename(folder.path("cirrus.jsonl"), folder.path("cirrus.jsonl.2"));
  await once();
  events.push(...numbered(14, 32));
  await once();
  await Deno.rename(folder.path("receipts"), folder.path("receipts.1"));
  await Deno.rename(folder.path("cirrus.jsonl"), folder.path("cirrus.jsonl.1"));
  events.push(...numbered(31, 46));
  await once();
  await compress(folder.path("cirrus.jsonl.2"));
  await compress(folder.path("receipts.1"));
  events.push(...numbered(4, 77));
  await once();
  return events.length;
}

const PULLED = ["cirrus.jsonl", "cirrus.jsonl.1", "cirrus.jsonl.2.gz"];

async function verify(folder: Folder, names: readonly string[], ...more: readonly string[]) {
  const chain = ["--receipts", folder.path("receipts"), "--position", folder.path("position")];
  const files = names.map((name) => folder.path(name));
  const { code, stdout, stderr } = await run(["--verify", ...chain, ...more, ...files]);
  const lines = stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  return { code, stderr, verdict: lines.pop(), findings: lines.map(({ finding }) => finding) };
}

Deno.test("runs, rotations and compression leave a stream that is whole", async () => {
  await using folder = temporaryFolder();
  const events = await pulled(folder);
  const { code, stderr, verdict, findings } = await verify(folder, PULLED.toReversed());
  assertEquals([code, stderr, findings], [0, "", []]);
  const { verdict: word, end, files, bytesBeyond, pagesInFiles, pagesFound } = verdict;
  assertEquals([word, end, files, bytesBeyond], ["whole", "checked", "checked", 0]);
  assertEquals([verdict.events, pagesFound], [events, pagesInFiles]);
});

Deno.test("in every format in which a stream is pulled", async () => {
  for (const format of ["ecs", "ocsf"]) {
    await using folder = temporaryFolder();
    await pulled(folder, "--format", format);
    const { code, verdict } = await verify(folder, PULLED);
    assertEquals([code, verdict.verdict, verdict.bytesBeyond], [0, "whole", 0], format);
  }
});

Deno.test("in which format events were written is found out where the service is asked again", async () => {
  await using folder = temporaryFolder();
  const events = numbered(25);
  await using api = startFakeApi({ events });
  const files = ["--output", folder.path("cirrus.jsonl"), "--receipts", folder.path("receipts")];
  assertEquals((await pull(api, folder, "--since", "2h", ...files, "--format", "ecs")).code, 0);
  const lines = (await Deno.readTextFile(folder.path("cirrus.jsonl"))).split("\n");
  await Deno.writeTextFile(folder.path("cirrus.jsonl"), lines.toSpliced(3, 1).join("\n"));
  const { code, stdout } = await run([
    ...["--verify", "--refetch", "--receipts", folder.path("receipts"), "--limit", "10"],
    ...["--apiurl", api.logUrl, "--output", folder.path("missing"), folder.path("cirrus.jsonl")],
  ], { env: CREDENTIALS });
  assertEquals(code, 1, stdout);
  assertEquals(await Deno.readTextFile(folder.path("missing")), `${lines[3]}\n`);
});

Deno.test("a page that another hand took out shows, and what a search added does not", async () => {
  await using folder = temporaryFolder();
  await pulled(folder);
  await using api = startFakeApi({ events: numbered(3, 500) });
  await search(api.logUrl, ["--since", "2h", "--output", folder.path("cirrus.jsonl")]);
  const added = await verify(folder, PULLED);
  assertEquals([added.code, added.verdict.bytesBeyond > 0], [0, true]);
  const path = folder.path("cirrus.jsonl.1");
  const lines = (await Deno.readTextFile(path)).split("\n");
  await Deno.writeTextFile(path, lines.slice(10).join("\n"));
  assertEquals((await verify(folder, PULLED)).findings, ["pages missing"]);
});

Deno.test("the SIEM API's receipts are checked the same way", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(35) });
  const files = ["--output", folder.path("cirrus.jsonl"), "--receipts", folder.path("receipts")];
  const service = ["--apiurl", api.siemUrl, "--position", folder.path("position"), "--limit", "10"];
  const args = ["-c", "--since", "2h", ...service, ...files];
  assertEquals((await run(args, { env: CREDENTIALS })).code, 0);
  const whole = await verify(folder, ["cirrus.jsonl"]);
  assertEquals([whole.code, whole.findings, whole.verdict.events], [0, [], 35]);
  const asked = ["--refetch", "--apiurl", api.siemUrl, "--limit", "10"];
  const { API_SECRET, API_KEY } = CREDENTIALS;
  const again = await verify(
    folder,
    ["cirrus.jsonl"],
    ...asked,
    "--apikey",
    API_KEY,
    "--apisecret",
    API_SECRET,
  );
  assertEquals([again.code, again.findings], [0, []]);
});

Deno.test({
  name: "the weekly timer's command finds a stream whole, and fails where it is not",
  ignore: Deno.build.os === "windows" || inWine,
  async fn() {
    await using folder = temporaryFolder();
    await pulled(folder);
    const [service] = blocks("docs/operate.md", "### A weekly timer", "ini");
    const [, script] = /^ExecStart=\/bin\/sh -c '(.*)'$/m.exec(service!) ?? [];
    const words = commandLine([]).map((word) => `"${word}"`).join(" ");
    const here = script!.replace("/usr/local/bin/siem-client", words)
      .replaceAll("/var/lib/siem-client", folder.path(""))
      .replaceAll("/var/log/siem-client", folder.path(""));
    const check = async () => {
      const { code, stdout, stderr } = await new Deno.Command("/bin/sh", { args: ["-c", here] })
        .output();
      const decoder = new TextDecoder();
      return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
    };
    const whole = await check();
    assertEquals([whole.code, whole.stderr], [0, ""], whole.stdout);
    await Deno.remove(folder.path("cirrus.jsonl.1"));
    const damaged = await check();
    assertEquals(damaged.code, 1);
    assertMatch(damaged.stdout, /"finding":"file missing","fault":true/);
  },
});
