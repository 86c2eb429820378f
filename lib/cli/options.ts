/** What do the options mean? Typed texts become values; the rules between options are kept. */

import type { Environment } from "../base/environment.ts";
import { usageFailure } from "../base/errors.ts";
import { quoted } from "../base/text.ts";
import { DAY, type Instant, instantAt, parseDuration, parseInstant } from "../base/time.ts";
import { type CredentialsSource, credentialsSource } from "./credentials.ts";
import type { Name, Typed } from "./option_table.ts";
import { parseFilters } from "./query.ts";
import type { ApiName, Selection } from "../events/selection.ts";
import { type FormatName, formatNamed, FORMATS } from "../formats/formats.ts";

/** What a run has to do. */
export interface Options extends Selection {
  readonly credentials: CredentialsSource;
  readonly continuous: boolean;
  /** Path of the position file. */
  readonly position: string;
  /** How often a failed call is made again. */
  readonly retries: number;
  /** Milliseconds without a byte after which a call is given up. */
  readonly timeout: number;
  /** The service as positions name it: one name for each way of writing the same address. */
  readonly address: string;
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
}

/** What `--status` has to do. */
export interface StatusOptions {
  /** Path of the position file. */
  readonly position: string;
  /** Milliseconds that the stream may be behind; undefined for any. */
  readonly maxLag: number | undefined;
}

const DEFAULT_API_URL = "https://api.cirrusidentity.com/logs/v1";
const DEMO_CREDENTIALS = { key: "demo", secret: "no-secret-at-all" };
const LARGEST_LIMIT = 1000;
/** Milliseconds; timers take 31 bits of them, and ring at once for more. */
const LONGEST_DURATION = 2_147_483_000;

/** Milliseconds. */
const SHORTEST_PERIOD = 10_000;

/** What `--status` means. Throws Failure (usage). */
export function statusOptionsOf(typed: Typed, env: Environment): StatusOptions {
  const maxLag = duration("max-lag", typed["max-lag"].at(-1));
  return { position: typed.position.at(-1) ?? defaultPosition(env), maxLag };
}

/** What a pull means. `now` is in milliseconds since 1970. Throws Failure (usage). */
export function optionsOf(typed: Typed, env: Environment, now: number): Options {
  const one = (name: Name) => typed[name].at(-1);
  const has = (name: Name) => typed[name].length > 0;
  const demo = has("demo");
  const continuous = has("c");
  const service = serviceAt(one("apiurl") ?? DEFAULT_API_URL, one("api"), demo);
  const until = pastOnly(instant("until", one("until"), now), now);
  const since = instant("since", one("since"), now) ??
    instantAt(Math.max(0, (until?.ms ?? now) - 7 * DAY));
  if (since === undefined || since.ms > (until?.ms ?? now)) {
    const why = (since?.ms ?? 0) > now ? "it is in the future" : "it is after --until";
    throw usageFailure(`Cannot use --since ${quoted(one("since") ?? "")}: ${why}`);
  }
  const format = choice("format", one("format"), FORMATS.map(({ name }) => name));
  for (const [options, why] of Object.entries(format ? formatNamed(format).notWith : {})) {
    if (options.split(" and ").every((name) => name === "-c" ? continuous : has("output"))) {
      throw usageFailure(`Cannot use --format ${format} with ${options}: ${why}`);
    }
  }
  return {
    ...service,
    credentials: demo
      ? DEMO_CREDENTIALS
      : credentialsSource(one("apikey"), one("apisecret"), one("credentials"), env),
    orgUrl: organisation(one("orgurl"), service.api),
    limit: Math.min(LARGEST_LIMIT, whole("limit", one("limit"), 1) ?? LARGEST_LIMIT),
    retries: whole("retries", one("retries"), 0) ?? 5,
    timeout: Math.min(LONGEST_DURATION, (whole("timeout", one("timeout"), 1) ?? 60) * 1000),
    once: has("x"),
    since,
    until,
    filters: parseFilters(typed.query, service.api),
    continuous,
    position: one("position") ?? defaultPosition(env),
    output: one("output"),
    format: format ?? (one("output") === undefined ? "json" : "ndjson"),
    summary: has("summary"),
    every: duration("every", one("every"), SHORTEST_PERIOD),
    budget: duration("budget", one("budget")),
    verbose: has("verbose"),
    demo,
  };
}

/** Which service is meant: the API, the address to call, and the address as positions name it. */
function serviceAt(
  text: string,
  apiName: string | undefined,
  demo: boolean,
): Pick<Options, "api" | "apiUrl" | "address"> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const bad = (why: string) =>
    usageFailure(`Cannot use --apiurl ${quoted(text.replace(/\/\/.*@/s, "//***@"))}: ${why}`);
  if (url === undefined) throw bad("it is not a URL");
  const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && loopback)) {
    throw bad("it must begin with https:// (http:// is for this host only)");
  }
  if (url.username !== "" || url.password !== "") throw bad("credentials do not belong in it");
  if (/[?#]/.test(url.href)) throw bad("it must end with the path");
  const whole = url.href.replace(/\/+$/, "");
  const guess = /\/(logs\/v1|orgLogs)$/.test(whole) ? "log" : "siem";
  const api = choice<ApiName>("api", apiName, ["siem", "log"]) ?? guess;
  const address = api === "log" ? whole.replace(/\/orgLogs$/, "") : whole;
  return { api, apiUrl: api === "log" ? address : url.href, address: demo ? "demo" : address };
}

/** The organisation, to the letter. Log API v1 answers 422 to one that is no address. */
function organisation(text: string | undefined, api: ApiName): string | undefined {
  if (text === undefined || api === "siem" || URL.canParse(text)) return text;
  throw usageFailure(`Cannot use --orgurl ${quoted(text)}: it is not a URL`);
}

/** A whole number, to the letter: what looks like another notation is a mistake. */
function whole(name: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^(0|[1-9]\d*)$/.test(text) && Number(text) >= least) return Number(text);
  throw usageFailure(
    `Cannot use --${name} ${quoted(text)}: it must be a whole number from ${least} on`,
  );
}

function instant(name: string, text: string | undefined, now: number): Instant | undefined {
  if (text === undefined) return undefined;
  const result = parseInstant(text, now);
  if (result !== undefined) return result;
  const forms = "a time such as 2017-05-03T16:22:18Z, or an age such as 90m, 24h or 7d";
  throw usageFailure(`Cannot use --${name} ${quoted(text)}: it must be ${forms}`);
}

function duration(name: string, text: string | undefined, least = 0): number | undefined {
  if (text === undefined) return undefined;
  const result = parseDuration(text);
  if (result === undefined || !(result <= LONGEST_DURATION)) {
    throw usageFailure(
      `Cannot use --${name} ${quoted(text)}: it must be a span such as 50s, 5m or 2h`,
    );
  }
  if (result >= least) return result;
  throw usageFailure(`Cannot use --${name} ${quoted(text)}: it must be at least ${least / 1000}s`);
}

function pastOnly(until: Instant | undefined, now: number): Instant | undefined {
  return until !== undefined && until.ms > now ? instantAt(now) : until;
}

function choice<Choice extends string>(
  name: string,
  text: string | undefined,
  choices: readonly Choice[],
): Choice | undefined {
  if (text === undefined) return undefined;
  const chosen = choices.find((one) => one === text);
  if (chosen !== undefined) return chosen;
  const list = choices.join(", ").replace(/, (?=\w+$)/, " or ");
  throw usageFailure(`Cannot use --${name} ${quoted(text)}: it must be ${list}`);
}

/** Where the published client keeps its position, so that its place is taken over. */
function defaultPosition(env: Environment): string {
  const name = "example-client.run";
  return Deno.build.os === "windows" ? `${env("TEMP") ?? "."}\\${name}` : `/tmp/${name}`;
}
