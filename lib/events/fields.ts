/**
 * What does an event tell a reader? Who, why, and whether it went wrong. What the vendor documents
 * comes first (dictionary.ts); other fields are recognised by the names that such fields usually have.
 */

import { clean } from "../base/text.ts";
import { isAddress } from "./address.ts";
import { addressIn, applicationIn, factsOf, personIn } from "./dictionary.ts";
import type { Event } from "./events.ts";

/** The subtypes of events in which somebody did not get what they wanted. */
const FAILURES: ReadonlySet<unknown> = new Set([
  "failure",
  "error",
  "invalidCode",
  "expiredCode",
  "noEmail",
]);

/** Names of fields that say who in events that have none of the documented ones, in small letters. */
const USER_NAMES =
  ("eppn edupersonprincipalname user username userid uid email mail emailaddress " +
    "principal nameid subject sub recipient to name displayname").split(" ");

/** Names of fields that say why, in small letters, the most telling first. */
export const REASON_NAMES =
  ("reason failurereason error_description errordescription errormessage error " +
    "message errorcode statusmessage status").split(" ");

/** Values of an event that are looked at: how many there are and how deep is up to the service. */
const LOOKED_AT = 200;

/** A value in an event, and the name that it has there, in small letters. */
type Named = readonly [name: string, value: unknown];

/** Whether an event reports that something failed. */
export function isFailure(event: Event): boolean {
  return FAILURES.has(event["logSubtype"]);
}

/** Type and subtype of an event, with a slash between them. */
export function kindOf(event: Event): string {
  return [event["logType"], event["logSubtype"]].map((name) => clean(name)).filter(Boolean).join(
    "/",
  );
}

/** Whom an event is about; undefined where it does not say. Never an IP address. */
export function userOf(event: Event): string | undefined {
  return documentedUser(event) ?? firstOf(USER_NAMES, valuesOf(event), isAddress);
}

function documentedUser(event: Event): string | undefined {
  return clean(personIn(factsOf(event))) || undefined;
}

/** The address of the person's browser, as far as it is known; empty where it is not. */
export function addressOf(event: Event): string {
  return clean(addressIn(event, factsOf(event)));
}

/**
 * The most telling value of `logData`: the user, else the reason, else the application, else any text;
 * a failure has both user and reason.
 */
export function tellingOf(event: Event): string {
  const user = userOf(event);
  if (user !== undefined && !isFailure(event)) return user;
  const values = valuesOf(event);
  const told = [user, reasonIn(values)].filter((text) => text !== undefined);
  if (told.length > 0) return told.join(": ");
  return clean(applicationIn(factsOf(event))) || clean(values.find(isText)?.[1]);
}

/** Why an event failed, where it says so. */
export function reasonOf(event: Event): string | undefined {
  return reasonIn(valuesOf(event));
}

function reasonIn(values: readonly Named[]): string | undefined {
  return firstOf(REASON_NAMES, values);
}

/** Whether a field beside `logData` says who. */
export function isUserField(name: string): boolean {
  return /^user(id|name)?$/i.test(name);
}

function firstOf(
  names: readonly string[],
  values: readonly Named[],
  excluded: (text: string) => boolean = () => false,
): string | undefined {
  let best = names.length;
  let found: string | undefined;
  for (const [name, value] of values) {
    const rank = names.indexOf(name);
    if (rank < 0 || rank >= best) continue;
    const text = clean(value);
    if (text !== "" && !excluded(text)) [best, found] = [rank, text];
  }
  return found;
}

/** What is in `logData`, from the outside in, and the user fields beside it. */
function valuesOf(event: Event): Named[] {
  const values: Named[] = [["", event["logData"]]];
  for (const name in event) {
    if (isUserField(name)) values.push([name.toLowerCase(), event[name]]);
  }
  for (let at = 0; at < values.length && at < LOOKED_AT; at++) {
    const [name, value] = values[at]!;
    if (typeof value !== "object" || value === null) continue;
    // The elements of a list have the list's own name.
    const inner = Array.isArray(value)
      ? value.slice(0, LOOKED_AT).map((element): Named => [name, element])
      : Object.keys(value).slice(0, LOOKED_AT)
        .map((key): Named => [key.toLowerCase(), (value as Event)[key]]);
    for (const named of inner.slice(0, LOOKED_AT - values.length)) values.push(named);
  }
  return values;
}

function isText([, value]: Named): boolean {
  return typeof value === "string" && clean(value) !== "";
}

/**
 * An event's own time in milliseconds since 1970; NaN where it has none that can be read. One without
 * a zone is none, since Date would take it for this host's, and would find a year in "unknown 3".
 */
export function timeOf(event: Event): number {
  const stamp = event["timeStampISO"];
  return typeof stamp === "string" && ZONED.test(stamp) ? Date.parse(stamp) : NaN;
}

const ZONED = /^\d{4}-\d\d-\d\d[T ]\d.*(Z|[+-]\d\d:?\d\d)$/i;
