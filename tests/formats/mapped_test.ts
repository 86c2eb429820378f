/** What do events look like in ECS and OCSF? Against a table of its own and against JSON.parse. */

import { assert, assertEquals } from "@std/assert";
import { encodeHex } from "@std/encoding/hex";
import { factsOf, identityProviderIn, personIn } from "../../lib/events/dictionary.ts";
import { timeOf } from "../../lib/events/fields.ts";
import { demoEvents } from "../../lib/sources/demo_events.ts";
import { SEED, seeded } from "../chance.ts";
import { hostileTexts, madeUpEvent, mapped, mappedLines } from "./mapped.ts";

/**
 * Types and subtypes; ECS category, types and outcome; OCSF type_uid, status_id and auth_protocol_id. Kept
 * apart from the tables in lib/, so that a slip there is seen here.
 */
const EXPECTED = `
  authentication request           | authentication | info          | unknown | 300206 0 5
  authentication success           | authentication | start         | success | 300201 1 5
  authentication failure,error     | authentication | start         | failure | 300201 2 5
  authentication logout            | authentication | end           | success | 300202 1 5
  cas logout                       | authentication | end           | success | 300202 1 99
  oidc logout                      | authentication | end           | success | 300202 1 4
  password,newType logout          | authentication | end           | success | 300202 1 -
  cas request                      | authentication | info          | unknown | 300206 0 99
  cas login,authenticationSuccess  | authentication | start         | success | 300201 1 99
  cas validate,serviceValidate,samlValidate | authentication | info | success | 300299 1 99
  oidc authorize,request           | authentication | info          | unknown | 300206 0 4
  oidc token,idToken,userinfo      | authentication | info          | success | 300299 1 4
  emailMFA send,sent,queued,validate | authentication | info        | unknown | 300206 0 -
  emailMFA success                 | authentication | info          | success | 300206 1 -
  emailMFA invalidCode,expiredCode,noEmail | authentication | info  | failure | 300206 2 -
  create success                   | iam            | user,creation | success | 300101 1 -
  account manage                   | iam            | user,info     | -       | 300199 0 -
  sending queued                   | email          | info          | unknown | 400901 0 -
  sending sent                     | email          | info          | success | 400901 1 -
  sending error                    | email          | info          | failure | 400901 2 -
  password success                 | -              | -             | unknown | 0 0 -
  authentication login,Success     | -              | -             | unknown | 0 0 -
  newType request,-                | -              | -             | unknown | 0 0 -
  - success                        | -              | -             | unknown | 0 0 -
`.trim().split("\n").flatMap((line) => {
  const [kind, category, types, outcome, numbers] = line.split("|").map((cell) => cell.trim());
  const [logTypes, subtypes] = kind!.split(/ +/);
  return logTypes!.split(",").flatMap((logType) =>
    subtypes!.split(",").map((logSubtype) =>
      ({ logType, logSubtype, category, types, outcome, numbers }) as Record<string, string>
    )
  );
});

/** Names of class and category; the direction of a mail. */
const CAPTIONS: Readonly<Record<number, unknown[]>> = {
  0: ["Base Event", "Uncategorized", undefined],
  3001: ["Account Change", "Identity & Access Management", undefined],
  3002: ["Authentication", "Identity & Access Management", undefined],
  4009: ["Email Activity", "Network Activity", 2],
};

function given(value: string | undefined): string | undefined {
  return value === "-" ? undefined : value;
}

Deno.test("each type and subtype is what the schemas call it", () => {
  const events = EXPECTED.map(({ logType, logSubtype }) =>
    JSON.stringify({
      logType: given(logType),
      logSubtype: given(logSubtype),
      logData: { To: "ana@example.edu" },
    })
  );
  const inEcs = mapped("ecs", events).map(({ event: { category, type, outcome, kind } }) => [
    kind,
    category?.join() ?? "-",
    type?.join() ?? "-",
    outcome ?? "-",
  ]);
  assertEquals(
    inEcs,
    EXPECTED.map(({ category, types, outcome }) => ["event", category, types, outcome]),
  );
  const inOcsf = mapped("ocsf", events);
  assertEquals(
    inOcsf.map((event) => `${event.type_uid} ${event.status_id} ${event.auth_protocol_id ?? "-"}`),
    EXPECTED.map(({ numbers }) => numbers),
  );
  for (const event of inOcsf) {
    const { class_uid, category_uid, activity_id, type_uid } = event;
    assertEquals(type_uid, class_uid * 100 + activity_id);
    assertEquals(category_uid, Math.floor(class_uid / 1000));
    assertEquals(event.status, ["Unknown", "Success", "Failure"][event.status_id]);
    assertEquals([event.class_name, event.category_name, event.direction_id], CAPTIONS[class_uid]);
    assert(event.type_name.startsWith(`${event.class_name}: `), event.type_name);
  }
});

Deno.test("a mail is one only where somebody is named who gets it", () => {
  const rows: [unknown, string | undefined][] = [
    [{ to: "a@example.edu", mail: "b@example.edu" }, "a@example.edu"],
    [{ EMAIL: "b@example.edu", Recipient: ["c@example.edu", "d@example.edu"] }, "c@example.edu"],
    [{ to: "somebody", mail: "b@example.edu" }, "b@example.edu"],
    [{ to: "a@example.edu, b@example.edu" }, undefined],
    [{ to: "zoë@example.edu" }, undefined],
    [{ too: "a@example.edu" }, undefined],
    ["a@example.edu", undefined],
  ];
  const events = rows.map(([logData]) =>
    JSON.stringify({ logType: "sending", logSubtype: "sent", logData })
  );
  assertEquals(
    mapped("ocsf", events).map(({ class_uid, email }) => [class_uid, email?.to]),
    rows.map(([, to]) => to === undefined ? [0, undefined] : [4009, [to]]),
  );
  assertEquals(
    mapped("ecs", events).map(({ event, email }) => [event.category, email?.to.address]),
    rows.map(([, to]) => [["email"], to === undefined ? undefined : [to]]),
  );
});

const CAS_EVENT =
  ` {"logType": "cas", "timeStampISO": "2026-11-26T13:34:56.5+01:00", "orgDomain": "example.edu",
  "service": "bridge", "clientIP": "192.0.2.80", "logSubtype": "serviceValidate", "correlationId": "757769a369",
  "orgUrl": "https://www.example.edu/", "tenant": "example-bridge", "new": 1.0, "odd name": [null],
  "logData": {"eppn": "ana@example.edu", "Mail": "ana@mail.example.edu", "uid": 4711, "user": "ana@example.edu",
    "cas": {"service": "https://app.example.edu:8443/login?x=1", "client_ip": "2001:db8::1"},
    "cas_idp_hostname": "cas.example.edu", "flag": false, "attributes": {"n": [1e400, 9007199254740993]}}}`;

const LOG_DATA = {
  eppn: "ana@example.edu",
  Mail: "ana@mail.example.edu",
  uid: "4711",
  user: "ana@example.edu",
  cas: { service: "https://app.example.edu:8443/login?x=1", client_ip: "2001:db8::1" },
  cas_idp_hostname: "cas.example.edu",
  flag: "false",
  attributes: { n: ["1e400", "9007199254740993"] },
};

Deno.test("an event in ECS, in full", () => {
  assertEquals(
    mappedLines("ecs", [CAS_EVENT]),
    JSON.stringify({
      "@timestamp": "2026-11-26T12:34:56.500Z",
      transaction: { id: "757769a369" },
      service: { name: "bridge" },
      event: {
        action: "cas.serviceValidate",
        code: "cas.serviceValidate",
        kind: "event",
        module: "cirrus",
        dataset: "cirrus.log",
        category: ["authentication"],
        type: ["info"],
        outcome: "success",
        provider: "bridge",
        original: CAS_EVENT.trim(),
      },
      ecs: { version: "9.4.0" },
      observer: { vendor: "Cirrus Identity", product: "Cirrus Bridge" },
      organization: { id: "https://www.example.edu/" },
      client: { ip: "2001:db8::1" },
      source: { ip: "2001:db8::1" },
      destination: { domain: "app.example.edu" },
      user: {
        name: "ana@example.edu",
        email: "ana@mail.example.edu",
        domain: "example.edu",
        id: "4711",
      },
      related: { ip: ["2001:db8::1"], user: ["ana@example.edu"] },
      cirrus: {
        tenant: "example-bridge",
        org_domain: "example.edu",
        sp: "https://app.example.edu:8443/login?x=1",
        idp: "cas.example.edu",
        log_data: LOG_DATA,
        clientIP: "192.0.2.80",
        new: "1.0",
        other: { "odd name": ["null"] },
      },
    }) + "\n",
  );
});

Deno.test("an event in OCSF, in full", async () => {
  const original = CAS_EVENT.trim();
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(original));
  assertEquals(
    mappedLines("ocsf", [CAS_EVENT]),
    JSON.stringify({
      time: Date.parse("2026-11-26T12:34:56.500Z"),
      metadata: {
        version: "1.8.0",
        product: { name: "Cirrus Bridge", vendor_name: "Cirrus Identity" },
        log_name: "cirrus.log",
        event_code: "cas.serviceValidate",
        correlation_uid: "757769a369",
        original_time: "2026-11-26T13:34:56.5+01:00",
        tenant_uid: "example-bridge",
      },
      class_uid: 3002,
      class_name: "Authentication",
      category_uid: 3,
      category_name: "Identity & Access Management",
      activity_id: 99,
      activity_name: "CAS ticket validation",
      type_uid: 300299,
      type_name: "Authentication: Other",
      severity_id: 1,
      severity: "Informational",
      status_id: 1,
      status: "Success",
      auth_protocol_id: 99,
      auth_protocol: "CAS",
      user: {
        name: "ana@example.edu",
        email_addr: "ana@mail.example.edu",
        domain: "example.edu",
        uid: "4711",
      },
      service: {
        name: "https://app.example.edu:8443/login?x=1",
        uid: "https://app.example.edu:8443/login?x=1",
      },
      actor: { app_name: "Cirrus Bridge", idp: { uid: "cas.example.edu" } },
      src_endpoint: { ip: "2001:db8::1" },
      observables: [
        { name: "src_endpoint.ip", type_id: 2, type: "IP Address", value: "2001:db8::1" },
      ],
      raw_data: original,
      raw_data_size: original.length,
      raw_data_hash: {
        algorithm_id: 3,
        algorithm: "SHA-256",
        value: encodeHex(new Uint8Array(digest)),
      },
      unmapped: {
        orgUrl: "https://www.example.edu/",
        orgDomain: "example.edu",
        clientIP: "192.0.2.80",
        logData: LOG_DATA,
        new: "1.0",
        "odd name": ["null"],
      },
    }) + "\n",
  );
});

Deno.test("who and where are careful: no address is a person, nobody is unknown, a reason is a failure's", () => {
  const events = [
    { clientIP: "somewhere", logData: { user: "192.0.2.1", mail: "x" } },
    {
      logType: "authentication",
      logSubtype: "success",
      logData: { user: "192.0.2.1", reason: "r" },
    },
    {
      logType: "emailMFA",
      logSubtype: "invalidCode",
      service: "mail",
      clientIP: "192.0.2.1",
      logData: { uid: "ana", errorMessage: "wrong", sp: "urn:mace:example.edu:app" },
    },
  ].map((event) => JSON.stringify(event));
  const [first, second, third] = mapped("ecs", events);
  assertEquals([first.client, first.source, first.user], [
    { address: "somewhere" },
    undefined,
    { name: "x" },
  ]);
  assertEquals([second.user, second.event.reason, second.related], [
    undefined,
    undefined,
    undefined,
  ]);
  assertEquals([third.user, third.event.reason, third.destination, third.cirrus.sp], [
    { name: "ana", id: "ana" },
    "wrong",
    undefined,
    "urn:mace:example.edu:app",
  ]);
  const [base, login, code] = mapped("ocsf", events);
  assertEquals([base.class_uid, base.user, base.src_endpoint, base.unmapped.clientIP], [
    0,
    undefined,
    undefined,
    "somewhere",
  ]);
  assertEquals([login.user, login.service, login.status_detail], [
    { name: "unknown", type_id: 0 },
    { name: "unknown" },
    undefined,
  ]);
  assertEquals([code.status_detail, code.is_mfa, code.auth_factors, code.unmapped.service], [
    "wrong",
    true,
    [{ factor_type_id: 8, factor_type: "Email" }],
    "mail",
  ]);
  const products = ["bridge", "proxy", "gateway", "idp", "mail", "new"].map((service) =>
    JSON.stringify({ service })
  );
  assertEquals(mapped("ocsf", products).map(({ metadata }) => metadata.product.name), [
    "Cirrus Bridge",
    "Cirrus Proxy",
    "Cirrus Gateway",
    "Cirrus OrgBrandedID",
    "Cirrus Identity",
    "Cirrus Identity",
  ]);
});

Deno.test("a time that cannot be read is that of the event before it in the page, and says so", () => {
  const stamps = [
    undefined,
    "2026-11-26T12:00:00Z",
    "yesterday",
    7,
    "2026-11-26T11:00:00+00:00",
    "",
  ];
  const events = stamps.map((timeStampISO) => JSON.stringify({ timeStampISO }));
  const moments = [
    "1970-01-01T00:00:00.000Z",
    "2026-11-26T12:00:00.000Z",
    "2026-11-26T12:00:00.000Z",
    "2026-11-26T12:00:00.000Z",
    "2026-11-26T11:00:00.000Z",
    "2026-11-26T11:00:00.000Z",
  ];
  for (let round = 0; round < 2; round++) {
    assertEquals(
      mapped("ecs", events).map((event) => [
        event["@timestamp"],
        event.cirrus?.time_assumed,
        event.cirrus?.timeStampISO,
      ]),
      moments.map((moment, i) => {
        const isGood = i === 1 || i === 4;
        const kept = [undefined, , "yesterday", "7", , ""][i];
        return [moment, isGood ? undefined : "true", isGood ? undefined : kept];
      }),
    );
    assertEquals(
      mapped("ocsf", events).map(({ time, metadata, unmapped }) => [
        time,
        metadata.labels,
        metadata.original_time ?? unmapped?.timeStampISO,
      ]),
      moments.map((moment, i) => [
        Date.parse(moment),
        i === 1 || i === 4 ? undefined : ["time assumed"],
        stamps[i]?.toString(),
      ]),
    );
  }
});

/** Every leaf as a text, as far as JSON.parse still knows it: no numbers, which it may alter. */
function asTexts(value: unknown, level = 0): unknown {
  if (typeof value === "string") return value.toWellFormed();
  if (typeof value !== "object" || value === null) return String(value);
  if (level === 16) return "(deep)";
  if (Array.isArray(value)) return value.map((inner) => asTexts(inner, level + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key.toWellFormed(), asTexts(inner, level + 1)]),
  );
}

Deno.test(`nothing of 5000 made-up events is lost or altered [seed ${SEED}]`, () => {
  const below = seeded(SEED);
  const events = Array.from({ length: 5000 }, () => madeUpEvent(below))
    .map((text) => text.replaceAll(/-0\.0|1\.0|1e400|9007199254740993/g, "7"));
  const [inEcs, inOcsf] = [mapped("ecs", events), mapped("ocsf", events)];
  let assumed = 0;
  for (const [i, text] of events.entries()) {
    const event = JSON.parse(text);
    const [ecs, ocsf] = [inEcs[i], inOcsf[i]];
    assertEquals(ecs.event.original, text);
    assertEquals(ocsf.raw_data, text);
    assertEquals(ocsf.raw_data_size, new TextEncoder().encode(text).length);
    const { logData } = event;
    const isObject = typeof logData === "object" && logData !== null && !Array.isArray(logData);
    const all = logData === undefined
      ? undefined
      : asTexts(isObject ? logData : { value: logData });
    assertEquals(ecs.cirrus?.log_data, all, text);
    assertEquals(ocsf.unmapped?.logData, all, text);
    const facts = factsOf(event);
    const person = personIn(facts)?.toWellFormed();
    assertEquals(ecs.user?.name, person, text);
    assertEquals(ecs.cirrus?.idp, identityProviderIn(facts)?.toWellFormed(), text);
    if (ocsf.class_uid === 3002) assertEquals(ocsf.user.name, person ?? "unknown", text);
    if (Number.isNaN(timeOf(event))) assumed++;
    else if (ecs.cirrus?.time_assumed === undefined) assertEquals(ocsf.time, timeOf(event), text);
    // Whatever is said beside logData is said somewhere.
    const said = [ecs, ocsf].map((mapped) => {
      const { original: _, ...rest } = mapped.event ?? {};
      return JSON.stringify({ ...mapped, event: rest, raw_data: "", metadata: mapped.metadata });
    });
    for (const [name, value] of Object.entries(event)) {
      if (name === "logData" || typeof value !== "string" || value === "") continue;
      if (name === "timeStampISO" && !Number.isNaN(timeOf(event))) continue;
      // The product says it.
      if (name === "service") continue;
      const json = JSON.stringify(value.toWellFormed()).slice(1, -1);
      for (const line of said) assert(line.includes(json), `${name} of ${text} is not in ${line}`);
    }
  }
  assert(assumed > 500, `${assumed}`);
});

Deno.test("numbers keep all their digits, and of a key given twice the last counts", () => {
  const [ecs] = mapped("ecs", [
    '{"logData": {"a": 1.0, "b": -0, "c": 1e400, "d": 9007199254740993, "a": 2.50, "\\u0061": 3.10}}',
  ]);
  assertEquals(ecs.cirrus.log_data, { a: "3.10", b: "-0", c: "1e400", d: "9007199254740993" });
});

Deno.test("of very many keys, too, the last of the same counts, however it is escaped", () => {
  const below = seeded(SEED);
  const members = Array.from({ length: 3000 }, (_, i) => {
    const name = ["", "k", "\\u006b", "\\uD83D\\uDE00", "😀", "\ufeff", "\\ud800", "é"][below(8)];
    return `"${name}${below(500)}":${below(2) === 0 ? `"${i}"` : `["${i}","\\u00eb"]`}`;
  });
  const event = `{"logData":{${members.join(",")}}}`;
  const [ecs] = mapped("ecs", [event]);
  assertEquals(ecs.cirrus.log_data, asTexts(JSON.parse(event).logData));
});

Deno.test("what is nested deeper than 16 levels is a text of its JSON", () => {
  const deep = `${"[".repeat(40)}${"]".repeat(40)}`;
  const [{ cirrus }] = mapped("ecs", [`{"logData": {"deep": ${deep}}, "deep": ${deep}}`]);
  let value = cirrus.log_data.deep;
  for (let level = 1; level < 16; level++) value = value[0];
  assertEquals(value, deep.slice(15, -15));
  assertEquals(
    JSON.stringify(cirrus.deep).replaceAll(/^\[+|\]+$/g, ""),
    `"${deep.slice(15, -15)}"`,
  );
});

Deno.test("hostile events become one line each, with all of their bytes", () => {
  const events = hostileTexts();
  for (const [i, event] of mapped("ecs", events).entries()) {
    assert(event.event.original === events[i]!.trim(), `event ${i}`);
  }
  for (const [i, event] of mapped("ocsf", events).entries()) {
    assert(event.raw_data === events[i]!.trim(), `event ${i}`);
  }
});

Deno.test("no two lines begin with the same 256 bytes, by which agents know a file", () => {
  const events = Array.from({ length: 2000 }, (_, i) => demoEvents.at(17_960_000 + i).text);
  for (const format of ["ecs", "ocsf"] as const) {
    const beginnings = mappedLines(format, events).trimEnd().split("\n")
      .map((line) => line.slice(0, 256));
    assertEquals(new Set(beginnings).size, events.length);
  }
});

Deno.test("a page looks the same whatever came before it", () => {
  const below = seeded(SEED);
  const pages = Array.from({ length: 20 }, () => [madeUpEvent(below), madeUpEvent(below)]);
  for (const format of ["ecs", "ocsf"] as const) {
    const before = pages.map((page) => mappedLines(format, page));
    const after = pages.toReversed().map((page) => mappedLines(format, page)).toReversed();
    assertEquals(after, before);
    assertEquals(mappedLines(format, []), "");
  }
});
