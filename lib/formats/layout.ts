/** What is a layout? What turns pages into the text of a format, and what it is made with. */

import type { Login } from "../events/login.ts";
import type { Page } from "../events/page.ts";
import type { Filter } from "../events/selection.ts";
import type { Terminal } from "../terminal/terminal.ts";

/**
 * Makes a page's text. It may be written over the page's events, which nobody may read afterwards, and
 * in memory that the next call uses again.
 */
export type Layout = ((page: Page) => Uint8Array) & {
  /** What comes after the last page of a search. */
  end?(): Uint8Array;
};

/** What a layout is made with. */
export interface LayoutOptions {
  /** Standard output. */
  readonly screen: Terminal;
  readonly filters: readonly Filter[];
  /** Whether it is for a search that stays, which has no end. */
  readonly stays: boolean;
  /** What is said to people beside the events. */
  say(text: string): void;
  /** Gets each login where they are put together. */
  onLogin?(login: Login): void;
}
