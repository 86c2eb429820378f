import { assert, assertEquals } from "@std/assert";
import { DAY } from "../../lib/base/time.ts";
import { factsOf, personIn } from "../../lib/events/dictionary.ts";
import { demoEvents } from "../../lib/sources/demo_events.ts";

const NOW = Date.parse("2026-11-26T12:00:00Z");

/** What the vendor's public inventory lists, and its add-ons: a passcode by mail. */
const INVENTORY: Readonly<Record<string, string>> = {
  authentication: "bridge proxy gateway idp: request success",
  cas: "bridge proxy: request login validate serviceValidate samlValidate",
  emailMFA: "proxy: send success invalidCode expiredCode",
  sending: "mail: queued sent",
};

const texts = eightDays(NOW);
const events: DemoEvent[] = texts.map((text) => JSON.parse(text));

type DemoEvent =
  & Readonly<
    Record<
      | "service"
      | "logType"
      | "logSubtype"
      | "clientIP"
      | "correlationId"
      | "timeStampISO",
      string
    >
  >
  & {
    readonly logData: Readonly<Record<string, string>> & {
      readonly attributes?: { readonly mail?: readonly string[] };
    };
  };

function eightDays(now: number): string[] {
  const [first, end] = [demoEvents.first(now), demoEvents.end(now)];
  return Array.from({ length: end - first }, (_, i) => demoEvents.at(first + i).text);
}

Deno.test("the demonstration has eight days of events, no two alike, whenever it is asked", () => {
  assertEquals(texts.length, 8 * DAY / 10_000);
  assertEquals(new Set(texts).size, texts.length);
  const later = new Set(eightDays(NOW + DAY));
  assertEquals(texts.filter((text) => later.has(text)), texts.slice(DAY / 10_000));
});

Deno.test("the demonstration has all of the public inventory, and nothing but its add-ons besides", () => {
  const kinds = new Set(
    events.map(({ service, logType, logSubtype }) => `${service} ${logType} ${logSubtype}`),
  );
  const listed = Object.entries(INVENTORY).flatMap(([type, values]) => {
    const [services, subtypes] = values.split(": ").map((words) => words.split(" "));
    return services!.flatMap((service) => subtypes!.map((subtype) => [service, type, subtype]));
  }).map((kind) => kind.join(" "));
  assertEquals([...kinds].filter((kind) => !listed.includes(kind)), []);
  const subtypes = (kind: string) => kind.slice(kind.indexOf(" "));
  assertEquals(
    new Set([...kinds].map(subtypes)),
    new Set(listed.map(subtypes)),
    "something of the inventory never happens",
  );
});

Deno.test("the demonstration has what a reader of real events has to get right", () => {
  const share = (test: (event: typeof events[number]) => boolean) =>
    events.filter(test).length / events.length;
  // Nobody is known yet, and `user` is the address.
  assert(share(({ clientIP, logData }) => logData.user === clientIP) > 0.3);
  assert(share((event) => personIn(factsOf(event)) === undefined) > 0.3);
  assert(
    share(({ logData }) => logData.eppn === "" && logData.mail?.includes("@") === true) > 0.05,
  );
  assert(share(({ logData }) => Array.isArray(logData.attributes?.mail)) > 0.2);
  assert(
    share(({ clientIP, logData: { cas_client_ip } }) =>
      cas_client_ip !== undefined && cas_client_ip !== "" && clientIP !== cas_client_ip
    ) > 0.05,
  );
  assert(share((event) => personIn(factsOf(event)) === "amara@example.edu") > 0.02);

  const sessions = Map.groupBy(
    events.filter(({ logType }) => logType === "authentication"),
    ({ correlationId }) => correlationId,
  );
  const unfinished = [...sessions.values()]
    .filter((steps) => steps.every(({ logSubtype }) => logSubtype === "request"));
  assert(unfinished.length > sessions.size / 10, "too few logins never succeed");
  assert(unfinished.length < sessions.size / 2, "too many logins never succeed");

  const times = events.map(({ timeStampISO }) => Date.parse(timeStampISO));
  assert(
    times.some((time, i) => time < times[i - 1]!),
    "the events are in the order of their times",
  );
});
