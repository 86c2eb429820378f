/** What do `--help` and `-h` print? */

import { type Option, spellings } from "./option.ts";
import { wrapped } from "../terminal/wrap.ts";
import { GROUPS, OPTIONS } from "./option_table.ts";

/** What the client is, in one sentence. */
export const ABOUT = "siem-client pulls an organisation's events from Cirrus Identity's log API.";

/** What people type, and what for. */
export const EXAMPLES = [
  ["siem-client --demo --since 1h --format table", "try it, without an account"],
  ["siem-client --since 24h --query user=amara@example.edu", "search"],
  ["siem-client -c --output cirrus.jsonl", "go on from last time, into a file"],
  ["siem-client --query user=amara@example.edu cirrus.jsonl*", "search files"],
] as const;

/** The exit statuses. */
export const STATUSES = [
  ["0", "done"],
  ["1", "a bug in siem-client (--status: too far behind; --verify: not whole)"],
  ["2", "wrong usage"],
  ["3", "refused by the service"],
  ["4", "its answer, or a file, cannot be used"],
  ["5", "not reached"],
  ["6", "output"],
  ["7", "position"],
  ["128+n", "signal n"],
] as const;

const COLUMNS = 79;
/** Where the help of an option begins. */
const INDENT = 22;

/** All of it. The README shows the same text; a test keeps the two equal. */
export function help(): string {
  const groups = Object.entries(GROUPS).map(([name, options]) =>
    `${name}:\n${
      options.map((option) => entry(option, option.help + (option.more ?? ""))).join("")
    }`
  );
  const statuses = STATUSES.map((words) => words.join(" ")).join(", ");
  return `${opening()}\n${groups.join("")}\n${wrapped(`Exit status: ${statuses}.`, COLUMNS)}\n`;
}

/** The start of it, and the options that are used most. */
export function shortHelp(): string {
  const rows = OPTIONS.filter(({ common }) => common).map((option) => {
    const { help, values } = option;
    return entry(option, values === undefined ? help : `${help}: ${values.join(", ")}`);
  });
  return `${opening()}\nUsage: siem-client [OPTION]... [FILE]..., and most used are these options:\n` +
    `${rows.join("")}\nAll options: siem-client --help\n`;
}

function opening(): string {
  const examples = EXAMPLES.map(([line, purpose]) => `  ${line}     ${purpose}\n`);
  return `${ABOUT}\n\n${examples.join("")}`;
}

function entry(option: Option, text: string): string {
  const { value } = option;
  const left = `  ${spellings(option).join(", ")}${value === undefined ? "" : ` ${value}`}`;
  // At least two spaces stay between the two columns.
  const start = left.length > INDENT - 2 ? `${left}\n${" ".repeat(INDENT)}` : left.padEnd(INDENT);
  return `${start}${wrapped(text, COLUMNS - INDENT, `\n${" ".repeat(INDENT)}`)}\n`;
}
