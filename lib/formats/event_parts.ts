/**
 * Where do the parts of an event lie that ecs and ocsf have words for? As lib/events/dictionary.ts reads
 * them, but without parsing: a part is told by its place in the page's bytes.
 */

import { isAddress, isMailAddress } from "../events/address.ts";
import { type Facts, FIELD_NAMES, personIn } from "../events/dictionary.ts";
import { REASON_NAMES } from "../events/fields.ts";
import { foldedHash, isKey, stringText } from "../events/keys.ts";
import { afterValue, createMembers, type Members, readMembers } from "../events/members.ts";
import { createMemo } from "./memo.ts";
import { placed, wantedAt, type WantedKeys, wantedKeys } from "./wanted_keys.ts";

const QUOTE = 0x22, COMMA = 0x2c, MINUS = 0x2d, NINE = 0x39, BACKSLASH = 0x5c, SPACE = 0x20;
const OPEN_LIST = 0x5b, CLOSE_LIST = 0x5d, OPEN_OBJECT = 0x7b;

/** The inside of a string, or a number. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** The fields beside `logData` that have a meaning, exactly as they are written. */
const EVENT_FIELDS = [
  "timeStampISO",
  "logType",
  "logSubtype",
  "service",
  "clientIP",
  "correlationId",
  "orgUrl",
  "orgDomain",
  "tenant",
] as const;
export type EventField = typeof EVENT_FIELDS[number];

/** The type of events about a mail. */
const MAIL_TYPE = new TextEncoder().encode("sending");

/** Fields of `logData` that name the recipient of a mail (not documented), the most telling first. */
const RECIPIENT_NAMES = ["to", "recipient", "mail", "email"] as const;

/** What fields of `logData` say, under their names in small letters. */
export type Told = Facts<Span> & { readonly [name: string]: Span | undefined };

/** One event. */
export interface Parts {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly members: Members;
  /** Fields that are text and not empty. */
  readonly fields: { readonly [name in EventField]?: Span | undefined };
  /** Where the value of `logData` begins, and its members where it is an object. */
  readonly logDataStart: number | undefined;
  readonly logData: Members | undefined;
  readonly told: Told;
  /** How many members are neither one of `fields` nor `logData`. */
  readonly otherMembers: number;
  /** The person; never an IP address. */
  readonly person: Span | undefined;
  /** Where the person's browser is; and the same where that is an IP address. */
  readonly address: Span | undefined;
  readonly ip: Span | undefined;
  /** Of an event about a mail: the address that a field of `logData` names as the recipient. */
  readonly recipient: Span | undefined;
}

/** The text of a part; a lone surrogate in it is U+FFFD. */
export function textOf(bytes: Uint8Array, { start, end }: Span): string {
  return stringText(bytes, start, end);
}

const EVENT_KEYS = placed(wantedKeys([...EVENT_FIELDS, "logData"]));
const DATA_KEYS = placed(
  new Map([
    ...wantedKeys([...RECIPIENT_NAMES, ...REASON_NAMES]),
    ...wantedKeys(FIELD_NAMES, ""),
  ]),
);

/** What the member of an event at an index is, if it has a meaning. */
export function nameOf(
  { bytes, members }: Parts,
  index: number,
): EventField | "logData" | undefined {
  const wanted = wantedAt(bytes, members, index, EVENT_KEYS, "exact");
  return wanted?.name as EventField | "logData" | undefined;
}

const NO_FIELDS = Object.fromEntries(EVENT_FIELDS.map((name) => [name, undefined]));
const NOTHING_TOLD = Object.fromEntries(
  [...FIELD_NAMES, ...RECIPIENT_NAMES, ...REASON_NAMES].map((name) => [name, undefined]),
);

/** Makes a reader of events, one after the other: what it returned is no more when it reads the next. */
export function createReader(): (bytes: Uint8Array, start: number, end: number) => Parts {
  const members = createMembers();
  const data = { hash: foldedHash("logData"), members: createMembers(), start: 0 };
  return (bytes, start, end) => {
    readMembers(bytes, start, members, data);
    const fields: { [name: string]: Span | undefined } = { ...NO_FIELDS };
    let logDataStart: number | undefined;
    let otherMembers = 0;
    for (let i = 0; i < members.count; i++) {
      const name = wantedAt(bytes, members, i, EVENT_KEYS, "exact")?.name;
      const value = members.offsets[4 * i + 2]!, after = members.offsets[4 * i + 3]!;
      if (name === "logData") {
        logDataStart = value;
      } else if (name !== undefined && bytes[value] === QUOTE && after - value > 2) {
        fields[name] = { start: value + 1, end: after - 1 };
      } else {
        otherMembers++;
      }
    }
    const told: { [name: string]: Span | undefined } = { ...NOTHING_TOLD };
    const isObject = logDataStart !== undefined && bytes[logDataStart] === OPEN_OBJECT;
    if (isObject) {
      // Unless a key like it, or the same key again, has led astray.
      if (data.start !== logDataStart) readMembers(bytes, logDataStart!, data.members);
      collect(bytes, data.members, DATA_KEYS, told);
    }
    const isIp = ({ start, end }: Span) => isAddressAt(bytes, start, end);
    const { logType, clientIP } = fields as Parts["fields"];
    const address = (told as Facts<Span>).cas_client_ip ?? clientIP;
    const isMail = logType !== undefined &&
      isKey(bytes, logType.start, logType.end, MAIL_TYPE, "exact");
    return {
      bytes,
      start,
      end,
      members,
      fields,
      otherMembers,
      logDataStart,
      logData: isObject ? data.members : undefined,
      told,
      person: personIn(told as Facts<Span>, isIp),
      address,
      ip: address !== undefined && isIp(address) ? address : undefined,
      recipient: isMail ? recipientIn(bytes, told) : undefined,
    };
  };
}

/** Whether a text at a place says something; asked once for the same text. */
export function aboutText<Found>(find: (text: string) => Found) {
  return createMemo((bytes, start, end) => find(stringText(bytes, start, end)));
}

const isAddressAt = aboutText(isAddress);

function recipientIn(bytes: Uint8Array, told: Told): Span | undefined {
  for (const name of RECIPIENT_NAMES) {
    const span = told[name];
    if (span !== undefined && isMailAddress(textOf(bytes, span))) return span;
  }
  return undefined;
}

function collect(
  bytes: Uint8Array,
  members: Members,
  keys: WantedKeys,
  told: { [name: string]: Span | undefined },
): void {
  for (let i = 0; i < members.count; i++) {
    const wanted = wantedAt(bytes, members, i, keys, "folded");
    if (wanted === undefined) continue;
    const { name, inner } = wanted;
    const value = members.offsets[4 * i + 2]!;
    if (name !== undefined) {
      // Of several that differ in case, the first that says something counts.
      told[name] ??= spanOf(bytes, value, members.offsets[4 * i + 3]!);
    } else if (inner !== undefined && bytes[value] === OPEN_OBJECT) {
      const nested = createMembers();
      readMembers(bytes, value, nested);
      collect(bytes, nested, inner, told);
    }
  }
}

/** The text of a field: of a list its first text, a number's digits; undefined for all else. */
function spanOf(bytes: Uint8Array, value: number, after: number): Span | undefined {
  let [start, end] = [value, after];
  if (bytes[start] === OPEN_LIST) {
    for (start++; bytes[start] !== QUOTE;) {
      while (bytes[start]! <= SPACE || bytes[start] === COMMA) start++;
      if (bytes[start] === CLOSE_LIST) return undefined;
      if (bytes[start] !== QUOTE) start = afterValue(bytes, start);
    }
    end = afterValue(bytes, start);
  }
  const first = bytes[start]!;
  if (first === QUOTE) {
    return isBlank(bytes, start + 1, end - 1) ? undefined : { start: start + 1, end: end - 1 };
  }
  return first >= MINUS && first <= NINE ? { start, end } : undefined;
}

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!;
    if (byte === BACKSLASH || byte >= 0x80) return stringText(bytes, start, end).trim() === "";
    if (byte > SPACE) return false;
  }
  return true;
}
