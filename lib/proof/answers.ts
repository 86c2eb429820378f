/** What does the service answer to a cursor, laid out as it would be written? */

import { count, parsed } from "../events/events.ts";
import { timeOf } from "../events/fields.ts";
import type { Page } from "../events/page.ts";
import type { Selection } from "../events/selection.ts";
import { isMade } from "../events/token.ts";
import type { Layout } from "../formats/layout.ts";
import { pagesOfApi } from "../sources/apis.ts";
import type { Service } from "../sources/service.ts";

/** Whom to ask, and how the answer is laid out. */
export interface AskOptions {
  readonly service: Service;
  readonly selection: Selection;
  /** One that makes a line of each event. */
  readonly layOut: Layout;
  /** Events that happened before this moment (RFC 3339) are left out. */
  readonly since?: string | undefined;
}

/** An answer. */
export interface LaidOutAnswer {
  /** Each event, with its newline. */
  readonly lines: readonly Uint8Array[];
  /** Where to go on. */
  readonly next: string;
  /** When the last event happened, in milliseconds since 1970; NaN where unknown. */
  readonly lastEvent: number;
  /**
   * When its events happened, in milliseconds since 1970; none where the cursor is a token of the service: only
   * an answer to a made token has to show where it begins.
   */
  readonly times: readonly number[];
}

const NEWLINE = 0x0a;

/**
 * What the service answers to a cursor, with at most `limit` events: each as it would be written, and where it
 * goes on. Throws CallFailure.
 */
export async function answerTo(
  at: string,
  { service, selection, layOut, since }: AskOptions,
  limit: number = selection.limit,
): Promise<LaidOutAnswer> {
  const { notes } = service;
  // Where a made token leads was said when the page was pulled.
  const quiet = { ...service, notes: { ...notes, say: notes.debug } };
  const pages: AsyncIterator<Page, void> = pagesOfApi(
    isMade(at) ? quiet : service,
    { ...selection, limit, once: true },
    { at, since },
  );
  const { value: page } = await pages.next();
  if (page === undefined) return { lines: [], next: at, lastEvent: NaN, times: [] };
  const { next, lastEvent } = page;
  const events = count(page.events);
  const times = isMade(at) ? Array.from(parsed(page.events), timeOf) : [];
  const text = layOut(page).slice();
  page.release();
  notes.delivered(events, lastEvent);
  return { lines: linesOf(text), next: next.at, lastEvent, times };
}

function linesOf(text: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let at = 0; at < text.length;) {
    const end = text.indexOf(NEWLINE, at) + 1 || text.length;
    lines.push(text.subarray(at, end));
    at = end;
  }
  return lines;
}
