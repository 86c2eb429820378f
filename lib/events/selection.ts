/** Which events are wanted? What is asked of the service, and what is matched here. */

import { quoted } from "../base/text.ts";
import type { Instant } from "../base/time.ts";

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
  readonly filters: readonly Filter[];
}

/** An item of `--query`. An event has to match all of them. */
export interface Filter {
  readonly key: QueryKey;
  /** A text; for `clientip` also an address prefix, such as `192.0.2.0/24`. */
  readonly value: string;
  /** Whether what has this value is left out. Where an event does not have the key, it stays. */
  readonly not?: true;
}

/** Whether a service can match a filter: it knows exact values only. */
export function isExact({ key, value, not }: Filter): boolean {
  return !not && !(key === "clientip" && LIKE_PREFIX.test(value));
}

/** What is meant as an address prefix, right or wrong. */
const LIKE_PREFIX = /^[\da-f.:]*\//i;

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

/**
 * The values that Log API v1 knows, from its OpenAPI document 1.0.3. Others are to be answered with 422;
 * but the vendor may have added some since.
 */
export const LOG_VALUES: Readonly<Partial<Record<QueryKey, readonly string[]>>> = {
  service: "bridge gateway idGeneration idp mail proxy".split(" "),
  metrictype: "account authentication cas create emailMFA oidc password sending".split(" "),
  metricsubtype: ("authenticationSuccess authorize error expiredCode failure idToken invalidCode " +
    "login logout manage noEmail queued request samlValidate send sent serviceValidate success " +
    "token userinfo validate").split(" "),
};

/** A clause for each filter with a value that the document of Log API v1 does not have. */
export function undocumented(filters: readonly Filter[]): string[] {
  return filters.flatMap(({ key, value }) => {
    const values = LOG_VALUES[key];
    if (values === undefined || values.includes(value)) return [];
    return [`the documented values of ${key} are ${values.join(", ")}, and not ${quoted(value)}`];
  });
}
