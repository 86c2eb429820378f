/** What kind of terminal is at the other end, if any? */

import type { Environment } from "../base/environment.ts";

/** A stream that people may be looking at. */
export interface Terminal {
  readonly isTerminal: boolean;
  /** Whether it is one that can do nothing (`dumb`): that counts as none, but people read there, too. */
  readonly isDumb: boolean;
  /** Whether colours are wanted there. */
  readonly colour: boolean;
  /** Width in cells, asked anew at each call; a generous one where it is no terminal. */
  columns(): number;
}

const NO_TERMINAL_COLUMNS = 200;
const MIN_COLUMNS = 20;
/** Where a terminal does not say how wide it is. */
const USUAL_COLUMNS = 80;

/** Looks at standard output or standard error. */
export function terminal(stream: { isTerminal(): boolean }, env: Environment): Terminal {
  const isAny = stream.isTerminal();
  const isDumb = isAny && env("TERM") === "dumb";
  const isTerminal = isAny && !isDumb;
  return {
    isTerminal,
    isDumb,
    colour: isTerminal && !env("NO_COLOR"),
    columns() {
      if (!isTerminal) return NO_TERMINAL_COLUMNS;
      try {
        // Serial lines, `docker -t` and expect say 0.
        return Math.max(MIN_COLUMNS, Deno.consoleSize().columns || USUAL_COLUMNS);
      } catch {
        return USUAL_COLUMNS;
      }
    },
  };
}
