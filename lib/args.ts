/** What was asked for? The command line and the environment, checked before anything is done. */

import { parseArgs } from "@std/cli/parse-args";
import { closestString } from "@std/text/closest-string";
import { Failure, oneLine } from "./errors.ts";
import type { Format } from "./events.ts";
import type { Credentials } from "./request.ts";
import { type ApiName, parseFilters, type Selection } from "./selection.ts";
import { DAY, type Instant, instantAt, parseInstant } from "./time.ts";

/** The outcome of reading a command line; help is an outcome, not an option looked at later. */
export type Asked =
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | { readonly kind: "pull"; readonly options: Options };

/** What a run has to do. */
export interface Options extends Selection {
  readonly credentials: Credentials;
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
  readonly format: Format;
  readonly verbose: boolean;
  readonly demo: boolean;
}

/** The environment variables that are read; main.ts is allowed these and no others. */
export type Environment = (name: "API_KEY" | "API_SECRET" | "TEMP") => string | undefined;

const DEFAULT_API_URL = "https://api.cirrusidentity.com/logs/v1";
const DEMO_CREDENTIALS = { key: "demo", secret: "no-secret-at-all" };
const LARGEST_LIMIT = 1000;
/** Seconds; timers take signed 32-bit milliseconds, and ring at once for more. */
const LONGEST_TIMEOUT = 2_147_483;

const FLAGS = ["c", "x", "v", "demo", "help", "version"] as const;
const SINGLE = [
  "apikey",
  "apisecret",
  "orgurl",
  "apiurl",
  "api",
  "limit",
  "since",
  "until",
  "position",
  "output",
  "format",
  "retries",
  "timeout",
] as const;
const NAMES = [...FLAGS, ...SINGLE, "query"] as const;
type Given = Readonly<Record<typeof NAMES[number], readonly string[]>>;

/**
 * Reads a command line. `now` is in milliseconds since 1970.
 * Throws Failure (usage) with one line that names what is wrong.
 */
export function parse(argv: readonly string[], env: Environment, now: number): Asked {
  const { given, mistakes } = split(argv);
  if (given.help.length > 0) return { kind: "help" };
  if (given.version.length > 0) return { kind: "version" };
  const [mistake] = [...mistakes, ...misuses(given)];
  if (mistake !== undefined) throw usage(mistake);
  return { kind: "pull", options: optionsOf(given, env, now) };
}

/**
 * Splits a command line into options and what cannot be understood. All options are declared as
 * texts, the flags too: then none is ever converted, and a flag with a value shows itself.
 */
function split(argv: readonly string[]): { given: Given; mistakes: string[] } {
  const options = argv.slice(0, argv.indexOf("--") >>> 0);
  const mistakes = [...withoutValues(options)];
  const emptyArguments: string[] = [];
  const { _: strays, ...given } = parseArgs(argv, {
    string: NAMES,
    collect: NAMES,
    alias: { h: "help", V: "version" },
    unknown(argument, key) {
      if (key !== undefined) mistakes.push(unknownOption(argument));
      else if (argument === "") emptyArguments.push(argument);
      else mistakes.push(`Cannot use argument ${quoted(argument)}: only options are taken`);
      return false;
    },
  });
  for (const argument of options) {
    if (/^--[^=](=|$)/.test(argument)) mistakes.push(unknownOption(argument));
  }
  mistakes.push(
    ...strays.map((text) => `Cannot use argument ${quoted(text)}: only options are taken`),
  );
  // parseArgs leaves an empty value behind as an argument; then its option is without a value.
  const withoutValue = NAMES.some((name) => !isFlag(name) && given[name].includes(""));
  if (emptyArguments.length > 0 && !withoutValue) {
    mistakes.push('Cannot use argument "": only options are taken');
  }
  return { given, mistakes };
}

/**
 * Options that the next option follows, or nothing. They come before all other mistakes: what follows
 * may be a secret that begins with a hyphen, and would be named as an unknown option.
 */
function* withoutValues(options: readonly string[]): Generator<string> {
  for (const name of [...SINGLE, "query"]) {
    const bare = options.some((argument, i) =>
      argument === dashed(name) && (options[i + 1] ?? "-").startsWith("-")
    );
    if (bare) yield withoutValue(name);
  }
}

function withoutValue(name: string): string {
  const option = dashed(name);
  return `Cannot use ${option} without a value (one that begins with "-" is written ${option}=VALUE)`;
}

/** What may be the secret in a command line that is not understood yet, so that no message shows it. */
export function possibleSecrets(argv: readonly string[], env: Environment): string[] {
  const given = argv.flatMap((argument, i) => {
    if (argument === "--apisecret") return argv.slice(i + 1, i + 2);
    return argument.startsWith("--apisecret=") ? [argument.slice("--apisecret=".length)] : [];
  });
  return [...given, env("API_SECRET") ?? ""].filter((text) => text !== "");
}

/** What is wrong with the way in which the options are given, whatever their values mean. */
function* misuses(given: Given): Generator<string> {
  for (const name of FLAGS) {
    const value = given[name].find((text) => text !== "");
    if (value !== undefined) {
      yield `Cannot use ${dashed(name)} with ${quoted(value)}: it takes no value`;
    }
  }
  for (const name of SINGLE) {
    if (given[name].length > 1) yield `Cannot use ${dashed(name)} twice`;
  }
  for (const name of [...SINGLE, "query"] as const) {
    // Empty, these two are asked of the environment.
    if (name === "apikey" || name === "apisecret") continue;
    if (given[name].includes("")) yield withoutValue(name);
  }
}

function optionsOf(given: Given, env: Environment, now: number): Options {
  const one = (name: typeof SINGLE[number]) => given[name][0];
  const has = (name: typeof FLAGS[number]) => given[name].length > 0;
  const demo = has("demo");
  const continuous = has("c");
  if (demo && one("apiurl") !== undefined) {
    throw usage("Cannot use --demo with --apiurl: the demonstration has an address of its own");
  }
  if (continuous && one("until") !== undefined) {
    throw usage("Cannot use --until with -c: a continuous run goes on to the newest event");
  }
  const service = serviceAt(one("apiurl") ?? DEFAULT_API_URL, one("api"), demo);
  const until = pastOnly(instant("until", one("until"), now), now);
  const since = instant("since", one("since"), now) ??
    instantAt(Math.max(0, (until?.ms ?? now) - 7 * DAY));
  if (since === undefined || since.ms > (until?.ms ?? now)) {
    const why = (since?.ms ?? 0) > now ? "it is in the future" : "it is after --until";
    throw usage(`Cannot use --since ${quoted(one("since") ?? "")}: ${why}`);
  }
  return {
    ...service,
    credentials: demo ? DEMO_CREDENTIALS : credentialsOf(one("apikey"), one("apisecret"), env),
    orgUrl: one("orgurl"),
    limit: Math.min(LARGEST_LIMIT, whole("limit", one("limit"), 1) ?? LARGEST_LIMIT),
    retries: whole("retries", one("retries"), 0) ?? 5,
    timeout: Math.min(LONGEST_TIMEOUT, whole("timeout", one("timeout"), 1) ?? 60) * 1000,
    once: has("x"),
    since,
    until,
    filters: parseFilters(given.query, service.api),
    continuous,
    position: one("position") ?? defaultPosition(env),
    output: one("output"),
    format: choice("format", one("format"), ["json", "ndjson"]) ??
      (one("output") === undefined ? "json" : "ndjson"),
    verbose: has("v"),
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
    usage(`Cannot use --apiurl ${quoted(text.replace(/\/\/.*@/s, "//***@"))}: ${why}`);
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

function credentialsOf(
  keyOption: string | undefined,
  secretOption: string | undefined,
  env: Environment,
): Credentials {
  const key = keyOption || env("API_KEY") || "";
  const secret = secretOption || env("API_SECRET") || "";
  if (key === "") throw usage("Cannot sign in: no --apikey, and no API_KEY in the environment");
  if (secret === "") {
    throw usage("Cannot sign in: no --apisecret, and no API_SECRET in the environment");
  }
  // HTTP Basic (RFC 7617) has no way to send these.
  if (key.includes(":")) throw usage("Cannot sign in: the API key has a colon in it");
  if (/\p{Cc}/u.test(key + secret)) {
    throw usage(
      "Cannot sign in: a line break or another control character is in the API key or secret",
    );
  }
  return { key, secret };
}

/** A whole number, to the letter: what looks like another notation is a mistake. */
function whole(name: string, text: string | undefined, least: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^(0|[1-9]\d*)$/.test(text) && Number(text) >= least) return Number(text);
  throw usage(`Cannot use --${name} ${quoted(text)}: it must be a whole number from ${least} on`);
}

function instant(name: string, text: string | undefined, now: number): Instant | undefined {
  if (text === undefined) return undefined;
  const result = parseInstant(text, now);
  if (result !== undefined) return result;
  const forms = "a time such as 2017-05-03T16:22:18Z, or an age such as 90m, 24h or 7d";
  throw usage(`Cannot use --${name} ${quoted(text)}: it must be ${forms}`);
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
  throw usage(`Cannot use --${name} ${quoted(text)}: it must be ${choices.join(" or ")}`);
}

/** Where the published client keeps its position, so that its place is taken over. */
function defaultPosition(env: Environment): string {
  const name = "example-client.run";
  return Deno.build.os === "windows" ? `${env("TEMP") ?? "."}\\${name}` : `/tmp/${name}`;
}

function unknownOption(argument: string): string {
  // What follows "=" may be a secret, given under a mistyped name.
  const name = argument.replace(/=.*$/s, "");
  const known = [...NAMES, "h", "V"].map(dashed);
  const nearest = closestString(name.slice(0, 40), known);
  return `Cannot use option ${quoted(name)}: there is none; the nearest is ${nearest}`;
}

function isFlag(name: string): boolean {
  return FLAGS.some((flag) => flag === name);
}

function dashed(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`;
}

function quoted(text: string): string {
  return `"${oneLine(text, 100)}"`;
}

function usage(message: string): Failure {
  return new Failure("usage", message);
}
