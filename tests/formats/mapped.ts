/** Events for tests of the mapped formats, and how these look. */

import type { Page } from "../../lib/events/page.ts";
import { splitEvents, TOP_LEVEL } from "../../lib/events/split.ts";
import { createEcs } from "../../lib/formats/ecs.ts";
import { createOcsf } from "../../lib/formats/ocsf.ts";

const layouts = { ecs: createEcs(), ocsf: await createOcsf() };

/** The events as lines of a format, a thousand a page. */
export function mappedLines(format: keyof typeof layouts, events: readonly string[]): string {
  let lines = "";
  for (let i = 0; i < events.length; i += 1000) {
    const bytes = new TextEncoder().encode(`[${events.slice(i, i + 1000).join(",")}]`);
    const page = { events: splitEvents(bytes, TOP_LEVEL).events } as Page;
    lines += new TextDecoder().decode(layouts[format](page));
  }
  return lines;
}

/** The same, parsed. */
// deno-lint-ignore no-explicit-any
export function mapped(format: keyof typeof layouts, events: readonly string[]): any[] {
  return mappedLines(format, events).trimEnd().split("\n").map((line) => JSON.parse(line));
}

const TYPES = "account authentication cas create emailMFA oidc password sending newType".split(" ");
const SUBTYPES =
  ("authenticationSuccess authorize error expiredCode failure idToken invalidCode login logout manage " +
    "noEmail queued request samlValidate send sent serviceValidate success token userinfo validate new")
    .split(" ");
const SERVICES = "bridge gateway idGeneration idp mail proxy other".split(" ");
const NAMES =
  ("eppn mail uid user sp spentityid saml_idp saml_idpchain0 saml_spchain1 cas_service cas_idp_hostname " +
    "cas_client_ip to recipient email reason error message attributes userAgent").split(" ");
const TEXTS = [
  "",
  " ",
  "ana@example.edu",
  "zo\u00eb@example.edu",
  "a@b",
  "a b@example.edu",
  "ana@example.edu, bo@example.edu",
  "@example.edu",
  "x@",
  "192.0.2.1",
  "2001:db8::1",
  "::ffff:192.0.2.1",
  "2001:0db8:0000:0000:0000:0000:0000:0001",
  "0000:0000:0000:0000:0000:ffff:192.168.100.228",
  "1:2:3:4:5:6:7::",
  "::2:3:4:5:6:7:8",
  "64:ff9b::192.0.2.33",
  "fe80::1%eth0",
  "999.1.1.1",
  "https://app.example.edu/sp?x=1#y",
  "https://user:pw@app.example.edu:8443",
  "https://[2001:db8::1]/sp",
  "urn:mace:example.edu",
  "//",
  'quote " backslash \\ slash / tab \t',
  "\u0000\u001f\u007f\u2028",
  "\ud800",
  "\udc00x\ud83d\ude00",
  "\ud800\ud83d\ude00",
  "日本語",
  "😀".repeat(50),
  "__proto__",
];
const VALUES = [
  "null",
  "true",
  "false",
  "0",
  "-0.0",
  "1.0",
  "1e400",
  "9007199254740993",
  "[]",
  "{}",
];
const TIMES = [
  "2026-11-26T12:34:56+00:00",
  "2026-11-26T12:34:56Z",
  "2026-11-26T12:34:56.789Z",
  "2026-02-30T00:00:00+00:00",
  "2026-02-28T23:59:60+00:00",
  "2026-13-01T00:00:00+00:00",
  "2026-11-31T24:00:00+00:00",
  "2026-11-26 12:34:56.123456+0530",
  "1969-12-31T23:59:59Z",
  "0001-01-01T00:00:00+00:00",
  "9999-12-31T23:59:59-23:00",
  "2026-11-26T12:34:56",
  "never",
];

/** An event as nobody would make it, in JSON: fields missing, of other kinds, nested, in other case, twice. */
export function madeUpEvent(below: (limit: number) => number): string {
  const pick = <T>(list: readonly T[]) => list[below(list.length)]!;
  const chance = (one: number) => below(one) === 0;
  const string = (value: string) => {
    const json = JSON.stringify(value);
    // The same text with other escapes.
    return chance(4)
      ? json.replace(/[a-z/]/i, (letter) => {
        return `\\u${letter.charCodeAt(0).toString(16).padStart(4, chance(2) ? "0" : "0")}`;
      })
      : json;
  };
  const value = (depth: number): string => {
    if (chance(6)) return pick(VALUES);
    if (depth > 3 || !chance(6)) return string(pick(TEXTS));
    if (chance(2)) {
      return `[${Array.from({ length: below(3) }, () => value(depth + 1)).join(", ")}]`;
    }
    return object(depth + 1);
  };
  const key = () => {
    const name = pick(NAMES);
    if (chance(3)) {
      return chance(2) ? name.toUpperCase() : name.replace("Id", "ID").replace("_", ".");
    }
    return chance(10) ? pick(TEXTS) : name;
  };
  const object = (depth: number): string => {
    const members = Array.from({ length: below(9) }, () => {
      const name = key();
      const at = name.indexOf("_");
      if (at < 0 || !chance(4)) return `${string(name)}:${value(depth)}`;
      return `${string(name.slice(0, at))}: {${string(name.slice(at + 1))}:${value(depth)}}`;
    });
    return `{${members.join(chance(2) ? "," : " ,\n")}}`;
  };
  const field = (name: string, json: string) => chance(8) ? [] : [`${string(name)}:${json}`];
  const mostly = (list: readonly string[]) => chance(15) ? value(0) : JSON.stringify(pick(list));
  return `{${
    [
      ...field("logType", mostly(TYPES)),
      ...field("logSubtype", mostly(SUBTYPES)),
      ...field("service", mostly(SERVICES)),
      ...field("timeStampISO", mostly(TIMES)),
      ...field("clientIP", mostly(TEXTS)),
      ...field("correlationId", mostly(["c1", "c2"])),
      ...field("orgUrl", mostly(["https://www.example.edu/"])),
      ...field("orgDomain", mostly(["example.edu"])),
      ...field("tenant", mostly(["example-idp"])),
      ...(chance(4)
        ? [`${string(pick(["sp", "new field", "log_data", "tenant", "", "a.b"]))}:${value(0)}`]
        : []),
      ...field("logData", chance(12) ? value(0) : object(0)),
    ].join(",")
  }}`;
}

/** Events that are too large, too deep, or nothing like an event, in JSON. */
export function hostileTexts(): string[] {
  const piece = '\u202e長\\"';
  const long = piece.repeat(50_000);
  const tenMegabytes = piece.repeat(1_250_000);
  const deep = (levels: number) => `${'{"a":['.repeat(levels)}1${"]}".repeat(levels)}`;
  const many = (name: (i: number) => string) =>
    Array.from({ length: 100_000 }, (_, i) => `"${name(i)}":${i}`).join(",");
  const digits = "9".repeat(400);
  return [
    ...["service", "logType", "logSubtype", "clientIP", "tenant", "correlationId", "timeStampISO"]
      .map((name) => JSON.stringify({ [name]: long })),
    ...["eppn", "user", "mail", "sp", "saml_idp", "cas_client_ip", "to"].map((name) => {
      return JSON.stringify({ logType: "sending", logSubtype: "sent", logData: { [name]: long } });
    }),
    `{"logData": ${JSON.stringify(long)}}`,
    JSON.stringify({ logType: tenMegabytes, logData: { eppn: tenMegabytes } }),
    ...[5, 7, 8, 9, 50_000].flatMap((levels) => [
      `{"logData": ${deep(levels)}, "timeStampISO": "2026-11-26T12:00:00Z"}`,
      `{"deep": ${deep(levels)}, "service": ${deep(levels)}}`,
    ]),
    `{"logData": {${many((i) => `key${i}`)}}}`,
    `{"logData": {${many((i) => `key${i % 3}`)}}}`,
    `{${many((i) => `k\\u00e9y${i % 50_000}`)}}`,
    `{"logData": [${"{},".repeat(100_000)}{}]}`,
    `{"logData": {"uid": ${digits}, "n": -${digits}.${digits}e${digits}}, "clientIP": ${digits}}`,
    '{"__proto__": {"service": "idp"}, "logData": {"__proto__": "x", "constructor": {}, "eppn": {}}}',
    '{"logData": {"\\ud800": 1, "\\udfff": "\\udfff", "a": "\\ud83d"}, "\\ud800": "\\udc00"}',
    '{"logD\\u0061ta": {"\\u0065ppn": "ana@example.edu", "eppn": "bo@example.edu"}}',
    '{"a": 1, "\\u0061": 2, "logData": 1, "logData": {"eppn": "x", "eppn": "y"}, "cirrus": {}}',
    '{"logData": null, "clientIP": null, "timeStampISO": null, "logType": null, "service": null}',
    ' {\n\t"logType" : "cas" ,\r\n "logData" : { "n" : [ 1 , { } , [ ] , "x" ] } } ',
    "{}",
  ];
}
