/** Which file was written to, and up to where? What the position says of it, so that it is known again. */

import { encodeBase64 } from "@std/encoding/base64";
import * as z from "zod/mini";
import { readBytesAt } from "../base/files.ts";
import { sha256 } from "../base/hashes.ts";

/** Bytes that a file is known by: more than its first event, as a rule. */
const MAX_BEGINNING_BYTES = 1024;

/** A file, and how long it was when all that was in it had been recorded. */
export const Mark = z.strictObject({
  /**
   * Tells files of one folder apart, also after one was renamed. As text, since it may be larger than
   * numbers are exact; positions of format 1 have a number.
   */
  inode: z.union([z.string(), z.number()]),
  /** When the file was made (RFC 3339), where the system knows: an inode is used again. */
  born: z.optional(z.string()),
  /** The first bytes of the file: how many, and SHA-256 over them. */
  begins: z.optional(z.strictObject({
    bytes: z.number().check(z.int(), z.positive(), z.maximum(MAX_BEGINNING_BYTES)),
    digest: z.string(),
  })),
  /** Bytes. */
  length: z.number().check(z.int(), z.nonnegative()),
  /** Whether a run may have begun to write behind this mark. */
  open: z.boolean(),
});
export type Mark = z.infer<typeof Mark>;

/** Where in which file a page begins. */
export interface Place {
  /** As in a mark, always as text. */
  readonly inode: string;
  /** Bytes before it. */
  readonly offset: number;
}

/** The place `bytes` before the end of what a mark is about. */
export function placeBefore({ inode, length }: Mark, bytes: number): Place {
  return { inode: String(inode), offset: length - bytes };
}

/** What the system says of a file, as a mark has it. */
export function markOf(
  { ino, birthtime, mtime, size }: Pick<Deno.FileInfo, "ino" | "birthtime" | "mtime" | "size">,
): Mark {
  // Some file systems say 1970 for "unknown", others the time of the last change, which moves.
  const isKnown = birthtime !== null && birthtime.getTime() > 0 &&
    (size === 0 || birthtime.getTime() !== mtime?.getTime());
  const born = isKnown ? birthtime.toISOString() : undefined;
  return { inode: String(ino ?? 0), ...(born && { born }), length: size, open: false };
}

/**
 * The same mark with the beginning of its file, as far as the mark reaches. It is read from the file
 * unless `known`, an earlier mark of the same run, has it.
 */
export async function withBeginning(mark: Mark, file: Deno.FsFile, known?: Mark): Promise<Mark> {
  const bytes = Math.min(mark.length, MAX_BEGINNING_BYTES);
  if (bytes === 0) return mark;
  if (
    known?.begins?.bytes === bytes && isSameInode(known, mark) && known.length <= mark.length
  ) {
    return { ...mark, begins: known.begins };
  }
  const digest = encodeBase64(await sha256(await readBytesAt(file, 0, bytes)));
  return { ...mark, begins: { bytes, digest } };
}

/** Whether two marks are about one file, as far as the system tells without a look into it. */
export function isSameInode(one: Mark, other: Mark): boolean {
  if (String(one.inode) !== String(other.inode)) return false;
  return one.born === undefined || other.born === undefined || one.born === other.born;
}

/** Whether a file is the one that a mark is about. */
export async function isMarkedFile(file: Deno.FsFile, mark: Mark): Promise<boolean> {
  const info = await file.stat();
  const found = markOf(info);
  if (!info.isFile || !isSameInode(found, mark) || found.length < mark.length) return false;
  if (mark.begins !== undefined) {
    const { bytes } = mark.begins;
    return (await withBeginning({ ...found, length: bytes }, file)).begins?.digest ===
      mark.begins.digest;
  }
  // An empty file that has the inode may be another one, which got it when the first was removed.
  return found.length > 0 || found.born !== undefined && found.born === mark.born;
}

/** Whether two marks say the same. */
export function isSameMark(one: Mark | undefined, other: Mark | undefined): boolean {
  return JSON.stringify(one && inOrder(one)) === JSON.stringify(other && inOrder(other));
}

function inOrder({ inode, born, begins, length, open }: Mark): unknown[] {
  return [String(inode), born, begins?.bytes, begins?.digest, length, open];
}
