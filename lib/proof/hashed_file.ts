/** What is in a pulled file, from a place on? Hashed as it is read, and unpacked where it is packed. */

import { Failure } from "../base/errors.ts";
import { DamagedGzip, isGzip, unpacked } from "../base/file_blocks.ts";
import { readBytesAt, type Reader } from "../base/files.ts";
import type { Hash } from "../base/hashes.ts";
import { describe, quoted, whyUnread } from "../base/text.ts";
import type { Receipt } from "../position/receipt.ts";

/** What is known of a page: how long it is, and its SHA-256. */
export type PageDigest = Pick<Receipt, "bytes" | "sha256">;

/** A pulled file while it is read. Places in it are bytes before them, unpacked. */
export interface HashedFile extends Disposable {
  readonly path: string;
  /** The number of the file in its file system. */
  readonly inode: string;
  /** How many bytes were read of it, again and again where it was gone back. */
  work(): number;
  goTo(place: number): Promise<void>;
  /** Whether a page is whole at a place. */
  isAt(place: number, page: PageDigest): Promise<boolean>;
  /** Those of some pages that are whole at a place, which is read once for all of them. */
  whole<Page extends PageDigest>(place: number, pages: readonly Page[]): Promise<Page[]>;
  /** The next bytes, fewer where the file ends before. */
  bytes(length: number): Promise<Uint8Array>;
  /** How long it is. A packed one is read to its end for that. */
  size(): Promise<number>;
  /** Why a packed file could not be read to its end; undefined where it could, as far as is known. */
  damage(): string | undefined;
}

const BLOCK_BYTES = 256 * 1024;
/** What is behind the end of a file. */
const NOTHING: Reader = { read: () => Promise.resolve(null) };

/** Opens a pulled file. Throws Failure (usage) where it cannot be read. */
export async function openHashed(path: string, newHash: () => Hash): Promise<HashedFile> {
  const file = await opened(path);
  const { ino, size: packedSize } = await file.stat();
  const isPacked = isGzip(await readBytesAt(file, 0, 2));
  await file.seek(0, Deno.SeekMode.Start);
  const block = new Uint8Array(BLOCK_BYTES);
  let reader: Reader = isPacked ? await unpacked(file) : file;
  let [at, end, place] = [0, 0, 0];
  let work = 0;
  let damage: string | undefined;

  /** Reads on; false at the end. */
  async function fill(): Promise<boolean> {
    if (at < end) return true;
    try {
      const count = await reader.read(block);
      [at, end] = [0, count ?? 0];
      work += end;
      return count !== null && (count > 0 || await fill());
    } catch (error) {
      if (!(error instanceof DamagedGzip)) throw cannotRead(path, error);
      damage = describe(error);
      [at, end] = [0, 0];
      return false;
    }
  }
  /** Gives the next bytes to `use`, a piece at a time; returns how many the file had. */
  async function each(length: number, use: (piece: Uint8Array) => void): Promise<number> {
    let left = length;
    while (left > 0 && await fill()) {
      const piece = block.subarray(at, Math.min(end, at + left));
      use(piece);
      at += piece.length;
      place += piece.length;
      left -= piece.length;
    }
    return length - left;
  }
  async function goTo(to: number): Promise<void> {
    if (to >= place && to - place <= end - at) {
      at += to - place;
      place = to;
      return;
    }
    if (isPacked && to >= place) return void await each(to - place, () => {});
    // No system goes to just any place that a receipt may name.
    const isBehind = !isPacked && to > packedSize;
    await file.seek(isPacked || isBehind ? 0 : to, Deno.SeekMode.Start);
    reader = isPacked ? await unpacked(file) : isBehind ? NOTHING : file;
    [at, end, place] = [0, 0, isPacked ? 0 : to];
    if (isPacked) await each(to, () => {});
  }
  return {
    path,
    inode: String(ino ?? 0),
    work: () => work,
    goTo,
    async isAt(place, { bytes, sha256 }) {
      await goTo(place);
      const hash = newHash();
      const count = await each(bytes, (piece) => void hash.update(piece));
      return count === bytes && hash.digest("hex") === sha256;
    },
    async whole(place, pages) {
      if (pages.length === 0) return [];
      await goTo(place);
      const hash = newHash();
      const digests = new Map<number, string>();
      let done = 0;
      for (const length of new Set(pages.map(({ bytes }) => bytes).sort((a, b) => a - b))) {
        const more = length - done;
        if (await each(more, (piece) => void hash.update(piece)) < more) break;
        done = length;
        digests.set(length, hash.copy().digest("hex"));
      }
      return pages.filter(({ bytes, sha256 }) => digests.get(bytes) === sha256);
    },
    async bytes(length) {
      const bytes = new Uint8Array(length);
      let count = 0;
      await each(length, (piece) => {
        bytes.set(piece, count);
        count += piece.length;
      });
      return bytes.subarray(0, count);
    },
    async size() {
      if (!isPacked) return packedSize;
      while (await each(Infinity, () => {}) > 0);
      return place;
    },
    damage: () => damage,
    [Symbol.dispose]: () => file.close(),
  };
}

/** Opens a pulled file, and closes it when it was used. Throws Failure (usage) where it cannot be read. */
export async function withHashed<T>(
  path: string,
  newHash: () => Hash,
  use: (file: HashedFile) => Promise<T>,
): Promise<T> {
  const file = await openHashed(path, newHash);
  try {
    return await use(file);
  } finally {
    file[Symbol.dispose]();
  }
}

async function opened(path: string): Promise<Deno.FsFile> {
  try {
    // Looked at before it is opened: opening a FIFO waits for its writer.
    if (!(await Deno.stat(path)).isFile) throw new Error("it is not a plain file");
    return await Deno.open(path);
  } catch (error) {
    throw cannotRead(path, error);
  }
}

/** A failure (usage) that names a pulled file. */
export function cannotRead(path: string, cause: unknown): Failure {
  if (cause instanceof Failure) return cause;
  return new Failure("usage", `Cannot read pulled file ${quoted(path)}: ${whyUnread(cause)}`, {
    cause,
  });
}
