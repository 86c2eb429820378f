/** How does one get from page to page? The same loop for both APIs. */

import { Failure } from "../base/errors.ts";
import { count, type Event } from "../events/events.ts";
import { type Answered, type AnswerPage, type Cursor, type Page, pageOf } from "../events/page.ts";
import type { Selection } from "../events/selection.ts";
import type { Notes } from "../terminal/notes.ts";

/** Events that both APIs give at most in an answer. */
const MAX_LIMIT = 1000;

/** What the loop has to know of an API. */
export interface Source {
  /** The cursor that a run begins with, where that lacks something. */
  complete?(start: Cursor): Cursor;
  /**
   * Whether a page shorter than the limit is the last. Else that is the one whose cursor does not move: a
   * service that filters after it has read gives short pages, even empty ones, in mid-stream.
   */
  readonly shortPageIsLast: boolean;
  /** The service's answer for a cursor: at most `limit` events. Throws CallFailure. */
  answer(cursor: Cursor, limit: number): Promise<Answered>;
  /** Which events of the page at a cursor are wanted; undefined for all. */
  wanted?(cursor: Cursor): ((event: Event) => boolean) | undefined;
  /** A page with all that its next cursor has to say, and whether reading ends there. */
  finish?(page: AnswerPage, cursor: Cursor): AnswerPage;
}

/**
 * The pages from a cursor on, each asked for when it is wanted, until there are no more; with `once` only
 * the first. Throws what the source's `answer` and `pageOf` throw, and Failure (unusable) where the
 * service sends back to where this run has been, which would never end.
 */
export async function* paged(
  { complete, shortPageIsLast, answer, wanted, finish = (page) => page }: Source,
  start: Cursor,
  { limit, once, notes }: Pick<Selection, "limit" | "once"> & { notes: Notes },
): AsyncGenerator<Page, void, void> {
  const asked = new Set<string>();
  let wasShort = false;
  for (let cursor = complete?.(start) ?? start;;) {
    asked.add(cursor.at);
    // A page of which events were delivered has to hold these again, or they are not known again. With
    // one of more room it shows that there are no more.
    const delivered = cursor.delivered?.events ?? 0;
    const enough = delivered > limit ? Math.min(delivered + 1, MAX_LIMIT) : limit;
    const answered = await answer(cursor, enough);
    const options = { limit: enough, shortPageIsLast, notes, wanted: wanted?.(cursor) };
    const { isFull, ...page } = finish(await pageOf(answered, cursor, options), cursor);
    const more = page.more && !once;
    if (more && asked.has(page.next.at)) {
      const why = "the service sends this run back to a page that it already had";
      throw new Failure("unusable", `Cannot go on after this page: ${why}`);
    }
    yield { ...page, more, isUnwritten: wasShort && count(answered.events) === 0 };
    if (!more) return;
    wasShort = !isFull;
    cursor = page.next;
  }
}
