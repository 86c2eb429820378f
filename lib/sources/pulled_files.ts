/** Which files are searched, and in which order? All are opened and looked at before anything is written. */

import { usageFailure } from "../base/errors.ts";
import { startingWith, unpacked } from "../base/file_blocks.ts";
import { isSameFile, type Reader } from "../base/files.ts";
import { quoted, whyUnread } from "../base/text.ts";
import { eventAt } from "../events/events.ts";
import { timeOf } from "../events/fields.ts";
import type { Notes } from "../terminal/notes.ts";
import { EventFinder } from "./pulled_events.ts";
import { unreadable, unreadablePacking } from "./pulled_kind.ts";
import { createWindow } from "./pulled_window.ts";

/** A file that is open. */
export interface PulledFile {
  /** As it is named to people. */
  readonly name: string;
  /** All of it, packed as it may be. */
  readonly reader: Reader;
  /** Whether what comes may be waited for. */
  readonly isPipe: boolean;
  close(): void;
}

/** A file that was looked at. */
interface Known extends PulledFile {
  /** When its first event happened, in milliseconds since 1970; NaN where it does not say. */
  readonly time: number;
  readonly info: Deno.FileInfo | undefined;
  readonly path: string;
}

/** How much of a file is looked at. */
const HEAD_BYTES = 64 * 1024;

/**
 * Opens files, and puts them in the order of their first event's time; those without one come last. `-` is
 * standard input. A file that is named twice is said to be. Throws Failure (usage) for what is not there,
 * cannot be read, or holds something else than events.
 */
export async function openPulled(paths: readonly string[], notes: Notes): Promise<PulledFile[]> {
  const files: Known[] = [];
  for (const path of paths) {
    const file = await open(path);
    const same = files.find((other) => areSame(file, other));
    if (same === undefined) {
      files.push(file);
    } else {
      const again = same.path === path ? "it is named twice" : `${same.name} is the same file`;
      notes.say(`Reading ${file.name} only once: ${again}`);
      file.close();
    }
  }
  const late = ({ time }: Known) => Number.isNaN(time) ? Infinity : time;
  // Infinity has no difference to itself.
  return files.sort((one, other) => late(one) === late(other) ? 0 : late(one) - late(other));
}

const IS_FILE = "what is no option is a file to search (all options: siem-client --help)";

async function open(path: string): Promise<Known> {
  const name = path === "-" ? "standard input" : quoted(path);
  try {
    const info = path === "-" ? undefined : await Deno.stat(path);
    const why = info === undefined ? undefined : whyNot(info);
    if (why !== undefined) throw new Error(why);
    const file = path === "-" ? Deno.stdin : await Deno.open(path);
    const close = () => file.close();
    const head = await headOf(file);
    let reader: Reader = startingWith(head, file);
    if (info?.isFile) {
      await (file as Deno.FsFile).seek(0, Deno.SeekMode.Start);
      reader = inTurns(file as Deno.FsFile);
    }
    return { name, path, info, reader, isPipe: !info?.isFile, close, time: await firstTime(head) };
  } catch (error) {
    const why = whyUnread(error);
    if (!(error instanceof Deno.errors.NotFound)) {
      throw usageFailure(`Cannot search ${name}: ${why}`);
    }
    const shown = quoted(path.replace(/=.*$/s, ""));
    throw usageFailure(`Cannot search ${shown}: ${why}; ${IS_FILE}`);
  }
}

/** Of so many reads one lets this thread look after other things, such as signals. */
const READS_PER_TURN = 16;

/** Reads without the hop to another thread and back, which takes longer than to read a block. */
function inTurns(file: Deno.FsFile): Reader {
  let reads = 0;
  return {
    read: (buffer) =>
      ++reads % READS_PER_TURN === 0 ? file.read(buffer) : Promise.resolve(file.readSync(buffer)),
  };
}

/** Why something that has a name cannot be read as a file; undefined where it may be. */
function whyNot({ isDirectory, isCharDevice, isBlockDevice }: Deno.FileInfo): string | undefined {
  if (isDirectory) return "it is a folder; name the files in it";
  return isCharDevice || isBlockDevice ? "it is a device" : undefined;
}

/** The beginning of a file. Of a pipe no more than is needed is waited for. */
async function headOf(file: Reader): Promise<Uint8Array> {
  const head = new Uint8Array(HEAD_BYTES);
  let length = 0;
  while (length < head.length && !head.subarray(0, length).includes(0x0a)) {
    const count = await file.read(head.subarray(length));
    if (count === null) break;
    length += count;
  }
  return head.subarray(0, length);
}

/** When the first event happened that is in the beginning of a file. Throws where it holds no events. */
async function firstTime(head: Uint8Array): Promise<number> {
  const packing = unreadablePacking(head);
  if (packing !== undefined) throw new Error(packing);
  const text = await unpackedHead(head);
  const window = createWindow(startingWith(text, NOTHING), HEAD_BYTES);
  const finder = new EventFinder(undefined);
  await window.more();
  const first = eventAt(finder.take(window), 0);
  const why = unreadable(text, first);
  if (why !== undefined) throw new Error(why);
  return timeOf(first ?? {});
}

const NOTHING: Reader = { read: () => Promise.resolve(null) };

/** What is unpacked of a beginning, which is cut off somewhere. */
async function unpackedHead(head: Uint8Array): Promise<Uint8Array> {
  const text = new Uint8Array(HEAD_BYTES);
  let length = 0;
  try {
    const reader = await unpacked(startingWith(head, NOTHING));
    while (length < text.length) {
      const count = await reader.read(text.subarray(length));
      if (count === null) break;
      length += count;
    }
  } catch {
    // What is wrong with the file is said when all of it is read.
  }
  return text.subarray(0, length);
}

function areSame(one: Known, other: Known): boolean {
  if (one.info === undefined || other.info === undefined) return one.path === other.path;
  if (one.info.ino && other.info.ino) return isSameFile(one.info, other.info);
  return one.path === other.path;
}
