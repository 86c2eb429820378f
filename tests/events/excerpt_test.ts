/** What is read of an event that is too large to be parsed whole? */

import { assert, assertEquals } from "@std/assert";
import { eventAt } from "../../lib/events/events.ts";
import { excerpt, INCOMPLETE } from "../../lib/events/excerpt.ts";
import { splitEvents, TOP_LEVEL } from "../../lib/events/split.ts";
import { SEED, seeded } from "../chance.ts";
import { CREDENTIALS, ORG_URL, startFakeApi } from "../fake_api.ts";
import { run } from "../client.ts";
import { hostileEvent } from "../hostile.ts";

/** What is read, without the mark. */
function read(text: string): unknown {
  const bytes = new TextEncoder().encode(text);
  const { [INCOMPLETE]: mark, ...fields } = excerpt(bytes, 0, bytes.length) as Record<
    PropertyKey,
    unknown
  >;
  assertEquals(mark, true);
  return fields;
}

Deno.test("an excerpt of what is small is all of it, whatever it holds", () => {
  const texts = [
    "{}",
    '{ "a" : 1 , "b":[ 1 , {"c":"]}"} ],"d":{ },"e":-1.5e3 ,"f":null}',
    '{"a":{"b":{"c":{"d":{"e":[1]}}}}}',
    '{"a":1,"a":2,"\\u0061":3}',
    '{"__proto__":{"x":1},"constructor":"y"}',
    '{"q":"\\\\","r":"\\"}","ü":"東京"}',
  ];
  for (const text of texts) assertEquals(read(text), JSON.parse(text), text);
});

Deno.test(`an excerpt of a hostile event is all of it (seed ${SEED})`, () => {
  const below = seeded(SEED);
  for (let n = 0; n < 300; n++) {
    const text = JSON.stringify(hostileEvent(below));
    assertEquals(read(text), JSON.parse(text), text);
  }
});

Deno.test("an excerpt leaves out what is long, and what comes after very many others", () => {
  const long = "x".repeat(20_000);
  assertEquals(
    read(`{"a":1,"b":"${long}","c":{"d":"${long}","e":2},"f":[${"1,".repeat(9000)}1]}`),
    {
      a: 1,
      c: { e: 2 },
    },
  );
  // Of a name given twice the last value counts, also where it is long.
  assertEquals(read(`{"service":"idp","service":"${long}"}`), {});
  const many = Array.from({ length: 100_000 }, (_, n) => `"k${n}":${n}`).join();
  const logData = `{${many}}`;
  for (
    const text of [`{${many},"timeStampISO":"T"}`, `{"logData":${logData},"timeStampISO":"T"}`]
  ) {
    const fields = read(text) as Record<string, unknown>;
    assertEquals(fields["timeStampISO"], "T");
    assert(JSON.stringify(fields).length < 1_000_000);
  }
});

Deno.test("a large event is read as an excerpt, and others are not", () => {
  const large = `{"service":"idp","logData":{"eppn":"ana","blob":"${"x".repeat(2_000_000)}"}}`;
  const page = new TextEncoder().encode(`[{"n":1},${large}]`);
  const { events } = splitEvents(page, TOP_LEVEL);
  assertEquals(eventAt(events, 0), { n: 1 });
  const event = eventAt(events, 1)!;
  assertEquals([event["service"], event["logData"]], ["idp", { eppn: "ana" }]);
  assert(INCOMPLETE in event);
});

Deno.test("a filter keeps an event too large to be looked at whole, unless its own fields differ", async () => {
  const blob = `"logData":{"blob":"${"x".repeat(1_100_000)}"}`;
  const texts = {
    recent: `{"timeStampISO":"2024-05-01T10:30:00Z","clientIP":"192.0.2.1",${blob}}`,
    old: `{"timeStampISO":"2024-05-01T09:00:00Z",${blob}}`,
    other: `{"timeStampISO":"2024-05-01T10:30:00Z","correlationId":"c2",${blob}}`,
  };
  await using api = startFakeApi({
    fault: () => new Response(`{"logEvents":[${Object.values(texts)}]}`),
  });
  const rows: [query: string, names: (keyof typeof texts)[]][] = [
    ["user=ana", ["recent", "other"]],
    ["clientip=192.0.2.9", ["recent", "other"]],
    ["correlationid=c2", ["other"]],
  ];
  for (const [query, names] of rows) {
    const args = [
      "--apiurl",
      api.logUrl,
      "--orgurl",
      ORG_URL,
      "--format",
      "ndjson",
      "--query",
      query,
    ];
    const { code, stdout } = await run([...args, "--since", "2024-05-01T10:00:00Z"], {
      env: CREDENTIALS,
    });
    assertEquals(code, 0);
    assert(stdout === names.map((name) => `${texts[name]}\n`).join(""), query);
  }
});
