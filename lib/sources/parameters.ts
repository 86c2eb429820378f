/** What are the parameters of Log API v1 called, and which option is each from? */

import type { QueryKey } from "../events/selection.ts";

/** What a query key is called there; the others are matched in the client. */
export const LOG_PARAMETERS: Readonly<Partial<Record<QueryKey, string>>> = {
  tenant: "tenant",
  service: "service",
  metrictype: "logType",
  metricsubtype: "logSubtype",
};

/** The option that a parameter is from; undefined where it is none of ours. */
export function optionOf(parameter: unknown): string | undefined {
  if (parameter === "limit") return "--limit";
  if (parameter === "orgUrl") return "--orgurl";
  const [key] = Object.entries(LOG_PARAMETERS).find(([, name]) => name === parameter) ?? [];
  return key === undefined ? undefined : `${key} in --query`;
}
