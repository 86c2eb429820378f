/** Which events are matched here rather than by the service? */

import type { Event } from "./events.ts";
import { INCOMPLETE } from "./excerpt.ts";
import { factsOf } from "./dictionary.ts";
import { isUserField, timeOf } from "./fields.ts";
import type { Selection } from "./selection.ts";

/**
 * What is matched here, since Log API v1 cannot: the time window by the events' own time stamps
 * (those without a readable one stay), `clientip` against the field and the browser's address under
 * CAS, `correlationid` against its field, `user` against a top-level user field and every string in
 * `logData`. Undefined where there is nothing to match. An event too large to be looked at whole stays:
 * what is asked for may be in what was not seen.
 */
export function matcher(
  { until, filters }: Selection,
  since: number | undefined,
): ((event: Event) => boolean) | undefined {
  const tests: ((event: Event) => boolean)[] = [];
  if (since !== undefined) tests.push((event) => !(timeOf(event) < since));
  if (until !== undefined) tests.push((event) => !(timeOf(event) > until.ms));
  const add = (test: (event: Event) => boolean) =>
    tests.push((event) => INCOMPLETE in event || test(event));
  const clientIp = filters.get("clientip");
  if (clientIp !== undefined) add((event) => comesFrom(event, clientIp));
  const correlationId = filters.get("correlationid");
  if (correlationId !== undefined) tests.push((event) => event["correlationId"] === correlationId);
  const user = filters.get("user");
  if (user !== undefined) add((event) => concerns(event, user));
  return tests.length === 0 ? undefined : (event) => tests.every((test) => test(event));
}

function comesFrom(event: Event, address: string): boolean {
  return event["clientIP"] === address || factsOf(event).cas_client_ip === address;
}

function concerns(event: Event, user: string): boolean {
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
}
