/** Whom does a run call? The service, or the demonstration in its place. */

import type { Options } from "./cli/options.ts";
import { realTiming } from "./sources/retry.ts";
import { createService, type Service } from "./sources/service.ts";

/** Does what `use` does with the service, and with the options as they are for whom it calls. */
export async function calling<Result>(
  options: Options,
  { notes, signal }: Pick<Service, "notes" | "signal">,
  use: (service: Service, asked: Options) => Promise<Result>,
): Promise<Result> {
  const { credentials, retries, timeout } = options;
  await using demo = options.demo ? (await import("./sources/demo_api.ts")).startDemo() : undefined;
  const asked = demo === undefined ? options : { ...options, apiUrl: demo.apiUrl[options.api] };
  const calls = { credentials, retries, timeout, signal, notes, timing: realTiming };
  // Not by "using": the bundler drops it where its variable is used once.
  const service = createService(asked.apiUrl, calls);
  return await use(service, asked).finally(() => service[Symbol.dispose]());
}
