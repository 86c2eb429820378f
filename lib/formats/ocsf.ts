/**
 * How does an event look in OCSF 1.8.0? `--format ocsf`: Authentication (3002), Account Change (3001) and
 * Email Activity (4009), and Base Event (0) for what the vendor does not explain. What the schema has no
 * word for stands under `unmapped`.
 */

import type { Page } from "../events/page.ts";
import type { Parts, Span } from "./event_parts.ts";
import { putPlain, putVerbatim, type Writer } from "./json_writer.ts";
import { type Kind, rowOf, type TypeRow } from "./kinds.ts";
import { createMappedLayout, each, type Field, type Mapped, putValue, same } from "./mapped.ts";
import {
  application,
  codeOf,
  field,
  hasProduct,
  identityProvider,
  isFailureKind,
  list,
  logData,
  mail,
  others,
  productOf,
  reason,
  scope,
  text,
} from "./mapped_values.ts";

/** What a type and its subtypes are in OCSF. */
export interface OcsfRow extends TypeRow {
  readonly class: keyof typeof CLASSES;
  readonly activity: number;
  /** What activity 99 (other) is called. */
  readonly activityName?: string;
  readonly status: keyof typeof STATUSES;
  readonly protocol?: keyof typeof PROTOCOLS;
  /** Whether it is about a second factor: a passcode by mail. */
  readonly mfa?: true;
}

/** Name, number and name of the category, and names of the activities. */
const CLASSES = {
  0: { name: "Base Event", category: 0, categoryName: "Uncategorized", activities: ["Unknown"] },
  3001: {
    name: "Account Change",
    category: 3,
    categoryName: "Identity & Access Management",
    activities: ["Unknown", "Create"],
  },
  3002: {
    name: "Authentication",
    category: 3,
    categoryName: "Identity & Access Management",
    activities: ["Unknown", "Logon", "Logoff", , , , "Preauth"],
  },
  4009: {
    name: "Email Activity",
    category: 4,
    categoryName: "Network Activity",
    activities: ["Unknown", "Send"],
  },
} as const;
const STATUSES = { 0: "Unknown", 1: "Success", 2: "Failure" } as const;
const PROTOCOLS = { 4: "OpenID", 5: "SAML", 99: "CAS" } as const;
const OTHER = 99;

// deno-fmt-ignore
export const OCSF_TYPES: readonly OcsfRow[] = [
  { logType: "authentication", subtypes: "request", class: 3002, activity: 6, status: 0, protocol: 5, documented: true },
  { logType: "authentication", subtypes: "success", class: 3002, activity: 1, status: 1, protocol: 5, documented: true },
  { logType: "authentication", subtypes: "failure error", class: 3002, activity: 1, status: 2, protocol: 5 },
  { logType: "authentication", subtypes: "logout", class: 3002, activity: 2, status: 1, protocol: 5 },
  { logType: "cas", subtypes: "logout", class: 3002, activity: 2, status: 1, protocol: 99 },
  { logType: "oidc", subtypes: "logout", class: 3002, activity: 2, status: 1, protocol: 4 },
  { subtypes: "logout", class: 3002, activity: 2, status: 1 },
  { logType: "cas", subtypes: "request", class: 3002, activity: 6, status: 0, protocol: 99, documented: true },
  { logType: "cas", subtypes: "login", class: 3002, activity: 1, status: 1, protocol: 99, documented: true },
  { logType: "cas", subtypes: "authenticationSuccess", class: 3002, activity: 1, status: 1, protocol: 99 },
  { logType: "cas", subtypes: "validate serviceValidate samlValidate", class: 3002, activity: OTHER, activityName: "CAS ticket validation", status: 1, protocol: 99, documented: true },
  { logType: "oidc", subtypes: "authorize request", class: 3002, activity: 6, status: 0, protocol: 4 },
  { logType: "oidc", subtypes: "token", class: 3002, activity: OTHER, activityName: "OpenID Connect token", status: 1, protocol: 4 },
  { logType: "oidc", subtypes: "idToken", class: 3002, activity: OTHER, activityName: "OpenID Connect ID token", status: 1, protocol: 4 },
  { logType: "oidc", subtypes: "userinfo", class: 3002, activity: OTHER, activityName: "OpenID Connect user info", status: 1, protocol: 4 },
  { logType: "emailMFA", subtypes: "send sent queued validate", class: 3002, activity: 6, status: 0, mfa: true },
  { logType: "emailMFA", subtypes: "success", class: 3002, activity: 6, status: 1, mfa: true },
  { logType: "emailMFA", subtypes: "invalidCode expiredCode noEmail", class: 3002, activity: 6, status: 2, mfa: true },
  { logType: "create", subtypes: "success", class: 3001, activity: 1, status: 1 },
  { logType: "account", subtypes: "manage", class: 3001, activity: OTHER, activityName: "Manage", status: 0 },
  { logType: "sending", subtypes: "queued", class: 4009, activity: 1, status: 0 },
  { logType: "sending", subtypes: "sent", class: 4009, activity: 1, status: 1 },
  { logType: "sending", subtypes: "error", class: 4009, activity: 1, status: 2 },
];

/** Anything else, and a mail that goes to nobody, which the schema does not know. */
const BASE_EVENT: OcsfRow = { subtypes: "", class: 0, activity: 0, status: 0 };

const isIam = ({ class: uid }: OcsfRow) => uid === 3001 || uid === 3002;
const isAuthentication = ({ class: uid }: OcsfRow) => uid === 3002;
const isMail = ({ class: uid }: OcsfRow) => uid === 4009;
const isBase = ({ class: uid }: OcsfRow) => uid === 0;
const isNotBase = (row: OcsfRow) => !isBase(row);
const isMfa = ({ mfa }: OcsfRow) => mfa === true;

const UNKNOWN = new TextEncoder().encode('"unknown"');

/** SHA-256 of some bytes, in hexadecimal digits. */
export type Sha256 = (bytes: Uint8Array) => string;

const TYPE = "type and subtype, see above";
const PRODUCT =
  "`service`: Cirrus Bridge, Proxy, Gateway or OrgBrandedID (idp), else Cirrus Identity";
const PERSON = "`eppn`, else `user` where that is no IP address, else `mail`, else `uid`";
const APPLICATION = "`cas_service`, else `sp`, else `spEntityId`";

/**
 * Where each field comes from. They are written in this order; in an object constants come first. What tells
 * events apart is at the beginning, since agents know a file by its first 256 bytes.
 */
// deno-fmt-ignore
export const ocsfFields = (sha256: Sha256): readonly Field<OcsfRow>[] => [
  each("time", "`timeStampISO`, in milliseconds since 1970", ({ ms }, to) => putPlain(to, String(ms))),
  same("metadata.version", "constant", () => "1.8.0"),
  same("metadata.product.name", PRODUCT, (_, kind) => productOf(kind)),
  same("metadata.product.vendor_name", "constant", () => "Cirrus Identity"),
  same("metadata.log_name", "constant", () => "cirrus.log"),
  same("metadata.event_code", "`logType` and `logSubtype`, with a dot between them", (_, kind) => codeOf(kind)),
  each("metadata.correlation_uid", "`correlationId`", text(field("correlationId"))),
  each("metadata.original_time", "`timeStampISO`", text(field("timeStampISO"))),
  each("metadata.labels", '"time assumed" where that cannot be read, and `time` is that of an event before it', assumed),
  each("metadata.tenant_uid", "`tenant`", text(field("tenant"))),
  same("class_uid", TYPE, (row) => row.class),
  same("class_name", TYPE, (row) => ocsfNames(row).className),
  same("category_uid", TYPE, (row) => CLASSES[row.class].category),
  same("category_name", TYPE, (row) => CLASSES[row.class].categoryName),
  same("activity_id", TYPE, (row) => row.activity),
  same("activity_name", TYPE, (row) => ocsfNames(row).activity),
  same("type_uid", "`class_uid` x 100 + `activity_id`", (row) => row.class * 100 + row.activity),
  same("type_name", "names of class and activity", (row) => `${ocsfNames(row).className}: ${activityOf(row)}`),
  same("severity_id", "constant", () => 1),
  same("severity", "constant", () => "Informational"),
  same("status_id", TYPE, (row) => row.status),
  same("status", TYPE, (row) => ocsfNames(row).status),
  each("status_detail", "of a failure: the first of `logData`'s fields that usually say why", text(reason), (_, kind) => isFailureKind(kind)),
  same("auth_protocol_id", TYPE, (row) => row.protocol, isAuthentication),
  same("auth_protocol", TYPE, (row) => ocsfNames(row).protocol, isAuthentication),
  same("is_mfa", "`emailMFA`", () => true, isMfa),
  same("auth_factors", "`emailMFA`: a passcode by mail", () => [{ factor_type_id: 8, factor_type: "Email" }], isMfa),
  same("direction_id", "constant", () => 2, isMail),
  same("direction", "constant", () => "Outbound", isMail),
  each("user.name", `${PERSON}, else "unknown"`, text(({ person }) => person ?? UNKNOWN), isIam),
  each("user.type_id", "0 where nobody is named", nobody, isIam),
  each("user.email_addr", "`mail`, where that is a mail address", text(mail), isIam),
  each("user.domain", "what is behind the @ in `eppn`", text(scope), isIam),
  each("user.uid", "`uid`", text(({ told }) => told.uid), isIam),
  each("service.name", `${APPLICATION}, else "unknown"`, text((parts) => application(parts) ?? UNKNOWN), isAuthentication),
  each("service.uid", APPLICATION, text(application), isAuthentication),
  same("actor.app_name", "as `metadata.product.name`", (_, kind) => productOf(kind), isIam),
  each("actor.idp.uid", "`saml_idp`, else `saml_idpchain0`, else `cas_idp_hostname`", text(identityProvider), isIam),
  each("email.to", "`to`, else `recipient`, `mail`, `email`, where that is a mail address", list(({ recipient }) => recipient), isMail),
  each("src_endpoint.ip", "`cas_client_ip`, else `clientIP`, where that is an IP address of at most 40 characters", text(shortAddress), isNotBase),
  each("observables", "`src_endpoint.ip`", observables, isNotBase),
  each("raw_data", "the exact bytes of the event", rawData),
  each("raw_data_size", "how many bytes these are", ({ parts: { start, end } }, to) => putPlain(to, String(end - start))),
  same("raw_data_hash.algorithm_id", "constant", () => 3),
  same("raw_data_hash.algorithm", "constant", () => "SHA-256"),
  each("raw_data_hash.value", "SHA-256 of these bytes", ({ parts: { bytes, start, end } }, to) => putPlain(to, `"${sha256(bytes.subarray(start, end))}"`)),
  same("unmapped.service", "`service`, where the product does not say it", (_, { service }) => service, (_, kind) => !hasProduct(kind)),
  each("unmapped.orgUrl", "`orgUrl`", text(field("orgUrl"))),
  each("unmapped.orgDomain", "`orgDomain`", text(field("orgDomain"))),
  each("unmapped.clientIP", "`clientIP`, where it is not in `src_endpoint.ip`", text(otherAddress), isNotBase),
  each("unmapped.clientIP", "`clientIP`, in class 0", text(field("clientIP")), isBase),
  each("unmapped.logData", "all of `logData`, each leaf as a text", logData),
  each("unmapped.*", "all other fields, and those that should be text and are not, each leaf as a text", others(() => false)),
];

/** Not written where it is imported: Deno 2.4 would look for the module's types in deno.lock. */
const NODE_CRYPTO = "node:crypto";
interface NodeCrypto {
  hash(algorithm: "sha256", bytes: Uint8Array, encoding: "hex"): string;
}

/** Makes the layout of `--format ocsf`. */
export async function createOcsf(): Promise<(page: Page) => Uint8Array> {
  // Only where it is needed, since it takes as long as all the rest to load. Web Crypto has no digest for
  // which one need not wait, and a thousand waits a page take longer than the page.
  const { hash }: NodeCrypto = await import(NODE_CRYPTO);
  const fields = ocsfFields((bytes) => hash("sha256", bytes, "hex"));
  return createMappedLayout(fields, ocsfRowOf);
}

/** The row of a kind; a mail without a recipient has none. */
function ocsfRowOf(kind: Kind): OcsfRow {
  const row = rowOf(OCSF_TYPES, kind) ?? BASE_EVENT;
  return isMail(row) && !kind.hasRecipient ? BASE_EVENT : row;
}

/** The names that the schema has for the numbers in a row. */
export function ocsfNames(row: OcsfRow) {
  return {
    className: CLASSES[row.class].name,
    activity: row.activityName ?? activityOf(row),
    status: STATUSES[row.status],
    protocol: row.protocol && PROTOCOLS[row.protocol],
  };
}

function activityOf({ class: uid, activity }: OcsfRow): string | undefined {
  return activity === OTHER ? "Other" : CLASSES[uid].activities[activity];
}

function assumed({ isTimeAssumed }: Mapped, to: Writer): void {
  if (isTimeAssumed) putPlain(to, '["time assumed"]');
}

function nobody({ parts }: Mapped, to: Writer): void {
  if (parts.person === undefined) putPlain(to, "0");
}

/** The schema takes no more than 40 characters, but IPv6 written with an IPv4 address can have 45. */
function shortAddress({ ip }: Parts): Span | undefined {
  return ip !== undefined && ip.end - ip.start <= 40 ? ip : undefined;
}

function otherAddress(parts: Parts): Span | undefined {
  const { clientIP } = parts.fields;
  return shortAddress(parts) === clientIP ? undefined : clientIP;
}

function observables({ parts }: Mapped, to: Writer): void {
  const ip = shortAddress(parts);
  if (ip === undefined) return;
  putPlain(to, '[{"name":"src_endpoint.ip","type_id":2,"type":"IP Address","value":');
  putValue(to, parts, ip);
  putPlain(to, "}]");
}

function rawData({ parts: { bytes, start, end } }: Mapped, to: Writer): void {
  putVerbatim(to, bytes, start, end);
}
