/** Command lines as tests write them, and what comes of them. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Environment } from "../../lib/base/environment.ts";
import { Failure } from "../../lib/base/errors.ts";
import { parse } from "../../lib/cli/command_line.ts";
import type { Options } from "../../lib/cli/options.ts";

export const NOW = Date.UTC(2024, 4, 1, 12);
export const SIGNED_IN = { API_KEY: "env-key", API_SECRET: "env-secret" };

/** A row of a table: a command line, and what comes of it. */
export type Row<Outcome> = readonly [argv: readonly string[], outcome: Outcome];

export function from(variables: Readonly<Record<string, string>>): Environment {
  return (name) => variables[name];
}

export function options(
  argv: readonly string[],
  variables: Record<string, string> = SIGNED_IN,
  file: Record<string, string> = {},
): Options {
  const asked = parse(argv, from(variables), NOW, () => (name) => file[name]);
  assert(asked.kind === "pull");
  return asked.options;
}

export function mistake(
  argv: readonly string[],
  variables: Record<string, string> = SIGNED_IN,
): string {
  const error = assertThrows(
    () => parse(argv, from(variables), NOW, () => () => undefined),
    Failure,
  ) as Failure;
  assertEquals(error.kind, "usage");
  return error.message;
}

export function printed(argv: readonly string[]): string {
  const command = parse(argv, from({}), NOW);
  assert(command.kind === "print");
  return command.text;
}

export function assertMistakes(rows: readonly Row<string>[]): void {
  assertEquals(rows.map(([argv]) => [argv, mistake(argv)]), rows.map((row) => [...row]));
}

export function assertOptions<Name extends keyof Options>(
  name: Name,
  rows: readonly Row<Options[Name]>[],
): void {
  assertEquals(rows.map(([argv]) => [argv, options(argv)[name]]), rows.map((row) => [...row]));
}
