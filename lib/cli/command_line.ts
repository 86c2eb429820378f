/** What was asked for? The command line and the environment, checked before anything is done. */

import { parseArgs } from "@std/cli/parse-args";
import { closestString } from "@std/text/closest-string";
import type { Environment } from "../base/environment.ts";
import { usageFailure } from "../base/errors.ts";
import { quoted } from "../base/text.ts";
import { FLAGS, type Given, NAMES, SINGLE, WITH_VALUE } from "./option_table.ts";
import { type Options, optionsOf, type StatusOptions, statusOptionsOf } from "./options.ts";

/** The outcome of reading a command line; help is an outcome, not an option looked at later. */
export type Asked =
  | { readonly kind: "help" }
  | { readonly kind: "version" }
  | { readonly kind: "status"; readonly options: StatusOptions }
  | { readonly kind: "pull"; readonly options: Options };

/**
 * Reads a command line. `now` is in milliseconds since 1970.
 * Throws Failure (usage) with one line that names what is wrong.
 */
export function parse(argv: readonly string[], env: Environment, now: number): Asked {
  const { given, mistakes } = split(argv);
  // "-1h" is a mistyped age and no call for help.
  const digits = argv.some((argument) => /^-\d/.test(argument));
  if (given.help.length > 0 && !digits) return { kind: "help" };
  if (given.version.length > 0) return { kind: "version" };
  const [mistake] = [...mistakes, ...misuses(given)];
  if (mistake !== undefined) throw usageFailure(mistake);
  if (given.status.length > 0) return { kind: "status", options: statusOptionsOf(given, env) };
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
      else mistakes.push(stray(argument));
      return false;
    },
  });
  for (const argument of options) {
    if (/^--[^=](=|$)/.test(argument)) mistakes.push(unknownOption(argument));
  }
  mistakes.push(...strays.map((one) => stray(`${one}`)));
  // parseArgs leaves an empty value behind as an argument; then its option is without a value.
  const emptyValue = WITH_VALUE.some((name) => given[name].includes(""));
  if (emptyArguments.length > 0 && !emptyValue) mistakes.push(stray(""));
  return { given, mistakes };
}

/**
 * Options that the next option follows, or nothing. They come before all other mistakes: what follows
 * may be a secret that begins with a hyphen, and would be named as an unknown option.
 */
function* withoutValues(options: readonly string[]): Generator<string> {
  for (const name of WITH_VALUE) {
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
  for (const name of WITH_VALUE) {
    // Empty, these two are asked of the environment.
    if (name === "apikey" || name === "apisecret") continue;
    if (given[name].includes("")) yield withoutValue(name);
  }
}

function stray(argument: string): string {
  return `Cannot use argument ${quoted(argument)}: only options are taken`;
}

function unknownOption(argument: string): string {
  // What follows "=" may be a secret, given under a mistyped name.
  const name = argument.replace(/=.*$/s, "");
  const known = [...NAMES, "h", "V"].map(dashed);
  const nearest = closestString(name.slice(0, 40), known);
  return `Cannot use option ${quoted(name)}: there is no such option; the nearest is ${nearest}`;
}

function dashed(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`;
}
