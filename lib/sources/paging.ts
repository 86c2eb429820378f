/** How does one get from page to page? The same loop for both APIs. */

import { Failure } from "../base/errors.ts";
import type { Event } from "../events/events.ts";
import { type Answered, type Cursor, type Page, pageOf } from "../events/page.ts";
import type { Selection } from "../events/selection.ts";
import type { Notes } from "../terminal/notes.ts";

/** What the loop has to know of an API. */
export interface Source {
  /** The service's answer for a cursor. Throws CallFailure. */
  answer(cursor: Cursor): Promise<Answered>;
  /** Which events of the page at a cursor are wanted; undefined for all. */
  wanted?(cursor: Cursor): ((event: Event) => boolean) | undefined;
  /** A page with all that its next cursor has to say, and whether reading ends there. */
  finish?(page: Page, cursor: Cursor): Page;
}

/**
 * The pages from a cursor on, each asked for when it is wanted, until there are no more; with `once` only
 * the first. Throws what the source's `answer` and `pageOf` throw, and Failure (unusable) where the
 * service sends back to where this run has been, which would never end.
 */
export async function* pagesFrom(
  start: Cursor,
  { answer, wanted, finish = (page) => page }: Source,
  { limit, once, notes }: Pick<Selection, "limit" | "once"> & { notes: Notes },
): AsyncGenerator<Page, void, void> {
  const asked = new Set<string>();
  for (let cursor = start;;) {
    asked.add(cursor.at);
    const options = { limit, notes, wanted: wanted?.(cursor) };
    const page = finish(await pageOf(await answer(cursor), cursor, options), cursor);
    const more = page.more && !once;
    if (more && asked.has(page.next.at)) {
      const why = "the service sends this run back to a page that it already had";
      throw new Failure("unusable", `Cannot go on after this page: ${why}`);
    }
    yield { ...page, more };
    if (!more) return;
    cursor = page.next;
  }
}
