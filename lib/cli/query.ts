/** What does `--query` ask for? */

import { type Failure, usageFailure } from "../base/errors.ts";
import { quoted } from "../base/text.ts";
import { matcherOfPrefix } from "../events/address.ts";
import { type Filter, isExact, QUERY_KEYS, type QueryKey } from "../events/selection.ts";

/** The names that keys have in events, where they are others, in small letters. */
const NAMES_IN_EVENTS: Readonly<Record<string, QueryKey>> = {
  logtype: "metrictype",
  logsubtype: "metricsubtype",
};

/** Reads the values of `--query`. Throws Failure (usage). */
export function parseQuery(texts: readonly string[]): Filter[] {
  const filters: Filter[] = [];
  for (const { item, key: typed, value } of texts.flatMap((text) => [...items(text)])) {
    const name = typed.replace(/\s*!$/, "");
    const key = keyOf(name);
    if (key === undefined) throw badItem(item, `there is no key ${quoted(name)}`);
    if (value === "") throw badItem(item, "it has no value");
    const filter: Filter = { key, value, ...(name !== typed && { not: true }) };
    if (!filter.not && filters.some((other) => other.key === key && !other.not)) {
      throw badItem(item, `"${key}" is given twice`);
    }
    if (!isExact({ key, value }) && matcherOfPrefix(value) === undefined) {
      throw badItem(item, `${quoted(value)} is no address prefix`, PREFIXES);
    }
    filters.push(filter);
  }
  return filters;
}

const PREFIXES = "; such are 192.0.2.0/24 and 2001:db8::/32";

function keyOf(name: string): QueryKey | undefined {
  const small = name.toLowerCase();
  const inEvents = Object.hasOwn(NAMES_IN_EVENTS, small) ? NAMES_IN_EVENTS[small] : undefined;
  return inEvents ?? QUERY_KEYS.find((key) => key === small);
}

/** In quotes as CSV has them, where a quote is written twice. */
const IN_QUOTES = '"((?:[^"]|"")*)"';
/** An item in quotes, or its value in quotes, or neither; up to a comma or the end. */
const ITEM = new RegExp(
  `\\s*(?:${IN_QUOTES}|([^",=]*=)\\s*${IN_QUOTES}|(?!")([^,]*?))\\s*(?:,|$)`,
  "y",
);

/** The items of one `--query`, without the white space around them. Throws Failure (usage). */
function* items(text: string): Generator<{ item: string; key: string; value: string }> {
  for (let at = 0, more = true; more; at = ITEM.lastIndex) {
    ITEM.lastIndex = at;
    const found = ITEM.exec(text);
    const [whole = text.slice(at), inQuotes, keyOfQuoted, valueInQuotes, plain] = found ?? [];
    const item = whole.replace(/,$/, "").trim();
    const plainly = plain ?? inQuotes?.replaceAll('""', '"') ?? "";
    const [key = "", ...rest] = (keyOfQuoted ?? plainly).split("=");
    const value = valueInQuotes?.replaceAll('""', '"') ?? rest.join("=").trim();
    if (found === null || plain !== undefined && value.startsWith('"')) {
      throw badItem(item, 'a quote has to be closed, and be written "" inside', "");
    }
    if (rest.length === 0) throw badItem(item, "it has no =");
    yield { item, key: key.trim(), value };
    more = whole.endsWith(",");
  }
}

/**
 * The text of an item that a position keeps, for `--query`: a key and its value, or `key!=value` and an empty
 * text.
 */
export function queryItem(name: string, value: string): string {
  const [key, rest] = value === "" ? split(name, "!=") : [`${name}=`, value];
  return /[",]|^\s|\s$/.test(rest) ? `${key}"${rest.replaceAll('"', '""')}"` : `${key}${rest}`;
}

/** What stands up to the end of a separator, and what follows it. */
function split(text: string, separator: string): [before: string, after: string] {
  const end = text.indexOf(separator) + separator.length;
  return [text.slice(0, end), text.slice(end)];
}

function badItem(
  item: string,
  why: string,
  advice: string = `; the keys are ${QUERY_KEYS.join(", ")} (with a comma: user="Doe, Jane")`,
): Failure {
  return usageFailure(`Cannot use --query item ${quoted(item)}: ${why}${advice}`);
}
