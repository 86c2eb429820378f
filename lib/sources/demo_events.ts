/**
 * Made-up events for the demonstration: a pure function of time, about one every ten seconds, so that
 * any two runs agree on what has happened. Names and addresses are from the ranges kept for examples.
 */

import { DAY, HOUR } from "../base/time.ts";

/** The organisation that the events are about. */
export const DEMO_ORG_URL = "https://www.example.edu/";

/** An event as a service holds it. */
export interface StoredEvent {
  /** When it reached the log, in milliseconds since 1970; never earlier than its own time stamp. */
  readonly arrived: number;
  /** Its JSON. */
  readonly text: string;
}

/** Events in the order of arrival, each under an index from 0 on. */
export interface EventSource {
  /** The event at an index below `end`. */
  at(index: number): StoredEvent;
  /** The index of the first event that is still kept. */
  first(now: number): number;
  /** The index after the last event that has arrived. */
  end(now: number): number;
}

const SLOT = 10_000;
const KEPT = 8 * DAY;
const HOUR_SLOTS = HOUR / SLOT;

/** The demonstration's events: those of the last eight days. */
export const demoEvents: EventSource = {
  at: (index) => ({ arrived: arrivalOf(index), text: textOf(index) }),
  first: (now) => Math.ceil((now - KEPT) / SLOT),
  end(now) {
    const slot = Math.floor(now / SLOT);
    return arrivalOf(slot) <= now ? slot + 1 : slot;
  },
};

/** One step of what a person does: service, type, subtype. */
type Step = readonly [service: string, logType: string, logSubtype: string];

/** What people do, four steps each. */
const FLOWS: readonly (readonly [Step, Step, Step, Step])[] = [
  [
    ["proxy", "authentication", "request"],
    ["idp", "authentication", "request"],
    ["idp", "authentication", "success"],
    ["proxy", "authentication", "success"],
  ],
  [
    ["bridge", "authentication", "request"],
    ["gateway", "authentication", "request"],
    ["gateway", "authentication", "success"],
    ["bridge", "authentication", "success"],
  ],
  [
    ["proxy", "oidc", "authorize"],
    ["proxy", "oidc", "token"],
    ["proxy", "oidc", "idToken"],
    ["proxy", "oidc", "userinfo"],
  ],
  [
    ["proxy", "cas", "login"],
    ["proxy", "cas", "authenticationSuccess"],
    ["proxy", "cas", "serviceValidate"],
    ["proxy", "cas", "logout"],
  ],
  [
    ["idp", "emailMFA", "send"],
    ["mail", "sending", "queued"],
    ["mail", "sending", "sent"],
    ["idp", "emailMFA", "validate"],
  ],
  [
    ["idp", "emailMFA", "noEmail"],
    ["idp", "emailMFA", "invalidCode"],
    ["idp", "emailMFA", "expiredCode"],
    ["idp", "emailMFA", "validate"],
  ],
  [
    ["idGeneration", "create", "request"],
    ["idGeneration", "create", "success"],
    ["idp", "account", "manage"],
    ["idp", "password", "success"],
  ],
  [
    ["proxy", "cas", "login"],
    ["proxy", "cas", "samlValidate"],
    ["proxy", "cas", "validate"],
    ["gateway", "authentication", "error"],
  ],
];

const USERS = ("amara bo chen dalia emeka farah goran hana ibrahim jules kofi lena mateo noor " +
  "olga priya quinn rosa sven tomoko uma viktor wanjiru zoë").split(" ");
const APPLICATIONS = ["library", "courses", "payroll", "wiki", "grants", "mail"];

/** A few hours begin with ten minutes of somebody guessing passwords. */
function isBurst(index: number): boolean {
  return chance(Math.floor(index / HOUR_SLOTS), 1) % 29 === 0 && index % HOUR_SLOTS < 60;
}

function textOf(index: number): string {
  const visit = Math.floor(index / 4);
  const burst = isBurst(index);
  const flow = FLOWS[chance(visit, 2) % FLOWS.length]!;
  const [service, logType, logSubtype] = burst
    ? ["idp", "authentication", "failure"]
    : flow[index % 4]!;
  // The product makes low numbers likelier: some people are seen more often than others.
  const who = Math.floor(
    (chance(visit, 3) % 1000) * (chance(visit, 4) % 1000) * USERS.length / 1e6,
  );
  const user = USERS[burst ? chance(index, 5) % USERS.length : who]!;
  const lag = 1000 + chance(index, 6) % (service === "mail" ? 240_000 : 20_000);
  return JSON.stringify({
    logType,
    timeStampISO: new Date(arrivalOf(index) - lag).toISOString().replace(/\.\d+Z$/, "+00:00"),
    orgDomain: "example.edu",
    service,
    clientIP: burst ? "203.0.113.66" : `198.51.100.${10 + who}`,
    logSubtype,
    correlationId: chance(burst ? index : visit, 7).toString(16).padStart(8, "0"),
    orgUrl: DEMO_ORG_URL,
    tenant: `example-${service === "idGeneration" ? "idp" : service}`,
    logData: {
      eppn: `${user}@example.edu`,
      spEntityId: `https://${APPLICATIONS[chance(visit, 8) % APPLICATIONS.length]}.example.edu/sp`,
      ...(burst ? { reason: "wrong password" } : {}),
    },
  });
}

function arrivalOf(index: number): number {
  return index * SLOT + chance(index, 9) % 9000;
}

/** A number below 2^32 that looks random and is always the same for the same two numbers. */
function chance(index: number, salt: number): number {
  let bits = Math.imul(index ^ Math.imul(salt, 0x9e3779b1), 0x85ebca6b);
  bits = Math.imul(bits ^ bits >>> 15, 0xc2b2ae35);
  bits = Math.imul(bits ^ bits >>> 13, 0x27d4eb2f);
  return (bits ^ bits >>> 16) >>> 0;
}
