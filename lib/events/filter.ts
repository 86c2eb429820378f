/** Which events match? By a search's filters and times, as far as no service does it. */

import { matcherOfPrefix } from "./address.ts";
import { factsOf } from "./dictionary.ts";
import type { Event } from "./events.ts";
import { INCOMPLETE } from "./excerpt.ts";
import { isUserField, timeOf } from "./fields.ts";
import { type Filter, isExact, type QueryKey, type Selection } from "./selection.ts";

type Test = (event: Event) => boolean;

/**
 * Matches all that it is given; whoever asks a service leaves out what that does itself. The time window
 * is by the events' own time stamps (those without a readable one stay; `since` is in milliseconds since
 * 1970), the filters as `QUERY_FIELDS` and the two functions below it say. Undefined where there is nothing
 * to match. An event too large to be looked at whole stays: what is asked for may be in what was not seen.
 */
export function matcher(
  { until, filters }: Pick<Selection, "until" | "filters">,
  since: number | undefined,
): Test | undefined {
  const tests = filters.map(testOf);
  if (since !== undefined) tests.push((event) => !(timeOf(event) < since));
  if (until !== undefined) tests.push((event) => !(timeOf(event) > until.ms));
  return tests.length === 0 ? undefined : (event) => tests.every((test) => test(event));
}

/** The field that a key is compared with, for those that have just one; it is there in every excerpt. */
const QUERY_FIELDS: Readonly<Partial<Record<QueryKey, string>>> = {
  tenant: "tenant",
  service: "service",
  metrictype: "logType",
  metricsubtype: "logSubtype",
  correlationid: "correlationId",
};

function testOf(filter: Filter): Test {
  const { key, value, not = false } = filter;
  const field = QUERY_FIELDS[key];
  if (field !== undefined) return (event) => (event[field] === value) !== not;
  const test = key === "user" ? concerns(value) : comesFrom(value, isExact({ key, value }));
  return (event) => INCOMPLETE in event || test(event) !== not;
}

/** Whether an address is in the event's own field, or is the browser's under CAS. */
function comesFrom(value: string, exact: boolean): Test {
  const isIn = exact ? (address: unknown) => address === value : matcherOfPrefix(value);
  const isWanted = (address: unknown) => typeof address === "string" && isIn?.(address) === true;
  return (event) => isWanted(event["clientIP"]) || isWanted(factsOf(event).cas_client_ip);
}

/** Whether somebody is in a user field beside `logData`, or is a text anywhere in that. */
function concerns(user: string): Test {
  return (event) => {
    for (const name in event) {
      if (isUserField(name) && event[name] === user) return true;
    }
    // Not recursive: how deep logData is nested is up to the service.
    for (const left = [event["logData"]]; left.length > 0;) {
      const value = left.pop();
      if (value === user) return true;
      if (typeof value !== "object" || value === null) continue;
      for (const inner of Object.values(value)) left.push(inner);
    }
    return false;
  };
}
