/** What `dist/build.ts` makes. */

import { assert, assertEquals } from "@std/assert";
import { walk } from "@std/fs/walk";
import { fromFileUrl } from "@std/path/from-file-url";
import { billOfMaterials, component, withDependencies } from "../../dist/materials.ts";
import { dirname } from "../../lib/base/files.ts";
import { environment, finished, temporaryFolder } from "../client.ts";
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
  const text = new TextDecoder().decode(bundles[0]);
  assert(text.startsWith("#!/usr/bin/env -S deno run "));
  // The bundler loses one whose variable is used once, and what it would have closed stays open. Of
  // those that follow each other it makes one.
  let source = "";
  for await (const { path } of walk(`${ROOT}lib`, { exts: [".ts"] })) {
    source += await Deno.readTextFile(path);
  }
  const kinds = source.split("\n").map((line) => /^ *((?:await )?using) \w+ = /.exec(line)?.[1]);
  // Of two of a kind in a row the bundler makes one, with a comma.
  const declarations = kinds.filter((kind, i) => kind !== undefined && kind !== kinds[i - 1]);
  assertEquals(text.match(/\busing [\w$]+=/g)?.length, declarations.length);

  await Deno.rename(one.path("source/dist/siem-client.js"), one.path("alone.js"));
  await Deno.remove(one.path("source"), { recursive: true });
  const allowed = ["--allow-net=127.0.0.1", "--allow-read", "--allow-env"];
  const args = ["run", "--no-prompt", "--no-remote", "--no-npm", ...allowed, one.path("alone.js")];
  const { code, stdout, stderr } = await deno(
    [...args, "--demo", "--api", "siem", "-x"],
    one.path("."),
  );
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

Deno.test("the bill of materials names what is shipped, with its licences and digests", async () => {
  const bill = await billOfMaterials();
  const named = bill.components.map(({ name, version, licenses }) => [
    `${name}@${version}`,
    JSON.stringify(licenses),
  ]);
  const lock = JSON.parse(await Deno.readTextFile(`${ROOT}/deno.lock`));
  // Build and tests alone use this one.
  const shipped = Object.keys(lock.npm).filter((id) => id !== "deno-std@1.3.1");
  const mit = JSON.stringify([{ license: { id: "MIT" } }]);
  assertEquals(named, [`deno@${Deno.version.deno}`, ...shipped].map((id) => [id, mit]));
  assertEquals(bill.metadata.component.version, project.version);
  assertEquals(bill.metadata.tools.components.map(({ name }) => name), ["deno", "esbuild"]);
  for (const component of bill.components.slice(1)) {
    const [{ content } = { content: "" }] = "hashes" in component ? component.hashes : [];
    const bytes = content.match(/../g)!.map((digits) => String.fromCharCode(parseInt(digits, 16)));
    const { integrity } = lock.npm[`${component.name}@${component.version}`];
    assertEquals(`sha512-${btoa(bytes.join(""))}`, integrity);
  }
});

Deno.test("a package may have a scope, needs of its own, and any licence", () => {
  const { name, version, purl, licenses } = component(
    "@scope/name@1.2.3_zod@4.6.7",
    "sha512-AAAA",
    "MIT OR Apache-2.0",
  );
  assertEquals([name, version, purl], ["@scope/name", "1.2.3", "pkg:npm/%40scope/name@1.2.3"]);
  assertEquals(JSON.stringify(licenses), '[{"expression":"MIT OR Apache-2.0"}]');
  const integrity = "sha512-AAAA";
  const lock = {
    "@scope/name@1.2.3": { integrity, dependencies: ["other", "@scope/more@2.0.0"] },
    "@scope/more@1.0.0": { integrity },
    "@scope/more@2.0.0": { integrity, dependencies: ["@scope/name@1.2.3"] },
    "other@1.0.0": { integrity },
  };
  assertEquals(withDependencies(["@scope/name@1.2.3"], lock), [
    "@scope/more@2.0.0",
    "@scope/name@1.2.3",
    "other@1.0.0",
  ]);
});

async function copySource(to: string): Promise<void> {
  const paths = ["deno.json", "deno.lock", "main.ts"].map((name) => ROOT + name);
  for (const folder of ["lib", "dist"]) {
    for await (const { path } of walk(ROOT + folder, { includeDirs: false, exts: [".ts"] })) {
      paths.push(path);
    }
  }
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
  return finished(await command.output());
}
