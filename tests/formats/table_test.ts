import { assert, assertEquals, assertMatch } from "@std/assert";
import { clean } from "../../lib/base/text.ts";
import type { Event } from "../../lib/events/events.ts";
import { isFailure, tellingOf, userOf } from "../../lib/events/fields.ts";
import { createTable } from "../../lib/formats/table.ts";
import { cellsOf, pad, truncate, truncatePath } from "../../lib/terminal/width.ts";
import { SEED, seeded } from "../chance.ts";
import { run, temporaryFolder } from "../client.ts";
import { lines, logPage, numbered, startFakeApi } from "../fake_api.ts";
import { hostileEvent, timedHostileEvents } from "../hostile.ts";
import { search } from "../runs.ts";
import type { StoredEvent } from "../../lib/sources/demo_events.ts";

const EVENTS: readonly Event[] = [
  {
    logType: "authentication",
    timeStampISO: "2024-04-09T23:37:16+00:00",
    service: "bridge",
    clientIP: "192.0.2.4",
    logSubtype: "request",
    correlationId: "757769a369",
    tenant: "institution-bridge",
    logData: { spEntityId: "https://institution-bridge.proxy.example.com/bridge" },
  },
  {
    logType: "authentication",
    timeStampISO: "2024-04-09T23:37:24+00:00",
    service: "idp",
    clientIP: "2001:db8:85a3::8a2e:370:7334",
    logSubtype: "failure",
    correlationId: "757769a36a",
    tenant: "institution-idp",
    logData: { eppn: "zoë@example.edu", reason: "wrong password" },
  },
  {
    logType: "create",
    timeStampISO: "2024-10-27T00:59:59+00:00",
    service: "idGeneration",
    clientIP: "192.0.2.4",
    logSubtype: "success",
    correlationId: "1",
    tenant: "東京大学",
    logData: { attributes: { displayName: ["山田太郎 👩‍💻"], uid: [4711] } },
  },
  {
    logType: "cas",
    timeStampISO: "2024-10-27T01:00:00+00:00",
    service: "proxy",
    clientIP: "198.51.100.7",
    logSubtype: "authenticationSuccess",
    logData: { name: "Zoe\u0308 Müller 👍🏽 e\u0301tude" },
  },
  { logSubtype: "error" },
];

function table(width: number, events = EVENTS, colour = false): string {
  return createTable({ width, colour, zone: "Europe/Berlin" })(events);
}

Deno.test("a table of 80 columns", () => {
  assertEquals(
    table(80),
    `\
Europe/Berlin GMT+2 Service Type/subtype       Client address  Details
2024-04-10 01:37:16 bridge  authentic…/request 192.0.2.4       https://institut…
2024-04-10 01:37:24 idp     authentic…/failure 2001:db8:85a3:… zoë@example.edu:…
2024-10-27 02:59:59 idGene… create/success     192.0.2.4       4711
2024-10-27 02:00:00 proxy   cas/authenticatio… 198.51.100.7    Zoë Müller 👍 ét…
                            error
`,
  );
});

Deno.test("a table of 40 columns has neither date nor service nor addresses", () => {
  assertEquals(
    table(40),
    `\
GMT+2    Type/subtype   Details
01:37:16 authe…/request https://institu…
01:37:24 authe…/failure zoë@example.edu…
02:59:59 create/success 4711
02:00:00 cas/authentic… Zoë Müller 👍 é…
         error
`,
  );
});

Deno.test("a table of 200 columns has everything", () => {
  assertEquals(
    table(200),
    `\
Europe/Berlin GMT+2 Service      Type/subtype                         Client address                          Tenant                   Correlation      Details
2024-04-10 01:37:16 bridge       authentication/request               192.0.2.4                               institution-bridge       757769a369       https://institution-bridge.proxy.example.com/br…
2024-04-10 01:37:24 idp          authentication/failure               2001:db8:85a3::8a2e:370:7334            institution-idp          757769a36a       zoë@example.edu: wrong password
2024-10-27 02:59:59 idGeneration create/success                       192.0.2.4                               東京大学                 1                4711
2024-10-27 02:00:00 proxy        cas/authenticationSuccess            198.51.100.7                                                                      Zoë Müller 👍 étude
                                 error
`,
  );
});

Deno.test("a table has at most so many columns, the least useful ones go first", () => {
  const headings = [200, 120, 100, 80, 66, 52, 40, 20].map((width) => table(width).split("\n")[0]);
  assertEquals(headings, [
    "Europe/Berlin GMT+2 Service      Type/subtype                         Client address                          Tenant                   Correlation      Details",
    "Europe/Berlin GMT+2 Service      Type/subtype           Client address  Tenant          Correlation Details",
    "Europe/Berlin GMT+2 Service Type/subtype           Client address  Tenant          Details",
    "Europe/Berlin GMT+2 Service Type/subtype       Client address  Details",
    "Europe/Berlin GMT+2 Type/subtype       Client address  Details",
    "GMT+2    Type/subtype   Client address  Details",
    "GMT+2    Type/subtype   Details",
    "Type/subtype   Deta…",
  ]);
});

Deno.test("the heading comes once, with the first event", () => {
  const lines = createTable({ width: 80, colour: false, zone: "UTC" });
  assertEquals(lines([]), "");
  assertMatch(lines(EVENTS.slice(0, 1)), /^Time \(UTC\) .*\n.*23:37:16.*\n$/);
  assertMatch(lines(EVENTS.slice(0, 1)), /^2024-04-09 23:37:16 .*\n$/);
});

Deno.test("the zone is named as fits, and by default it is that of this machine", () => {
  const heading = (zone?: string) =>
    createTable({ width: 80, colour: false, ...(zone === undefined ? {} : { zone }) })(EVENTS)
      .slice(0, 20);
  assertEquals(heading("Asia/Tokyo"), "Asia/Tokyo GMT+9    ");
  assertEquals(heading("America/New_York"), "Time (GMT-4)        ");
  assertEquals(heading("Asia/Kathmandu"), "Time (GMT+5:45)     ");
  assertEquals(heading(), heading(Intl.DateTimeFormat().resolvedOptions().timeZone));
});

Deno.test("failures are red where there is colour", () => {
  const coloured = table(80, EVENTS, true).split("\n");
  const plain = table(80).split("\n");
  assertEquals(
    coloured,
    plain.map((line, i) => i === 2 || i === 5 ? `\x1b[31m${line}\x1b[39m` : line),
  );
  const subtypes = ["failure", "error", "invalidCode", "expiredCode", "noEmail", "success", "", 1];
  assertEquals(
    subtypes.map((logSubtype) => isFailure({ logSubtype })),
    [true, true, true, true, true, false, false, false],
  );
});

Deno.test("tellingOf() names the user, else the reason, else the first text; of a failure both", () => {
  const rows: [unknown, string][] = [
    [{ spEntityId: "sp", mail: "m@x", eppn: "e@x" }, "e@x"],
    [{ spEntityId: "sp", Email: "m@x", name: "n" }, "m@x"],
    [{ spEntityId: "sp", error: "no route" }, "no route"],
    [{ count: 3, spEntityId: "sp" }, "sp"],
    [{ user: { profile: { email: ["m@x"] } } }, "m@x"],
    [{ eppn: "", mail: null, uid: 7 }, "7"],
    ["plain", "plain"],
    [["", "a", "b"], "a"],
    [{ count: 3, done: true }, ""],
    [null, ""],
    [undefined, ""],
    [{}, ""],
  ];
  assertEquals(rows.map(([logData]) => [logData, tellingOf({ logData })]), rows);
  const failure = (logData: unknown) => tellingOf({ logSubtype: "failure", logData });
  assertEquals(failure({ reason: "expired", eppn: "e@x" }), "e@x: expired");
  assertEquals(failure({ reason: "expired" }), "expired");
  assertEquals(failure({ eppn: "e@x" }), "e@x");
  assertEquals(failure({ spEntityId: "sp" }), "sp");
  assertEquals(userOf({ userName: "ana", logData: { spEntityId: "sp" } }), "ana");
  assertEquals(userOf({ logData: { spEntityId: "sp" } }), undefined);
});

Deno.test("cellsOf() counts what a terminal shows", () => {
  // As wcwidth has them.
  const rows: [string, number][] = [
    ["abc", 3],
    ["é", 1],
    ["e\u0301", 1],
    ["東京", 4],
    ["ｆｕ", 4],
    ["ｶﾅ", 2],
    ["한국", 4],
    ["\u1112\u1161\u11ab", 2],
    ["👩", 2],
    ["🇩🇪", 2],
    ["⌚", 2],
    ["❤", 1],
    ["…▁█", 3],
    ["שלום", 4],
    ["ไทย", 3],
    ["ที่", 1],
    ["𠮷", 2],
    ["", 0],
  ];
  assertEquals(rows.map(([text]) => [text, cellsOf(text)]), rows);
});

Deno.test("clean() leaves nothing that moves the cursor, turns the line or has a disputed width", () => {
  const rows: [unknown, string][] = [
    ["\x1b[2Jgone", "[2Jgone"],
    ["a\x9b31mred", "a 31mred"],
    ["a\x1b]0;title\x07b", "a ]0;title b"],
    ["user\u202egnp.exe", "user gnp.exe"],
    ["a\r\nb\tc\0d\x7fe", "a b c d e"],
    ["a\u2028b\u2029c\u0085d", "a b c d"],
    ["\ud800a\udc00", "a"],
    ["👩‍👩‍👧", "👩 👩 👧"],
    ["👍🏽 ❤️", "👍 ❤"],
    ["a\u3164b", "a b"],
    ["a" + "\u0301".repeat(100), "a\u0301\u0301\u0301\u0301"],
    ["x".repeat(1_000_000), "x".repeat(500) + "…"],
    ["😀".repeat(1_000_000), "😀".repeat(250) + "…"],
    [1.5, "1.5"],
    [true, ""],
    [null, ""],
    [undefined, ""],
    [{ toString: "x" }, ""],
    [["a"], ""],
  ];
  assertEquals(rows.map(([value]) => [value, clean(value)]), rows);
});

Deno.test("truncate() and pad() count cells and break between characters", () => {
  assertEquals(
    [6, 5, 4, 3, 2, 1, 0].map((width) => truncate("東京e\u0301x", width)),
    ["東京e\u0301x", "東京…", "東…", "東…", "…", "…", ""],
  );
  assertEquals(truncate("ae\u0301\u0302b c", 4), "ae\u0301\u0302b…");
  assertEquals([pad("東京", 6), pad("東京", 3), pad("東京", 2)], ["東京  ", "東…", "… "]);
  assertEquals(
    [30, 20, 14, 8, 1].map((width) => truncatePath("authentication/success", width)),
    ["authentication/success", "authenticat…/success", "authe…/success", "aut…/su…", "…"],
  );
});

Deno.test(`no line is wider than asked for, nothing in it controls a terminal [seed ${SEED}]`, () => {
  const below = seeded(SEED);
  for (let round = 0; round < 300; round++) {
    const width = 1 + below(below(2) === 0 ? 40 : 220);
    const text = table(width, Array.from({ length: 20 }, () => hostileEvent(below)));
    assertMatch(
      text,
      /^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]*(\n[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]*)*$/u,
    );
    const lines = text.split("\n");
    assertEquals(lines.length, 22);
    for (const line of lines) assert(cellsOf(line) <= width, `${width}: ${JSON.stringify(line)}`);
  }
});

Deno.test("columns stay aligned, whatever is in them", () => {
  const below = seeded(1);
  const events = Array.from({ length: 500 }, () => ({
    ...hostileEvent(below),
    logData: "DETAILS",
  }));
  for (const line of table(80, events).trimEnd().split("\n").slice(1)) {
    assertEquals(cellsOf(line.slice(0, line.lastIndexOf("DETAILS"))), 63);
  }
});

Deno.test("huge, deep and wrong-typed events take no time", () => {
  const { events, isLong } = timedHostileEvents();
  const started = performance.now();
  const lines = table(80, events).split("\n");
  assert(!isLong(performance.now() - started));
  assertEquals(lines.length, events.length + 2);
});

/** Steps of one login in the order of arrival, and one of another. */
function steps(): StoredEvent[] {
  const start = Date.parse("2024-05-01T06:00:00Z");
  const rows: [seconds: number, service: string, logSubtype: string, correlationId: string][] = [
    [0, "proxy", "request", "c"],
    [5, "proxy", "request", "other"],
    [66, "idp", "success", "c"],
    [1, "idp", "request", "c"],
    [66, "proxy", "success", "c"],
  ];
  return rows.map(([seconds, service, logSubtype, correlationId]) => ({
    arrived: Date.now() - 3_600_000,
    text: JSON.stringify({
      ...{ service, logSubtype, correlationId, logType: "cas" },
      timeStampISO: new Date(start + seconds * 1000).toISOString(),
    }),
  }));
}

Deno.test("a table of one correlationid is in the order of time, with the time between the steps", async () => {
  await using api = startFakeApi({ fault: () => logPage(steps()) });
  const query = ["--query", "correlationid=c", "--since", "2024-05-01T00:00:00Z"];
  const { code, stdout, stderr } = await search(api.logUrl, ["--format", "table", ...query]);
  assertEquals([code, stderr], [0, ""]);
  const rows = stdout.trimEnd().split("\n").map((line) =>
    line.slice(20).replace(/ +/g, " ").trim()
  );
  assertEquals(rows, [
    "After Service Type/subtype Client address Tenant Details",
    "proxy cas/request",
    "+1s idp cas/request",
    "+1m05s idp cas/success",
    "+0s proxy cas/success",
  ]);
  const others = ["--query", "correlationid!=c", "--since", "2024-05-01T00:00:00Z"];
  const other = await search(api.logUrl, ["--format", "table", ...others]);
  assertEquals(other.stdout.includes("After"), false);
});

Deno.test("a table with the time between is made for narrow terminals, too", () => {
  const headings = [200, 120, 100, 80, 66].map((width) =>
    createTable({ width, colour: false, zone: "UTC", pauses: true })(EVENTS).split("\n")[0]!
      .replace(/ +/g, " ")
  );
  assertEquals(headings, [
    "Time (UTC) After Service Type/subtype Client address Tenant Details",
    "Time (UTC) After Service Type/subtype Client address Tenant Details",
    "Time (UTC) After Service Type/subtype Client address Details",
    "Time (UTC) After Service Type/subtype Details",
    "Time (UTC) Type/subtype Client address Details",
  ]);
});

Deno.test("a table, logins or csv without events says so, out of how many, in which time", async () => {
  await using api = startFakeApi({ events: numbered(12) });
  const say = async (...args: string[]) => {
    const since = ["--since", "2024-05-01T00:00:00Z"];
    const { code, stderr } = await search(api.logUrl, [...since, ...args]);
    assertEquals(code, 0);
    return stderr;
  };
  const nobody = ["--query", "user=User1@example.edu"];
  const from = "from 2024-05-01T00:00:00Z";
  for (const format of ["table", "logins", "csv"]) {
    assertEquals(
      await say("--format", format, ...nobody, "--limit", "5"),
      `siem-client: No event ${from} on matched; 12 events came; "user" is matched exactly\n`,
    );
  }
  assertEquals(
    await say("--format", "table", "--until", "2024-05-02T00:00:00Z"),
    `siem-client: No event ${from} until 2024-05-02T00:00:00Z matched; 12 events came\n`,
  );
  assertEquals(
    await say("--format", "table", "--query", "clientip=192.0.2."),
    `siem-client: No event ${from} on matched; 12 events came; ` +
      '"clientip" is a whole address, or address/bits\n',
  );
  assertEquals(await say("--format", "ndjson", ...nobody), "");
  assertEquals(await say("--format", "table", "--query", "user=user1@example.edu"), "");
});

Deno.test("a search of files that finds nothing says so without a number", async () => {
  await using folder = temporaryFolder();
  await Deno.writeTextFile(folder.path("pulled.jsonl"), lines(numbered(3)));
  const say = async (...args: string[]) => {
    const { code, stdout, stderr } = await run([...args, folder.path("pulled.jsonl")]);
    assertEquals([code, stdout], [0, ""]);
    return stderr;
  };
  assertEquals(
    await say("--query", "user=ana", "--format", "table"),
    'siem-client: No event in the files matched; "user" is matched exactly\n',
  );
  assertEquals(
    await say("--until", "2024-05-01T00:00:00Z", "--format", "logins"),
    "siem-client: No event in the files until 2024-05-01T00:00:00Z matched\n",
  );
});
