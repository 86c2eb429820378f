/**
 * How is Log API v1 paged? `GET`, and an object with the events and the token of the next page.
 * A cursor is that token. It has no time parameter: a search starts from a token made for a moment.
 */

import * as z from "zod/mini";
import { CallFailure, Failure } from "../base/errors.ts";
import { oneLine } from "../base/text.ts";
import { HOUR, instantAt } from "../base/time.ts";
import { matcher } from "../events/filter.ts";
import { eventAt } from "../events/events.ts";
import { timeOf } from "../events/fields.ts";
import type { Cursor, Page } from "../events/page.ts";
import { type Filter, isExact, type Selection, undocumented } from "../events/selection.ts";
import { isMade, timeOfToken, tokenAt } from "../events/token.ts";
import { ask } from "./ask.ts";
import { unusable } from "./failures.ts";
import { beginningOf, onlyRefusal, onlyText } from "./log_beginning.ts";
import { type AnswerFor, firstAnswer, type LogAnswer } from "./log_start.ts";
import { withPermitted } from "./organisations.ts";
import type { Source } from "./paging.ts";
import { LOG_PARAMETERS } from "./parameters.ts";
import type { Service } from "./service.ts";

/** Events arrive within minutes of happening: this much later, all that arrives happened after. */
const MAX_DELAY_MS = HOUR;

/** So many pages in a row may lead no further in time before the service is taken to go in circles. */
const MAX_IDLE = 1000;

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

/** The cursor of a first request: a token made for the moment to start from. */
export function logStart({ since }: Selection): Cursor {
  return { at: tokenAt(since.ms), since: since.text };
}

/** Whether a text can be a cursor of this API; addresses and parameters cannot. */
export function isLogCursor(text: string): boolean {
  return /^(?!\/)[\w.~+/-]{1,1000}={0,2}$/.test(text);
}

/** Positions of older clients have a made token without the moment that it was made for. */
function withSince(start: Cursor): Cursor {
  if (start.since !== undefined || !isMade(start.at)) return start;
  return { ...start, since: instantAt(timeOfToken(start.at) ?? NaN)?.text };
}

/** This API, as it is paged through. Its answers throw what `ask` throws. */
export function logSource(service: Service, selection: Selection): Source {
  const { until } = selection;
  const here = {
    filters: selection.filters.filter((one) => parameterOf(one) === undefined),
    until,
  };
  let servedAt = NaN;
  const answerFor = async (token: string | undefined, limit = selection.limit) => {
    const answered = await answer(service, { ...selection, limit }, token);
    servedAt = answered.servedAt;
    return answered;
  };
  /** When the first event of the page happened, in milliseconds since 1970; NaN where unknown. */
  let firstEvent = NaN;
  let begun: number | undefined;
  let begins: string | undefined;
  let idle = 0;
  let reached = -Infinity;
  const seen = (page: LogAnswer) => {
    if (until !== undefined) firstEvent = timeOf(eventAt(page.events, 0) ?? {});
    return page;
  };
  return {
    complete: withSince,
    shortPageIsLast: false,
    async answer(cursor, limit) {
      if (begun !== undefined) return seen(await answerFor(cursor.at, limit));
      const first = await begin(
        service,
        selection,
        cursor,
        (token, few = limit) => answerFor(token, few),
      );
      begun = servedAt = first.answer.servedAt;
      begins = first.begins;
      return seen(first.answer);
    },
    wanted({ since }) {
      const ms = since === undefined ? undefined : Date.parse(since);
      // Counted by a clock that is ahead: by the service's own there is no such event yet.
      return matcher(here, ms !== undefined && ms > servedAt ? undefined : ms);
    },
    finish(page, { since }) {
      idle = leadsOn(page, reached) ? 0 : idle + 1;
      if (idle > MAX_IDLE) throw endless();
      reached = Math.max(reached, timeOfToken(page.next.at) ?? reached);
      const isOvertaken = page.more && !page.isFull && isAfter(page, begun!);
      const isPast = (ms: number) => (timeOfToken(page.next.at) ?? -Infinity) > ms + MAX_DELAY_MS;
      // One event with a wrong time says nothing.
      const told = Math.min(firstEvent, page.lastEvent);
      const isBehind = (ms: number) => (timeOfToken(page.next.at) ?? told) > ms + MAX_DELAY_MS;
      // What comes after a token of the service's, once all that was there is delivered, is new, whatever
      // the clock said by which --since was counted.
      const isCaughtUp = (!page.more || isOvertaken) && !isMade(page.next.at);
      const isOver = since === undefined || isCaughtUp || isPast(Date.parse(since));
      return {
        ...page,
        next: { ...page.next, since: isOver ? undefined : since, begins },
        more: page.more && !isOvertaken && !(until !== undefined && isBehind(until.ms)),
        isOvertaken,
      };
    },
  };
}

/** The first answer of a run, and from when on the stream has everything; see `Cursor`. */
async function begin(
  service: Service,
  selection: Selection,
  cursor: Cursor,
  answerFor: AnswerFor,
): Promise<{ answer: LogAnswer; begins?: string | undefined }> {
  const { notes, timing } = service;
  const { apiUrl, once } = selection;
  const { at, begins } = cursor;
  try {
    if (!isMade(at)) return { answer: await answerFor(at), begins };
    const start = once
      ? { answer: await answerFor(at) }
      : await firstAnswer(at, answerFor, timing.now());
    const now = timing.now();
    const beginning = "token" in start
      ? beginningOf(start, cursor, now)
      : { text: onlyText(start.answer, timeOfToken(at)!, now), begins };
    if (beginning.text !== undefined) notes.say(beginning.text);
    return { answer: start.answer, begins: beginning.begins };
  } catch (error) {
    const failure = once && isMade(at) ? onlyRefusal(error) : error;
    throw await withPermitted(service, apiUrl, withDocumented(selection, failure));
  }
}

/**
 * Whether a page reaches beyond a moment, in milliseconds since 1970. The end of a run that goes by the token alone
 * would never come to a busy organisation: each call would find the few events that came since the one before.
 */
function isAfter({ next, lastEvent }: Page, ms: number): boolean {
  // The header with the service's time has whole seconds, and may be a second old.
  return (timeOfToken(next.at) ?? lastEvent) >= ms + 2000;
}

/**
 * Whether a page leads further: it has events, and it or its token tells a time; or it has none, and the time in its
 * token is later than all before it, in milliseconds since 1970.
 */
function leadsOn({ next, lastEvent, all }: Page, reached: number): boolean {
  const time = timeOfToken(next.at) ?? lastEvent;
  return all === 0 ? time > reached : !Number.isNaN(time);
}

function endless(): Failure {
  const why = `the service names a next page ${MAX_IDLE} times, and none of them leads further`;
  return new Failure("unusable", `Cannot go on after this page: ${why}`);
}

/** The parameter that has the service match a filter; undefined where it is matched here. */
function parameterOf(filter: Filter): string | undefined {
  return isExact(filter) ? LOG_PARAMETERS[filter.key] : undefined;
}

/** A 422 with the documented values, where others were asked for. */
function withDocumented({ filters }: Selection, error: unknown): unknown {
  const clauses = undocumented(filters.filter((one) => parameterOf(one) !== undefined));
  if (!(error instanceof CallFailure) || error.status !== 422 || clauses.length === 0) return error;
  const message = [error.message, ...clauses].join("; ");
  return new CallFailure(error.kind, message, { retryable: false, status: 422, cause: error });
}

async function answer(
  service: Service,
  { apiUrl, orgUrl, limit, filters }: Selection,
  token: string | undefined,
): Promise<LogAnswer> {
  const url = new URL(`${apiUrl}/orgLogs`);
  url.searchParams.set("orgUrl", orgUrl ?? "");
  url.searchParams.set("limit", `${limit}`);
  if (token !== undefined) url.searchParams.set("nextToken", token);
  for (const filter of filters) {
    const name = parameterOf(filter);
    if (name !== undefined) url.searchParams.set(name, filter.value);
  }
  const call = { method: "GET", url } as const;
  const { body, headers, ...answered } = await ask(service, call, {
    shape: Body,
    list: "logEvents",
  });
  const servedAt = Date.parse(headers.get("date") ?? "");
  return { ...answered, servedAt, next: nextToken(body, url) };
}

/** The next token, or else the one in the next address; null is how the service says: none yet. */
function nextToken({ next, nextToken }: z.infer<typeof Body>, url: URL): string | undefined {
  const inAddress = next && URL.canParse(next, url)
    ? new URL(next, url).searchParams.get("nextToken")
    : null;
  const token = nextToken || inAddress;
  if (!token) return undefined;
  if (isLogCursor(token)) return token;
  const why = `its nextToken "${oneLine(token, 80)}" is not a valid token`;
  throw unusable(url, why, { retryable: false });
}
