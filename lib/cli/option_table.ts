/**
 * Which options are there? Parser, rules, help, manual page and completions are made from this table, and
 * the table is in the order of the help.
 */

import { FORMATS } from "../formats/formats.ts";
import type { Option } from "./option.ts";

/** What `--generate` can print. */
export const GENERATED = ["man", "bash", "zsh", "fish"] as const;

const FORMAT_NAMES = FORMATS.map(({ name }) => name);
const ONLY_READS = "it reads what is there, and pulls nothing";
const FOR_EVER = "it goes on for ever";
const NOBODY_IS_CALLED = "nobody is called";
const READ_ONCE = "files are read once, from their beginning";

const ROWS = {
  Search: [
    {
      name: "since",
      value: "TIME",
      help: "the start: 24h, 7d, yesterday, 2026-11-01T18:00:00Z",
      more: ', or "2026-11-01 18:00" (this host\'s zone); default 7d (Log API v1: perhaps 1h)',
      common: true,
    },
    {
      name: "until",
      value: "TIME",
      help: "the end, written in the same way",
      more: " (default now)",
      common: true,
      notWith: [{ option: "c", why: "a continuous run goes on to the newest event" }],
    },
    {
      name: "query",
      value: "KEY=VALUE",
      addsUp: true,
      help: "only events with exactly this value (!=: all others)",
      more: "; keys: tenant, service, metrictype, metricsubtype, clientip, correlationid, user",
      common: true,
    },
    {
      name: "limit",
      value: "N",
      help: "events per query, 1 to 1000 (default 1000)",
    },
    { name: "x", help: "one query only, even if there are more events" },
    {
      name: "summary",
      help: "an overview on standard error when all is done",
      notWith: [{ option: "c", why: "it is for searches" }],
    },
  ],
  Continuous: [
    {
      name: "c",
      help: "go on where the last run with -c stopped",
      more: "; the first one starts at --since. With -x the position stays where it is",
      common: true,
      notWithFiles: READ_ONCE,
    },
    {
      name: "position",
      value: "FILE",
      file: true,
      help: "where that is kept",
      more: " (default /tmp/example-client.run)",
      notWithFiles: READ_ONCE,
    },
    {
      name: "receipts",
      value: "FILE",
      file: true,
      help: "append a line a page, as proof; a search may begin there",
      notWithFiles: READ_ONCE,
    },
    {
      name: "verify",
      help: "only say whether receipts and pulled FILES are whole",
      needs: { option: "receipts", why: "they say what was pulled" },
      notWith: [
        { option: "c", why: ONLY_READS },
        { option: "x", why: ONLY_READS },
        { option: "summary", why: ONLY_READS },
        { option: "status", why: "these are two questions" },
      ],
    },
    {
      name: "refetch",
      help: "with --verify: ask the service again, and compare",
      more: "; with -o, write what FILES lack",
      needs: { option: "verify", why: "it compares with the receipts" },
    },
    {
      name: "every",
      value: "SPAN",
      help: "stay, and ask again each SPAN: the vendor asks for 5m",
      more: ", and events come up to 10m late",
      notWith: [
        { option: "x", why: FOR_EVER },
        { option: "until", why: FOR_EVER },
        { option: "summary", why: FOR_EVER },
        { option: "budget", why: FOR_EVER },
      ],
      notWithFiles: READ_ONCE,
    },
    {
      name: "budget",
      value: "SPAN",
      help: "stop after SPAN, between two pages; the next run goes on",
      needs: { option: "c", why: "only a continuous run can go on later" },
      notWithFiles: READ_ONCE,
    },
    {
      name: "status",
      help: "only say how far it has come",
      more: " (or --format prometheus)",
      common: true,
      notWithFiles: "it is about the position of a continuous run",
    },
    {
      name: "max-lag",
      value: "SPAN",
      help: "with --status: exit 1 if it is further behind than SPAN",
      needs: { option: "status" },
    },
  ],
  Output: [
    {
      name: "output",
      short: "o",
      value: "FILE",
      file: true,
      help: "append to this file",
      more: "; with -c no event is lost or doubled in it, even by a crash; rotate it by renaming",
      common: true,
    },
    {
      name: "format",
      value: "FORMAT",
      values: FORMAT_NAMES,
      help: "how events look",
      more: `: ${FORMATS.map(({ name, help }) => `${name} (${help})`).join(", ")}; default json, ` +
        "ndjson with -o",
      common: true,
    },
  ],
  Connection: [
    {
      name: "credentials",
      value: "FILE",
      file: true,
      help: "a private file with API_KEY= and API_SECRET= lines",
      more: "; ORG_URL= and API_URL= may be in it, too",
      common: true,
      notWithFiles: NOBODY_IS_CALLED,
    },
    {
      name: "apikey",
      value: "KEY",
      help: "the key (default $API_KEY); others on the host see it",
      notWithFiles: NOBODY_IS_CALLED,
    },
    {
      name: "apisecret",
      value: "SECRET",
      help: "its secret (default $API_SECRET), which they see, too",
      notWithFiles: NOBODY_IS_CALLED,
    },
    {
      name: "orgurl",
      value: "URL",
      help: "organisation, exact to the last slash (default $ORG_URL)",
      notWithFiles: NOBODY_IS_CALLED,
    },
    {
      name: "apiurl",
      value: "URL",
      help: "the service",
      more: " (default $API_URL, else https://api.cirrusidentity.com/logs/v1)",
      notWithFiles: NOBODY_IS_CALLED,
    },
    {
      name: "api",
      value: "siem|log",
      values: ["siem", "log"],
      help: "which API that is",
      more: " (default: as the address tells)",
      notWithFiles: NOBODY_IS_CALLED,
    },
    {
      name: "retries",
      value: "N",
      help: "how often a failed call is tried again (default 5)",
      notWithFiles: NOBODY_IS_CALLED,
    },
    {
      name: "timeout",
      value: "SPAN",
      help: "end a call after so long without a byte (default 60s)",
      notWithFiles: NOBODY_IS_CALLED,
    },
    {
      name: "demo",
      help: "a built-in service with made-up events, on this host only",
      common: true,
      notWith: [{ option: "apiurl", why: "the demonstration has an address of its own" }],
      notWithFiles: "the demonstration has events of its own",
    },
  ],
  Other: [
    {
      name: "check",
      help: "only say whether a run with these options would succeed",
      common: true,
      notWith: [{ option: "status", why: "that looks at the position alone" }],
      notWithFiles: "it is about the service",
    },
    {
      name: "generate",
      value: "WHAT",
      values: GENERATED,
      help: "print manual page or completions",
      more: `: ${GENERATED.join(", ")}`,
      notWithFiles: "it only prints a text",
    },
    {
      name: "verbose",
      short: "v",
      help: "say on standard error what is done",
      common: true,
    },
    { name: "h", help: "the most used options" },
    { name: "help", help: "all options" },
    { name: "version", short: "V", help: "version, runtime and target" },
  ],
} as const satisfies Readonly<Record<string, readonly Option[]>>;

/** The name of an option, as the table has it. */
export type Name = typeof ROWS[keyof typeof ROWS][number]["name"];

/** The options in the groups of the help. */
export const GROUPS: Readonly<Record<string, readonly Option<Name>[]>> = ROWS;

/** All of them. */
export const OPTIONS: readonly Option<Name>[] = Object.values(GROUPS).flat();

/** What was typed: each option's values, none for one that is absent, `""` for a flag. */
export type Typed = Readonly<Record<Name, readonly string[]>>;
