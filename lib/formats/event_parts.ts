/**
 * Where do the parts of an event lie that ecs and ocsf have words for? As lib/events/dictionary.ts reads
 * them, but without parsing: a part is told by its place in the page's bytes.
 */

import { isAddress, isMailAddress } from "../events/address.ts";
import { type Facts, FIELD_NAMES, personIn } from "../events/dictionary.ts";
import { REASON_NAMES } from "../events/fields.ts";
import {
  afterValue,
  createMembers,
  foldedHash,
  isKey,
  type Members,
  readMembers,
  stringText,
} from "../events/members.ts";

import { createMemo } from "./memo.ts";

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
  /** What the members are, those that have a meaning. */
  readonly names: readonly (EventField | "logData" | undefined)[];
  /** Fields that are text and not empty. */
  readonly fields: { readonly [name in EventField]?: Span };
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

/** A key to look for in an object: what it is called, and what to look for in an object there. */
interface Wanted {
  readonly key: Uint8Array;
  readonly name?: string;
  readonly inner?: WantedKeys;
}
/** By `foldedHash` of the key. */
type WantedKeys = ReadonlyMap<number, Wanted>;

const encoder = new TextEncoder();
const EVENT_KEYS: WantedKeys = wantedKeys([...EVENT_FIELDS, "logData"]);
const DATA_KEYS: WantedKeys = new Map([
  ...wantedKeys([...RECIPIENT_NAMES, ...REASON_NAMES]),
  ...wantedKeys(FIELD_NAMES, ""),
]);

/** With `outer`, names that begin so and may go on in objects: `saml_idp` is "idp" in "saml", too. */
function wantedKeys(names: readonly string[], outer?: string): WantedKeys {
  const keys = new Map<number, Wanted>();
  const add = (key: string, found: Omit<Wanted, "key">) => {
    keys.set(foldedHash(key), { key: encoder.encode(key), ...found });
  };
  for (const name of names) {
    if (outer !== undefined && !name.startsWith(outer)) continue;
    const key = name.slice(outer?.length);
    add(key, { name });
    if (outer === undefined) continue;
    for (const { index } of key.matchAll(/_/g)) {
      const prefix = key.slice(0, index);
      add(prefix, { inner: wantedKeys(names, `${outer}${prefix}_`) });
    }
  }
  return keys;
}

/** Makes a reader of events, one after the other: what it returned is no more when it reads the next. */
export function createReader(): (bytes: Uint8Array, start: number, end: number) => Parts {
  const members = createMembers();
  const data = { hash: foldedHash("logData"), members: createMembers(), start: 0 };
  const names: (EventField | "logData" | undefined)[] = [];
  return (bytes, start, end) => {
    readMembers(bytes, start, members, data);
    const fields: { [name in EventField]?: Span } = {};
    let logDataStart: number | undefined;
    let otherMembers = 0;
    for (let i = 0; i < members.count; i++) {
      const at = 4 * i;
      const { offsets, hashes } = members;
      const { key, name } = EVENT_KEYS.get(hashes[i]!) ?? {};
      const isKnown = key && isKey(bytes, offsets[at]!, offsets[at + 1]!, key, "exact");
      names[i] = isKnown ? name as EventField | "logData" : undefined;
      const value = offsets[at + 2]!, after = offsets[at + 3]!;
      if (isKnown && name === "logData") {
        logDataStart = value;
      } else if (isKnown && bytes[value] === QUOTE && after - value > 2) {
        fields[name as EventField] = { start: value + 1, end: after - 1 };
      } else {
        otherMembers++;
      }
    }
    const told: { [name: string]: Span } = {};
    const isObject = logDataStart !== undefined && bytes[logDataStart] === OPEN_OBJECT;
    if (isObject) {
      // Unless a key like it, or the same key again, has led astray.
      if (data.start !== logDataStart) readMembers(bytes, logDataStart!, data.members);
      collect(bytes, data.members, DATA_KEYS, told);
    }
    const isIp = ({ start, end }: Span) => isAddressAt(bytes, start, end);
    const address = told["cas_client_ip"] ?? fields.clientIP;
    const isMail = fields.logType !== undefined && isText(bytes, fields.logType, MAIL_TYPE);
    return {
      bytes,
      start,
      end,
      members,
      names,
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

function isText(bytes: Uint8Array, { start, end }: Span, text: Uint8Array): boolean {
  return isKey(bytes, start, end, text, "exact");
}

function recipientIn(bytes: Uint8Array, told: Told): Span | undefined {
  for (const name of RECIPIENT_NAMES) {
    const span = told[name];
    if (span !== undefined && isMailAddress(textOf(bytes, span))) return span;
  }
  return undefined;
}

function collect(
  bytes: Uint8Array,
  { count, offsets, hashes }: Members,
  keys: WantedKeys,
  told: { [name: string]: Span },
): void {
  for (let i = 0; i < count; i++) {
    const wanted = keys.get(hashes[i]!);
    if (wanted === undefined) continue;
    if (!isKey(bytes, offsets[4 * i]!, offsets[4 * i + 1]!, wanted.key, "folded")) continue;
    const value = offsets[4 * i + 2]!;
    const { name, inner } = wanted;
    if (name !== undefined) {
      // Of several that differ in case, the first that says something counts.
      const span = told[name] ?? spanOf(bytes, value, offsets[4 * i + 3]!);
      if (span !== undefined) told[name] = span;
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
