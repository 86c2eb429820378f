/** Which options are there? */

export const FLAGS = ["c", "x", "v", "demo", "summary", "status", "help", "version"] as const;
export const SINGLE = [
  "apikey",
  "apisecret",
  "credentials",
  "orgurl",
  "apiurl",
  "api",
  "limit",
  "since",
  "until",
  "position",
  "output",
  "format",
  "every",
  "budget",
  "max-lag",
  "retries",
  "timeout",
] as const;
export const WITH_VALUE = [...SINGLE, "query"] as const;
export const NAMES = [...FLAGS, ...WITH_VALUE] as const;

/** What was typed: each option's values, none for one that is absent, `""` for a flag. */
export type Given = Readonly<Record<typeof NAMES[number], readonly string[]>>;
