/**
 * What does the summary count of an event? Told by its bytes where they are as those of most events are;
 * of others by the event itself, parsed.
 */

import { enlarged } from "../base/memory.ts";
import { clean } from "../base/text.ts";
import { isAddress } from "../events/address.ts";
import { type Event, eventAt, type Events } from "../events/events.ts";
import { addressOf, isFailure, kindOf, timeOf, userOf } from "../events/fields.ts";
import { foldedHash, stringText } from "../events/keys.ts";
import { createMembers, type Members, readMembers } from "../events/members.ts";
import { createTimes } from "./event_time.ts";
import { createMemo } from "./memo.ts";
import { placed, wantedAt, type WantedKeys, wantedKeys } from "./wanted_keys.ts";

const QUOTE = 0x22, OPEN_OBJECT = 0x7b, SMALL_A = 0x61;

/** What is counted of an event. */
export interface Counted {
  readonly failed: boolean;
  /** In milliseconds since 1970; NaN where it is not known. */
  readonly time: number;
  /** Service, type and subtype. */
  readonly kind: string;
  /** Empty where it is not known. */
  readonly address: string;
  readonly user: string | undefined;
}

/** UTF-16 units that names are told apart by. */
const MAX_NAME_LENGTH = 120;
/** A larger event is parsed, as far as that is done at all. */
const MAX_BYTES = 64 * 1024;
/** Users and addresses whose names are kept, once they were found. */
const MAX_NAMES = 20_000;

/** The fields of an event that are looked at, and those of its `logData` (see lib/events/dictionary.ts). */
const EVENT_FIELDS = ["service", "logType", "logSubtype", "timeStampISO", "clientIP"];
const DATA_FIELDS = ["eppn", "user", "mail", "uid", "cas_client_ip"];
const NAMES = [...EVENT_FIELDS, ...DATA_FIELDS];
/** The slot of `logData` itself. */
const LOG_DATA = NAMES.length;
const SLOTS = new Map(NAMES.map((name, slot) => [name, slot]));
const [TIME, CLIENT, EPPN, USER, MAIL, UID, CAS_CLIENT] = [
  "timeStampISO",
  "clientIP",
  ...DATA_FIELDS,
].map((name) => NAMES.indexOf(name)) as Seven;
/** The slots that tell of which kind an event is are the first. */
const KIND_SLOTS = 3;
type Seven = [number, number, number, number, number, number, number];

const EVENT_KEYS = placed(wantedKeys([...EVENT_FIELDS, "logData"]));
const DATA_KEYS = placed(wantedKeys(DATA_FIELDS, ""));

/** What is counted of an event that was parsed. */
export function countedOf(event: Event): Counted {
  const user = userOf(event);
  return {
    failed: isFailure(event),
    time: timeOf(event),
    kind: kindNameOf(event),
    address: clean(addressOf(event), MAX_NAME_LENGTH),
    user: user === undefined ? undefined : clean(user, MAX_NAME_LENGTH),
  };
}

function kindNameOf(event: Event): string {
  return clean(`${clean(event["service"])} ${kindOf(event)}`, MAX_NAME_LENGTH) || "(not said)";
}

/** Makes a function that says what is counted of the event at an index, one after the other. */
export function createCounter(): (events: Events, index: number) => Counted {
  const find = createFinder();
  const kind = createKinds();
  const time = createTimes();
  const nameAt = createMemo((bytes, start, end) => {
    const text = stringText(bytes, start, end);
    return {
      text: clean(clean(text), MAX_NAME_LENGTH),
      isBlank: text.trim() === "",
      isAddress: isAddress(text),
    };
  }, MAX_NAMES);
  return (events, index) => {
    const { bytes, spans } = events;
    const places = find(bytes, spans[2 * index]!, spans[2 * index + 1]!);
    const parsed = () => countedOf(eventAt(events, index)!);
    if (places === undefined) return parsed();
    const name = (slot: number) => {
      const start = places[2 * slot]!;
      if (start === 0) return undefined;
      const found = nameAt(bytes, start, places[2 * slot + 1]!);
      return found.isBlank ? undefined : found;
    };
    const user = name(USER);
    const person = name(EPPN) ?? (user?.isAddress ? undefined : user) ?? name(MAIL) ?? name(UID);
    // Other fields may name somebody.
    if (person === undefined || person.text === "") return parsed();
    return {
      ...kind(bytes, places),
      time: time(bytes, places[2 * TIME]!, places[2 * TIME + 1]!),
      address: (name(CAS_CLIENT) ?? name(CLIENT))?.text ?? "",
      user: person.text,
    };
  };
}

/**
 * Makes a function that finds where the texts of an event begin and end, two numbers for each slot, zeros
 * where it is not there; undefined where one of them is no text, or may be written in more than one way.
 */
function createFinder(): (
  bytes: Uint8Array,
  start: number,
  end: number,
) => Uint32Array | undefined {
  const members = createMembers();
  const data = { hash: foldedHash("logData"), members: createMembers(), start: 0 };
  const places = new Uint32Array(2 * NAMES.length + 2);
  return (bytes, start, end) => {
    if (end - start > MAX_BYTES) return undefined;
    places.fill(0);
    readMembers(bytes, start, members, data);
    if (!put(bytes, members, EVENT_KEYS, "exact", places)) return undefined;
    // Unless it is no object, or a key that is like it has led astray.
    if (data.start === 0 || data.start !== places[2 * LOG_DATA]) return undefined;
    return put(bytes, data.members, DATA_KEYS, "folded", places) ? places : undefined;
  };
}

/** Notes where texts are; says whether that is all there is to say. */
function put(
  bytes: Uint8Array,
  members: Members,
  keys: WantedKeys,
  how: "exact" | "folded",
  places: Uint32Array,
): boolean {
  const { offsets, texts } = members;
  for (let i = 0; i < members.count; i++) {
    const wanted = wantedAt(bytes, members, i, keys, how);
    if (wanted === undefined) continue;
    const start = offsets[4 * i + 2]!, first = bytes[start]!;
    const slot = SLOTS.get(wanted.name ?? "");
    if (slot === undefined) {
      if (wanted.name === "logData") places[2 * LOG_DATA] = start;
      else if (first === OPEN_OBJECT) return false;
    } else if (first === QUOTE && texts[i] === 1 && places[2 * slot] === 0) {
      places[2 * slot] = start + 1;
      places[2 * slot + 1] = offsets[4 * i + 3]! - 1;
    } else if (first < SMALL_A || first === OPEN_OBJECT) {
      return false;
    }
  }
  return true;
}

/** Makes a function that says of which kind an event is, from where its texts are. */
function createKinds() {
  let joined = new Uint8Array(256);
  const about = createMemo((bytes, start, end) => {
    const ends = [bytes.indexOf(0, start), bytes.lastIndexOf(0, end - 1)] as const;
    const event = {
      service: stringText(bytes, start, ends[0]),
      logType: stringText(bytes, ends[0] + 1, ends[1]),
      logSubtype: stringText(bytes, ends[1] + 1, end),
    };
    return { kind: kindNameOf(event), failed: isFailure(event) };
  });
  return (bytes: Uint8Array, places: Uint32Array) => {
    let length = 0;
    for (let slot = 0; slot < KIND_SLOTS; slot++) {
      const start = places[2 * slot]!, end = places[2 * slot + 1]!;
      if (length + end - start >= joined.length) {
        joined = enlarged(joined, length + end - start + 256);
      }
      // No text has a zero.
      if (slot > 0) joined[length++] = 0;
      for (let at = start; at < end; at++) joined[length++] = bytes[at]!;
    }
    return about(joined, 0, length);
  };
}
