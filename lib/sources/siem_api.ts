/**
 * How is the SIEM API paged? `POST`, a bare array of events, and a `Link` header that says where to
 * go on. A cursor is the query of that link; before there is one, that of the first request.
 */

import * as z from "zod/mini";
import { matcher } from "../events/filter.ts";
import type { Answered, Cursor } from "../events/page.ts";
import { isExact, type Selection } from "../events/selection.ts";
import { TOP_LEVEL } from "../events/split.ts";
import { ask } from "./ask.ts";
import { unusable } from "./failures.ts";
import { nextLink } from "./link.ts";
import type { Source } from "./paging.ts";
import type { Service } from "./service.ts";

const Body = z.array(z.unknown(), "they are not a list");

/** Far above what services write, far below what a position file may hold. */
const MAX_CURSOR_UNITS = 16_000;

/** The cursor of a first request. */
export function siemStart({ since }: Selection): Cursor {
  return { at: new URLSearchParams({ since: since.text }).toString() };
}

/** Whether a text can be a cursor of this API: parameters and nothing else, no address above all. */
export function isSiemCursor(text: string): boolean {
  const url = new URL("https://host.invalid/");
  url.search = text;
  return text.length < MAX_CURSOR_UNITS && url.search === `?${text}` && /^[^=&/]+=/.test(text);
}

/**
 * The cursor in the value of a `Link` header; undefined where it names no next page.
 * Throws SyntaxError where it cannot be read or gone on from.
 */
export function cursorOfLink(header: string, base: URL): string | undefined {
  const target = nextLink(header);
  if (target === undefined) return undefined;
  if (!URL.canParse(target, base)) throw new SyntaxError("its next link is no address");
  const cursor = new URL(target, base).search.slice(1);
  if (!isSiemCursor(cursor)) throw new SyntaxError("its next link has no query to go on from");
  return cursor;
}

/** This API, as it is paged through. Its answers throw what `ask` throws. */
export function siemSource(service: Service, selection: Selection): Source {
  // Of the times the service takes care.
  const here = { filters: selection.filters.filter((one) => !isExact(one)), until: undefined };
  const wanted = matcher(here, undefined);
  return {
    shortPageIsLast: true,
    answer: (cursor, limit) => answer(service, { ...selection, limit }, cursor),
    wanted: () => wanted,
  };
}

async function answer(service: Service, selection: Selection, cursor: Cursor): Promise<Answered> {
  const url = new URL(selection.apiUrl);
  url.search = query(selection, cursor.at);
  const call = { method: "POST", url, body: "{}" } as const;
  const { headers, ...answered } = await ask(service, call, { shape: Body, list: TOP_LEVEL });
  return { ...answered, next: nextOf(headers, url) };
}

/**
 * The cursor's parameters, to the letter, and our own, which the service does not put into its
 * links. A name stands once, in whatever case: where both have it, ours counts.
 */
function query({ orgUrl, limit, until, filters }: Selection, cursor: string): string {
  const exact = filters.filter(isExact).map(({ key, value }) => [key, value]);
  const own = new URLSearchParams([...exact, ["limit", `${limit}`]]);
  if (orgUrl !== undefined) own.set("orgUrl", orgUrl);
  if (until !== undefined) own.set("until", until.text);
  const ownNames = new Set([...own.keys()].map((name) => name.toLowerCase()));
  const theirs = cursor.split("&").filter((part) => {
    const [name = ""] = new URLSearchParams(part).keys();
    return !ownNames.has(name.toLowerCase());
  });
  return [...theirs, own].join("&");
}

function nextOf(headers: Headers, url: URL): string | undefined {
  const header = headers.get("link");
  try {
    return header === null ? undefined : cursorOfLink(header, url);
  } catch (cause) {
    const why = `its Link header cannot be used, ${(cause as Error).message}`;
    throw unusable(url, why, { retryable: false, cause });
  }
}
