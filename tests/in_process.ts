/** How does a test call the fake service from its own process, with a clock and limits of its own? */

import { realTiming, type Timing } from "../lib/sources/retry.ts";
import { createService, type Service } from "../lib/sources/service.ts";
import { KEY, SECRET } from "./fake_api.ts";
import { collectedNotes } from "./notes.ts";

/** A service that is called once, unless it is said otherwise. To be disposed of. */
export function serviceAt(
  apiUrl: string,
  options: { retries?: number; timeout?: number; timing?: Timing; deadline?: number } = {},
): Service {
  return createService(apiUrl, {
    credentials: { key: KEY, secret: SECRET },
    timeout: 10_000,
    retries: 0,
    signal: new AbortController().signal,
    notes: collectedNotes().notes,
    timing: realTiming,
    ...options,
  });
}
