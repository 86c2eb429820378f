/** How do events look in a spreadsheet? `--format csv`: a row for each (RFC 4180), in columns that never change. */

import { stringify } from "@std/csv/stringify";
import { printable } from "../base/text.ts";
import { FIELD_NAMES } from "../events/dictionary.ts";
import { stringText } from "../events/keys.ts";
import { createMembers, type Members, readMembers } from "../events/members.ts";
import { ndjsonInPlace } from "./json.ts";
import { createWriter, putBytes } from "./json_writer.ts";
import type { Layout, LayoutOptions } from "./layout.ts";
import { placed, wantedAt, type WantedKeys, wantedKeys } from "./wanted_keys.ts";

const QUOTE = 0x22, OPEN_OBJECT = 0x7b, NEWLINE = 0x0a;
/** Rows are made of so many bytes of events, or of one event: as text they take far more memory. */
const BATCH_BYTES = 256 * 1024;

/** The columns of the Console's export, and the fields they come from; none for `orgid`, which the API has not. */
const EXPORTED: readonly (readonly [column: string, field?: string])[] = [
  ["timestamp", "timeStampISO"],
  ["tenant", "tenant"],
  ["orgdomain", "orgDomain"],
  ["orgurl", "orgUrl"],
  ["orgid"],
  ["service", "service"],
  ["clientip", "clientIP"],
  ["correlationid", "correlationId"],
  ["logtype", "logType"],
  ["logsubtype", "logSubtype"],
];
/** The dictionary's fields of `logData`, in its order. */
const DATA_FIELDS = [...FIELD_NAMES, "cas_ticketprefix", "cas_isproxied", "attributes"];
/** All columns; the last is `logData` as it is. */
const COLUMNS = [...EXPORTED.map(([column]) => column), ...DATA_FIELDS, "logdata"];

const encoder = new TextEncoder();
/** The columns of an event's own fields, and of those of `logData`. */
const EVENT_COLUMNS = new Map([
  ...EXPORTED.flatMap(([, field], column) => field === undefined ? [] : [[field, column] as const]),
  ["logData", COLUMNS.length - 1],
]);
const DATA_COLUMNS = new Map(DATA_FIELDS.map((name, n) => [name, EXPORTED.length + n]));
const EVENT_KEYS = placed(wantedKeys([...EVENT_COLUMNS.keys()]));
const DATA_KEYS = placed(wantedKeys(DATA_FIELDS, ""));

/** Makes the layout: a heading with the first page, and a row for each event. */
export function createCsv({ screen }: LayoutOptions): Layout {
  const to = createWriter();
  const cellsOf = createCells(screen.isTerminal || screen.isDumb ? printable : (text) => text);
  let isBegun = false;
  return ({ events }) => {
    to.length = 0;
    let rows: string[][] = isBegun ? [] : [COLUMNS];
    isBegun = true;
    const flush = () => {
      putBytes(to, encoder.encode(stringify(rows)));
      rows = [];
    };
    const lines = ndjsonInPlace(events);
    for (let start = 0, batch = 0; start < lines.length;) {
      const newline = lines.indexOf(NEWLINE, start);
      // The last event may end where its memory does.
      const end = newline < 0 ? lines.length : newline;
      rows.push(cellsOf(lines, start, end));
      start = end + 1;
      if (start - batch < BATCH_BYTES) continue;
      batch = start;
      flush();
    }
    flush();
    return to.bytes.subarray(0, to.length);
  };
}

/**
 * Makes a function from an event, in JSON without white space from `start` to before `end`, to its row. The
 * cells are cut out of the text of the whole event where it is ASCII: to decode each takes far longer.
 */
function createCells(shown: (text: string) => string) {
  const event = createMembers(), data = createMembers();
  return (bytes: Uint8Array, start: number, end: number): string[] => {
    const cells = Array<string>(COLUMNS.length).fill("");
    const whole = decoder.decode(bytes.subarray(start, end));
    const line = { bytes, start, ascii: whole.length === end - start ? whole : undefined };
    readMembers(bytes, start, event);
    for (let i = 0; i < event.count; i++) {
      const name = wantedAt(bytes, event, i, EVENT_KEYS, "exact")?.name;
      if (name === undefined) continue;
      const column = EVENT_COLUMNS.get(name)!;
      const value = event.offsets[4 * i + 2]!, after = event.offsets[4 * i + 3]!;
      const isData = name === "logData";
      cells[column] = isData ? rawText(line, value, after) : textOf(line, value, after);
      if (!isData || bytes[value] !== OPEN_OBJECT) continue;
      readMembers(bytes, value, data);
      collect(line, data, DATA_KEYS, cells);
    }
    return cells.map((cell) => cell === "" ? cell : harmless(shown(cell)));
  };
}

/** One event. */
interface Line {
  readonly bytes: Uint8Array;
  readonly start: number;
  /** Its text where that is ASCII. */
  readonly ascii: string | undefined;
}

/** Of several that differ in case or in how they are nested, the first that says something counts. */
function collect(line: Line, members: Members, keys: WantedKeys, cells: string[]): void {
  const { bytes } = line;
  for (let i = 0; i < members.count; i++) {
    const { name, inner } = wantedAt(bytes, members, i, keys, "folded") ?? {};
    const column = name === undefined ? undefined : DATA_COLUMNS.get(name);
    const value = members.offsets[4 * i + 2]!, after = members.offsets[4 * i + 3]!;
    if (column !== undefined && cells[column] === "") {
      const text = textOf(line, value, after);
      if (text.trim() !== "") cells[column] = text;
    } else if (inner !== undefined && bytes[value] === OPEN_OBJECT) {
      const nested = createMembers();
      readMembers(bytes, value, nested);
      collect(line, nested, inner, cells);
    }
  }
}

/** A string's text; objects, lists and numbers as they stand; nothing for null. */
function textOf(line: Line, start: number, end: number): string {
  const text = rawText(line, start, end);
  if (line.bytes[start] !== QUOTE) return text === "null" ? "" : text;
  return text.includes("\\") ? stringText(line.bytes, start + 1, end - 1) : text.slice(1, -1);
}

const decoder = new TextDecoder();

function rawText({ bytes, start: from, ascii }: Line, start: number, end: number): string {
  return ascii?.slice(start - from, end - from) ?? decoder.decode(bytes.subarray(start, end));
}

const FORMULA = /^[=+\-@\t\r]/;
const NUMBER = /^[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i;

/**
 * A cell that no spreadsheet runs as a formula (OWASP, "CSV Injection"). A carriage return becomes a line
 * feed, since @std/csv puts only that in quotes.
 */
function harmless(cell: string): string {
  const text = cell.includes("\r") ? cell.replace(/\r\n?/g, "\n") : cell;
  return FORMULA.test(cell) && !NUMBER.test(cell) ? `'${text}` : text;
}
