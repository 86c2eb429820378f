/** What do ecs and ocsf take from an event? Values that both have, and ways to write them. */

import { isMailAddress } from "../events/address.ts";
import { applicationIn, identityProviderIn } from "../events/dictionary.ts";
import { isFailure, REASON_NAMES } from "../events/fields.ts";
import { aboutText, type EventField, nameOf, type Parts, type Span } from "./event_parts.ts";
import type { Kind } from "./kinds.ts";
import { putByte, putBytes, putLeaves, putObject, putToken, type Writer } from "./json_writer.ts";
import type { Mapped, Put, Text, Value } from "./mapped.ts";

const COMMA = 0x2c, COLON = 0x3a, AT = 0x40, CLOSE_OBJECT = 0x7d;

/** A text. */
export function text(pick: Text["pick"]): Text {
  return { pick, isList: false };
}

/** A list of one text. */
export function list(pick: Text["pick"]): Text {
  return { pick, isList: true };
}

/** A field beside `logData`. */
export function field(name: EventField): (parts: Parts) => Span | undefined {
  return ({ fields }) => fields[name];
}

export const application = ({ told }: Parts): Span | undefined => applicationIn(told);
export const identityProvider = ({ told }: Parts): Span | undefined => identityProviderIn(told);

const isMailAddressAt = aboutText(isMailAddress);

/** The mail address, where it is one. */
export function mail({ bytes, told }: Parts): Span | undefined {
  const span = told.mail;
  return span !== undefined && isMailAddressAt(bytes, span.start, span.end) ? span : undefined;
}

/** What is behind the sign in eppn. */
export function scope({ bytes, told }: Parts): Span | undefined {
  if (told.eppn === undefined) return undefined;
  const { start, end } = told.eppn;
  let at = end;
  while (at > start && bytes[at - 1] !== AT) at--;
  return at > start && at < end ? { start: at, end } : undefined;
}

const HOST = /^[a-z][a-z\d+.-]*:\/\/(?:[^/?#@]*@)?(\[[\da-f:.]+\]|[^/?#:@\[\]]+)/i;

const encoder = new TextEncoder();
const hostAt = aboutText((url) => {
  const host = HOST.exec(url)?.[1];
  return host === undefined ? undefined : encoder.encode(JSON.stringify(host));
});

/** The host in the application's URL or entityId. */
export function applicationHost(parts: Parts): Value {
  const span = application(parts);
  if (span === undefined) return undefined;
  return hostAt(parts.bytes, span.start, span.end);
}

/** Why something went wrong; the names of such fields are not documented. */
export function reason({ told }: Parts): Span | undefined {
  for (const name of REASON_NAMES) if (told[name] !== undefined) return told[name];
  return undefined;
}

/** Whether a kind reports a failure, which may have a reason. */
export function isFailureKind({ logSubtype }: Kind): boolean {
  return isFailure({ logSubtype });
}

/** The product that a service belongs to, as the vendor calls it. */
export function productOf({ service }: Kind): string {
  return PRODUCTS.get(service ?? "") ?? "Cirrus Identity";
}

/** Whether the product says which service it was. */
export function hasProduct({ service }: Kind): boolean {
  return PRODUCTS.has(service ?? "");
}

const PRODUCTS: ReadonlyMap<string, string> = new Map([
  ["bridge", "Cirrus Bridge"],
  ["proxy", "Cirrus Proxy"],
  ["gateway", "Cirrus Gateway"],
  ["idp", "Cirrus OrgBrandedID"],
]);

/** Type and subtype, with a dot between them; undefined where an event has neither. */
export function codeOf({ logType, logSubtype }: Kind): string | undefined {
  return [logType, logSubtype].filter((name) => name !== undefined).join(".") || undefined;
}

const VALUE = new TextEncoder().encode('{"value":');

/** All of `logData`, each leaf as a text; what is no object stands in one, under "value". */
export function logData({ parts }: Mapped, to: Writer): void {
  const { bytes, logDataStart, logData } = parts;
  if (logData !== undefined) return putObject(to, bytes, logData);
  if (logDataStart === undefined) return;
  putBytes(to, VALUE);
  putLeaves(to, bytes, logDataStart, 1);
  putByte(to, CLOSE_OBJECT);
}

/**
 * Writes members for the event's other fields under their own names, each leaf as a text: those that have
 * no meaning here, or not the value that they should have, and the two that `isLeft` decides on. Only where
 * `takes` does not refuse the name.
 */
export function others(
  isLeft: (event: Mapped, name: "timeStampISO" | "clientIP") => boolean,
  takes: (name: string) => boolean = () => true,
): Put {
  const takesAt = aboutText(takes);
  return (event, to) => {
    const { bytes, members: { count, offsets }, fields, otherMembers } = event.parts;
    const none = otherMembers === 0 && !isLeft(event, "timeStampISO") && !isLeft(event, "clientIP");
    if (none) return;
    for (let i = 0; i < count; i++) {
      const name = nameOf(event.parts, i);
      if (name === "logData") continue;
      const isSaid = name !== undefined && fields[name] !== undefined;
      if (isSaid && !((name === "timeStampISO" || name === "clientIP") && isLeft(event, name))) {
        continue;
      }
      const [start, end] = [offsets[4 * i]!, offsets[4 * i + 1]!];
      if (!takesAt(bytes, start, end)) continue;
      putByte(to, COMMA);
      putToken(to, bytes, start, end);
      putByte(to, COLON);
      putLeaves(to, bytes, offsets[4 * i + 2]!, 1);
    }
  };
}
