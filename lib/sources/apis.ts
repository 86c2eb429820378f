/** Which APIs are there, and what has each of them for the same tasks? */

import { isLogCursor, logPages, logStart } from "./log_api.ts";
import { isSiemCursor, siemPages, siemStart } from "./siem_api.ts";

/** For each API: the cursor of a first run, the pages from a cursor on, and what can be a cursor. */
export const APIS = {
  siem: { start: siemStart, pages: siemPages, isCursor: isSiemCursor },
  log: { start: logStart, pages: logPages, isCursor: isLogCursor },
};
