/**
 * How are bundle, executables, checksums and bill of materials made? All of it lies beside this file.
 *
 *     deno task bundle                  siem-client.js: one file for any Deno from 2.4 on
 *     deno task compile [--target T]    from that, an executable for each target, or for one
 *     deno task dist                    all of it, with manual page, completions, SHA256SUMS and
 *                                       siem-client.cdx.json
 */

import { encodeHex } from "@std/encoding/hex";
import { walk } from "@std/fs/walk";
import { fromFileUrl } from "@std/path/from-file-url";
import { join } from "@std/path/join";
import { GENERATED_FILES } from "../lib/cli/generate.ts";
import { billOfMaterials, cacheFolder } from "./materials.ts";
import project from "../deno.json" with { type: "json" };

const ROOT = fromFileUrl(new URL("..", import.meta.url));
const DIST = join(ROOT, "dist");
const BUNDLE = "siem-client.js";
const CHECKSUMS = "SHA256SUMS";
const MATERIALS = "siem-client.cdx.json";

const TARGETS = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
  "x86_64-pc-windows-msvc",
];

async function main([verb, ...rest]: readonly string[]): Promise<void> {
  const [option, target] = rest;
  if (verb === "bundle" && rest.length === 0) return await bundle();
  if (verb === "compile" && rest.length === 0) return await compile(TARGETS);
  if (verb === "compile" && option === "--target" && target !== undefined && rest.length === 2) {
    return await compile([target]);
  }
  if (verb !== "dist" || rest.length > 0) throw new Error("bundle, compile [--target T] or dist?");
  await compile(TARGETS);
  await write(MATERIALS, `${JSON.stringify(await billOfMaterials(), null, 2)}\n`);
  for (const { name, text } of Object.values(GENERATED_FILES)) await write(name, text());
  await write(CHECKSUMS, await checksums());
}

/** main.ts and all that it needs as one minified file, with the shebang of main.ts. */
async function bundle(): Promise<void> {
  await deno(["bundle", "--frozen", "--minify", "-o", join("dist", BUNDLE), "main.ts"]);
  const path = join(DIST, BUNDLE);
  // A deno.json or package.json that lies above it by chance is not the bundle's.
  const text = await Deno.readTextFile(path);
  await Deno.writeTextFile(path, text.replace(" deno run ", " deno run --no-config "));
  await Deno.chmod(path, 0o755);
}

async function compile(targets: readonly string[]): Promise<void> {
  const base = Deno.env.get("DENORT_BIN");
  const isFolder = base !== undefined &&
    (await Deno.stat(base).catch(() => undefined))?.isDirectory;
  if (targets.length > 1 && base && !isFolder) {
    throw new Error(
      "Cannot compile for several targets with one DENORT_BIN: add --target T, or name a folder " +
        "with a file for each target",
    );
  }
  await bundle();
  const shebang = await shebangFlags();
  for (const target of targets) {
    const suffix = /windows/.test(target) ? ".exe" : "";
    const output = `siem-client-${project.version}-${target}${suffix}`;
    // The code cache would be a guessable file that anybody may plant. Configuration and lock file are
    // for what is already in the bundle.
    const flags = ["--no-code-cache", "--no-prompt", "--no-config", "--no-lock", "--no-check"];
    const args = [...flags, ...shebang, "--target", target, "-o", join("dist", output)];
    const bases = isFolder ? { DENORT_BIN: join(base, target) } : {};
    await deno(["compile", ...args, join("dist", BUNDLE)], target, bases);
  }
}

/**
 * What the client is allowed, and what V8 should save memory on without a loss of speed: how much it
 * may fill before it looks for garbage (usually 16 MB, twice, which takes 20 MB more), and threads of
 * its own to compile in (6 MB, which come bit by bit). main.ts says it, for every form.
 */
async function shebangFlags(): Promise<string[]> {
  const [shebang = ""] = (await Deno.readTextFile(join(ROOT, "main.ts"))).split("\n");
  return shebang.split(" ").filter((flag) => /^--(allow-|v8-flags=)/.test(flag));
}

/** Runs the Deno that runs this. What it says is shown only where it fails. */
async function deno(
  args: readonly string[],
  target?: string,
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const command = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: ROOT,
    env: { NO_COLOR: "1", ...env },
    stdin: "null",
  });
  const { success, stderr } = await command.output();
  if (success) return;
  const said = new TextDecoder().decode(stderr);
  if (target === undefined || !/denort|base binary/i.test(said)) {
    throw new Error(`Cannot ${args[0]}:\n${said}`);
  }
  const archive = join("dl", "release", `v${Deno.version.deno}`, `denort-${target}.zip`);
  throw new Error(
    `Cannot get Deno's base executable for ${target}: name one in DENORT_BIN, or put it in ` +
      `"${join((await cacheFolder()).denoDir, archive)}"`,
  );
}

/** A line for each file made for this version, as `sha256sum --check` reads it. */
async function checksums(): Promise<string> {
  const generated = Object.values(GENERATED_FILES).map(({ name }) => name);
  const names: string[] = [BUNDLE, MATERIALS, ...generated];
  for await (const { name } of walk(DIST, { maxDepth: 1, includeDirs: false })) {
    if (name.startsWith(`siem-client-${project.version}-`)) names.push(name);
  }
  const lines = names.sort().map(async (name) => {
    const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(join(DIST, name)));
    return `${encodeHex(new Uint8Array(digest))}  ${name}\n`;
  });
  return (await Promise.all(lines)).join("");
}

async function write(name: string, text: string): Promise<void> {
  await Deno.writeTextFile(join(DIST, name), text);
}

if (import.meta.main) {
  try {
    await main(Deno.args);
  } catch (error) {
    await Deno.stderr.write(new TextEncoder().encode(`${(error as Error).message}\n`));
    Deno.exit(1);
  }
}
