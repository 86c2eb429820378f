/** What do the options mean? Typed texts become values; the rules between options are kept. */

import type { Environment } from "../base/environment.ts";
import { usageFailure } from "../base/errors.ts";
import type { Credentials } from "../base/secrets.ts";
import { type Selection, undocumented } from "../events/selection.ts";
import { type FormatName, formatNamed, FORMATS } from "../formats/formats.ts";
import { credentialsFrom } from "./credentials.ts";
import type { Settings } from "./credentials_file.ts";
import type { Name, Typed } from "./option_table.ts";
import { boundsOf, periodOf, sinceRemark } from "./period.ts";
import { parseQuery } from "./query.ts";
import { demoOptions, type ServiceOptions, serviceOptions } from "./service.ts";
import { choice, span, wholeNumber } from "./values.ts";

/** What a run has to do. */
export interface Options extends Selection, ServiceOptions {
  /** Paths of the files that are searched, `-` for standard input; none where the service is. */
  readonly files: readonly string[];
  readonly credentials: Credentials;
  /** Path of the file that `--credentials` names. */
  readonly credentialsFile: string | undefined;
  readonly continuous: boolean;
  /** Whether `since` was asked for. */
  readonly sinceIsGiven: boolean;
  /** Path of the position file. */
  readonly position: string;
  /** Path of the receipts file; undefined where none are kept. */
  readonly receipts: string | undefined;
  /** How often a failed call is made again. */
  readonly retries: number;
  /** Milliseconds without a byte after which a call is given up. */
  readonly timeout: number;
  /** Path of the output file; undefined for standard output. */
  readonly output: string | undefined;
  readonly format: FormatName;
  /** Whether an overview is printed after a search. */
  readonly summary: boolean;
  /** Milliseconds between the rounds of a run that stays; undefined for a single round. */
  readonly every: number | undefined;
  /** Milliseconds after which a run ends at the next page boundary. */
  readonly budget: number | undefined;
  readonly verbose: boolean;
  readonly demo: boolean;
  /** What was made of what was typed, where that may not be what is expected: a sentence each. */
  readonly remarks: readonly string[];
}

/** What `--status` has to do. */
export interface StatusOptions {
  /** Path of the position file. */
  readonly position: string;
  /** Path of the receipts file; undefined where they are not asked about. */
  readonly receipts: string | undefined;
  /** Milliseconds that the stream may be behind; undefined for any. */
  readonly maxLag: number | undefined;
  /** How it is written; undefined for the usual: JSON, and on a terminal for people. */
  readonly form: "json" | "prometheus" | undefined;
}

const DEMO_CREDENTIALS = { key: "demo", secret: "no-secret-at-all" };
const MAX_LIMIT = 1000;
/** Timers take 31 bits, and ring at once for more. */
const MAX_TIMEOUT_MS = 2_147_483_000;
const MIN_PERIOD_MS = 10_000;

/** What the options are read with. */
export interface Surroundings {
  readonly env: Environment;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Reads the file of `--credentials`. Throws Failure (usage). */
  readonly readFile: (path: string) => Settings;
}

/** What `--status` means. Throws Failure (usage). */
export function statusOptionsOf(typed: Typed, env: Environment): StatusOptions {
  const maxLag = span("max-lag", typed["max-lag"].at(-1));
  // A cron line to which --status is added may have any other.
  const form = (["json", "prometheus"] as const).find((form) => form === typed.format.at(-1));
  const receipts = typed.receipts.at(-1);
  return { position: typed.position.at(-1) ?? defaultPosition(env), receipts, maxLag, form };
}

/** What a pull means. Throws Failure (usage). */
export function optionsOf(
  typed: Typed,
  files: readonly string[],
  { env, now, readFile }: Surroundings,
): Options {
  const one = (name: Name) => typed[name].at(-1);
  const has = (name: Name) => typed[name].length > 0;
  const fromFiles = files.length > 0;
  // As little is needed for files as for the demonstration.
  const demo = has("demo") || fromFiles;
  const continuous = has("c");
  const path = demo ? undefined : one("credentials");
  const file = path === undefined ? undefined : { path, settings: readFile(path) };
  const asked = { apiUrl: one("apiurl"), orgUrl: one("orgurl"), api: one("api") };
  const service = demo ? demoOptions(asked.api, asked.orgUrl) : serviceOptions(asked, file, env);
  const stays = has("every") && !continuous;
  const output = outputFile(one("output"), { continuous, once: has("x"), stays });
  const times = fromFiles
    ? boundsOf(one("since"), one("until"), now)
    : periodOf(one("since"), one("until"), now);
  const limit = wholeNumber("limit", one("limit"), 1) ?? MAX_LIMIT;
  const filters = parseQuery(typed.query);
  return {
    ...service,
    ...times,
    files,
    credentials: demo
      ? DEMO_CREDENTIALS
      : credentialsFrom(one("apikey"), one("apisecret"), file, env),
    credentialsFile: path,
    limit: fromFiles ? limit : Math.min(MAX_LIMIT, limit),
    retries: wholeNumber("retries", one("retries"), 0) ?? 5,
    timeout: timeout(one("timeout")),
    once: has("x"),
    filters,
    continuous,
    sinceIsGiven: has("since"),
    position: one("position") ?? defaultPosition(env),
    receipts: receipts(one("receipts"), service.api, { continuous, stays }),
    output,
    format: format(one("format"), { continuous, output, stays }),
    summary: has("summary"),
    every: span("every", one("every"), MIN_PERIOD_MS),
    budget: span("budget", one("budget")),
    verbose: has("verbose"),
    demo: has("demo"),
    remarks: fromFiles ? [] : [
      ...(service.api === "log" ? undocumented(filters).map((what) => `--query: ${what}`) : []),
      ...limitRemark(limit),
      ...sinceRemark(one("since"), times.since, now),
    ],
  };
}

/** The output file, where a run of this kind may have one. */
function outputFile(
  path: string | undefined,
  { continuous, once, stays }: { continuous: boolean; once: boolean; stays: boolean },
): string | undefined {
  // By its usual sign, "-" is standard output.
  if (path === undefined || path === "-") return undefined;
  if (continuous && once) {
    const why = "-x does not move the position, so the next run would write these events again";
    throw usageFailure(`Cannot use --output with -c -x: ${why}`);
  }
  if (stays) {
    const why = "a search that stays has no position; add -c, which loses nothing";
    throw usageFailure(`Cannot use --output with --every and without -c: ${why}`);
  }
  return path;
}

/** The receipts file, where a run of this kind has a use for it: a search on Log API v1 may begin in it. */
function receipts(
  path: string | undefined,
  api: ServiceOptions["api"],
  { continuous, stays }: { continuous: boolean; stays: boolean },
): string | undefined {
  if (path === undefined || continuous || api === "log" && !stays) return path;
  throw usageFailure(
    stays
      ? "Cannot use --receipts with --every and without -c: nothing earlier is searched"
      : "Cannot use --receipts without -c on the SIEM API: it takes any --since",
  );
}

function format(
  name: string | undefined,
  { continuous, output, stays }: {
    continuous: boolean;
    output: string | undefined;
    stays: boolean;
  },
): FormatName {
  if (name === "prometheus") throw usageFailure("Cannot use --format prometheus without --status");
  const chosen = choice("format", name, FORMATS.map(({ name }) => name)) ??
    (output === undefined && !stays ? "json" : "ndjson");
  if (stays && !formatNamed(chosen).stays) {
    throw usageFailure(
      `Cannot use --format ${chosen} with --every and without -c: a search that stays prints ` +
        "table, logins or ndjson",
    );
  }
  for (const [options, why] of Object.entries(formatNamed(chosen).notWith)) {
    if (options.split(" and ").every((name) => name === "-c" ? continuous : output !== undefined)) {
      throw usageFailure(`Cannot use --format ${chosen} with ${options}: ${why}`);
    }
  }
  return chosen;
}

/** A span in milliseconds. As in older versions, a number alone is one of seconds. */
function timeout(text = "60s"): number {
  const withUnit = /^(0|[1-9]\d*)$/.test(text) ? `${text}s` : text;
  return Math.min(MAX_TIMEOUT_MS, span("timeout", withUnit, 1000)!);
}

function limitRemark(limit: number): string[] {
  return limit > MAX_LIMIT ? [`--limit ${limit}: ${MAX_LIMIT} is the most, and is taken`] : [];
}

/** Where the published client keeps its position, so that its place is taken over. */
function defaultPosition(env: Environment): string {
  const name = "example-client.run";
  return Deno.build.os === "windows" ? `${env("TEMP") ?? "."}\\${name}` : `/tmp/${name}`;
}
