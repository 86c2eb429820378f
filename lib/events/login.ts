/** What became of a login? Who, where to, by which steps, and how it ended: told by its events. */

import { clean } from "../base/text.ts";
import { addressIn, applicationIn, factsOf, identityProviderIn, personIn } from "./dictionary.ts";
import type { Event } from "./events.ts";
import { isFailure, reasonOf, userOf } from "./fields.ts";

/** Types of events about signing in; what has none of these is no login. */
const LOGIN_TYPES: ReadonlySet<unknown> = new Set(["authentication", "cas", "oidc"]);
const REQUESTS: ReadonlySet<unknown> = new Set(["request", "authorize"]);
const VALIDATIONS: ReadonlySet<unknown> = new Set(["validate", "serviceValidate", "samlValidate"]);
/** The first two are documented; by their names the others come after a success only. */
const SUCCESSES: ReadonlySet<unknown> = new Set(
  ["success", "login", "authenticationSuccess", "token", "idToken", "userinfo", ...VALIDATIONS],
);

/** What a login needs to know of one of its events. Texts are clean. */
export interface Step {
  /** When it happened, or what is taken for that; in milliseconds since 1970. */
  readonly ms: number;
  /** Whether it says so itself. */
  readonly isTimed: boolean;
  readonly service: string | undefined;
  readonly name: string;
  readonly isLogin: boolean;
  readonly is: "request" | "success" | "failure" | undefined;
  readonly isValidation: boolean;
  readonly user: string | undefined;
  readonly application: string | undefined;
  readonly identityProvider: string | undefined;
  readonly address: string | undefined;
  readonly reason: string | undefined;
}

/** One login. Texts are clean. */
export interface Login {
  /** In milliseconds since 1970; NaN where no event says a time. */
  readonly from: number;
  readonly to: number;
  readonly user: string | undefined;
  /** The first one. */
  readonly application: string | undefined;
  /** How many others there were. */
  readonly moreApplications: number;
  readonly identityProvider: string | undefined;
  readonly address: string | undefined;
  /** Subtypes of the events, in order; of many the first. */
  readonly steps: readonly string[];
  /** Nothing is known of an end where there is neither success nor failure. */
  readonly end: "succeeded" | "failed" | "no success";
  /** Why it failed, where that is said. */
  readonly reason: string | undefined;
}

/** Steps that a login keeps. */
const MAX_STEPS = 100;

/** What an event says of a login; `textOf` is `clean`, or something that does the same. */
export function stepOf(
  event: Event,
  ms: number,
  isTimed: boolean,
  textOf: (value: unknown) => string = clean,
): Step {
  const { logType, logSubtype } = event;
  const short = (value: unknown) => {
    const text = textOf(value);
    return text === "" ? undefined : text;
  };
  const facts = factsOf(event);
  const isLogin = LOGIN_TYPES.has(logType);
  const failed = isFailure(event);
  return {
    ms,
    isTimed,
    service: short(event["service"]),
    name: short(logSubtype) ?? short(logType) ?? "?",
    isLogin,
    is: failed
      ? "failure"
      : isLogin && REQUESTS.has(logSubtype)
      ? "request"
      : isLogin && SUCCESSES.has(logSubtype)
      ? "success"
      : undefined,
    isValidation: VALIDATIONS.has(logSubtype),
    user: short(personIn(facts)) ?? short(userOf(event)),
    application: short(applicationIn(facts)),
    identityProvider: short(identityProviderIn(facts)),
    address: short(addressIn(event, facts)),
    reason: failed ? reasonOf(event) : undefined,
  };
}

/** The login that some steps make, which are in the order of their arrival; undefined for none. */
export function loginOf(arrived: readonly Step[]): Login | undefined {
  if (!arrived.some(({ isLogin }) => isLogin)) return undefined;
  // Stable: what happened in the same second stays in the order of its arrival.
  const steps = arrived.toSorted((one, other) => one.ms - other.ms);
  const first = (name: "user" | "application" | "identityProvider" | "address") =>
    steps.find((step) => step[name] !== undefined)?.[name];
  const timed = steps.filter(({ isTimed }) => isTimed);
  const applications = new Set(steps.map(({ application }) => application));
  applications.delete(undefined);
  const failure = steps.findLast((step) => step.is === "failure");
  const end = succeeded(steps) ? "succeeded" : failure ? "failed" : "no success";
  return {
    from: timed[0]?.ms ?? NaN,
    to: timed.at(-1)?.ms ?? NaN,
    user: first("user"),
    application: first("application"),
    moreApplications: Math.max(0, applications.size - 1),
    identityProvider: first("identityProvider"),
    // A ticket is validated by the application's server.
    address: steps.find((step) => !step.isValidation && step.address !== undefined)?.address ??
      first("address"),
    steps: steps.slice(0, MAX_STEPS).map(({ name }) => name),
    end,
    reason: end === "failed" ? failure?.reason ?? failure?.name : undefined,
  };
}

/** A success after the last request of the same service, or no failure after the last success. */
function succeeded(steps: readonly Step[]): boolean {
  const requested = new Set<string | undefined>();
  let failedSince = false;
  for (const { is, service } of steps.toReversed()) {
    if (is === "failure") failedSince = true;
    if (is === "request") requested.add(service);
    if (is === "success") {
      if (!failedSince || !requested.has(service)) return true;
    }
  }
  return false;
}
