/** How does a signal end a run? What has begun is finished, and the position saved. */

import { Interrupted } from "../base/errors.ts";
import type { Notes } from "./notes.ts";

const SIGNALS: Partial<Record<Deno.Signal, number>> = Deno.build.os === "windows"
  ? { SIGINT: 2, SIGBREAK: 21 }
  : { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };

/** A signal that aborts, with Interrupted as its reason, when the process is told to end. */
export function endOnSignals(notes: Notes): AbortSignal {
  const controller = new AbortController();
  const listeners = Object.entries(SIGNALS).map(([name, number]) => {
    const listener = () => {
      // From now on the system does what it does without us: a second signal ends the process at once.
      listeners.forEach(([signal, one]) => Deno.removeSignalListener(signal, one));
      notes.debug(`${name}: finishing the page in hand, if there is one`);
      controller.abort(new Interrupted(name, number));
    };
    return [name as Deno.Signal, listener] as const;
  });
  // Writing past a file size limit then fails with an error, which says what is wrong.
  if (Deno.build.os !== "windows") Deno.addSignalListener("SIGXFSZ", () => {});
  listeners.forEach(([signal, listener]) => Deno.addSignalListener(signal, listener));
  return controller.signal;
}
