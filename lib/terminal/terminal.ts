/** What kind of terminal is at the other end, if any? */

import type { Environment } from "../base/environment.ts";

/** A stream that people may be looking at. */
export interface Terminal {
  readonly isTerminal: boolean;
  /** Whether colours are wanted there. */
  readonly colour: boolean;
  /** Width in cells, asked anew at each call; a generous one where it is no terminal. */
  columns(): number;
}

const WIDTH_ELSEWHERE = 200;
const LEAST_WIDTH = 20;

/** Looks at standard output or standard error. A terminal that can do nothing (`dumb`) is none. */
export function terminal(stream: { isTerminal(): boolean }, env: Environment): Terminal {
  const isTerminal = stream.isTerminal() && env("TERM") !== "dumb";
  return {
    isTerminal,
    colour: isTerminal && !env("NO_COLOR"),
    columns() {
      if (!isTerminal) return WIDTH_ELSEWHERE;
      try {
        return Math.max(LEAST_WIDTH, Deno.consoleSize().columns);
      } catch {
        return 80;
      }
    },
  };
}
