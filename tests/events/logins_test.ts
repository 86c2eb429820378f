/** Are events put together to logins as an oracle does it, that sees all of them at once and in order? */

import { assert, assertEquals } from "@std/assert";
import type { Event } from "../../lib/events/events.ts";
import { type Login, loginOf, type Step, stepOf } from "../../lib/events/login.ts";
import { createLogins } from "../../lib/events/logins.ts";
import { SEED, seeded } from "../chance.ts";

const MINUTE = 60_000;
const START = Date.parse("2024-05-01T06:00:00Z");

/** An event so many seconds after the start. */
function event(
  seconds: number,
  kind: string,
  correlationId?: string,
  logData: Record<string, unknown> = {},
  clientIP = "192.0.2.1",
): Event {
  const [service, logType, logSubtype] = kind.split(" ");
  const timeStampISO = new Date(START + seconds * 1000).toISOString();
  return { timeStampISO, service, logType, logSubtype, correlationId, clientIP, logData };
}

function loginsIn(events: readonly Event[], now = () => Infinity) {
  const found: Login[] = [];
  const logins = createLogins((login) => found.push(login), now);
  logins.add(events);
  const early = found.length;
  return { found, foundBeforeEnd: early, counts: logins.end() };
}

/** How a group of events ends: the kinds, all of one id and a second apart. */
function endOf(...kinds: string[]): string {
  const { found } = loginsIn(kinds.map((kind, i) => event(i, kind, "c")));
  return found.map(({ end, reason }) => reason === undefined ? end : `${end}: ${reason}`).join();
}

const REQUEST = "proxy authentication request", SUCCESS = "proxy authentication success";
const FAILURE = "proxy authentication failure";

Deno.test("a login succeeded if a success came after the last request, or no failure after it", () => {
  const rows: [kinds: string[], end: string][] = [
    [[REQUEST, SUCCESS], "succeeded"],
    [[SUCCESS], "succeeded"],
    [[REQUEST], "no success"],
    [[REQUEST, REQUEST], "no success"],
    [[REQUEST, FAILURE], "failed: failure"],
    [[REQUEST, FAILURE, REQUEST], "failed: failure"],
    [[REQUEST, FAILURE, REQUEST, SUCCESS], "succeeded"],
    [[REQUEST, SUCCESS, FAILURE], "succeeded"],
    [[REQUEST, SUCCESS, REQUEST], "succeeded"],
    [[REQUEST, SUCCESS, REQUEST, FAILURE], "failed: failure"],
    [[REQUEST, "idp authentication success", REQUEST, FAILURE], "succeeded"],
    [[REQUEST, "idp authentication success", "idp cas request", FAILURE], "failed: failure"],
    [["proxy cas request", "proxy cas login"], "succeeded"],
    [["bridge cas serviceValidate"], "succeeded"],
    [["bridge oidc authorize"], "no success"],
    [["bridge oidc authorize", "bridge oidc token", "bridge oidc userinfo"], "succeeded"],
    [["proxy emailMFA success", REQUEST], "no success"],
    [["proxy emailMFA send", "proxy emailMFA expiredCode", REQUEST], "failed: expiredCode"],
    [["proxy emailMFA validate", "mail sending sent"], ""],
  ];
  assertEquals(rows.map(([kinds]) => [kinds, endOf(...kinds)]), rows);
});

Deno.test("a login names who, where to, through whom, from where, and why it failed", () => {
  const { found } = loginsIn([
    event(9, "proxy cas validate", "c", { cas_service: "https://b/" }, "192.0.2.80"),
    event(12, "proxy cas failure", "c", { cas_service: "https://b/", reason: "wrong password" }),
    event(3, "proxy cas request", "c", { user: "192.0.2.7", cas_service: "https://a/" }),
    event(10, "proxy cas request", "c", { cas_service: "https://c/" }, "192.0.2.9"),
    event(11, "idp authentication request", "c", { saml: { idp: "https://idp/" }, sp: "other" }),
    event(12, "idp authentication error", "c", { eppn: "ana@example.edu" }),
  ]);
  assertEquals(found, [{
    from: START + 3000,
    to: START + 12_000,
    user: "ana@example.edu",
    application: "https://a/",
    moreApplications: 3,
    identityProvider: "https://idp/",
    address: "192.0.2.1",
    steps: ["request", "validate", "request", "request", "failure", "error"],
    end: "failed",
    reason: "error",
  }]);
  const [validation] = loginsIn([
    event(0, "proxy cas validate", "c", {}, "192.0.2.80"),
    event(1, "proxy cas login", "c", { cas_client_ip: "2001:db8::1" }),
  ]).found;
  assertEquals(validation!.address, "2001:db8::1");
});

Deno.test("one id is several logins where more than ten minutes lie between two events", () => {
  const at = (...seconds: number[]) =>
    loginsIn(seconds.map((second) => event(second, REQUEST, "c"))).found
      .map(({ from, to, steps }) => [(from - START) / 1000, (to - START) / 1000, steps.length]);
  assertEquals(at(0, 600), [[0, 600, 2]]);
  assertEquals(at(0, 601), [[0, 0, 1], [601, 601, 1]]);
  assertEquals(at(601, 0, 300), [[0, 601, 3]]);
  assertEquals(at(0, 1200, 599), [[0, 599, 2], [1200, 1200, 1]]);
  assertEquals(at(0, 1200, 600), [[0, 1200, 3]]);
});

Deno.test("a login is over once the events are more than twenty minutes past its last one", () => {
  const other = (seconds: number) => event(seconds, SUCCESS, "other");
  assertEquals(loginsIn([event(0, REQUEST, "c"), other(1200)]).foundBeforeEnd, 0);
  assertEquals(loginsIn([event(0, REQUEST, "c"), other(1201)]).foundBeforeEnd, 1);
  // A time ahead of the clock moves nothing.
  const ahead = [event(0, REQUEST, "c"), other(5000), event(1, SUCCESS, "c")];
  const { found, foundBeforeEnd } = loginsIn(ahead, () => START + 60 * MINUTE);
  assertEquals([found.map(({ steps }) => steps.length), foundBeforeEnd], [[2, 1], 0]);
});

Deno.test("events without an id stand alone; what is no login is counted; a time may be missing", () => {
  const untimed = { ...event(0, SUCCESS, "c"), timeStampISO: "soon" };
  const { found, counts } = loginsIn([
    untimed,
    event(5, REQUEST, undefined),
    event(6, REQUEST, ""),
    { ...event(6, SUCCESS), correlationId: 5 },
    event(7, "mail sending sent", "m"),
    { logSubtype: "success" },
    untimed,
  ]);
  assertEquals(counts, { others: 2, early: 0 });
  assertEquals(found.map(({ from, end }) => [(from - START) / 1000, end]), [
    [NaN, "succeeded"],
    [5, "no success"],
    [6, "no success"],
    [6, "succeeded"],
    [NaN, "succeeded"],
  ]);
});

Deno.test("of too many open logins the oldest ends early, and so does one of too many events", () => {
  const many = Array.from({ length: 100_003 }, (_, n) => event(n % 1000, REQUEST, `c${n}`));
  const { found, counts } = loginsIn(many);
  assertEquals([found.length, counts.early], [100_003, 3]);
  assertEquals(found[0]!.from, START);
  const long = loginsIn(Array.from({ length: 25_000 }, (_, n) => event(n % 600, REQUEST, "c")));
  assertEquals([long.found.length, long.counts.early], [3, 2]);
  assertEquals(long.found[0]!.steps.length, 100);
});

Deno.test(`logins are those of the oracle, however late and mixed events come (seed ${SEED})`, () => {
  const below = seeded(SEED);
  for (let round = 0; round < 60; round++) {
    const arrivals = hostileWeek(below);
    const { found, foundBeforeEnd, counts } = loginsIn(arrivals.map(({ event }) => event));
    const expected = oracle(arrivals);
    assertEquals(found.map(asText).sort(), expected.logins.map(asText).sort());
    assertEquals(counts, { others: expected.others, early: 0 });
    assert(foundBeforeEnd > found.length / 2, "most are over before the end");
  }
});

function asText(login: Login): string {
  return JSON.stringify(login);
}

interface Arrival {
  readonly ms: number;
  readonly event: Event;
}

/** Some days of few ids that many share, each event up to ten minutes late. */
function hostileWeek(below: (limit: number) => number): Arrival[] {
  const kinds = [
    ...[REQUEST, REQUEST, SUCCESS, FAILURE, "idp authentication request", "idp cas login"],
    ...["idp authentication success", "mail sending sent", "proxy emailMFA invalidCode"],
    ...["bridge oidc authorize", "bridge oidc token", "bridge cas validate", "idp x logout"],
  ];
  const events: (Arrival & { arrived: number })[] = [];
  for (let n = 0, seconds = 0; n < 300; n++) {
    seconds += below(8) === 0 ? below(1500) : below(200);
    const data = below(2) === 0 ? {} : {
      eppn: `user${below(5)}@example.edu`,
      sp: `https://app${below(3)}/`,
      saml_idp: `https://idp${below(2)}/`,
    };
    const id = below(12) === 0 ? undefined : `c${below(9)}`;
    const made = event(seconds, kinds[below(kinds.length)]!, id, data, `192.0.2.${below(9)}`);
    const ms = START + seconds * 1000;
    events.push({ ms, event: made, arrived: ms + below(600_001) });
  }
  return events.sort((one, other) => one.arrived - other.arrived);
}

/** Sees all events at once. */
function oracle(arrivals: readonly Arrival[]): { logins: Login[]; others: number } {
  const inOrder = [...arrivals.entries()]
    .sort(([n, a], [m, b]) => a.ms - b.ms || n - m).map(([, arrival]) => arrival);
  const groups: Arrival[][] = [];
  const latest = new Map<unknown, Arrival[]>();
  for (const arrival of inOrder) {
    const id = arrival.event["correlationId"];
    const group = id === undefined ? undefined : latest.get(id);
    if (group !== undefined && arrival.ms - group.at(-1)!.ms <= 10 * MINUTE) {
      group.push(arrival);
    } else {
      groups.push([arrival]);
      latest.set(id, groups.at(-1)!);
    }
  }
  const made = groups.map((group) => group.map(({ ms, event }) => stepOf(event, ms, true)));
  const logins = made.filter((steps) => steps.some(({ isLogin }) => isLogin));
  return {
    logins: logins.map((steps) => ({ ...loginOf(steps)!, ...ended(steps) })),
    others: made.length - logins.length,
  };
}

/** The rule as it is said, without a thought for speed. */
function ended(steps: readonly Step[]): Pick<Login, "end" | "reason"> {
  const after = (i: number) => steps.slice(i + 1);
  const lastSuccess = steps.findLastIndex(({ is }) => is === "success");
  const cameLast = steps.some(({ is, service }, i) =>
    is === "success" && !after(i).some((step) => step.is === "request" && step.service === service)
  );
  const notUndone = lastSuccess >= 0 && !after(lastSuccess).some(({ is }) => is === "failure");
  if (cameLast || notUndone) return { end: "succeeded", reason: undefined };
  const failure = steps.findLast(({ is }) => is === "failure");
  return failure === undefined
    ? { end: "no success", reason: undefined }
    : { end: "failed", reason: failure.reason ?? failure.name };
}
