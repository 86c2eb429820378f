/** What does `--query` ask for? */

import { type Failure, usageFailure } from "../base/errors.ts";
import { quoted } from "../base/text.ts";
import { type ApiName, LOG_VALUES, QUERY_KEYS, type QueryKey } from "../events/selection.ts";

/** Reads the values of `--query`, for the API that will get them. Throws Failure (usage). */
export function parseFilters(texts: readonly string[], api: ApiName): Map<QueryKey, string> {
  const filters = new Map<QueryKey, string>();
  for (const item of texts.flatMap((text) => text.split(","))) {
    const [key = "", ...rest] = item.split("=");
    const value = rest.join("=");
    const known = QUERY_KEYS.find((name) => name === key);
    if (rest.length === 0) throw badItem(item, "it has no =");
    if (known === undefined) throw badItem(item, `there is no key ${quoted(key)}`);
    if (value === "") throw badItem(item, "it has no value");
    if (filters.has(known)) throw badItem(item, `"${key}" is given twice`);
    const values = api === "log" ? LOG_VALUES[known] : undefined;
    if (values?.includes(value) === false) {
      throw badItem(item, `Log API v1 knows these values: ${values.join(", ")}`, "");
    }
    filters.set(known, value);
  }
  return filters;
}

function badItem(
  item: string,
  why: string,
  keys: string = `; the keys are ${QUERY_KEYS.join(", ")}`,
): Failure {
  return usageFailure(`Cannot use --query item ${quoted(item)}: ${why}${keys}`);
}
