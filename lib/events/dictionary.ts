/**
 * Who, from where, to which application, through which identity provider? The fields of `logData` that
 * the vendor documents ("Data Elements Reference for Cirrus Logs").
 */

import { isAddress } from "./address.ts";
import type { Event } from "./events.ts";

/**
 * The dictionary's fields, in small letters. The export and the API write them differently
 * (`spentityid`, `spEntityId`), so case does not count; where the name has an underscore, the field may
 * lie in an object: `saml_idp` is also `{"saml": {"idp": ...}}`.
 */
export const FIELD_NAMES = [
  /** eduPersonPrincipalName in the assertion; blank where it was not in it. */
  "eppn",
  /** The same for these attributes. */
  "mail",
  "uid",
  /** Computed by the service: eppn, else mail, else the IP address, which is no person then. */
  "user",
  /** The entityId of the SAML service provider that asks; which of the two depends on the service. */
  "sp",
  "spentityid",
  /** The entityId of the identity provider that fulfils the request. */
  "saml_idp",
  /** Through a Proxy or Bridge: the last identity provider that asserted, and the one upstream. */
  "saml_idpchain0",
  "saml_idpchain1",
  /** The last service provider that asked, and the one downstream. */
  "saml_spchain0",
  "saml_spchain1",
  /** The URL of the application under CAS; blank for SAML. */
  "cas_service",
  /** The host name of the CAS identity provider. */
  "cas_idp_hostname",
  /** The address of the browser under CAS, where `clientIP` may be the application server's. */
  "cas_client_ip",
] as const;
export type FieldName = typeof FIELD_NAMES[number];

/**
 * What the dictionary's fields of an event say, as text unless it is told by where it lies in the event;
 * a field that is blank or not there has no entry.
 */
export type Facts<Told = string> = { readonly [name in FieldName]?: Told | undefined };

const KNOWN: ReadonlySet<string> = new Set(FIELD_NAMES);
/** Names of objects that may hold one of the fields: "saml", "cas", "cas_client" ... */
const OUTER: ReadonlySet<string> = new Set(
  FIELD_NAMES.flatMap((name) => [...name.matchAll(/_/g)].map(({ index }) => name.slice(0, index))),
);
const LONGEST_NAME = Math.max(...FIELD_NAMES.map((name) => name.length));

/** Reads the dictionary's fields of an event. Of several that differ in case, the first counts. */
export function factsOf(event: Event): Facts {
  const facts: { [name in FieldName]?: string } = {};
  collect(event["logData"], "", facts);
  return facts;
}

function collect(value: unknown, outer: string, facts: { [name in FieldName]?: string }): void {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return;
  // Not the entries: an event may have very many, and a list of pairs takes twenty times as long.
  for (const key of Object.keys(value)) {
    if (key.length > LONGEST_NAME) continue;
    const inner = (value as Event)[key];
    const name = outer + key.toLowerCase().replaceAll(".", "_");
    if (KNOWN.has(name)) {
      const text = textOf(inner);
      if (text !== undefined) facts[name as FieldName] ??= text;
    } else if (OUTER.has(name)) {
      collect(inner, `${name}_`, facts);
    }
  }
}

/** The text of a field: of a list the first one, of a number its digits; undefined for all else. */
function textOf(value: unknown): string | undefined {
  const first = Array.isArray(value) ? value.find((element) => typeof element === "string") : value;
  if (typeof first === "number") return String(first);
  return typeof first === "string" && first.trim() !== "" ? first : undefined;
}

/** The person that an event is about; undefined where it names none, or only an address. */
export function personIn(facts: Facts): string | undefined;
export function personIn<Told>(
  facts: Facts<Told>,
  isAnAddress: (user: Told) => boolean,
): Told | undefined;
export function personIn<Told>(
  { eppn, user, mail, uid }: Facts<Told>,
  isAnAddress: (user: Told) => boolean = (user) => isAddress(String(user)),
): Told | undefined {
  return eppn ?? (user !== undefined && !isAnAddress(user) ? user : undefined) ?? mail ?? uid;
}

/** The address of the person's browser, as far as it is known; undefined where there is none. */
export function addressIn(event: Event, facts: Facts): string | undefined {
  const { clientIP } = event;
  return facts.cas_client_ip ??
    (typeof clientIP === "string" && clientIP !== "" ? clientIP : undefined);
}

/** The application that somebody signs in to: a URL under CAS, else an entityId. */
export function applicationIn<Told>(
  { cas_service, sp, spentityid }: Facts<Told>,
): Told | undefined {
  return cas_service ?? sp ?? spentityid;
}

/** The identity provider that vouches for the person: an entityId, or a host name under CAS. */
export function identityProviderIn<Told>(facts: Facts<Told>): Told | undefined {
  return facts.saml_idp ?? facts.saml_idpchain0 ?? facts.cas_idp_hostname;
}
