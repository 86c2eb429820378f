/**
 * How does an event look in Elastic Common Schema 9.4? `--format ecs`. Every field used here exists from
 * 8.11 on; what the schema has no word for stands under `cirrus`.
 */

import type { Page } from "../events/page.ts";
import type { Parts, Span } from "./event_parts.ts";
import { putPlain, putVerbatim, type Writer } from "./json_writer.ts";
import { rowOf, type TypeRow } from "./kinds.ts";
import { createMappedLayout, each, type Field, type Mapped, same } from "./mapped.ts";
import {
  application,
  applicationHost,
  codeOf,
  field,
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
import { createTimeWriter } from "./times.ts";

/** What a type and its subtypes are in ECS. */
export interface EcsRow extends TypeRow {
  readonly category: string;
  /** With blanks between them. */
  readonly types: string;
  readonly outcome?: "success" | "failure" | "unknown";
}

// deno-fmt-ignore
export const ECS_TYPES: readonly EcsRow[] = [
  { logType: "authentication", subtypes: "request", category: "authentication", types: "info", outcome: "unknown", documented: true },
  { logType: "authentication", subtypes: "success", category: "authentication", types: "start", outcome: "success", documented: true },
  { logType: "authentication", subtypes: "failure error", category: "authentication", types: "start", outcome: "failure" },
  { subtypes: "logout", category: "authentication", types: "end", outcome: "success" },
  { logType: "cas", subtypes: "request", category: "authentication", types: "info", outcome: "unknown", documented: true },
  { logType: "cas", subtypes: "login", category: "authentication", types: "start", outcome: "success", documented: true },
  { logType: "cas", subtypes: "authenticationSuccess", category: "authentication", types: "start", outcome: "success" },
  { logType: "cas", subtypes: "validate serviceValidate samlValidate", category: "authentication", types: "info", outcome: "success", documented: true },
  { logType: "oidc", subtypes: "authorize request", category: "authentication", types: "info", outcome: "unknown" },
  { logType: "oidc", subtypes: "token idToken userinfo", category: "authentication", types: "info", outcome: "success" },
  { logType: "emailMFA", subtypes: "send sent queued validate", category: "authentication", types: "info", outcome: "unknown" },
  { logType: "emailMFA", subtypes: "success", category: "authentication", types: "info", outcome: "success" },
  { logType: "emailMFA", subtypes: "invalidCode expiredCode noEmail", category: "authentication", types: "info", outcome: "failure" },
  { logType: "create", subtypes: "success", category: "iam", types: "user creation", outcome: "success" },
  { logType: "account", subtypes: "manage", category: "iam", types: "user info" },
  { logType: "sending", subtypes: "queued", category: "email", types: "info", outcome: "unknown" },
  { logType: "sending", subtypes: "sent", category: "email", types: "info", outcome: "success" },
  { logType: "sending", subtypes: "error", category: "email", types: "info", outcome: "failure" },
];

const TYPE = "type and subtype, see above";
const CODE = "`logType` and `logSubtype`, with a dot between them";
const PRODUCT =
  "`service`: Cirrus Bridge, Proxy, Gateway or OrgBrandedID (idp), else Cirrus Identity";
const IP = "`cas_client_ip`, else `clientIP`, where that is an IP address";
const PERSON = "`eppn`, else `user` where that is no IP address, else `mail`, else `uid`";
const APPLICATION = "`cas_service`, else `sp`, else `spEntityId`";
const OTHERS = "all other fields, and those that should be text and are not, each leaf as a text";

const putTime = createTimeWriter();

/**
 * Where each field comes from. They are written in this order; in an object constants come first. What tells
 * events apart is at the beginning, since agents know a file by its first 256 bytes.
 */
// deno-fmt-ignore
export const ECS_FIELDS: readonly Field<EcsRow | undefined>[] = [
  each("@timestamp", "`timeStampISO`, in UTC with milliseconds", ({ ms }, to) => putTime(ms, to)),
  each("transaction.id", "`correlationId`", text(field("correlationId"))),
  same("service.name", "`service`", (_, { service }) => service),
  same("event.action", CODE, (_, kind) => codeOf(kind)),
  same("event.code", CODE, (_, kind) => codeOf(kind)),
  same("event.kind", "constant", () => "event"),
  same("event.module", "constant", () => "cirrus"),
  same("event.dataset", "constant", () => "cirrus.log"),
  same("event.category", TYPE, (row) => row?.category.split(" ")),
  same("event.type", TYPE, (row) => row?.types.split(" ")),
  same("event.outcome", TYPE, (row) => row === undefined ? "unknown" : row.outcome),
  same("event.provider", "`service`", (_, { service }) => service),
  each("event.reason", "of a failure: the first of `logData`'s fields that usually say why", text(reason), (_, kind) => isFailureKind(kind)),
  each("event.original", "the exact bytes of the event", original),
  same("ecs.version", "constant", () => "9.4.0"),
  same("observer.vendor", "constant", () => "Cirrus Identity"),
  same("observer.product", PRODUCT, (_, kind) => productOf(kind)),
  each("organization.id", "`orgUrl`", text(field("orgUrl"))),
  each("client.ip", IP, text(({ ip }) => ip)),
  each("client.address", "`cas_client_ip`, else `clientIP`, where that is no IP address", text(noIpAddress)),
  each("source.ip", IP, text(({ ip }) => ip)),
  each("destination.domain", `the host in ${APPLICATION}, where that is a URL`, text(applicationHost)),
  each("user.name", PERSON, text(({ person }) => person)),
  each("user.email", "`mail`, where that is a mail address", text(mail)),
  each("user.domain", "what is behind the @ in `eppn`", text(scope)),
  each("user.id", "`uid`", text(({ told }) => told.uid)),
  each("email.to.address", "of `sending`: `to`, else `recipient`, `mail`, `email`, where that is a mail address", list(({ recipient }) => recipient)),
  each("related.ip", IP, list(({ ip }) => ip)),
  each("related.user", PERSON, list(({ person }) => person)),
  each("cirrus.tenant", "`tenant`", text(field("tenant"))),
  each("cirrus.org_domain", "`orgDomain`", text(field("orgDomain"))),
  each("cirrus.sp", APPLICATION, text(application)),
  each("cirrus.idp", "`saml_idp`, else `saml_idpchain0`, else `cas_idp_hostname`", text(identityProvider)),
  each("cirrus.time_assumed", '"true" where `timeStampISO` cannot be read, and the time is that of an event before it', assumed),
  each("cirrus.log_data", "all of `logData`, each leaf as a text", logData),
  each("cirrus.*", OTHERS, others(isLeft, (name) => isPlain(name))),
  each("cirrus.other.*", `the same, under names that are taken or could not be the name of a field`, others(isLeft, (name) => !isPlain(name))),
];

/** Names under `cirrus` that are ours. */
const TAKEN: ReadonlySet<string> = new Set(
  ECS_FIELDS.filter(({ name }) => name.startsWith("cirrus.")).map(({ name }) =>
    name.split(".")[1]!
  ),
);

/** Makes the layout of `--format ecs`. */
export function createEcs(): (page: Page) => Uint8Array {
  return createMappedLayout(ECS_FIELDS, (kind) => rowOf(ECS_TYPES, kind));
}

function isPlain(name: string): boolean {
  return /^[A-Za-z_][\w-]*$/.test(name) && !TAKEN.has(name);
}

function isLeft({ parts, isTimeAssumed }: Mapped, name: "timeStampISO" | "clientIP"): boolean {
  return name === "timeStampISO" ? isTimeAssumed : parts.address !== parts.fields.clientIP;
}

function noIpAddress({ ip, address }: Parts): Span | undefined {
  return ip === undefined ? address : undefined;
}

function assumed({ isTimeAssumed }: Mapped, to: Writer): void {
  if (isTimeAssumed) putPlain(to, '"true"');
}

function original({ parts: { bytes, start, end } }: Mapped, to: Writer): void {
  putVerbatim(to, bytes, start, end);
}
