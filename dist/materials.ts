/** What is inside the bundle and the executables? As CycloneDX 1.6 says such things. */

import { decodeBase64 } from "@std/encoding/base64";
import { encodeHex } from "@std/encoding/hex";
import { walk } from "@std/fs/walk";
import { fromFileUrl } from "@std/path/from-file-url";
import { join } from "@std/path/join";
import project from "../deno.json" with { type: "json" };

const ROOT = fromFileUrl(new URL("..", import.meta.url));

/** A package of the npm registry, as deno.lock names it. */
interface Locked {
  /** "sha512-" and the digest of the archive in Base64. */
  readonly integrity: string;
  /** Packages that it needs: names, and versions where the lock file has several. */
  readonly dependencies?: readonly string[];
}

/** The packages of deno.lock, by name and version: "zod@4.6.7", "@scope/name@1.0.0". */
type Lock = Readonly<Record<string, Locked>>;

/** The bill of materials. It has no time and no serial number, so that it can be made again. */
export async function billOfMaterials() {
  const lock: { npm: Lock } = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.lock")));
  const shipped = withDependencies(await importedPackages(), lock.npm);
  const version = Deno.version.deno;
  const runtime = `pkg:github/denoland/deno@v${version}`;
  return {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    metadata: {
      tools: {
        components: [
          { type: "application", name: "deno", version },
          { type: "application", name: "esbuild", ...await esbuildVersion() },
        ],
      },
      component: {
        type: "application",
        name: project.name,
        version: project.version,
        licenses: licensed(project.license),
      },
    },
    components: [
      {
        type: "platform",
        "bom-ref": runtime,
        name: "deno",
        version,
        purl: runtime,
        licenses: licensed("MIT"),
      },
      ...await Promise.all(shipped.map(async (id) => {
        return component(id, lock.npm[id]!.integrity, await licenseOf(id));
      })),
    ],
  };
}

/** A package, by name and version, as the bill names it. Its licence is a term of SPDX. */
export function component(id: string, integrity: string, license: string) {
  const { name, version } = parsedId(id);
  const purl = `pkg:npm/${name.replace(/^@/, "%40")}@${version}`;
  const content = encodeHex(decodeBase64(integrity.replace(/^sha512-/, "")));
  return {
    type: "library",
    "bom-ref": purl,
    name,
    version,
    purl,
    hashes: [{ alg: "SHA-512", content }],
    licenses: licensed(license),
  };
}

/** Behind the version, the lock file names what else it was chosen for: "a@1.0.0_b@2.0.0". */
function parsedId(id: string): { name: string; version: string } {
  const [, name, version] = /^(@?[^@]+)@([^_]+)/.exec(id)!;
  return { name: name!, version: version! };
}

/** "MIT" is an identifier, "MIT OR Apache-2.0" an expression. */
function licensed(license: string) {
  return / /.test(license) ? [{ expression: license }] : [{ license: { id: license } }];
}

/** The packages that main.ts and lib/ import from; what only tests and build import is not shipped. */
async function importedPackages(): Promise<string[]> {
  const paths = [join(ROOT, "main.ts")];
  const folder = walk(join(ROOT, "lib"), { includeDirs: false, exts: [".ts"] });
  for await (const { path } of folder) if (!path.endsWith(".d.ts")) paths.push(path);
  const texts = await Promise.all(paths.map((path) => Deno.readTextFile(path)));
  const addresses: Readonly<Record<string, string>> = project.imports;
  const ids = texts.flatMap((text) => [...text.matchAll(/^(?:import .*|\}) from "([^".][^"]*)"/gm)])
    .map(([, name]) => {
      const [, id] = /^npm:(@?[^@]+@[^/]+)/.exec(addresses[name!] ?? "") ?? [];
      if (id === undefined) throw new Error(`Cannot tell which package "${name}" is of`);
      return id;
    });
  return [...new Set(ids)];
}

/** These packages and all that they need, sorted. */
export function withDependencies(ids: readonly string[], lock: Lock): string[] {
  const all = new Set(ids);
  // What is added while a set is walked through is walked through as well.
  for (const id of all) {
    for (const needed of lock[id]!.dependencies ?? []) {
      all.add(
        lock[needed] ? needed : Object.keys(lock).find((one) => parsedId(one).name === needed)!,
      );
    }
  }
  return [...all].sort();
}

/** What a package itself says of its licence, in Deno's copy of it. */
async function licenseOf(id: string): Promise<string> {
  const { name, version } = parsedId(id);
  const { npmCache } = await cacheFolder();
  for await (const { name: registry } of Deno.readDir(npmCache)) {
    try {
      const path = join(npmCache, registry, name, version, "package.json");
      const { license } = JSON.parse(await Deno.readTextFile(path));
      if (typeof license === "string") return license;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  throw new Error(`Cannot tell the licence of ${id}: run the tests first, which fetch it`);
}

/** Deno fetches its bundler by itself, and keeps it in a folder that is named after the version. */
async function esbuildVersion(): Promise<{ version?: string }> {
  const versions = new Set<string>();
  const folder = join((await cacheFolder()).denoDir, "dl");
  for await (const { name } of walk(folder, { maxDepth: 1, match: [/esbuild-\d/] })) {
    versions.add(/^esbuild-(\d+\.\d+\.\d+)/.exec(name)![1]!);
  }
  const [version] = versions.size === 1 ? versions : [];
  return version === undefined ? {} : { version };
}

/** Where this Deno keeps what it has fetched. */
export async function cacheFolder(): Promise<{ denoDir: string; npmCache: string }> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return JSON.parse(new TextDecoder().decode(stdout));
}
