/** Which events are wanted? What is asked of the service, and what is matched here. */

import { type Failure, quoted, usageFailure } from "./errors.ts";
import type { Event } from "./events.ts";
import { timeOf } from "./page.ts";
import type { Instant } from "./time.ts";

/** The two APIs: `siem` is the older one (beta, 2023), `log` is Log API v1. */
export type ApiName = "siem" | "log";

/** What is asked of the service. */
export interface Selection {
  readonly api: ApiName;
  /** SIEM API: the address that is called. Log API v1: what comes before `/orgLogs`. */
  readonly apiUrl: string;
  readonly orgUrl: string | undefined;
  /** Events per query, 1 to 1000. */
  readonly limit: number;
  /** Whether only one query is made. */
  readonly once: boolean;
  readonly since: Instant;
  readonly until: Instant | undefined;
  readonly filters: ReadonlyMap<QueryKey, string>;
}

/** The keys of `--query`. */
export const QUERY_KEYS = [
  "tenant",
  "service",
  "metrictype",
  "metricsubtype",
  "clientip",
  "correlationid",
  "user",
] as const;
export type QueryKey = typeof QUERY_KEYS[number];

/** The values that Log API v1 knows, from its OpenAPI document 1.0.3; others it answers with 422. */
export const LOG_VALUES: Readonly<Partial<Record<QueryKey, readonly string[]>>> = {
  service: "bridge gateway idGeneration idp mail proxy".split(" "),
  metrictype: "account authentication cas create emailMFA oidc password sending".split(" "),
  metricsubtype: ("authenticationSuccess authorize error expiredCode failure idToken invalidCode " +
    "login logout manage noEmail queued request samlValidate send sent serviceValidate success " +
    "token userinfo validate").split(" "),
};

/** Reads the values of `--query`, for the API that will get them. Throws Failure (usage). */
export function parseFilters(texts: readonly string[], api: ApiName): Map<QueryKey, string> {
  const filters = new Map<QueryKey, string>();
  for (const item of texts.flatMap((text) => text.split(","))) {
    const [key = "", ...rest] = item.split("=");
    const value = rest.join("=");
    const known = QUERY_KEYS.find((name) => name === key);
    if (rest.length === 0) throw badItem(item, "it has no =");
    if (known === undefined) throw badItem(item, `there is no key ${quoted(key)}`);
    if (value === "") throw badItem(item, "it has no value");
    if (filters.has(known)) throw badItem(item, `"${key}" is given twice`);
    const values = api === "log" ? LOG_VALUES[known] : undefined;
    if (values?.includes(value) === false) {
      throw badItem(item, `Log API v1 knows these values: ${values.join(", ")}`, "");
    }
    filters.set(known, value);
  }
  return filters;
}

/**
 * What is matched here, since Log API v1 cannot: the time window by the events' own time stamps
 * (those without a readable one stay), `clientip` and `correlationid` against their fields, `user`
 * against a top-level user field and every string in `logData`. Undefined where there is nothing to
 * match.
 */
export function matcher(
  { until, filters }: Selection,
  since: number | undefined,
): ((event: Event) => boolean) | undefined {
  const tests: ((event: Event) => boolean)[] = [];
  if (since !== undefined) tests.push((event) => !(timeOf(event) < since));
  if (until !== undefined) tests.push((event) => !(timeOf(event) > until.ms));
  const clientIp = filters.get("clientip");
  if (clientIp !== undefined) tests.push((event) => event["clientIP"] === clientIp);
  const correlationId = filters.get("correlationid");
  if (correlationId !== undefined) tests.push((event) => event["correlationId"] === correlationId);
  const user = filters.get("user");
  if (user !== undefined) tests.push((event) => concerns(event, user));
  return tests.length === 0 ? undefined : (event) => tests.every((test) => test(event));
}

function concerns(event: Event, user: string): boolean {
  for (const name in event) {
    if (/^user(id|name)?$/i.test(name) && event[name] === user) return true;
  }
  // Not recursive: how deep logData is nested is up to the service.
  for (const left = [event["logData"]]; left.length > 0;) {
    const value = left.pop();
    if (value === user) return true;
    if (typeof value !== "object" || value === null) continue;
    for (const inner of Object.values(value)) left.push(inner);
  }
  return false;
}

function badItem(
  item: string,
  why: string,
  keys: string = `; the keys are ${QUERY_KEYS.join(", ")}`,
): Failure {
  return usageFailure(`Cannot use --query item ${quoted(item)}: ${why}${keys}`);
}
