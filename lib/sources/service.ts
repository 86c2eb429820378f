/** Whom does a run call, and what does it keep from call to call? */

import type { Credentials } from "../base/secrets.ts";
import { isLoopback } from "../base/loopback.ts";
import { compareClocks } from "./clocks.ts";
import { type Connection, createConnection } from "./connection.ts";
import type { RetryOptions } from "./retry.ts";

/** How a run makes its calls. */
export interface CallOptions extends RetryOptions {
  readonly credentials: Credentials;
  /** Milliseconds without a byte after which a call is given up. */
  readonly timeout: number;
}

/** The service as one run sees it. Copies with other options share what the run keeps. */
export interface Service extends CallOptions, Disposable {
  readonly connection: Connection;
  /** Memory of pages that are done with, for the bodies to come. */
  readonly freeBuffers: ArrayBuffer[];
  /** Takes the `Date` of an answer; says once if this host's clock is wrong. */
  compareClocks(date: string | null): void;
  readonly state: ServiceState;
}

/** What changes from call to call. */
export interface ServiceState {
  /** Whether a page has come. */
  hasPage: boolean;
  /**
   * Until when the service asked not to be called, in milliseconds since 1970; 0 for no such time. It may
   * also have asked an earlier run.
   */
  retryAt: number;
  /** When it asked that, in milliseconds since 1970. */
  retryAsked: number;
}

/** Makes what a run calls the service with. Sets up the process for calls to `apiUrl`, and no other host. */
export function createService(apiUrl: string, options: CallOptions): Service {
  configureTlsAndProxy(new URL(apiUrl));
  const connection = createConnection();
  return {
    ...options,
    connection,
    freeBuffers: [],
    compareClocks: compareClocks(options),
    state: { hasPage: false, retryAt: 0, retryAsked: 0 },
    [Symbol.dispose]: () => connection[Symbol.dispose](),
  };
}

/**
 * Has the runtime make calls as this client wants them made. It reads these variables at the first call.
 *
 * https: trusts the certificates that the system trusts, besides Mozilla's, unless
 * `DENO_TLS_CA_STORE` says otherwise: behind a proxy that inspects TLS they are what the host was set
 * up with. This host itself, which is all that http is for, is called without a proxy, whatever
 * `HTTP_PROXY` says: none may see the credentials, and none could reach it.
 */
function configureTlsAndProxy({ protocol, hostname }: URL): void {
  if (isLoopback(hostname)) Deno.env.set("NO_PROXY", hostname.replace(/[[\]]/g, ""));
  if (protocol === "https:" && !Deno.env.get(TRUST)) Deno.env.set(TRUST, "mozilla,system");
}

const TRUST = "DENO_TLS_CA_STORE";
