/** What `dist/build.ts` makes. */

import { assert, assertEquals } from "@std/assert";
import { walk } from "@std/fs/walk";
import { fromFileUrl } from "@std/path/from-file-url";
import { billOfMaterials } from "../../dist/build.ts";
import { dirname } from "../../lib/base/files.ts";
import { environment, temporaryFolder } from "../client.ts";
import project from "../../deno.json" with { type: "json" };

const ROOT = fromFileUrl(new URL("../../", import.meta.url));

Deno.test("two folders make the same bundle, which runs alone and without a network", async () => {
  await using one = temporaryFolder();
  await using other = temporaryFolder();
  const bundles: Uint8Array[] = [];
  // One after the other: with an empty cache, both would fetch the bundler into the same place.
  for (const folder of [one, other]) {
    await copySource(folder.path("source"));
    const { code, stderr } = await deno(["task", "--quiet", "bundle"], folder.path("source"));
    assertEquals({ code, stderr }, { code: 0, stderr: "" });
    bundles.push(await Deno.readFile(folder.path("source/dist/siem-client.js")));
  }
  assertEquals(bundles[0], bundles[1]);
  assert(new TextDecoder().decode(bundles[0]).startsWith("#!/usr/bin/env -S deno run "));

  await Deno.rename(one.path("source/dist/siem-client.js"), one.path("alone.js"));
  await Deno.remove(one.path("source"), { recursive: true });
  const allowed = ["--allow-net=127.0.0.1", "--allow-read", "--allow-env"];
  const args = ["run", "--no-prompt", "--no-remote", "--no-npm", ...allowed, one.path("alone.js")];
  const { code, stdout, stderr } = await deno([...args, "--demo", "-x"], one.path("."));
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  assert(JSON.parse(stdout).length > 900);
});

Deno.test("compiling without a base executable says in one line where one could be", async () => {
  await using folder = temporaryFolder();
  await copySource(folder.path("source"));
  const { code, stderr } = await deno(
    ["task", "--quiet", "compile", "--target", "aarch64-apple-darwin"],
    folder.path("source"),
    { DENORT_BIN: folder.path("missing") },
  );
  assertEquals(code, 1);
  const [message, rest] = stderr.split("\n");
  assertEquals(rest, "");
  const start =
    "Cannot get Deno's base executable for aarch64-apple-darwin: name one in DENORT_BIN, ";
  const archive = `release/v${Deno.version.deno}/denort-aarch64-apple-darwin.zip`;
  assert(message!.startsWith(start) && message!.includes(archive), stderr);
});

Deno.test("the bill of materials names what is in the lock file, with its digests", async () => {
  const bill = await billOfMaterials();
  const named = bill.components.map(({ name, version }) => `${name}@${version}`);
  const lock = JSON.parse(await Deno.readTextFile(`${ROOT}/deno.lock`));
  assertEquals(named, [`deno@${Deno.version.deno}`, ...Object.keys(lock.npm)]);
  assertEquals(bill.metadata.component.version, project.version);
  assertEquals(bill.metadata.tools.components.map(({ name }) => name), ["deno", "esbuild"]);
  for (const component of bill.components.slice(1)) {
    const [{ content } = { content: "" }] = "hashes" in component ? component.hashes : [];
    const bytes = content.match(/../g)!.map((digits) => String.fromCharCode(parseInt(digits, 16)));
    const { integrity } = lock.npm[`${component.name}@${component.version}`];
    assertEquals(`sha512-${btoa(bytes.join(""))}`, integrity);
  }
});

async function copySource(to: string): Promise<void> {
  const paths = ["deno.json", "deno.lock", "main.ts", "dist/build.ts"].map((name) => ROOT + name);
  for await (const { path } of walk(`${ROOT}lib`, { includeDirs: false })) paths.push(path);
  for (const path of paths) {
    const copy = `${to}/${path.slice(ROOT.length)}`;
    await Deno.mkdir(dirname(copy), { recursive: true });
    await Deno.copyFile(path, copy);
  }
}

async function deno(args: string[], cwd: string, env: Record<string, string> = {}) {
  // What Deno needs to reach the npm registry, where the cache is empty.
  const network = Object.entries(Deno.env.toObject()).filter(([name]) =>
    /^(DENO_|NPM_|NODE_EXTRA|SSL_|HTTPS?_PROXY|NO_PROXY)/i.test(name) && name !== "DENORT_BIN"
  );
  const command = new Deno.Command(Deno.execPath(), {
    args,
    cwd,
    clearEnv: true,
    env: environment({ ...Object.fromEntries(network), ...env }),
    stdin: "null",
  });
  const { code, stdout, stderr } = await command.output();
  return {
    code,
    stdout: new TextDecoder().decode(stdout),
    stderr: new TextDecoder().decode(stderr),
  };
}
