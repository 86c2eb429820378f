/**
 * What is said to people during a run? All of it goes this way: no secret gets past, and nothing that
 * controls a terminal, whoever it came from.
 */

import { explain, traceOf } from "../base/errors.ts";
import { createSecrets, type Credentials } from "../base/secrets.ts";
import { printable } from "../base/text.ts";
import { type LiveLine, type LiveLineOptions, startLiveLine } from "./live_line.ts";
import { type TextQueue, textQueue } from "./standard_error.ts";

/** What is said to people during a run. */
export interface Notes {
  /** A line that matters to whoever runs the client. */
  say(text: string): void;
  /** A line for `-v`. */
  debug(text: string): void;
  /** What went wrong, in a line; with `-v` also where in the program, and from which causes. */
  sayError(error: unknown): void;
  /** The lines of a text that was asked for, such as a summary. */
  show(text: string): void;
  /** From now on, this secret is shown nowhere. */
  addSecret(credentials: Credentials): void;
  /**
   * The text, fit for one line of a terminal, with `***` for every secret in it. A text should be cut only
   * after that.
   */
  hide(text: string): string;
  /** How much is said from now on, and whether a live line is. At most once. */
  start(options: { verbose: boolean; live?: LiveLineOptions | undefined }): void;
  /** Resolves when the live line is out of the way of events that are about to be written. */
  beforeWriting(): Promise<void>;
  /** A page is delivered: how many events, and when the last one happened (ms since 1970, or NaN). */
  delivered(events: number, time: number): void;
  /** What the run waits for; absent for an answer of the service. */
  waiting(text?: string): void;
  /** Ends the live line; where it was ever seen, a line about the whole run takes its place. */
  end(): void;
  /** Resolves when all that was said is written, or nobody seems to read it. */
  flush(): Promise<void>;
}

/** Makes notes that write to standard error, each line after the program's name. */
export function createNotes(queue: TextQueue = textQueue(Deno.stderr)): Notes {
  const secrets = createSecrets();
  let verbose = false;
  let live: LiveLine | undefined;

  /**
   * Secrets first: one in which a character was replaced would no longer be found. And once more, for one
   * that only comes to light by that.
   */
  const safe = (text: string) => secrets.hide(printable(secrets.hide(text)));

  function write(lines: readonly string[]): void {
    (live ?? queue).write(lines.map((line) => `${safe(line)}\n`).join(""));
  }
  function say(text: string, details: readonly string[] = []): void {
    write([`siem-client: ${text}`, ...details]);
  }
  return {
    say: (text) => say(text),
    show: (text) => write(text.replace(/\n$/, "").split("\n")),
    debug(text) {
      if (verbose) say(text);
    },
    sayError(error) {
      // Indented, so that no line of it passes for one of ours.
      say(explain(error), verbose ? traceOf(error).map((line) => `    ${line}`) : []);
    },
    addSecret: secrets.add,
    hide: safe,
    start(options) {
      verbose = options.verbose;
      // With -v there is so much to read that a live line would only be in the way.
      if (options.live !== undefined && !verbose) {
        live = startLiveLine(queue.write, options.live);
      }
    },
    beforeWriting: () => live?.beforeWriting() ?? Promise.resolve(),
    delivered: (events, time) => live?.delivered(events, time),
    waiting: (text) => live?.waiting(text && safe(text)),
    end() {
      live?.end();
      live = undefined;
    },
    flush: queue.flush,
  };
}
