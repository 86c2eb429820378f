/** Rows for spreadsheets: `--format csv`. */

import { assertEquals } from "@std/assert";
import { parse } from "@std/csv/parse";
import { SEED, seeded } from "../chance.ts";
import { createCsv } from "../../lib/formats/csv.ts";
import { decode, run, temporaryFolder } from "../client.ts";
import { CREDENTIALS, ORG_URL, startFakeApi } from "../fake_api.ts";
import { hostileEvent } from "../hostile.ts";
import { search } from "../runs.ts";

const COLUMNS =
  ("timestamp,tenant,orgdomain,orgurl,orgid,service,clientip,correlationid,logtype,logsubtype," +
    "eppn,mail,uid,user,sp,spentityid,saml_idp,saml_idpchain0,saml_idpchain1,saml_spchain0," +
    "saml_spchain1,cas_service,cas_idp_hostname,cas_client_ip,cas_ticketprefix,cas_isproxied," +
    "attributes,logdata").split(",");

/** What a search prints of events with these texts, of which a page has at most so many. */
async function csv(texts: readonly string[], limit = "1000"): Promise<string> {
  await using api = startFakeApi({
    events: texts.map((text, n) => ({ arrived: Date.now() - 60_000 + n, text })),
  });
  const { code, stdout, stderr } = await search(api.logUrl, [
    ...["--format", "csv", "--limit", limit, "--since", "24h"],
  ]);
  assertEquals([code, stderr], [0, ""]);
  return stdout;
}

/** The cells of a row that say something. */
function told(row: readonly string[]): Record<string, string> {
  assertEquals(row.length, COLUMNS.length);
  return Object.fromEntries(
    COLUMNS.flatMap((column, n) => row[n] === "" ? [] : [[column, row[n]!]]),
  );
}

Deno.test("csv is RFC 4180 with one heading, the columns of the export, and the event's own texts", async () => {
  const event = `{
    "timeStampISO": "soon, perhaps", "tenant": "t", "orgDomain": "example.edu", "orgUrl": "https://e/",
    "service": "idp", "clientIP": "192.0.2.1", "correlationId": "c", "logType": "cas",
    "logSubtype": "login", "orgId": "7",
    "logData": { "Mail": "m@x", "n": 9007199254740993, "saml": {"idpChain0": "0"}, "cas.isProxied": false,
      "note": "a \\"quote\\",\\r\\nand a line", "attributes": {"uid": [ "a", 1.0 ]}, "UID": 1e400 }
  }`;
  const expected = COLUMNS.join(",") + "\r\n" +
    '"soon, perhaps",t,example.edu,https://e/,,idp,192.0.2.1,c,cas,login,' +
    ',m@x,1e400,,,,,0,,,,,,,,false,"{""uid"":[""a"",1.0]}",' +
    '"{""Mail"":""m@x"",""n"":9007199254740993,""saml"":{""idpChain0"":""0""},' +
    '""cas.isProxied"":false,""note"":""a \\""quote\\"",\\r\\nand a line"",' +
    '""attributes"":{""uid"":[""a"",1.0]},""UID"":1e400}"\r\n';
  assertEquals(await csv([event]), expected);
});

Deno.test("csv has the dictionary's fields however they are written, and one heading for all pages", async () => {
  const rows: [logData: unknown, cells: Record<string, string>][] = [
    [{ EPPN: "", eppn: " ", Eppn: "a@x", ePPN: "b@x" }, { eppn: "a@x" }],
    [{ spEntityId: "sp", SP: "s" }, { spentityid: "sp", sp: "s" }],
    [{ saml: { idp: "i", spChain1: "1" }, "saml.idp": "other" }, {
      saml_idp: "i",
      saml_spchain1: "1",
    }],
    [{ CAS: { Client: { IP: "::1" }, idp_hostname: "h" }, cas_ticketPrefix: "ST-1" }, {
      cas_client_ip: "::1",
      cas_idp_hostname: "h",
      cas_ticketprefix: "ST-1",
    }],
    [{ mail: ["a", "b"], user: null, attributes: null, uid: 5 }, { mail: '["a","b"]', uid: "5" }],
    [{ cas: "x", saml: [{ idp: "no" }], deep: { eppn: "no" } }, {}],
    ["eppn", {}],
    [["eppn"], {}],
    [null, {}],
  ];
  const text = await csv(rows.map(([logData]) => JSON.stringify({ logData })), "2");
  const [heading, ...cells] = parse(text);
  assertEquals(heading, COLUMNS);
  assertEquals(
    cells.map(told),
    rows.map(([logData, cells]) => ({ ...cells, logdata: JSON.stringify(logData) })),
  );
});

Deno.test("csv has an apostrophe before a cell that a spreadsheet would run", async () => {
  const rows: [text: string, cell: string][] = [
    ["=1+1", "'=1+1"],
    ['=HYPERLINK("https://x/","y")', `'=HYPERLINK("https://x/","y")`],
    ["@SUM(A1)", "'@SUM(A1)"],
    ["+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"],
    ["-1+2", "'-1+2"],
    ["-", "'-"],
    ["\t=1", "'\t=1"],
    ["\r=1", "'\n=1"],
    ["a\rb\r\nc", "a\nb\nc"],
    ["-5", "-5"],
    ["+49.25", "+49.25"],
    ["-1e5", "-1e5"],
    ["a=b", "a=b"],
    ["'=1", "'=1"],
    ["1-2", "1-2"],
  ];
  const texts = rows.map(([tenant, text]) => JSON.stringify({ tenant, logData: { uid: text } }));
  const cells = parse(await csv(texts)).slice(1).map(told);
  assertEquals(
    cells.map(({ tenant, uid }) => [tenant, uid]),
    rows.map(([, cell]) => [cell, cell]),
  );
});

Deno.test("csv keeps a U+FEFF at the beginning of a text, which is no byte order mark there", async () => {
  const text = '{"tenant":"\uFEFFa\\u0062","\uFEFFser\\u0076ice":"other","service":"\uFEFFc"}';
  const [, row] = parse(await csv([text]));
  assertEquals(told(row!), { tenant: "\uFEFFab", service: "\uFEFFc" });
});

Deno.test(`csv of hostile events can be read again (seed ${SEED})`, async () => {
  const below = seeded(SEED);
  const events = Array.from({ length: 300 }, () => ({
    ...hostileEvent(below),
    timeStampISO: new Date(Date.now() - 60_000).toISOString(),
  }));
  const text = await csv(events.map((event) => JSON.stringify(event)));
  const [, ...rows] = parse(text);
  assertEquals(rows.length, events.length);
  const formulas = rows.flat().filter((cell) =>
    /^[=+\-@\t\r]/.test(cell) && Number.isNaN(Number(cell))
  );
  assertEquals(formulas, []);
  for (const [n, row] of rows.entries()) {
    const { logData } = events[n] as { logData?: unknown };
    const { logdata } = told(row);
    if (logData === undefined) continue;
    assertEquals(JSON.parse(logdata!), JSON.parse(JSON.stringify(logData)));
  }
});

Deno.test("csv on a terminal has nothing that controls it", () => {
  const bytes = new TextEncoder().encode(
    '{"tenant":"a\\u001b[2Jb","logData":{"uid":"\\u202e\u009b"}}',
  );
  const spans = new Uint32Array([0, bytes.length]);
  const page = (isTerminal: boolean, isDumb = false) => {
    const screen = { isTerminal, isDumb, colour: false, columns: () => 80 };
    const layOut = createCsv({ screen, filters: [], stays: false, say() {} });
    const events = { bytes: bytes.slice(), spans, compact: true };
    return parse(decode(
      layOut({ events, next: { at: "" }, more: false, lastEvent: NaN, release() {} }),
    ))[1]!;
  };
  const [shown, kept] = [told(page(true)), told(page(false))];
  assertEquals([shown["tenant"], shown["uid"]], ["a [2Jb", " "]);
  assertEquals(told(page(false, true)), shown);
  assertEquals([kept["tenant"], kept["uid"]], ["a\u001b[2Jb", "\u202e\u009b"]);
});

Deno.test("csv goes to a file in a search, and not with -c", async () => {
  await using folder = temporaryFolder();
  const output = folder.path("out.csv");
  await using api = startFakeApi({
    events: [{ arrived: Date.now() - 1000, text: '{"tenant":"t"}' }],
  });
  const args = ["--format", "csv", "--output", output];
  assertEquals(await search(api.logUrl, args), { code: 0, stdout: "", stderr: "" });
  assertEquals(parse(await Deno.readTextFile(output)).length, 2);
  const refused = await run(["-c", ...args, "--apiurl", api.logUrl, "--orgurl", ORG_URL], {
    env: CREDENTIALS,
  });
  assertEquals(refused, {
    code: 2,
    stdout: "",
    stderr: "siem-client: Cannot use --format csv with -c: every run would begin with a heading; " +
      "use ndjson\n",
  });
});
