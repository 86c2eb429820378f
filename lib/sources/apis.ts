/** Which APIs are there, and what has each of them for the same tasks? */

import type { Cursor, Page } from "../events/page.ts";
import type { Selection } from "../events/selection.ts";
import { isLogCursor, logSource, logStart } from "./log_api.ts";
import { paged } from "./paging.ts";
import type { Service } from "./service.ts";
import { isSiemCursor, siemSource, siemStart } from "./siem_api.ts";

/** For each API: the cursor of a first run, how it is paged through, and what can be a cursor. */
export const APIS = {
  siem: { start: siemStart, source: siemSource, isCursor: isSiemCursor },
  log: { start: logStart, source: logSource, isCursor: isLogCursor },
};

/** The pages of an API from a cursor on, each asked for when it is wanted. Throws what `paged` throws. */
export function pagesOfApi(
  service: Service,
  selection: Selection,
  start: Cursor,
): AsyncGenerator<Page, void, void> {
  const { api, limit, once } = selection;
  const source = APIS[api].source(service, selection);
  return paged(source, start, { limit, once, notes: service.notes });
}
