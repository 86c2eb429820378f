/** What is said to people during a run? All of it goes this way, and no secret gets past it. */

import { explain, traceOf } from "../base/errors.ts";
import { createSecrets, type Credentials } from "../base/secrets.ts";
import { type LiveLine, startLiveLine } from "./live_line.ts";
import { standardErrorQueue, type TextQueue } from "./standard_error.ts";

/** What is said to people during a run. */
export interface Notes {
  /** A line that matters to whoever runs the client. */
  say(text: string): void;
  /** A line for `-v`. */
  debug(text: string): void;
  /** What went wrong, in a line; with `-v` also where in the program, and from which causes. */
  sayError(error: unknown): void;
  /** Lines of a text that was asked for; each ends with a newline. */
  show(text: string): void;
  /** From now on, this secret is shown nowhere. */
  addSecret(credentials: Credentials): void;
  /** The text with `***` for every secret in it. A text should be cut only after that. */
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

/** Where and how the live line is drawn. */
export interface LiveLineOptions {
  /** Width of the terminal in cells, asked anew each time, since terminals change their size. */
  columns(): number;
}

/** Makes notes that write to standard error, each line after the program's name. */
export function createNotes(queue: TextQueue = standardErrorQueue()): Notes {
  const secrets = createSecrets();
  let verbose = false;
  let live: LiveLine | undefined;

  function show(text: string): void {
    (live ?? queue).write(secrets.hide(text));
  }
  function say(text: string): void {
    show(`siem-client: ${text}\n`);
  }
  return {
    say,
    show,
    debug(text) {
      if (verbose) say(text);
    },
    sayError(error) {
      say([explain(error), ...(verbose ? traceOf(error) : [])].join("\n"));
    },
    addSecret: secrets.add,
    hide: secrets.hide,
    start(options) {
      verbose = options.verbose;
      // The lines of -v would tear it.
      if (options.live !== undefined && !verbose) {
        live = startLiveLine(queue.write, options.live.columns);
      }
    },
    beforeWriting: () => live?.beforeWriting() ?? Promise.resolve(),
    delivered: (events, time) => live?.delivered(events, time),
    waiting: (text) => live?.waiting(text),
    end() {
      live?.end();
      live = undefined;
    },
    flush: queue.flush,
  };
}
