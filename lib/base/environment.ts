/** Which environment variables are read? */

/** The environment variables that are read; main.ts is allowed these and no others. */
export type Environment = (name: "API_KEY" | "API_SECRET" | "TEMP" | "TERM" | "NO_COLOR") =>
  | string
  | undefined;
