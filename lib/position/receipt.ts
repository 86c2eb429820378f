/** What does a receipt say of a page that was delivered? One line of JSON, chained to the line before it. */

import { encodeHex } from "@std/encoding/hex";
import * as z from "zod/mini";
import { sha256 } from "../base/hashes.ts";

/** SHA-256 in small hexadecimal digits. */
export const Digest = z.string().check(z.regex(/^[0-9a-f]{64}$/));
const Count = z.number().check(z.int(), z.nonnegative());

/**
 * One page that delivered events or moved the cursor. Its fields and their meanings are promised
 * (docs/reference.md) and never change within a version. All times are RFC 3339 in UTC.
 *
 * How lines follow each other: `from` and `skip` are where the line before ended (`to`, and where that
 * is its `from`, at least its `skip` and `events`). After a crash the line before may have the same
 * `from` and `skip`; then the later line counts. After runs that kept no receipts there is a hole:
 * `previous` is the digest of the line before it all the same, or null where that is not in this file.
 */
export const Receipt = z.strictObject({
  version: z.literal(1),
  api: z.enum(["siem", "log"]),
  /** The service, in normal form. */
  address: z.string(),
  /** As in the position: null where none was given and the service told none. */
  organisation: z.nullable(z.string()),
  /** The cursor that the page was asked for with. */
  from: z.string(),
  /**
   * How many first events of the page there an earlier receipt has: a page without a later cursor is
   * asked for again.
   */
  skip: Count,
  /** The cursor to go on from; the same as `from` where the service names no later one. */
  to: z.string(),
  /** How many were delivered: without those that an earlier receipt has or the run leaves out. */
  events: Count,
  /** How much was written for the page, framing and headers included. */
  bytes: Count,
  /** SHA-256 over that. */
  sha256: Digest,
  /** The earliest and the latest time stamp among the events delivered; null where none has any. */
  first: z.nullable(z.string()),
  last: z.nullable(z.string()),
  /** Where in which file that begins; null where it went to no file, or nothing was written. */
  output: z.nullable(z.strictObject({
    /** As text: it may be larger than numbers are exact. */
    inode: z.string(),
    /** Bytes before it. */
    offset: Count,
  })),
  /** When this was written. */
  saved: z.string(),
  /** `digestOfLine` of the line before; null where there is none. */
  previous: z.nullable(Digest),
});
export type Receipt = z.infer<typeof Receipt>;

/** Which stream a receipt or a position is of. */
type Stream = Pick<Receipt, "api" | "address" | "organisation">;

/** Whether two are of one stream. An organisation may not be known yet. */
export function isSameStream(one: Stream, other: Stream): boolean {
  const isOrganisation = one.organisation === other.organisation || one.organisation === null ||
    other.organisation === null;
  return one.api === other.api && one.address === other.address && isOrganisation;
}

/** How every line begins. */
export const RECEIPT_BEGINNING = '{"version":1,"api":"';

/** Whether a text is the beginning of a line, however short. */
export function beginsReceipt(text: string): boolean {
  return RECEIPT_BEGINNING.startsWith(text.slice(0, RECEIPT_BEGINNING.length));
}

/** The line for a receipt, with its newline; the fields always come in the same order. */
export function receiptLine(receipt: Receipt): string {
  return `${JSON.stringify(Receipt.parse(receipt))}\n`;
}

/** What a line without its newline says; undefined where it is no receipt of this version. */
export function receiptOf(line: Uint8Array): Receipt | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(line);
    return Receipt.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** SHA-256 over a line, in hexadecimal digits. The newline at its end is not part of it. */
export async function digestOfLine(line: Uint8Array | string): Promise<string> {
  const bytes = typeof line === "string" ? new TextEncoder().encode(line) : line;
  const end = bytes.at(-1) === NEWLINE ? bytes.length - 1 : bytes.length;
  return await hexDigest(bytes.subarray(0, end));
}

/** SHA-256 over bytes, in hexadecimal digits; they are copied at once. */
export async function hexDigest(bytes: Uint8Array): Promise<string> {
  return encodeHex(await sha256(bytes));
}

const NEWLINE = 0x0a;
