/** How is one call made? Address, credentials, deadline, and a body that is what it should be. */

import { encodeBase64 } from "@std/encoding/base64";
import type * as z from "zod/mini";
import { CallFailure } from "../base/errors.ts";
import type { Credentials } from "../base/secrets.ts";
import { oneLine } from "../base/text.ts";
import { spanText } from "../base/time.ts";
import { VERSION } from "../base/version.ts";
import type { Events } from "../events/events.ts";
import { type Cut, cut, WHOLE } from "../events/split.ts";
import type { Call } from "./call.ts";
import { failedFetch, refusal, unreachable, unusable } from "./failures.ts";
import { type Persistence, persistently } from "./retry.ts";

/** Whom to call, and how patiently. */
export interface Service extends Persistence {
  readonly credentials: Credentials;
  /** Milliseconds without a byte after which a call is given up. */
  readonly timeout: number;
}

/** What the body of an answer has to be. */
export interface Expected<Body> {
  readonly shape: z.ZodMiniType<Body>;
  /** The name of the list of events in it, or WHOLE where it is that list; undefined for none. */
  readonly list?: string | typeof WHOLE;
}

/** A successful answer whose body is JSON of the expected shape. */
export interface Answer<Body> {
  readonly headers: Headers;
  readonly events: Events;
  /** The body, parsed, with nothing in its list of events. */
  readonly body: Body;
  /** Gives the memory of `events` to a later answer. */
  release(): void;
}

/** Larger bodies are refused: 1000 events take about 1 MB. */
const LARGEST_BODY = 128 * 1024 * 1024;
const LARGEST_ERROR_BODY = 64 * 1024;
/** What is no event has to be parsed, and many small values take a hundred times their length. */
const LARGEST_REST = 1024 * 1024;

/**
 * Calls the service until a usable answer comes, as `retry.ts` decides.
 * Throws CallFailure, or the reason of the service's signal.
 */
export function ask<Body>(
  service: Service,
  call: Call,
  expected: Expected<Body>,
): Promise<Answer<Body>> {
  return persistently(async () => {
    service.notes.debug(`${call.method} ${call.url}`);
    const started = performance.now();
    const { response, bytes } = await exchange(service, call);
    const took = `${((performance.now() - started) / 1000).toFixed(3)} s`;
    service.notes.debug(`${response.status}, ${bytes.length} bytes in ${took}`);
    compareClocks(service, response.headers.get("date"));
    if (!response.ok) throw refusal(call, response, bytes, service.notes.hide);
    const release = () => void spare.push(bytes.buffer as ArrayBuffer);
    return { headers: response.headers, ...vetted(call, response, bytes, expected), release };
  }, service);
}

/**
 * Has the runtime make calls as this client wants them made. To be called before the first request,
 * which is to the same host as all others.
 *
 * https: trusts the certificates that the system trusts, besides Mozilla's, unless
 * `DENO_TLS_CA_STORE` says otherwise: behind a proxy that inspects TLS they are what the host was set
 * up with. http: that is for this host only, and no proxy may see the credentials in it, whatever
 * `HTTP_PROXY` says.
 */
export function prepareCalls(apiUrl: string): void {
  const { protocol, hostname } = new URL(apiUrl);
  if (protocol === "http:") Deno.env.set("NO_PROXY", hostname.replace(/[[\]]/g, ""));
  else if (!Deno.env.get(TRUST)) Deno.env.set(TRUST, "mozilla,system");
}

const TRUST = "DENO_TLS_CA_STORE";

/** Milliseconds. */
const LARGEST_SKEW = 5 * 60_000;
const clocksCompared = new WeakSet<Service>();

/** Says once where this host's clock is wrong: ages such as `--since 1h` are counted by it. */
function compareClocks(service: Service, date: string | null): void {
  const skew = service.chance.now() - Date.parse(date ?? "");
  if (!(Math.abs(skew) > LARGEST_SKEW) || clocksCompared.has(service)) return;
  clocksCompared.add(service);
  const where = skew > 0 ? "ahead of" : "behind";
  service.notes.say(`The clock of this host is ${spanText(Math.abs(skew))} ${where} the service's`);
}

async function exchange(
  service: Service,
  { method, url, body }: Call,
): Promise<{ response: Response; bytes: Uint8Array }> {
  const { key, secret } = service.credentials;
  using patience = patienceFor(service, url);
  try {
    const answering = fetch(url, {
      method,
      headers: {
        authorization: `Basic ${encodeBase64(`${key}:${secret}`)}`,
        accept: "application/json",
        "user-agent": `siem-client/${VERSION}`,
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body }),
      // Following a redirect would hand the credentials to whoever it names.
      redirect: "manual",
      signal: patience.signal,
    });
    // Only now, since the first timer takes the runtime longer to make than the request.
    patience.begins();
    const response = await answering;
    const bytes = await bodyOf(response, (length) => {
      patience.renews();
      if (!response.ok) return length <= LARGEST_ERROR_BODY;
      if (length <= LARGEST_BODY) return true;
      const why = `it is larger than ${LARGEST_BODY / 1024 / 1024} MiB; try a smaller --limit`;
      throw unusable(url, why, { retryable: false });
    });
    return { response, bytes };
  } catch (error) {
    if (error instanceof CallFailure || service.signal.aborted) throw error;
    throw failedFetch(url, error);
  }
}

/**
 * A signal for one call: it aborts where no byte comes for too long, or when the service's does. It
 * is not made by `AbortSignal.any`, whose signals stay with the one that lasts until V8 tidies up; and
 * its timer is made once, and looks at the clock, rather than for each piece of a body.
 */
function patienceFor({ timeout, signal }: Service, url: URL) {
  const call = new AbortController();
  const end = () => call.abort(signal.reason);
  signal.addEventListener("abort", end);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let since = 0;
  const look = () => {
    const left = timeout - (performance.now() - since);
    if (left > 0) timer = setTimeout(look, left);
    else call.abort(unreachable(url, `no byte came for ${timeout / 1000} seconds (see --timeout)`));
  };
  return {
    signal: call.signal,
    begins() {
      since = performance.now();
      timer = setTimeout(look, timeout);
    },
    renews() {
      since = performance.now();
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
    },
  };
}

/** Memory of bodies that are done with, for the next ones. */
const spare: ArrayBuffer[] = [];

/** Bytes; enough for most pages. */
const USUAL_BODY = 1024 * 1024;

/** Reads a body as far as `goOn` wants it, which is told how many bytes have come. */
async function bodyOf(
  { body }: Response,
  goOn: (length: number) => boolean,
): Promise<Uint8Array> {
  let buffer = spare.pop() ?? new ArrayBuffer(USUAL_BODY);
  let length = 0;
  const reader = body?.getReader({ mode: "byob" });
  try {
    for (let more = reader !== undefined; more;) {
      if (length === buffer.byteLength) buffer = buffer.transfer(length * 2);
      // The reader takes the memory away, and gives it back with what it has read.
      const { done, value } = await reader!.read(new Uint8Array(buffer, length));
      buffer = value!.buffer;
      length += value!.length;
      more = !done && goOn(length);
    }
  } finally {
    reader?.cancel().catch(() => {});
  }
  return new Uint8Array(buffer, 0, length);
}

/** Vets a body. A cut one is not whole, or no longer has the shape, so both may heal. */
function vetted<Body>(
  { url }: Call,
  response: Response,
  bytes: Uint8Array,
  { shape, list }: Expected<Body>,
): Pick<Answer<Body>, "events" | "body"> {
  let found: Cut;
  try {
    found = cut(bytes, list);
  } catch {
    const type = oneLine(response.headers.get("content-type") ?? "of no stated type", 80);
    const why = `${bytes.length} bytes (${type}) that are not whole, valid JSON in UTF-8`;
    throw unusable(url, why, { retryable: true });
  }
  const wrong = (path: PropertyKey[], message: string, cause?: Error) => {
    const where = path.length > 0 ? `"${oneLine(path.join("."), 80)}" is wrong: ` : "";
    return unusable(url, `${where}${oneLine(message, 200)}`, { retryable: true, cause });
  };
  if (found.rest.length > LARGEST_REST) {
    throw wrong([], `it holds more than ${LARGEST_REST / 1024 / 1024} MiB beside events`);
  }
  const { success, data, error } = shape.safeParse(JSON.parse(found.rest));
  if (!success) throw wrong(error.issues[0]!.path, error.issues[0]!.message, error);
  if (found.stranger !== undefined) {
    throw wrong([...(list === WHOLE ? [] : [list!]), found.stranger], "it is not an object");
  }
  return { events: found.events, body: data };
}
