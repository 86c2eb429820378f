/** Which stream is this, where did it stop, and may this run go on with it? */

import { Failure } from "./base/errors.ts";
import type { Options } from "./cli/options.ts";
import type { Cursor } from "./events/page.ts";
import type { Found } from "./position/position_file.ts";
import { APIS } from "./sources/apis.ts";
import { nextLink } from "./sources/link.ts";
import { cursorOfLink } from "./sources/siem_api.ts";

/** Which stream a position belongs to. */
export interface Identity {
  readonly api: keyof typeof APIS;
  readonly address: string;
  readonly organisation: string | null;
}

/** The cursor to go on from. Throws Failure (position) where it is not for this stream. */
export function resume(
  found: Found,
  { position: path, api, apiUrl }: Options,
  identity: Identity,
): Cursor {
  const refuse = (why: string) => {
    const remedy = "name another file with --position, or remove this one to start anew";
    return new Failure("position", `Cannot go on from position "${path}": ${why}; ${remedy}`);
  };
  if ("publishedLink" in found) {
    if (api === "log") throw refuse("the published client left it, for the SIEM API");
    return { at: publishedCursor(found.publishedLink, new URL(apiUrl), refuse) };
  }
  const { position } = found;
  for (const name of ["api", "address", "organisation"] as const) {
    if (position[name] === identity[name]) continue;
    throw refuse(`it is for ${name} "${position[name]}", this run for "${identity[name]}"`);
  }
  if (!APIS[api].isCursor(position.cursor)) throw refuse("what it says is no cursor of this API");
  return { at: position.cursor, delivered: position.delivered };
}

function publishedCursor(link: string, base: URL, refuse: (why: string) => Failure): string {
  let host: string | undefined;
  let cursor: string | undefined;
  try {
    host = new URL(nextLink(link) ?? "", base).host;
    cursor = cursorOfLink(link, base);
  } catch {
    // What could not be found out is missing below.
  }
  if (host !== undefined && host !== base.host) {
    throw refuse(`it is for host "${host}", this run for "${base.host}"`);
  }
  if (cursor === undefined) throw refuse("its link names no place to go on from");
  return cursor;
}
