/**
 * Would events go into a file that is kept for something else? Which files are the same is known to the
 * system alone: names differ by links, by "..", and on some systems by case.
 */

import { usageFailure } from "../base/errors.ts";
import { basename, dirname, isSameFile, standardOutputFile } from "../base/files.ts";

/** Files that no event may go into; paths. */
export interface KeptFiles {
  readonly position?: string | undefined;
  readonly credentials?: string | undefined;
  readonly receipts?: string | undefined;
  /** Those that events are read from. */
  readonly searched?: readonly string[];
  /** Receipts and pulled files, which are only read. */
  readonly verified?: readonly string[];
}

/** A file as the system knows it, and by its name where it does not tell one from another. */
interface KnownFile {
  readonly info: Pick<Deno.FileInfo, "dev" | "ino">;
  /** Undefined where it is not needed, or not known, as of standard output. */
  readonly realName?: string;
}

/**
 * Throws Failure (usage) where events would go into a file that is there and is kept for something
 * else. `output` is a path; undefined for standard output, which may be redirected.
 */
export async function refuseKeptFiles(output: string | undefined, files: KeptFiles): Promise<void> {
  const kept = await keptFiles(files);
  if (kept.length === 0) return;
  const target = output === undefined ? await redirectedFile() : await known(output);
  const same = target && kept.find((one) => areSame(one, target));
  if (same === undefined) return;
  throw usageFailure(
    output === undefined
      ? `Cannot write to standard output: it goes into "${same.path}", where ${same.use} kept`
      : `Cannot use --output "${output}": ${same.use} kept there; name another file`,
  );
}

/** Throws Failure (usage) where the position is to be kept in the file of the credentials. */
export async function refuseSharedPosition(files: KeptFiles): Promise<void> {
  const { position, credentials } = files;
  if (position === undefined) return;
  const secret = credentials === undefined ? undefined : await known(credentials);
  if (secret === undefined) return;
  const kept = await keptFiles({ position });
  const same = kept.find((one) => areSame(one, secret));
  if (same === undefined) return;
  throw usageFailure(
    `Cannot use --position "${position}": the credentials are kept in "${same.path}"; use another`,
  );
}

/** Throws Failure (usage) where receipts are to be kept in a file of the position or of the credentials. */
export async function refuseSharedReceipts(files: KeptFiles): Promise<void> {
  const { receipts } = files;
  if (receipts === undefined) return;
  const name = await realName(receipts);
  const here = await known(receipts);
  for (const [path, use] of pathsOf({ ...files, receipts: undefined })) {
    const there = await known(path);
    const isSame = here && there ? areSame(here, there) : await realName(path) === name;
    if (!isSame) continue;
    throw usageFailure(`Cannot use --receipts "${receipts}": ${use} kept there; name another file`);
  }
}

/** All of them, and what is kept in each. */
function pathsOf(
  { position, credentials, receipts, searched = [], verified = [] }: KeptFiles,
): [path: string, use: string][] {
  const paths: [string, string][] = [];
  if (position !== undefined) {
    for (const end of ["", ".lock", ".new"]) paths.push([position + end, "the position is"]);
  }
  if (credentials !== undefined) paths.push([credentials, "the credentials are"]);
  if (receipts !== undefined) paths.push([receipts, "the receipts are"]);
  for (const path of searched) paths.push([path, "the events to search are"]);
  for (const path of verified) paths.push([path, "what is verified is"]);
  return paths;
}

/** Those that are there. */
async function keptFiles(files: KeptFiles) {
  const found = await Promise.all(
    pathsOf(files).map(async ([path, use]) => {
      const file = await known(path);
      return file === undefined ? [] : [{ ...file, path, use }];
    }),
  );
  return found.flat();
}

async function known(path: string): Promise<KnownFile | undefined> {
  const info = await Deno.stat(path).catch(() => undefined);
  return info && (info.ino ? { info } : { info, realName: await realName(path) });
}

function areSame(one: KnownFile, other: KnownFile): boolean {
  if (one.info.ino && other.info.ino) return isSameFile(one.info, other.info);
  return one.realName !== undefined && one.realName === other.realName;
}

/** A path as all names of one file share it; on Windows those that differ only in case, too. */
async function realName(path: string): Promise<string> {
  const found = await Deno.realPath(path).catch(async () => {
    const folder = await Deno.realPath(dirname(path)).catch(() => dirname(path));
    return `${folder}/${basename(path)}`;
  });
  return Deno.build.os === "windows" ? found.toLowerCase() : found;
}

/** The file that standard output is redirected to; undefined where it is not. */
async function redirectedFile(): Promise<KnownFile | undefined> {
  if (Deno.stdout.isTerminal()) return undefined;
  const info = (await standardOutputFile()).info();
  return info?.isFile() ? { info } : undefined;
}
