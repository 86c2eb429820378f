/** How is one call made? Address, credentials, deadline, and the bytes that come back. */

import { encodeBase64 } from "@std/encoding/base64";
import { CallFailure } from "../base/errors.ts";
import { VERSION } from "../base/version.ts";
import { readBody } from "./body.ts";
import type { Call } from "./call.ts";
import { failedFetch, unusable } from "./failures.ts";
import type { Service } from "./service.ts";
import { stallTimer } from "./stall_timer.ts";

/** Larger bodies are refused: 1000 events take about 1 MB. */
const MAX_BODY_BYTES = 128 * 1024 * 1024;
/** Of the body of a failure no more is read. */
const MAX_ERROR_BODY_BYTES = 64 * 1024;

/**
 * Makes one call. Throws CallFailure where no whole answer comes, or the reason of the service's signal;
 * an answer of whatever status is returned.
 */
export async function exchange(
  service: Service,
  { method, url, body }: Call,
): Promise<{ response: Response; bytes: Uint8Array }> {
  const { key, secret } = service.credentials;
  using stall = stallTimer(service, url);
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
      signal: stall.signal,
    });
    // Only now, since the first timer takes the runtime longer to make than the request.
    stall.start();
    const response = await answering;
    const bytes = await readBody(service, response, (length) => {
      stall.reset();
      if (!response.ok) return length <= MAX_ERROR_BODY_BYTES;
      if (length <= MAX_BODY_BYTES) return true;
      const why = `it is larger than ${MAX_BODY_BYTES / 1024 / 1024} MiB; try a smaller --limit`;
      throw unusable(url, why, { retryable: false });
    });
    return { response, bytes };
  } catch (error) {
    if (error instanceof CallFailure || service.signal.aborted) throw error;
    throw failedFetch(url, error);
  }
}
