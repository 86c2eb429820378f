/** Whom does a run call, and what does it keep for all of its calls? */

import type { Credentials } from "../base/secrets.ts";
import { compareClocks } from "./clocks.ts";
import type { RetryOptions } from "./retry.ts";

/** How a run makes its calls. */
export interface CallOptions extends RetryOptions {
  readonly credentials: Credentials;
  /** Milliseconds without a byte after which a call is given up. */
  readonly timeout: number;
}

/** The service as one run sees it, with what the run keeps between calls. */
export interface Service extends CallOptions {
  /** Memory of pages that are done with, for the bodies to come. */
  readonly freeBuffers: ArrayBuffer[];
  /** Takes the `Date` of an answer; says once if this host's clock is wrong. */
  compareClocks(date: string | null): void;
}

/** Makes what a run calls the service with. Sets up the process for calls to `apiUrl`, and no other host. */
export function createService(apiUrl: string, options: CallOptions): Service {
  configureTlsAndProxy(apiUrl);
  return { ...options, freeBuffers: [], compareClocks: compareClocks(options) };
}

/**
 * Has the runtime make calls as this client wants them made. It reads these variables at the first call.
 *
 * https: trusts the certificates that the system trusts, besides Mozilla's, unless
 * `DENO_TLS_CA_STORE` says otherwise: behind a proxy that inspects TLS they are what the host was set
 * up with. http: that is for this host only, and no proxy may see the credentials in it, whatever
 * `HTTP_PROXY` says.
 */
function configureTlsAndProxy(apiUrl: string): void {
  const { protocol, hostname } = new URL(apiUrl);
  if (protocol === "http:") Deno.env.set("NO_PROXY", hostname.replace(/[[\]]/g, ""));
  else if (!Deno.env.get(TRUST)) Deno.env.set(TRUST, "mozilla,system");
}

const TRUST = "DENO_TLS_CA_STORE";
