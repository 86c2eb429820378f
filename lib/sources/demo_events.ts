/**
 * What happened in the demonstration? Made-up events, a pure function of time, about one every ten
 * seconds, so that any two runs agree on it. Services, types and fields are from the vendor's public
 * inventory; names and addresses are from the ranges kept for examples.
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

/** One step of a visit: service, type, subtype. */
type Step = readonly [service: string, logType: string, logSubtype: string];
type Flow = readonly [Step, Step, Step, Step];

const SAML: Flow = [
  ["proxy", "authentication", "request"],
  ["idp", "authentication", "request"],
  ["idp", "authentication", "success"],
  ["proxy", "authentication", "success"],
];
const SAML_AS_GUEST: Flow = [
  ["bridge", "authentication", "request"],
  ["gateway", "authentication", "request"],
  ["gateway", "authentication", "success"],
  ["bridge", "authentication", "success"],
];
const CAS: Flow = [
  ["bridge", "cas", "request"],
  ["bridge", "cas", "login"],
  ["bridge", "cas", "serviceValidate"],
  ["bridge", "cas", "validate"],
];
const CAS_OVER_SAML: Flow = [
  ["proxy", "cas", "request"],
  ["idp", "authentication", "success"],
  ["proxy", "cas", "login"],
  ["proxy", "cas", "samlValidate"],
];
/** The public inventory has no failure: of a login that goes wrong nothing is seen but the request. */
const TWO_TRIES_AND_NO_LOGIN: Flow = [
  ["proxy", "authentication", "request"],
  ["idp", "authentication", "request"],
  ["proxy", "authentication", "request"],
  ["idp", "authentication", "request"],
];
/** One-Time Code MFA is an add-on: a passcode by mail, which is then asked for. */
const PASSCODE: Flow = [
  ["proxy", "emailMFA", "send"],
  ["mail", "sending", "queued"],
  ["mail", "sending", "sent"],
  ["proxy", "emailMFA", "success"],
];
const WRONG_PASSCODE: Flow = [
  ["proxy", "emailMFA", "send"],
  ["proxy", "emailMFA", "invalidCode"],
  ["proxy", "emailMFA", "expiredCode"],
  ["proxy", "authentication", "request"],
];

/** What people do, the frequent things more than once. */
const FLOWS: readonly Flow[] = [
  SAML,
  SAML,
  SAML,
  SAML_AS_GUEST,
  SAML_AS_GUEST,
  CAS,
  CAS_OVER_SAML,
  TWO_TRIES_AND_NO_LOGIN,
  PASSCODE,
  WRONG_PASSCODE,
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
  const step = burst ? TWO_TRIES_AND_NO_LOGIN[1] : flow[index % 4]!;
  const [service, logType, logSubtype] = step;
  // The product makes low numbers likelier: some people are seen more often than others.
  const who = Math.floor(
    (chance(visit, 3) % 1000) * (chance(visit, 4) % 1000) * USERS.length / 1e6,
  );
  const browser = burst ? "203.0.113.66" : `198.51.100.${10 + who}`;
  // Two tries are two sessions of the browser.
  const session = burst ? index : flow === TWO_TRIES_AND_NO_LOGIN ? Math.floor(index / 2) : visit;
  const application = `${APPLICATIONS[chance(session, 8) % APPLICATIONS.length]}.example.edu`;
  const lag = 1000 + chance(index, 6) % (service === "mail" ? 240_000 : 20_000);
  return JSON.stringify({
    logType,
    timeStampISO: new Date(arrivalOf(index) - lag).toISOString().replace(/\.\d+Z$/, "+00:00"),
    orgDomain: "example.edu",
    service,
    // A ticket is validated by the application's server.
    clientIP: logSubtype.endsWith("alidate") ? "192.0.2.80" : browser,
    logSubtype,
    correlationId: hex(chance(session, 7), 8) + hex(chance(session, 10) % 256, 2),
    orgUrl: DEMO_ORG_URL,
    tenant: `example-${service}`,
    logData: logDataOf(step, {
      user: USERS[who]!,
      isGuest: flow === SAML_AS_GUEST,
      browser,
      application,
    }),
  });
}

/** Whom a step is about, and what they use. */
interface Visitor {
  readonly user: string;
  /** Whether the Gateway vouches for them, where people sign in with an account from elsewhere. */
  readonly isGuest: boolean;
  readonly browser: string;
  /** A host name. */
  readonly application: string;
}

function logDataOf([service, logType, logSubtype]: Step, visitor: Visitor): unknown {
  const { user, isGuest, browser, application } = visitor;
  const mail = `${user}@${isGuest ? "example.net" : "example.edu"}`;
  if (logType === "sending") return { to: mail };
  if (logType === "emailMFA") return { eppn: mail, user: mail };
  // Who asks is not known yet; `user` is the address then.
  const person = logSubtype === "request"
    ? { eppn: "", mail: "", uid: "", user: browser }
    : { eppn: isGuest ? "" : mail, mail, uid: isGuest ? "" : user, user: mail };
  if (logType === "cas") {
    return {
      ...person,
      cas_service: `https://${application}/login`,
      cas_idp_hostname: "cas.example.edu",
      cas_client_ip: browser,
      ...(logSubtype === "request" ? {} : { cas_ticketPrefix: "ST-1", cas_isProxied: false }),
    };
  }
  const idp = isGuest ? "https://accounts.example.net/saml" : "https://idp.example.edu/saml";
  const asks = `https://${application}/sp`;
  return {
    ...person,
    ...(service === "idp" || service === "gateway"
      ? { sp: asks }
      : { spEntityId: asks, saml_spchain0: asks }),
    saml_idp: idp,
    ...(logSubtype === "request" ? {} : { attributes: attributesOf(user, mail) }),
  };
}

function attributesOf(user: string, mail: string): Readonly<Record<string, readonly string[]>> {
  return {
    displayName: [user[0]!.toUpperCase() + user.slice(1)],
    mail: [mail],
    eduPersonAffiliation: ["member", "student"],
  };
}

function hex(number: number, digits: number): string {
  return number.toString(16).padStart(digits, "0");
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
