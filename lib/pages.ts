/** Which pages come, from a cursor on? In order, and one ahead. */

import type { Options } from "./cli/options.ts";
import type { Cursor, Page } from "./events/page.ts";
import type { Selection } from "./events/selection.ts";
import { pagesOfApi } from "./sources/apis.ts";
import { onlyOrganisation } from "./sources/organisations.ts";
import type { Service } from "./sources/service.ts";

/**
 * What to ask the service for. Log API v1 wants an organisation: where none was given it is the one
 * that the credentials are for, which the service tells. Throws what `onlyOrganisation` throws.
 */
export async function selectionOf(options: Options, service: Service): Promise<Selection> {
  const orgUrl = options.orgUrl ??
    (options.api === "log" ? await onlyOrganisation(service, options.apiUrl) : undefined);
  return { ...options, orgUrl };
}

/**
 * The pages from a cursor on; with `-x` only the first. While one is in the caller's hands the next may
 * be on its way. Throws Failure, or the signal's reason.
 */
export function pagesFrom(
  service: Service,
  selection: Selection,
  start: Cursor,
): AsyncGenerator<Page, void, void> {
  return readAhead(pagesOfApi(service, selection, start));
}

/** While a larger page is in memory, no other is asked for. */
const MAX_BYTES_AHEAD = 8 * 1024 * 1024;

/** The same pages, each asked for before the one before it is done with. */
async function* readAhead(pages: AsyncIterator<Page>): AsyncGenerator<Page, void, void> {
  for (let coming = pages.next();;) {
    const { value: page, done } = await coming;
    if (done) return;
    const isSmall = page.events.bytes.length <= MAX_BYTES_AHEAD;
    if (isSmall) coming = pages.next();
    // If it fails, that is thrown when its turn comes.
    coming.catch(() => {});
    yield page;
    if (!isSmall) coming = pages.next();
  }
}
