/** How is one call made? Address, credentials, deadline, and the bytes that come back. */

import { encodeBase64 } from "@std/encoding/base64";
import { CallFailure } from "../base/errors.ts";
import { VERSION } from "../base/version.ts";
import { readBody } from "./body.ts";
import type { Call } from "./call.ts";
import { type CallTimer, callTimer } from "./call_timer.ts";
import { failedFetch, unusable } from "./failures.ts";
import type { Service } from "./service.ts";

/** Bodies from this size on are refused: 1000 events take about 1 MB. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;
/** Of the body of a failure no more is read, and it is waited for no longer: its status says enough. */
const MAX_ERROR_BODY_BYTES = 64 * 1024;
const MAX_ERROR_BODY_MS = 5000;

/**
 * Makes one call. Throws CallFailure where no whole answer comes, or the reason of the service's signal;
 * an answer of whatever status is returned.
 */
export async function exchange(
  service: Service,
  { method, url, body }: Call,
): Promise<{ response: Response; bytes: Uint8Array }> {
  const { key, secret } = service.credentials;
  using timer = callTimer(service, url);
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
      signal: timer.signal,
      ...(service.connection.client && { client: service.connection.client }),
    });
    // Only now, since the first timer takes the runtime longer to make than the request.
    timer.start();
    const response = await answering;
    const read = response.ok ? readAnswer : readErrorBody;
    return { response, bytes: await read(service, response, timer, url) };
  } catch (error) {
    if (timer.isStalled) service.connection.renew();
    if (error instanceof CallFailure || service.signal.aborted) throw error;
    throw failedFetch(url, error);
  }
}

function readAnswer(
  service: Service,
  response: Response,
  timer: CallTimer,
  url: URL,
): Promise<Uint8Array> {
  return readBody(service, response, (length) => {
    timer.received(length);
    if (length < MAX_BODY_BYTES) return true;
    const why = `it is ${MAX_BODY_BYTES / 1024 / 1024} MiB or more; try a smaller --limit`;
    throw unusable(url, why, { retryable: false });
  });
}

/** What a failure says besides its status, if it can be had: it may be cut off, or not come at all. */
async function readErrorBody(
  service: Service,
  response: Response,
  timer: CallTimer,
): Promise<Uint8Array> {
  timer.endIn(MAX_ERROR_BODY_MS);
  try {
    return await readBody(service, response, (length) => length < MAX_ERROR_BODY_BYTES);
  } catch {
    service.signal.throwIfAborted();
    return new Uint8Array(0);
  }
}
