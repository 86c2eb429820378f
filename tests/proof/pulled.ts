/** What a stream with receipts leaves: pulled files and a chain, made without a run, so that they can be damaged. */

import { digestOfLine, hexDigest, type Receipt, receiptLine } from "../../lib/position/receipt.ts";
import type { Folder } from "../client.ts";

/** A page as it was written. */
export interface MadePage {
  readonly text: string;
  readonly receipt: Receipt;
  /** With its newline. */
  readonly line: string;
}

/** When the first event of made pages happened. */
const START = Date.parse("2026-11-20T00:00:00Z");
const MINUTE = 60_000;

/** Where the pages of a stream go. */
export interface Shape {
  /** How many pages each pulled file has; each file has its own inode, from 100 on. */
  readonly files?: readonly number[];
  /** Pages that went into a pipe, in the place of files. */
  readonly piped?: number;
  readonly eventsPerPage?: number;
  readonly organisation?: string;
  /** Follows another chain. */
  readonly after?: MadePage | undefined;
  /** Of the first page. */
  readonly number?: number;
  readonly from?: string;
}

/** Pages of one event a minute, and their receipts. */
export async function makePages(shape: Shape = {}): Promise<MadePage[]> {
  const { files = shape.piped === undefined ? [6] : [], piped = 0, eventsPerPage = 3 } = shape;
  const organisation = shape.organisation ?? "https://www.example.edu/";
  const pages: MadePage[] = [];
  let number = shape.number ?? 0;
  let previous = shape.after === undefined ? null : await digestOfLine(shape.after.line);
  let from = shape.from ?? shape.after?.receipt.to ?? cursorOf(number);
  const places = files.flatMap((count, file) => Array.from({ length: count }, () => file));
  let offset = 0;
  for (let i = 0; i < places.length + piped; i++) {
    const file = places[i];
    if (file !== places[i - 1]) offset = 0;
    const time = (n: number) => new Date(START + n * MINUTE).toISOString();
    const numbers = Array.from({ length: eventsPerPage }, (_, n) => number * eventsPerPage + n);
    const text = numbers.map((n) => `${JSON.stringify(madeEvent(n, organisation))}\n`).join("");
    const bytes = new TextEncoder().encode(text);
    const to = cursorOf(number + 1);
    const receipt: Receipt = {
      version: 1,
      api: "log",
      address: "https://api.cirrusidentity.com/logs/v1",
      organisation,
      from,
      skip: 0,
      to,
      events: eventsPerPage,
      bytes: bytes.length,
      sha256: await hexDigest(bytes),
      first: time(numbers[0]!),
      last: time(numbers.at(-1)!),
      output: file === undefined ? null : { inode: `${100 + file}`, offset },
      saved: time(numbers.at(-1)! + 1),
      previous,
    };
    const line = receiptLine(receipt);
    pages.push({ text, receipt, line });
    [previous, from, number, offset] = [
      await digestOfLine(line),
      to,
      number + 1,
      offset + bytes.length,
    ];
  }
  return pages;
}

/** The cursor of a page. */
export function cursorOf(page: number): string {
  return `0199b3a2-0000-7000-8000-${page.toString(16).padStart(12, "0")}`;
}

function madeEvent(n: number, organisation: string): unknown {
  const timeStampISO = new Date(START + n * MINUTE).toISOString();
  return { n, timeStampISO, tenant: organisation, logData: { eppn: `user${n % 7}@example.edu` } };
}

/** The lines of some pages, as a file of receipts has them. */
export function linesOfPages(pages: readonly MadePage[]): string {
  return pages.map(({ line }) => line).join("");
}

/** What was written for some pages, as a pulled file has it. */
export function textOfPages(pages: readonly MadePage[]): string {
  return pages.map(({ text }) => text).join("");
}

/** A text as gzip. */
export async function gzipped(text: string): Promise<Uint8Array> {
  const packed = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}

/** Writes files into a folder. */
export async function writeFiles(
  folder: Folder,
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await Deno.writeFile(
      folder.path(name),
      typeof content === "string" ? new TextEncoder().encode(content) : content,
    );
  }
}
