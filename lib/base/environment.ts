/** Which environment variables are read, and what if one cannot be? */

import { usageFailure } from "./errors.ts";

/** The variables that `--credentials` names a file of, too. */
export type SettingName = "API_KEY" | "API_SECRET" | "ORG_URL" | "API_URL";

/** Where the runtime looks for a proxy. */
type ProxyName = "HTTPS_PROXY" | "https_proxy" | "ALL_PROXY" | "all_proxy" | "NO_PROXY";

/** The value of an environment variable; main.ts is allowed these and no others. */
export type Environment = (
  name: SettingName | ProxyName | "TEMP" | "TERM" | "NO_COLOR",
) => string | undefined;

/**
 * The environment of this process. Throws Failure (usage) for a value that is not UTF-8, without it:
 * what the runtime says of it holds the value, which may be a secret.
 */
export const processEnvironment: Environment = (name) => {
  try {
    return Deno.env.get(name);
  } catch (error) {
    // Somebody's own command may name fewer permissions than this version would use.
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw usageFailure(`Cannot use ${name} of the environment: it is not UTF-8`);
  }
};
