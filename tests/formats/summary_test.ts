import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Event } from "../../lib/events/events.ts";
import { createSummary } from "../../lib/formats/summary.ts";
import { createTally, createTimeline, MAX_KEYS } from "../../lib/formats/tally.ts";
import { cellsOf } from "../../lib/terminal/width.ts";
import { SEED, seeded } from "../chance.ts";
import { hostileEvent, timedHostileEvents } from "../hostile.ts";

const START = Date.parse("2024-05-01T06:00:00Z");

const same = (text: string) => text;

function event(minutes: number, kind: string, user: string, clientIP: string): Event {
  const [service, logType, logSubtype] = kind.split(" ");
  const timeStampISO = new Date(START + minutes * 60_000).toISOString();
  return { timeStampISO, service, logType, logSubtype, clientIP, logData: { eppn: user } };
}

const EVENTS: readonly Event[] = [
  event(0, "idp authentication request", "ana@example.edu", "192.0.2.1"),
  event(1, "idp authentication success", "ana@example.edu", "192.0.2.1"),
  event(20, "idp authentication request", "山田@example.jp", "192.0.2.2"),
  event(21, "idp authentication failure", "山田@example.jp", "192.0.2.2"),
  event(22, "idp authentication failure", "山田@example.jp", "192.0.2.2"),
  event(59, "idGeneration create success", "ana@example.edu", "192.0.2.1"),
  event(60, "proxy cas authenticationSuccess", "ana@example.edu", "192.0.2.1"),
  { service: "mail" },
];

function summary(width: number, events = EVENTS): string {
  const counted = createSummary();
  for (const event of events) counted.add([event]);
  return counted.text({ width, hide: same, zone: "Europe/Berlin" });
}

Deno.test("a summary of 80 columns", () => {
  assertEquals(
    summary(80),
    `\
8 events, 2 failures (25.0 %)
1 event without a time

Events over time (Europe/Berlin, GMT+2)
██                        ███                                               █ █
2024-05-01 08:00:00                                         2024-05-01 09:00:00

Service, type/subtype
idp authentication/request      2 ████████████████████████████████████████
idp authentication/failure      2 ████████████████████████████████████████
idp authentication/success      1 ████████████████████
idGeneration create/success     1 ████████████████████
proxy cas/authenticationSuccess 1 ████████████████████
mail                            1 ████████████████████

Busiest client addresses
192.0.2.1 4 ████████████████████████████████████████
192.0.2.2 3 ██████████████████████████████

Busiest users
ana@example.edu 4 ████████████████████████████████████████
山田@example.jp 3 ██████████████████████████████
`,
  );
});

Deno.test("a summary of 40 columns", () => {
  assertEquals(
    summary(40),
    `\
8 events, 2 failures (25.0 %)
1 event without a time

Events over time (Europe/Berlin, GMT+2)
█            █▄                       ▄▄
2024-05-01 08:00:00  2024-05-01 09:00:00

Service, type/subtype
idp authenticat…/request 2 █████████████
idp authenticat…/failure 2 █████████████
idp authenticat…/success 1 ██████▌
idGeneration cr…/success 1 ██████▌
pro…/authenticationSucc… 1 ██████▌
mail                     1 ██████▌

Busiest client addresses
192.0.2.1 4 ████████████████████████████
192.0.2.2 3 █████████████████████

Busiest users
ana@example.edu 4 ██████████████████████
山田@example.jp 3 ████████████████▌
`,
  );
});

Deno.test("a summary of 200 columns is as one of 80, with a longer line over time", () => {
  assertEquals(
    summary(200),
    `\
8 events, 2 failures (25.0 %)
1 event without a time

Events over time (Europe/Berlin, GMT+2)
█  █                                                           █  █  █                                                                                                                    █  █
2024-05-01 08:00:00                                                                                                                                                        2024-05-01 09:00:00

Service, type/subtype
idp authentication/request      2 ████████████████████████████████████████
idp authentication/failure      2 ████████████████████████████████████████
idp authentication/success      1 ████████████████████
idGeneration create/success     1 ████████████████████
proxy cas/authenticationSuccess 1 ████████████████████
mail                            1 ████████████████████

Busiest client addresses
192.0.2.1 4 ████████████████████████████████████████
192.0.2.2 3 ██████████████████████████████

Busiest users
ana@example.edu 4 ████████████████████████████████████████
山田@example.jp 3 ██████████████████████████████
`,
  );
});

Deno.test("no events are one line", () => {
  assertEquals(summary(80, []), "No events\n");
});

Deno.test("one event, without any field", () => {
  assertEquals(
    summary(40, [{}]),
    `\
1 event, 0 failures (0 %)
1 event without a time

Service, type/subtype
(not said) 1 ███████████████████████████
`,
  );
});

Deno.test("the share of failures is never rounded to nothing or to everything", () => {
  const share = (failures: number, others: number) => {
    const counted = createSummary();
    counted.add(new Array(failures).fill({ logSubtype: "error" }));
    counted.add(new Array(others).fill({ logSubtype: "sent" }));
    return /\((.*?)\)/.exec(counted.text({ width: 80, hide: same }))?.[1];
  };
  assertEquals(
    [share(0, 9), share(1, 9999), share(1, 8), share(9999, 1), share(9, 0)],
    ["0 %", "under 0.1 %", "11.1 %", "99.9 %", "100 %"],
  );
});

Deno.test("rankings are cut where they say no more, and say what is left out", () => {
  const events = Array.from(
    { length: 25 * 26 },
    (_, i) => event(i, `service${i % 26} a b`, `user${i % 12}`, `192.0.2.${i % 11}`),
  );
  const sections = summary(80, events).split("\n\n").map((section) => section.trim().split("\n"));
  assertEquals(
    sections.map((lines) => [lines[0], lines.length, lines.at(-1)?.replace(/█.*/, "")]).slice(2),
    [
      ["Service, type/subtype", 22, "and 6 others"],
      ["Busiest client addresses", 12, "and 1 other"],
      ["Busiest users", 12, "and 2 others"],
    ],
  );
});

/** What a program writes that makes a summary called `counted`, with little memory. */
async function inLittleMemory(program: string): Promise<string> {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "eval",
      "--v8-flags=--max-old-space-size=64",
      `import { createSummary } from "./lib/formats/summary.ts";
       const counted = createSummary();
       ${program}
       await Deno.stdout.write(new TextEncoder().encode(counted.text({ width: 80, hide: (text) => text, zone: "UTC" })));`,
    ],
    cwd: new URL("../..", import.meta.url),
  }).output();
  return new TextDecoder().decode(stdout) || new TextDecoder().decode(stderr);
}

Deno.test("300,000 different users, addresses and kinds are counted in 64 MB", async () => {
  const text = await inLittleMemory(`
    for (let page = 0; page < 300; page++) {
      counted.add(Array.from({ length: 1000 }, (_, i) => {
        const name = page + "-" + i;
        const eppn = (i % 10 === 0 ? "busy" : "user " + name) + "@example.edu";
        const timeStampISO = new Date(page * i * 60_000).toISOString();
        return { timeStampISO, service: name, clientIP: "address " + name, logData: { eppn } };
      }));
    }`);
  assertMatch(text, /^300000 events, 0 failures \(0 %\)\n/);
  assertMatch(text, /\nbusy@example.edu +30000 █+\n/);
  assertMatch(text, /\nand over 19990 others; counts may be up to \d+ too low\n$/);
});

Deno.test("500 names of 1 MB are counted in 64 MB", async () => {
  const text = await inLittleMemory(`
    const long = "x".repeat(1_000_000);
    for (let i = 0; i < 500; i++) {
      counted.add(JSON.parse(\`[{"service": "\${i}\${long}", "logData": {"eppn": "\${i}\${long}"}}]\`));
    }`);
  assertMatch(text, /^500 events/);
  assertMatch(text, /and 490 others\n$/);
});

Deno.test("a tally knows by how much its counts can be too low", () => {
  const tally = createTally();
  // Twice, so that forgetting takes a count of two; 'late' is seen only before and after.
  tally.add("late");
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < MAX_KEYS - 1; i++) tally.add(`key ${i}`);
  }
  assertEquals(tally.top(1).others, "and 19999 others");
  tally.add("one too many");
  assertEquals(tally.top(1), {
    rows: [["key 0", 2]],
    others: "and over 19999 others; counts may be up to 2 too low",
  });
  for (let i = 0; i < 9; i++) tally.add("late");
  assertEquals(tally.top(1).rows, [["late", 9]]);
});

Deno.test("a timeline keeps every event, however far apart, and equal stretches", () => {
  const timeline = createTimeline();
  assertEquals(timeline.spread(80), []);
  for (let second = 0; second < 100_000; second++) timeline.add(second * 1000);
  const counts = timeline.spread(60);
  assertEquals(counts.reduce((sum, count) => sum + count, 0), 100_000);
  assertEquals(new Set(counts.slice(0, -1)).size, 1);
  for (const ms of [-8.64e15, 8.64e15]) timeline.add(ms);
  const wide = timeline.spread(60);
  assertEquals([wide[0], wide.at(-1)], [1, 1]);
  assertEquals(wide.reduce((sum, count) => sum + count, 0), 100_002);
});

Deno.test("a gap is a gap in the line over time", () => {
  const events = [0, 1, 2, 3, 7, 8, 9, 9].map((minute) => event(minute / 60, "a b c", "u", "x"));
  assertEquals(summary(80, events).split("\n")[3], "▄▄▄▄   ▄▄█");
});

Deno.test(`no line is wider than asked for, nothing in it controls a terminal [seed ${SEED}]`, () => {
  const below = seeded(SEED);
  for (let round = 0; round < 200; round++) {
    const width = 1 + below(below(2) === 0 ? 40 : 220);
    const events = Array.from({ length: below(60) }, () => hostileEvent(below));
    for (const line of summary(width, events).split("\n")) {
      assertMatch(line, /^[^\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]*$/u);
      assert(cellsOf(line) <= width, `${width}: ${JSON.stringify(line)}`);
    }
  }
});

Deno.test("huge, deep and wrong-typed events are counted in no time", () => {
  const { events, isLong } = timedHostileEvents();
  const started = performance.now();
  assertMatch(summary(80, events), new RegExp(`^${events.length} events, 0 failures`));
  assert(!isLong(performance.now() - started));
});
