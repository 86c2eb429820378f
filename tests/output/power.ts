/**
 * What may a loss of power leave? Of what was not synced, any part may be missing: names that were given,
 * taken or changed, the ends of files, or only their contents, with zeros in their place. This keeps
 * account of what is safe, and then takes away from the real disk what chance says.
 */

/** A file, whatever it is called. */
interface File {
  /** Bytes that a sync has made safe. */
  safe: number;
  /** Where what a sync could not write begins and ends: the system takes it for written from then on. */
  unwritten?: { readonly from: number; readonly to: number } | undefined;
  /** What was in it when it lost its last name. */
  last?: Uint8Array;
}

interface Folder {
  readonly names: Map<string, File>;
  /** What names a loss of power leaves at least. */
  safe: Map<string, File>;
  /** What was done since; a rename is done as a whole or not at all. */
  changes: { readonly set?: readonly [string, File]; readonly remove?: string }[];
}

/** Takes note of what is done to files, and loses some of it. */
export interface Power {
  created(path: string): void;
  removed(path: string): void;
  renamed(from: string, to: string): void;
  /** A file that is open now; later it is told about by what this returns. */
  opened(path: string): File | undefined;
  synced(file: File | undefined, path: string, size: number): void;
  /** A sync failed. */
  notSynced(file: File | undefined, size: number): void;
  wrote(file: File | undefined, from: number, to: number): void;
  /** All that is there is safe from now on. */
  allSynced(): void;
  /** Takes power away. Returns what is gone, for a message. */
  lose(below: (limit: number) => number): string;
}

/** Keeps account of some folders; one comes after the one that it is in. */
export function powerOf(paths: readonly string[]): Power {
  const folders = new Map<string, Folder>(
    paths.map((path) => [path, { names: new Map(), safe: new Map(), changes: [] }]),
  );
  function placeOf(path: string): readonly [Folder, string] | undefined {
    const at = path.lastIndexOf("/");
    const folder = folders.get(path.slice(0, at));
    return folder && [folder, path.slice(at + 1)];
  }
  function forget(path: string, file: File | undefined) {
    if (file !== undefined) file.last = Deno.readFileSync(path);
  }
  return {
    created(path) {
      const [folder, name] = placeOf(path) ?? [];
      if (folder === undefined) return;
      const file = { safe: 0 };
      folder.names.set(name!, file);
      folder.changes.push({ set: [name!, file] });
    },
    removed(path) {
      const [folder, name] = placeOf(path) ?? [];
      if (folder === undefined) return;
      forget(path, folder.names.get(name!));
      folder.names.delete(name!);
      folder.changes.push({ remove: name! });
    },
    renamed(from, to) {
      const [folder, name] = placeOf(from) ?? [];
      const file = folder?.names.get(name!);
      if (folder === undefined || file === undefined) return;
      const target = placeOf(to)![1];
      if (folder.names.has(target)) forget(to, folder.names.get(target));
      folder.names.set(target, file);
      folder.names.delete(name!);
      folder.changes.push({ set: [target, file], remove: name! });
    },
    opened(path) {
      const [folder, name] = placeOf(path) ?? [];
      return folder?.names.get(name!);
    },
    synced(file, path, size) {
      const folder = folders.get(path);
      if (folder !== undefined) {
        folder.safe = new Map(folder.names);
        folder.changes = [];
      } else if (file !== undefined) {
        file.safe = Math.min(size, file.unwritten?.from ?? size);
      }
    },
    notSynced(file, size) {
      if (file !== undefined && size > file.safe) {
        file.unwritten ??= { from: file.safe, to: size };
      }
    },
    wrote(file, from, to) {
      if (file?.unwritten === undefined || from > file.unwritten.from) return;
      file.unwritten = to < file.unwritten.to ? { ...file.unwritten, from: to } : undefined;
    },
    allSynced() {
      for (const [path, folder] of folders) {
        for (const [name, file] of folder.names) file.safe = Deno.statSync(`${path}/${name}`).size;
        folder.safe = new Map(folder.names);
        folder.changes = [];
      }
    },
    lose(below) {
      const gone: string[] = [];
      for (const [path, folder] of folders) {
        if (!exists(path)) {
          Object.assign(folder, { names: new Map(), safe: new Map(), changes: [] });
          continue;
        }
        const { changes } = folder;
        const first = below(changes.length + 1);
        // All, none, those up to some point, or any.
        const isKept = [
          () => true,
          () => false,
          (at: number) => at < first,
          () => below(2) === 0,
        ][below(4)]!;
        // What was done to a name later cannot be there without what was done to it before.
        const without = new Set<string>();
        const kept = changes.filter(({ set, remove }, at) => {
          const names = [set?.[0], remove].filter((name) => name !== undefined);
          if (isKept(at) && !names.some((name) => without.has(name))) return true;
          names.forEach((name) => without.add(name));
          return false;
        });
        gone.push(`${changes.length - kept.length} of ${changes.length} changes in ${path}`);
        const left = new Map(folder.safe);
        for (const { set, remove } of kept) {
          if (remove !== undefined) left.delete(remove);
          if (set !== undefined) left.set(...set);
        }
        rename(path, folder.names, left);
        for (const [name, file] of left) gone.push(loseEnd(`${path}/${name}`, file, below));
        Object.assign(folder, { names: left, safe: new Map(left), changes: [] });
      }
      return gone.filter((text) => text !== "").join(", ");
    },
  };
}

/** Gives the files in a folder other names. */
function rename(path: string, before: Map<string, File>, after: Map<string, File>): void {
  const aside = new Map<File, string>();
  for (const [name, file] of before) {
    aside.set(file, `${path}/.aside-${aside.size}`);
    Deno.renameSync(`${path}/${name}`, aside.get(file)!);
  }
  for (const [name, file] of after) {
    const from = aside.get(file);
    if (from !== undefined) Deno.renameSync(from, `${path}/${name}`);
    else Deno.writeFileSync(`${path}/${name}`, file.last!, { mode: 0o600 });
    aside.delete(file);
  }
  for (const from of aside.values()) Deno.removeSync(from, { recursive: true });
}

/** Whether anything has a name. */
export function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

/** Takes away from the end of a file what was not safe, or only its contents. */
function loseEnd(path: string, file: File, below: (limit: number) => number): string {
  const { size, isFile } = Deno.statSync(path);
  const unsafe = size - file.safe;
  if (!isFile || unsafe <= 0) return "";
  const kept = [0, unsafe, below(unsafe)][below(3)]!;
  Deno.truncateSync(path, file.safe + kept);
  const isZeros = below(4) === 0;
  if (isZeros) Deno.truncateSync(path, size);
  file.safe = isZeros ? size : file.safe + kept;
  return `${unsafe - kept} of ${unsafe} unsynced bytes of ${path}${
    isZeros ? ", zeros instead" : ""
  }`;
}
