/**
 * A disk that fails where a test says: Deno's file functions are replaced by ones that number each
 * operation below a folder, and stop, tear or refuse one of them. The client runs in the same process:
 * a walk through all operations starts it thousands of times. What is on the real disk afterwards is
 * what a kill or an error at that operation would leave.
 */

import type { Power } from "./power.ts";

/** What happens at an operation. */
export type Action =
  /** The process is killed before it, or after it. */
  | { readonly kind: "kill" | "kill after" }
  /** A write is done in part, and then the process is killed. */
  | { readonly kind: "tear"; readonly keep: (length: number) => number }
  /** The system refuses it with an error; a write may have been done in part before. */
  | { readonly kind: "fail"; readonly code: "ENOSPC" | "EIO"; readonly keep?: number }
  /** Something else happens to the files just before it. */
  | { readonly kind: "run"; readonly what: () => void };

/** An operation that was done or begun. */
export interface Operation {
  readonly name: string;
  readonly path: string;
  /** Whether it changes what is on the disk. */
  readonly changes: boolean;
}

/** How the client's operations went in one run. */
export interface Trace {
  readonly operations: readonly Operation[];
  readonly killed: boolean;
}

const ERRORS = {
  ENOSPC: "No space left on device (os error 28)",
  EIO: "Input/output error (os error 5)",
};

const real = {
  open: Deno.open,
  stat: Deno.stat,
  lstat: Deno.lstat,
  readDir: Deno.readDir,
  realPath: Deno.realPath,
  mkdir: Deno.mkdir,
  remove: Deno.remove,
  rename: Deno.rename,
  addSignalListener: Deno.addSignalListener,
};
const prototype = Deno.FsFile.prototype;
const realFile = {
  read: prototype.read,
  write: prototype.write,
  sync: prototype.sync,
  syncData: prototype.syncData,
  truncate: prototype.truncate,
  stat: prototype.stat,
};

/**
 * Does some work that uses files, with an action at one operation or more (numbered from 0 on). Where it
 * is killed the work never ends; what it has open is closed then.
 */
export async function withFaults(
  folder: string,
  actions: ReadonlyMap<number, Action>,
  power: Power,
  work: () => Promise<unknown>,
): Promise<Trace> {
  const operations: Operation[] = [];
  const opened = new Map<Deno.FsFile, string>();
  const files = new WeakMap<Deno.FsFile, ReturnType<Power["opened"]>>();
  const end = Promise.withResolvers<void>();
  let killed = false;

  function kill(): Promise<never> {
    killed = true;
    end.resolve();
    return new Promise(() => {});
  }
  /** An operation; `partly` does it to a part, as writes are. */
  async function operate<T>(
    name: string,
    path: string,
    changes: boolean,
    whole: () => Promise<T>,
    partly?: { length: number; write: (length: number) => Promise<T> },
    failed?: () => void,
  ): Promise<T> {
    if (killed) return await kill();
    if (!path.startsWith(folder)) return await whole();
    const action = actions.get(operations.push({ name, path, changes }) - 1);
    switch (action?.kind) {
      case undefined:
        return await whole();
      case "kill":
        return await kill();
      case "kill after":
        await whole();
        return await kill();
      case "tear":
        if (partly !== undefined) await partly.write(action.keep(partly.length));
        return await kill();
      case "fail":
        if (partly !== undefined && action.keep) await partly.write(action.keep);
        failed?.();
        throw Object.assign(new Error(ERRORS[action.code]), { code: action.code });
      case "run":
        action.what();
        return await whole();
    }
  }
  const text = (path: string | URL) => String(path);

  Deno.open = async (path, options) => {
    const name = options?.createNew
      ? "create"
      : options?.write || options?.append
      ? "open"
      : "look";
    const file = await operate(name, text(path), name === "create", async () => {
      const file = await real.open(path, options);
      if (name === "create") power.created(text(path));
      return file;
    });
    opened.set(file, text(path));
    files.set(file, power.opened(text(path)));
    return file;
  };
  Deno.stat = (path) => operate("stat", text(path), false, () => real.stat(path));
  Deno.lstat = (path) => operate("lstat", text(path), false, () => real.lstat(path));
  Deno.realPath = (path) => operate("realPath", text(path), false, () => real.realPath(path));
  Deno.mkdir = (path, options) =>
    operate("mkdir", text(path), true, async () => {
      const isNew = await real.lstat(path).then(() => false, () => true);
      await real.mkdir(path, options);
      if (isNew) power.created(text(path));
    });
  Deno.remove = (path, options) =>
    operate("remove", text(path), true, () => {
      power.removed(text(path));
      return real.remove(path, options);
    });
  Deno.rename = (from, to) =>
    operate("rename", text(from), true, () => {
      power.renamed(text(from), text(to));
      return real.rename(from, to);
    });
  Deno.readDir = (path) => ({
    async *[Symbol.asyncIterator]() {
      yield* await operate("list", text(path), false, () => Promise.resolve(real.readDir(path)));
    },
  });
  // A listener for each of thousands of runs would slow down the process.
  Deno.addSignalListener = () => {};
  // What is on the real disk survives a simulated kill without it, and it takes most of the time.
  const sync = (file: Deno.FsFile) => {
    power.synced(files.get(file), of(file), file.statSync().size);
    return Promise.resolve();
  };
  const of = (file: Deno.FsFile) => opened.get(file) ?? "";
  prototype.read = function (bytes) {
    return operate("read", of(this), false, () => realFile.read.call(this, bytes));
  };
  prototype.write = function (bytes) {
    const write = async (length: number) => {
      const count = await realFile.write.call(this, bytes.subarray(0, length));
      const end = this.seekSync(0, Deno.SeekMode.Current);
      power.wrote(files.get(this), end - count, end);
      return count;
    };
    return operate("write", of(this), true, () => write(bytes.length), {
      length: bytes.length,
      write,
    });
  };
  prototype.sync = function () {
    return operate("sync", of(this), true, () => sync(this));
  };
  prototype.syncData = function () {
    const failed = () => power.notSynced(files.get(this), this.statSync().size);
    return operate("syncData", of(this), true, () => sync(this), undefined, failed);
  };
  prototype.truncate = function (length) {
    return operate("truncate", of(this), true, () => realFile.truncate.call(this, length));
  };
  prototype.stat = function () {
    return operate("stat open", of(this), false, () => realFile.stat.call(this));
  };
  try {
    await Promise.race([end.promise, work()]);
  } finally {
    Object.assign(Deno, real);
    Object.assign(prototype, realFile);
    for (const file of opened.keys()) {
      try {
        file.close();
      } catch {
        // The client has closed it.
      }
    }
  }
  return { operations, killed };
}
