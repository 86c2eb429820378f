/** Is a file of a kind that cannot be searched? Told by its beginning, with what helps. */

import type { Event } from "../events/events.ts";
import { holdsPosition } from "../position/position.ts";

const FROM_PIPE = "| siem-client ... -";

/** What the first bytes of a file say about how it is packed. */
const PACKINGS: readonly (readonly [name: string, unpack: string, first: readonly number[]])[] = [
  ["bzip2", "bzip2 -dc", [0x42, 0x5a, 0x68]],
  ["xz", "xz -dc", [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ["zstd", "zstd -dc", [0x28, 0xb5, 0x2f, 0xfd]],
];

/** Why a file that begins like this cannot be unpacked; undefined where it can be, or is not packed. */
export function unreadablePacking(bytes: Uint8Array): string | undefined {
  for (const [name, unpack, first] of PACKINGS) {
    if (!first.every((byte, i) => bytes[i] === byte)) continue;
    return `it is packed by ${name}; unpack it on the way: ${unpack} FILE ${FROM_PIPE}`;
  }
  return undefined;
}

/** Four names with commas between them, in quotes or not, with which a line begins. */
const CSV_HEADER = /^(?:\uFEFF)?(?:"?[A-Za-z][\w.]*"?,){3}"?[A-Za-z][\w.]*"?[,\r\n]/;

const MAPPED = "its events are mapped to ";
const SEARCH_UNMAPPED = "search a file of --format ndjson or json";

/**
 * Why events in a file cannot be searched: `head` is its beginning, unpacked, and `first` the first event
 * in it. Undefined where they can be, or there are none.
 */
export function unreadable(head: Uint8Array, first: Event | undefined): string | undefined {
  if (head[0] === 0xff && head[1] === 0xfe || head[0] === 0xfe && head[1] === 0xff) {
    return `it is UTF-16; turn it into UTF-8 on the way: iconv -f UTF-16 -t UTF-8 FILE ${FROM_PIPE}`;
  }
  if (CSV_HEADER.test(new TextDecoder().decode(head.subarray(0, 1024)))) {
    return `it is CSV; ${SEARCH_UNMAPPED}`;
  }
  if (holdsPosition(head)) return "it is a position file; write --position before this name";
  if (first === undefined) return undefined;
  if ("sha256" in first && "previous" in first) {
    return "it is a file of receipts; search the pulled file, or write --receipts before this name";
  }
  if ("ecs" in first || "ecs.version" in first) return `${MAPPED}ECS; ${SEARCH_UNMAPPED}`;
  if ("class_uid" in first && "metadata" in first) return `${MAPPED}OCSF; ${SEARCH_UNMAPPED}`;
  return undefined;
}
