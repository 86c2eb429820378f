/** What does `man siem-client` show? */

import { VERSION } from "../base/version.ts";
import { ABOUT, EXAMPLES, STATUSES } from "./help.ts";
import { type Option, spellings } from "./option.ts";
import { GROUPS } from "./option_table.ts";

/** The day on which the text was changed last. It is no clock's: a page is the same each time it is made. */
const DATE = "2026-11-26";

const ENVIRONMENT = [
  ["API_KEY", "The key, if neither an option nor a file gives it."],
  ["API_SECRET", "Its secret, in the same way."],
  ["ORG_URL", "The organisation, in the same way."],
  ["API_URL", "The address of the service, in the same way."],
  ["NO_COLOR", "Where it is not empty, no colours are used."],
  ["NO_PROXY, HTTPS_PROXY", "Through which proxy the service is called."],
  ["DENO_TLS_CA_STORE", "Which certificates are trusted: mozilla (the default) or system."],
] as const;

/** The manual page, in the macros of man(7). */
export function manualPage(): string {
  return `\
.TH SIEM\\-CLIENT 1 ${DATE} "siem\\-client ${VERSION}"
.SH NAME
siem\\-client \\- pull events from Cirrus Identity\\(aqs log API
.SH SYNOPSIS
.B siem\\-client
.RI [ option ]...
.SH DESCRIPTION
${plain(ABOUT)}
Events go to standard output, or with \\fB\\-\\-output\\fR to a file; what is said to people goes to
standard error.
Without \\fB\\-c\\fR it searches.
With \\fB\\-c\\fR it goes on where the last run stopped, so that no event is lost.
.SH OPTIONS
${Object.entries(GROUPS).map(group).join("")}.SH EXIT STATUS
${STATUSES.map(([status, meaning]) => item(bold(status), meaning)).join("")}.SH ENVIRONMENT
${ENVIRONMENT.map(([name, meaning]) => item(bold(name), meaning)).join("")}.SH EXAMPLES
${EXAMPLES.map(([line, purpose]) => item(bold(line), purpose)).join("")}`;
}

function group([name, options]: readonly [string, readonly Option[]]): string {
  return `.SS ${name}\n${options.map(entry).join("")}`;
}

function entry(option: Option): string {
  const value = option.value === undefined ? "" : ` \\fI${plain(option.value)}\\fR`;
  const names = spellings(option).map((name) => `${bold(name)}${value}`);
  return item(names.join(", "), option.help + (option.more ?? ""));
}

function item(title: string, text: string): string {
  return `.TP\n${title}\n${plain(text)}\n`;
}

function bold(text: string): string {
  return `\\fB${plain(text)}\\fR`;
}

/** A text without a meaning for roff. A hyphen that is typed is a minus there. */
function plain(text: string): string {
  return text.replaceAll("\\", "\\e").replaceAll("-", "\\-").replaceAll("'", "\\(aq")
    .replace(/^\./gm, "\\&.");
}
