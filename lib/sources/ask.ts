/** How does one get a usable answer? Call, judge, and call again where that may help. */

import type { Events } from "../events/events.ts";
import { releaser } from "./body.ts";
import type { Call } from "./call.ts";
import { checkedBody, type Expected } from "./checked_body.ts";
import { exchange } from "./exchange.ts";
import { refusal } from "./failures.ts";
import { withRetries } from "./retry.ts";
import type { Service } from "./service.ts";

/** A successful answer whose body is JSON of the expected shape. */
export interface Answer<Body> {
  readonly headers: Headers;
  readonly events: Events;
  /** The body, parsed, with nothing in its list of events. */
  readonly body: Body;
  /** Gives the memory of `events` to a later answer. */
  release(): void;
}

/**
 * Calls the service until a usable answer comes, as `retry.ts` decides.
 * Throws CallFailure, or the reason of the service's signal.
 */
export function ask<Body>(
  service: Service,
  call: Call,
  expected: Expected<Body>,
): Promise<Answer<Body>> {
  const { notes } = service;
  return withRetries(async () => {
    notes.debug(`${call.method} ${call.url}`);
    const started = performance.now();
    const { response, bytes } = await exchange(service, call);
    const took = `${((performance.now() - started) / 1000).toFixed(3)} s`;
    notes.debug(`${response.status}, ${bytes.length} bytes in ${took}`);
    service.compareClocks(response.headers.get("date"));
    if (!response.ok) throw refusal(call, response, bytes, notes.hide);
    const { events, body } = checkedBody(call, response, bytes, expected);
    return { headers: response.headers, events, body, release: releaser(service, bytes) };
  }, service);
}
