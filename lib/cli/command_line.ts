/** What was asked for? The command line and the environment, checked before anything is done. */

import { parseArgs } from "@std/cli/parse-args";
import { closestString } from "@std/text/closest-string";
import { levenshteinDistance } from "@std/text/levenshtein-distance";
import type { Environment } from "../base/environment.ts";
import { usageFailure } from "../base/errors.ts";
import { quoted } from "../base/text.ts";
import { VERSION_LINE } from "../base/version.ts";
import { generated } from "./generate.ts";
import { readSettings, type Settings } from "./credentials_file.ts";
import { EXAMPLES, help, shortHelp } from "./help.ts";
import { dashed, spellings } from "./option.ts";
import { type Name, OPTIONS, type Typed } from "./option_table.ts";
import { type Options, optionsOf, type StatusOptions, statusOptionsOf } from "./options.ts";
import { type VerifyOptions, verifyOptionsOf } from "./verify_options.ts";

/** What a command line asks for: a text, how far the position is, whether anything is missing, or events. */
export type Command =
  | { readonly kind: "print"; readonly text: string }
  | { readonly kind: "status"; readonly options: StatusOptions }
  | { readonly kind: "verify"; readonly options: VerifyOptions }
  | { readonly kind: "pull"; readonly options: Options }
  /** Not events, but whether they could be had. */
  | { readonly kind: "check"; readonly options: Options };

const NAMES = OPTIONS.map(({ name }) => name);
const FLAGS = OPTIONS.filter(({ value }) => value === undefined);
const WITH_VALUE = OPTIONS.filter(({ value }) => value !== undefined);
const SHORT_NAMES = Object.fromEntries(
  OPTIONS.flatMap(({ name, short }) => short === undefined ? [] : [[short, name]]),
);

/**
 * Reads a command line. `now` is in milliseconds since 1970; `readFile` reads the file of
 * `--credentials`, where the command line gets that far.
 * Throws Failure (usage) with one line that names what is wrong.
 */
export function parse(
  argv: readonly string[],
  env: Environment,
  now: number,
  readFile: (path: string) => Settings = readSettings,
): Command {
  const { typed, files, mistakes } = split(argv);
  const has = (name: Name) => typed[name].length > 0;
  // "-1h" is a mistyped age and no call for help.
  const digits = argv.some((argument) => /^-\d/.test(argument));
  if (has("help")) return { kind: "print", text: help() };
  if (has("h") && !digits) return { kind: "print", text: shortHelp() };
  if (has("version")) return { kind: "print", text: VERSION_LINE };
  const [mistake] = [...mistakes, ...misuses(typed)];
  if (mistake !== undefined) throw usageFailure(mistake);
  if (has("verify")) {
    const [broken] = brokenRules(typed);
    if (broken !== undefined) throw usageFailure(broken);
    return { kind: "verify", options: verifyOptionsOf(typed, files, { env, now, readFile }) };
  }
  const [useless] = withoutUseForFiles(typed, files);
  if (useless !== undefined) throw usageFailure(useless);
  if (has("generate")) return { kind: "print", text: generated(typed.generate.at(-1)!) };
  if (has("status") && !has("check")) {
    return { kind: "status", options: statusOptionsOf(typed, env) };
  }
  if (argv.length === 0 && !env("API_KEY") && !env("API_SECRET")) {
    const [[example]] = EXAMPLES;
    const why = "no API_KEY and no API_SECRET in the environment, and no --credentials";
    const advice = `without an account, try ${example} (all options: siem-client --help)`;
    throw usageFailure(`Cannot sign in: ${why}; ${advice}`);
  }
  const [broken] = brokenRules(typed);
  if (broken !== undefined) throw usageFailure(broken);
  const options = optionsOf(typed, files, { env, now, readFile });
  return { kind: has("check") ? "check" : "pull", options };
}

/**
 * Splits a command line into options, files, and what cannot be understood. All options are declared as
 * texts, the flags too: then none is ever converted, and a flag with a value shows itself.
 */
function split(
  typedArguments: readonly string[],
): { typed: Typed; files: string[]; mistakes: string[] } {
  const argv = withDashedValues(typedArguments);
  const options = argv.slice(0, argv.indexOf("--") >>> 0);
  const mistakes = [...withoutValues(options)];
  const files: string[] = [];
  const { _: afterHyphens, ...typed } = parseArgs(withClosedFlags(argv), {
    string: NAMES,
    collect: NAMES,
    alias: SHORT_NAMES,
    unknown(argument, key) {
      if (key !== undefined) mistakes.push(unknownOption(argument));
      else files.push(argument);
      return false;
    },
  });
  for (const argument of options) {
    if (/^--[^=](=|$)/.test(argument)) mistakes.push(unknownOption(argument));
  }
  files.push(...afterHyphens.map(String));
  mistakes.push(...files.filter((name) => name.includes("\uFFFD")).map(notUtf8));
  // parseArgs leaves an empty value behind as an argument; then its option is without a value.
  const emptyValue = WITH_VALUE.some(({ name }) => typed[name].includes(""));
  if (files.includes("") && !emptyValue) mistakes.push('Cannot search "": a file has a name');
  return { typed, files: files.filter((name) => name !== ""), mistakes };
}

/** The same with `--output=-` for `--output -`, and so on: values that parseArgs takes for something else. */
function withDashedValues(argv: readonly string[]): string[] {
  const isValue = (i: number) => {
    const [option = "", value = ""] = [argv[i - 1], argv[i]];
    if (["-o", "--output"].includes(option)) return value === "-";
    return ["--since", "--until"].includes(option) && /^-\d/.test(value);
  };
  return argv.flatMap((argument, i) =>
    isValue(i) ? [] : isValue(i + 1) ? [`${argument}=${argv[i + 1]}`] : [argument]
  );
}

/** The same with an empty value for each flag: parseArgs takes a file behind one for its value. */
function withClosedFlags(argv: readonly string[]): string[] {
  const names = new Set(FLAGS.flatMap(spellings));
  const end = argv.indexOf("--") >>> 0;
  return argv.flatMap((argument, i) => {
    if (i >= end) return [argument];
    const letters = [.../^-([A-Za-z]+)$/.exec(argument)?.[1] ?? ""];
    const areFlags = letters.length > 0 && letters.every((letter) => names.has(dashed(letter)));
    if (areFlags) return letters.map((letter) => `--${letter}=`);
    return names.has(argument) ? [`${argument}=`] : [argument];
  });
}

/**
 * Options that the next option follows, or nothing. They come before all other mistakes: what follows
 * may be a secret that begins with a hyphen, and would be named as an unknown option.
 */
function* withoutValues(options: readonly string[]): Generator<string> {
  for (const option of WITH_VALUE) {
    const names = spellings(option);
    const bare = options.some((argument, i) =>
      names.includes(argument) && (options[i + 1] ?? "-").startsWith("-")
    );
    if (bare) yield withoutValue(option.name);
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
  return [...given, ...secretIn(env)];
}

function secretIn(env: Environment): string[] {
  try {
    return [env("API_SECRET") ?? ""];
  } catch {
    // It is not UTF-8, and matters only where it is needed.
    return [];
  }
}

/** What is wrong with the way in which the options are typed, whatever their values mean. */
function* misuses(typed: Typed): Generator<string> {
  for (const { name } of FLAGS) {
    const value = typed[name].find((text) => text !== "");
    if (value !== undefined) {
      yield `Cannot use ${dashed(name)} with ${quoted(value)}: it takes no value`;
    }
  }
  for (const { name, file } of WITH_VALUE) {
    // Empty, these two are asked of the environment.
    if (name === "apikey" || name === "apisecret") continue;
    if (typed[name].includes("")) yield withoutValue(name);
    // The runtime puts this character where an argument was not UTF-8: it is another file's name.
    if (file && typed[name].some((path) => path.includes("\uFFFD"))) {
      yield `Cannot use ${dashed(name)} ${quoted(typed[name].at(-1)!)}: the name is not UTF-8`;
    }
  }
}

/** Which options make no sense with the others. */
function* brokenRules(typed: Typed): Generator<string> {
  for (const { name, needs, notWith = [] } of OPTIONS) {
    if (typed[name].length === 0) continue;
    if (needs !== undefined && typed[needs.option].length === 0) {
      const why = needs.why === undefined ? "" : `: ${needs.why}`;
      yield `Cannot use ${dashed(name)} without ${dashed(needs.option)}${why}`;
    }
    for (const { option, why } of notWith) {
      if (typed[option].length > 0) {
        yield `Cannot use ${dashed(name)} with ${dashed(option)}: ${why}`;
      }
    }
  }
}

/** Which options make no sense where files are searched. */
function* withoutUseForFiles(typed: Typed, [file]: readonly string[]): Generator<string> {
  if (file === undefined) return;
  const name = quoted(nameOf(file));
  for (const option of OPTIONS) {
    if (typed[option.name].length === 0 || option.notWithFiles === undefined) continue;
    yield `Cannot use ${dashed(option.name)} with file ${name}: ${option.notWithFiles}`;
  }
  if (typed.limit.length > 0 && typed.x.length === 0) {
    yield `Cannot use --limit with file ${name} and without -x: all of it is read`;
  }
}

/** The runtime puts U+FFFD where an argument was not UTF-8: it is another file's name. */
function notUtf8(file: string): string {
  return `Cannot search ${quoted(file)}: the name is not UTF-8`;
}

/** What follows "=" may be a secret, given under a mistyped name. */
function nameOf(argument: string): string {
  return argument.replace(/=.*$/s, "");
}

function unknownOption(argument: string): string {
  const option = nameOf(argument);
  const similar = similarOption(option.replace(/^-+/, "").slice(0, 40));
  const advice = similar === undefined ? "--help shows all" : `the nearest is ${similar}`;
  return `Cannot use option ${quoted(option)}: there is no such option; ${advice}`;
}

/** The option that was probably meant; never -c, which moves a position. */
function similarOption(name: string): string | undefined {
  const known = [...NAMES, ...Object.keys(SHORT_NAMES)].filter((known) => known !== "c");
  const nearest = closestString(name, known);
  return levenshteinDistance(name, nearest) <= name.length / 3 ? dashed(nearest) : undefined;
}
