/**
 * How is Log API v1 paged? `GET`, and an object with the events and the token of the next page.
 * A cursor is that token. It has no time parameter: a search starts from a token made for a moment.
 */

import * as z from "zod/mini";
import { CallFailure, Failure } from "../base/errors.ts";
import { oneLine } from "../base/text.ts";
import { HOUR, instantAt } from "../base/time.ts";
import { count, parsed } from "../events/events.ts";
import { timeOf } from "../events/fields.ts";
import { matcher } from "../events/filter.ts";
import { type Answered, type Cursor, type Page, pageOf } from "../events/page.ts";
import type { QueryKey, Selection } from "../events/selection.ts";
import { isMade, timeOfToken, tokenAt } from "../events/token.ts";
import { unusable } from "./failures.ts";
import { ask, type Service } from "./request.ts";

/** What a query key is called here; the others are matched in the client. */
const PARAMETERS: Readonly<Partial<Record<QueryKey, string>>> = {
  tenant: "tenant",
  service: "service",
  metrictype: "logType",
  metricsubtype: "logSubtype",
};

// What the answer says besides, `count` above all, is not needed: what is not looked at cannot be wrong.
const OptionalText = z.optional(z.nullable(z.string("it is not a text")));
const Body = z.object(
  {
    next: OptionalText,
    nextToken: OptionalText,
    logEvents: z.array(z.unknown(), "they are not a list"),
  },
  "it is not an object",
);

const OrgUrls = z.object(
  { orgUrls: z.array(z.string(), "they are not a list") },
  "it is not an object",
);

/** The cursor of a first request: a token made for the moment to start from. */
export function logStart({ since }: Selection): Cursor {
  return { at: tokenAt(since.ms), since: since.text };
}

/** Whether a text can be a cursor of this API; addresses and parameters cannot. */
export function isLogCursor(text: string): boolean {
  return /^(?!\/)[\w.~+/-]{1,1000}={0,2}$/.test(text);
}

/**
 * The one organisation that the credentials are for. Throws Failure where they are for several
 * (usage) or none (refused), and what `ask` throws.
 */
export async function onlyOrganisation(service: Service, apiUrl: string): Promise<string> {
  const orgUrls = await organisations(service, apiUrl);
  const [only] = orgUrls;
  if (only === undefined) {
    throw new Failure("refused", "Cannot pull events: the credentials are for no organisation");
  }
  if (orgUrls.length === 1) return only;
  const message = "Cannot choose an organisation: the credentials are for several, name one with " +
    `--orgurl: ${listed(orgUrls)}`;
  throw new Failure("usage", message);
}

async function organisations(service: Service, apiUrl: string): Promise<string[]> {
  const url = new URL(`${apiUrl}/orgUrls`);
  return (await ask(service, { method: "GET", url }, { shape: OrgUrls })).body.orgUrls;
}

function listed(orgUrls: readonly string[]): string {
  const shown = orgUrls.slice(0, 20).map((text) => `"${oneLine(text, 200)}"`).join(", ");
  return orgUrls.length > 20 ? `${shown} and ${orgUrls.length - 20} more` : shown;
}

/** What an organisation's refusal leaves open: which ones the credentials are for. */
async function withPermitted(service: Service, apiUrl: string, error: unknown): Promise<unknown> {
  if (!(error instanceof CallFailure) || error.status !== 403) return error;
  const orgUrls = await organisations({ ...service, retries: 0 }, apiUrl).catch(() => []);
  if (orgUrls.length === 0) return error;
  const message = `${error.message}; these credentials are for ${listed(orgUrls)}`;
  return new CallFailure("refused", message, { retryable: false, status: 403, cause: error });
}

/** The pages from a cursor on. Throws what `ask` and `pageOf` throw. */
export async function* logPages(
  service: Service,
  selection: Selection,
  start: Cursor,
): AsyncGenerator<Page, void, void> {
  const { limit, once, until } = selection;
  const made = isMade(start.at) ? timeOfToken(start.at) : undefined;
  const first = made === undefined || once
    ? answered(service, selection, start.at)
    : guardedStart(service, selection, start.at, made);
  let answer = await first.catch(async (error) => {
    throw await withPermitted(service, selection.apiUrl, error);
  });
  // Positions of older clients have a made token without its moment.
  let since = start.since ?? (made === undefined ? undefined : instantAt(made)?.text);
  for (let cursor = start;;) {
    const wanted = matcher(selection, since === undefined ? undefined : Date.parse(since));
    const page = await pageOf(answer, cursor, { limit, notes: service.notes, wanted });
    // Events arrive within minutes of happening: an hour on, all are from after `since`, and none from
    // before `until`. Where the token tells no time, the last page is as far as there is.
    const reached = timeOfToken(page.next.at);
    const last = page.more ? 0 : service.chance.now();
    if (since !== undefined && (reached ?? last) > Date.parse(since) + HOUR) since = undefined;
    const next = { ...page.next, since };
    const more = page.more && !(until !== undefined && (reached ?? 0) > until.ms + HOUR);
    yield { ...page, next, more };
    if (!more) return;
    cursor = next;
    answer = await answered(service, selection, cursor.at);
  }
}

/**
 * The first answer for a made token. That the service takes one is unchecked: where it refuses it, or
 * gives nothing for it although it has events, its own start (an hour ago) is the next best.
 */
async function guardedStart(
  service: Service,
  selection: Selection,
  token: string,
  since: number,
): Promise<Answered> {
  let refusal = "gives nothing for it";
  let made: Answered | undefined;
  try {
    made = await answered(service, selection, token);
    if (count(made.events) > 0) return made;
  } catch (error) {
    if (!refusesToken(error)) throw error;
    refusal = `answers ${error.status} to it`;
  }
  const plain = await answered(service, selection, undefined);
  if (count(plain.events) === 0) return made ?? plain;
  if (since < service.chance.now() - HOUR) {
    const times = parsed(plain.events).map(timeOf).filter((ms) => ms >= since);
    const first = instantAt(times.reduce((one, other) => Math.min(one, other), Infinity));
    service.notes.say(
      `Cannot start at ${instantAt(since)?.text}: the service ${refusal}; ` +
        `events are there from ${first?.text ?? "an unknown time"} on`,
    );
  }
  return plain;
}

function refusesToken(error: unknown): error is CallFailure & { status: number } {
  if (!(error instanceof CallFailure) || error.status === undefined) return false;
  const { status } = error;
  return status === 500 || status >= 400 && status < 500 && ![401, 403, 429].includes(status);
}

async function answered(
  service: Service,
  { apiUrl, orgUrl, limit, filters }: Selection,
  token: string | undefined,
): Promise<Answered> {
  const url = new URL(`${apiUrl}/orgLogs`);
  url.searchParams.set("orgUrl", orgUrl ?? "");
  url.searchParams.set("limit", `${limit}`);
  if (token !== undefined) url.searchParams.set("nextToken", token);
  for (const [key, value] of filters) {
    const name = PARAMETERS[key];
    if (name !== undefined) url.searchParams.set(name, value);
  }
  const call = { method: "GET", url } as const;
  const { body, ...answer } = await ask(service, call, { shape: Body, list: "logEvents" });
  return { ...answer, next: nextToken(body, url) };
}

/** The next token, or else the one in the next address; null is how the service says: none yet. */
function nextToken({ next, nextToken }: z.infer<typeof Body>, url: URL): string | undefined {
  const inAddress = next && URL.canParse(next, url)
    ? new URL(next, url).searchParams.get("nextToken")
    : null;
  const token = nextToken || inAddress;
  if (!token) return undefined;
  if (isLogCursor(token)) return token;
  const why = `its nextToken "${oneLine(token, 80)}" is none`;
  throw unusable(url, why, { retryable: false });
}
