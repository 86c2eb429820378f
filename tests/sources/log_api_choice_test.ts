/** Which events of Log API v1 are delivered: filters, and the time they happened? */

import { assertEquals } from "@std/assert";
import { run } from "../client.ts";
import {
  CREDENTIALS,
  lines,
  logPage,
  numbered,
  numberedEvent,
  ORG_URL,
  parametersOf,
  startFakeApi,
} from "../fake_api.ts";
import { search } from "../runs.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

Deno.test("Log API: filters that the service has are sent with every page under its names", async () => {
  await using api = startFakeApi({ events: numbered(60) });
  const query = "metrictype=authentication,metricsubtype=success,service=idp,tenant=tenant & sons";
  const expected = api.events.filter((_, n) => n % 30 === 0);
  const finished = await search(api.logUrl, ["--limit", "1", "--query", query]);
  assertEquals(finished, { code: 0, stdout: lines(expected), stderr: "" });
  const names = ["limit", "nextToken", "orgUrl"];
  assertEquals(
    api.requests.map((request) => parametersOf(request).filter(([name]) => !names.includes(name))),
    [1, 2, 3].map(() => [
      ["logSubtype", "success"],
      ["logType", "authentication"],
      ["service", "idp"],
      ["tenant", "tenant & sons"],
    ]),
  );
});

Deno.test("Log API: clientip, correlationid and user are matched in the client, exactly", async () => {
  const texts = {
    plain: '{"clientIP":"192.0.2.1","correlationId":"c1","logData":{"eppn":"ana@example.edu"}}',
    nested: '{"logData":{"a":[{"b":[["ana@example.edu"]]}]},"n":1}',
    string: '{"logData":"ana@example.edu"}',
    user: '{"user":"ana@example.edu","clientIP":"192.0.2.10"}',
    userId: '{"userId":"ana@example.edu","correlationId":"c11"}',
    username: '{"username":"ana@example.edu","clientIP":["192.0.2.1"]}',
    escaped: '{"logData":{"eppn":"\\u0061na@example.edu"},"clientIP":"192.0.2.\\u0031"}',
    longer: '{"logData":{"eppn":"ana@example.edu "},"clientIP":"192.0.2.1 "}',
    part: '{"logData":{"eppn":"diana@example.edu"},"correlationId":"c"}',
    otherCase: '{"logData":{"eppn":"Ana@example.edu"},"correlationId":"C1"}',
    aKey: '{"logData":{"ana@example.edu":1},"c1":"192.0.2.1"}',
    elsewhere: '{"tenant":"ana@example.edu","clientip":"192.0.2.1","correlationid":"c1"}',
    inLogData: '{"logData":{"clientIP":"192.0.2.1","correlationId":"c1","n":42}}',
    number: '{"logData":{"id":42},"clientIP":1,"correlationId":42}',
    string42: '{"logData":{"id":"42"},"correlationId":"42"}',
    empty: "{}",
    nulls: '{"logData":null,"user":null,"clientIP":null,"correlationId":null}',
  };
  const rows: readonly (readonly [query: string, names: readonly (keyof typeof texts)[]])[] = [
    ["clientip=192.0.2.1", ["plain", "escaped"]],
    ["correlationid=c1", ["plain"]],
    ["correlationid=42", ["string42"]],
    ["user=ana@example.edu", [
      "plain",
      "nested",
      "string",
      "user",
      "userId",
      "username",
      "escaped",
    ]],
    ["user=42", ["string42"]],
    ["clientip=192.0.2.1,user=ana@example.edu,correlationid=c1", ["plain"]],
    ["clientip=192.0.2.1,correlationid=c2", []],
    ["clientip=192.0.2.0/28", ["plain", "user", "escaped"]],
    ["clientip=192.0.2.0/28,clientip!=192.0.2.1", ["user"]],
    ["correlationid!=c1,user!=ana@example.edu,correlationid!=42,user!=42,clientip!=::/0", [
      "longer",
      "part",
      "otherCase",
      "aKey",
      "elsewhere",
      "inLogData",
      "number",
      "empty",
      "nulls",
    ]],
    [
      "service!=proxy,tenant!=ana@example.edu",
      Object.keys(texts)
        .filter((name) => name !== "elsewhere") as (keyof typeof texts)[],
    ],
  ];
  const stored = Object.values(texts).map((text) => ({ arrived: Date.now(), text }));
  await using api = startFakeApi({ fault: () => logPage(stored) });
  await Promise.all(rows.map(async ([query, names]) => {
    const finished = await search(api.logUrl, ["--query", query]);
    const stdout = names.map((name) => `${texts[name]}\n`).join("");
    assertEquals(finished, { code: 0, stdout, stderr: "" }, query);
  }));
  const names = ["limit", "nextToken", "orgUrl"];
  assertEquals(api.requests.map((request) => parametersOf(request).map(([name]) => name)), [
    ...rows.map(() => names),
  ]);
});

Deno.test("Log API: a user is found however deep logData is nested", async () => {
  const deep = `{"logData":${"[".repeat(50_000)}"ana"${"]".repeat(50_000)}}`;
  await using api = startFakeApi({ fault: () => logPage([{ arrived: 0, text: deep }]) });
  const { code, stdout } = await search(api.logUrl, ["--query", "user=ana"]);
  assertEquals([code, stdout === `${deep}\n`], [0, true]);
});

Deno.test("Log API: whether a page is full is decided before events are matched in the client", async () => {
  await using api = startFakeApi({ events: numbered(25) });
  const finished = await search(api.logUrl, ["--limit", "5", "--query", "clientip=192.0.2.7"]);
  const expected = api.events.filter((_, n) => n % 10 === 7);
  assertEquals(finished, { code: 0, stdout: lines(expected), stderr: "" });
  assertEquals(api.requests.length, 6);
});

Deno.test("Log API: a page of which nothing matches is [] when indented, and nothing as lines", async () => {
  await using api = startFakeApi({ events: numbered(3) });
  const args = ["--query", "user=nobody"];
  const asJson = await run(["--apiurl", api.logUrl, "--orgurl", ORG_URL, ...args], {
    env: CREDENTIALS,
  });
  assertEquals(asJson, { code: 0, stdout: "[]\n", stderr: "" });
  assertEquals(await search(api.logUrl, args), { code: 0, stdout: "", stderr: "" });
});

Deno.test("Log API: events count by their own time stamp, both ends included, and unreadable ones are kept", async () => {
  const rows: readonly (readonly [timeStampISO: unknown, kept: boolean])[] = [
    ["2024-05-01T09:59:59+00:00", false],
    ["2024-05-01T09:59:59.999Z", false],
    ["2024-05-01T10:00:00+00:00", true],
    ["2024-05-01T10:30:00.123456Z", true],
    ["2024-05-01T12:30:00+02:00", true],
    ["2024-05-01T13:30:00+02:00", false],
    ["2024-05-01T11:00:00Z", true],
    ["2024-05-01T11:00:00.001Z", false],
    ["2020-01-01T00:00:00Z", false],
    ["2024-05-01T10:00:00+0000", true],
    ["2024-05-01 09:00:00+00:00", false],
    ["2024-05-01T09:00:00", true],
    ["2024-05-01", true],
    ["unknown 3", true],
    ["soon", true],
    ["", true],
    [1714500000, true],
    [null, true],
    [undefined, true],
  ];
  const events = rows.map(([timeStampISO], n) => ({
    arrived: 0,
    text: JSON.stringify({ n, timeStampISO }),
  }));
  await using api = startFakeApi({ fault: () => logPage(events) });
  const window = ["--since", "2024-05-01T10:00:00Z", "--until", "2024-05-01T11:00:00Z"];
  const finished = await search(api.logUrl, window);
  const stdout = lines(events.filter((_, n) => rows[n]![1]));
  assertEquals(finished, { code: 0, stdout, stderr: "" });
});

Deno.test("Log API: reading stops one hour of arrival time past --until", async () => {
  const start = Math.floor((Date.now() - DAY) / 1000) * 1000;
  const at = (minutes: number) => start + minutes * MINUTE;
  const iso = (ms: number) => new Date(ms).toISOString();
  const events = Array.from({ length: 30 }, (_, n) => numberedEvent(n, at(10 * n)));
  // This one reached the log 59 minutes after it happened, which was at the last moment of all.
  events[11] = {
    arrived: at(119),
    text: JSON.stringify({ late: true, timeStampISO: iso(at(60)) }),
  };
  await using api = startFakeApi({ events });
  const finished = await search(api.logUrl, [
    ...["--since", iso(start), "--until", iso(at(60))],
    ...["--limit", "3"],
  ]);
  const expected = [...events.slice(0, 7), events[11]!];
  assertEquals(finished, { code: 0, stdout: lines(expected), stderr: "" });
  // Pages end with arrivals at 20, 50, 80, 119 and 140 minutes; the limit is at 120.
  assertEquals(api.requests.length, 5);
});

Deno.test("Log API: without --until reading goes on to the newest event", async () => {
  const start = Date.now() - DAY;
  const events = Array.from({ length: 9 }, (_, n) => numberedEvent(n, start + n * 2 * HOUR));
  await using api = startFakeApi({ events });
  const finished = await search(api.logUrl, ["--since", "7d", "--limit", "2"]);
  assertEquals(finished, { code: 0, stdout: lines(events), stderr: "" });
});

Deno.test("Log API: what reached the log an hour after --since is delivered, however old it says it is", async () => {
  const start = Math.floor((Date.now() - DAY) / 1000) * 1000;
  const events = [10, 50, 70, 80, 90].map((minutes, n) =>
    numberedEvent(n, start + minutes * MINUTE)
  );
  const old = (arrived: number) => ({
    arrived: start + arrived * MINUTE,
    text: JSON.stringify({ arrived, timeStampISO: new Date(start - DAY).toISOString() }),
  });
  events.splice(1, 0, old(20));
  events.push(old(100));
  await using api = startFakeApi({ events });
  const since = new Date(start).toISOString();
  const finished = await search(api.logUrl, ["--since", since, "--limit", "2"]);
  const stdout = lines(events.filter((_, n) => n !== 1));
  assertEquals(finished, { code: 0, stdout, stderr: "" });
});
