/** How does one get a usable answer? Call, judge, and call again where that may help. */

import { CallFailure } from "../base/errors.ts";
import { utcTime } from "../base/time.ts";
import type { Events } from "../events/events.ts";
import { unlessAhead } from "../position/reached.ts";
import { releaser } from "./body.ts";
import type { Call } from "./call.ts";
import { checkedBody, type Expected } from "./checked_body.ts";
import { exchange } from "./exchange.ts";
import { DeadlinePassed, refusal, tooEarly } from "./failures.ts";
import { isAhead, isSoon, withRetries } from "./retry.ts";
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
 * Calls the service until a usable answer comes, as `retry.ts` decides; not before it wants to be called.
 * Throws CallFailure, or the reason of the service's signal.
 */
export async function ask<Body>(
  service: Service,
  call: Call,
  expected: Expected<Body>,
): Promise<Answer<Body>> {
  const { notes, state } = service;
  await untilWelcome(service, call.url);
  return await withRetries(async () => {
    notes.debug(`${call.method} ${call.url}`);
    const started = performance.now();
    const { response, bytes } = await exchange(service, call);
    const took = `${((performance.now() - started) / 1000).toFixed(3)} s`;
    notes.debug(`${response.status}, ${bytes.length} bytes in ${took}`);
    service.compareClocks(response.headers.get("date"));
    if (!response.ok) {
      throw refusal(call, response, bytes, { hide: notes.hide, hasPage: state.hasPage });
    }
    const { events, body } = checkedBody(call, response, bytes, expected);
    state.hasPage ||= expected.list !== undefined;
    return { headers: response.headers, events, body, release: releaser(service, bytes) };
  }, service).catch((error) => {
    if (error instanceof CallFailure && error.retryAt !== undefined) {
      Object.assign(state, { retryAt: error.retryAt, retryAsked: service.timing.now() });
    }
    throw error;
  });
}

/** Waits until the service wants to be called. Throws CallFailure where that is too far off. */
async function untilWelcome(
  { state, timing, notes, signal, deadline = Infinity }: Service,
  url: URL,
): Promise<void> {
  const { retryAt, retryAsked, hasPage } = state;
  const now = timing.now();
  if (hasPage && now >= deadline) throw new DeadlinePassed(url);
  // Counted by a clock that was ahead, it proves nothing.
  if (!isAhead(retryAt, now) || unlessAhead(retryAsked, now) === undefined) return;
  const when = utcTime(retryAt);
  if (!isSoon(retryAt, now) || retryAt > deadline) throw tooEarly(url, when, retryAt);
  notes.waiting(`the service wants no call before ${when}`);
  await timing.sleep(retryAt - now, signal);
  notes.waiting();
}
