/** How far does a call get on its way to the service, and what comes back? */

import type { Environment } from "./base/environment.ts";
import { CallFailure, exitStatus, Failure } from "./base/errors.ts";
import { isLoopback } from "./base/loopback.ts";
import { instantAt } from "./base/time.ts";
import type { Options } from "./cli/options.ts";
import type { Cursor, Page } from "./events/page.ts";
import { selectionOf } from "./pages.ts";
import type { Position } from "./position/position.ts";
import { refusedPosition, timesOf } from "./position/reached.ts";
import { startOf } from "./resume.ts";
import { APIS, pagesOfApi } from "./sources/apis.ts";
import { clockRemark } from "./sources/clocks.ts";
import { isRefusal, partOfWay } from "./sources/failures.ts";
import type { Service } from "./sources/service.ts";

/** What was found out about one thing that a run needs. */
export interface Finding {
  readonly what: string;
  /** `-` is said of what is not used, or could not be looked at. */
  readonly mark: "ok" | "warn" | "FAIL" | "-";
  /** What is so, and where something is wrong, what to do about it. */
  readonly text: string;
  /** The exit status of a failure. */
  readonly code?: number;
}

/** What a call passes, in this order. */
const STEPS = ["proxy", "certificates", "service", "credentials", "organisation", "event"] as const;
type Step = typeof STEPS[number];

/** What is known after the calls. */
interface Outcome {
  /** Whether anything answered. */
  isAnswered: boolean;
  /** Milliseconds that this host's clock is ahead; undefined where no answer told the time. */
  skew?: number;
  organisation?: string | undefined;
  page?: Page;
  failure?: Failure;
  /** What a run would say besides. */
  readonly said: string[];
}

/** Where a run goes on. */
interface Place {
  /** The position, where there is one. */
  readonly resumed: Position | undefined;
  /** Undefined where a first run begins. What was delivered of the page there is no matter. */
  readonly start: Cursor | undefined;
}

/**
 * Asks for one event: where the next run goes on, or where a first one begins. A finding for the clock
 * and for each step of the way; those behind one that failed could not be looked at. Throws the signal's
 * reason.
 */
export async function checkService(
  options: Options,
  place: Place,
  service: Service,
  env: Environment,
): Promise<Finding[]> {
  const proxy = proxyOf(new URL(options.apiUrl), env);
  const outcome = await outcomeOf(options, place, service);
  const { failure } = outcome;
  const failedAt = failure === undefined ? STEPS.length : STEPS.indexOf(stepOf(failure));
  const steps = STEPS.map((what, i): Finding => {
    if (i === failedAt) {
      return { what, mark: "FAIL", text: failure!.message, code: exitStatus(failure) };
    }
    if (what === "proxy") return proxy;
    // Nothing is known of certificates where no connection came about.
    if (i > failedAt || what === "certificates" && !outcome.isAnswered) {
      return { what, mark: "-", text: notYet(STEPS[failedAt]!) };
    }
    return { what, mark: "ok", text: passed(what, options, outcome) };
  });
  const remarks = outcome.said.map((text): Finding => ({ what: "event", mark: "warn", text }));
  return [clockOf(outcome), ...steps, ...remarks];
}

/** What is said of something that could not be looked at. */
export function notYet(failed: string): string {
  return `not looked at yet: mend "${failed}" first`;
}

async function outcomeOf(
  options: Options,
  { resumed, start = APIS[options.api].start(options) }: Place,
  service: Service,
): Promise<Outcome> {
  const outcome: Outcome = { isAnswered: false, said: [] };
  const watched: Service = {
    ...service,
    notes: { ...service.notes, say: (text) => outcome.said.push(text) },
    compareClocks(date) {
      outcome.isAnswered = true;
      const skew = service.timing.now() - Date.parse(date ?? "");
      if (!Number.isNaN(skew)) outcome.skew = skew;
    },
  };
  try {
    // Not -x: that takes a start in the past as it is, and a run finds another.
    const selection = await selectionOf({ ...options, limit: 1, once: false }, watched);
    outcome.organisation = selection.orgUrl;
    for await (const page of pagesOfApi(watched, selection, start)) {
      outcome.page = page;
      break;
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    outcome.failure = resumed !== undefined && isRefusal(error) && startOf(resumed) === undefined
      ? refusedPosition(options.position, timesOf(resumed).reached, service.timing.now(), error)
      : error;
  }
  return outcome;
}

/** At which step a call failed. */
function stepOf(failure: Failure): Step {
  // Not from a call: the credentials are for no organisation, or for several.
  if (!(failure instanceof CallFailure)) {
    return failure.kind === "unusable" ? "event" : "organisation";
  }
  if (isRefusal(failure)) return "event";
  const { status } = failure;
  if (status === 401) return "credentials";
  if (status === 403) return "organisation";
  return partOfWay(failure);
}

function passed(what: Step, { apiUrl, api }: Options, { organisation, page }: Outcome): string {
  const { protocol, origin, pathname } = new URL(apiUrl);
  switch (what) {
    case "certificates":
      return protocol === "https:"
        ? "the service's is trusted"
        : "none: the service is on this host";
    case "service":
      return `${origin}${pathname} answers`;
    case "credentials":
      return "accepted";
    case "organisation":
      if (organisation !== undefined) return `"${organisation}"`;
      return api === "siem" ? "none given; the SIEM API needs none" : "none";
    default: {
      const time = instantAt(page?.lastEvent ?? NaN)?.text;
      return time === undefined
        ? "none is there now, and the service says so"
        : `one came, of ${time}`;
    }
  }
}

function clockOf({ skew, isAnswered }: Outcome): Finding {
  const what = "clock";
  if (skew === undefined) {
    const why = isAnswered ? "the service does not tell the time" : "no answer came";
    return { what, mark: "-", text: `not looked at: ${why}` };
  }
  const remark = clockRemark(skew);
  if (remark === undefined) return { what, mark: "ok", text: "agrees with the service's" };
  return {
    what,
    mark: "warn",
    text: `${remark}; ages such as 24h are counted by it, so set it right`,
  };
}

/** The names by which the runtime finds a proxy for https, the first that is set. */
const PROXY_VARIABLES = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] as const;

/** What the environment says of a proxy; that may hold a password. */
function proxyOf({ protocol, hostname }: URL, env: Environment): Finding {
  const what = "proxy";
  if (protocol === "http:" || isLoopback(hostname)) {
    return { what, mark: "ok", text: "none: the service is on this host" };
  }
  const name = PROXY_VARIABLES.find((name) => env(name));
  if (name === undefined) return { what, mark: "ok", text: "none: HTTPS_PROXY is not set" };
  const value = env(name)!;
  const address = value.includes("://") ? value : `http://${value}`;
  const url = URL.canParse(address) ? new URL(address) : undefined;
  // The runtime then goes without, and does not say so.
  if (
    !url?.host || url.username !== "" && !/:[^/]*@/.test(address.replace(/^.*?:\/\//, ""))
  ) {
    const text =
      `${name} is not used: write it as http://HOST:PORT or http://USER:PASSWORD@HOST:PORT`;
    return { what, mark: "warn", text };
  }
  // The runtime takes user and password for the host then, as a URL has it, and they would be shown.
  if (/[/?#].*@/s.test(address.replace(/^.*?:\/\//, ""))) {
    const text =
      `${name} is cut off at a / ? or # in its password: write these as %2F, %3F and %23`;
    return { what, mark: "warn", text };
  }
  const but = env("NO_PROXY") ? ", but for the hosts of NO_PROXY" : "";
  return { what, mark: "ok", text: `${url.host}, by ${name}${but}` };
}
