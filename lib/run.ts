/** Who takes part in a pull? Credentials, signals, the terminal, the demonstration, the rounds. */

import type { Environment } from "./base/environment.ts";
import { EXIT, exitStatus, explain } from "./base/errors.ts";
import { secretForms } from "./base/secrets.ts";
import { readCredentials } from "./cli/credentials.ts";
import type { Options } from "./cli/options.ts";
import { every } from "./every.ts";
import { createView } from "./formats/formats.ts";
import { pull } from "./pull.ts";
import { search } from "./search.ts";
import { startDemo } from "./sources/demo_api.ts";
import { prepareCalls } from "./sources/request.ts";
import { realChance } from "./sources/retry.ts";
import { startLiveLine } from "./terminal/live_line.ts";
import { createNotes, writeToStandardError } from "./terminal/notes.ts";
import { endOnSignals } from "./terminal/signals.ts";
import { terminal } from "./terminal/terminal.ts";

/** Pulls, once or for ever; returns the exit status. Throws Failure where it cannot even sign in. */
export async function run(options: Options, env: Environment): Promise<number> {
  const { retries, timeout, verbose } = options;
  const credentials = "file" in options.credentials
    ? await readCredentials(options.credentials.file)
    : options.credentials;
  const screen = terminal(Deno.stderr, env);
  const live = screen.isTerminal && !verbose
    ? startLiveLine(writeToStandardError, screen.columns)
    : undefined;
  const notes = createNotes({ verbose, secrets: secretForms(credentials), live });
  try {
    const signal = endOnSignals(notes);
    const service = { credentials, retries, timeout, signal, notes, chance: realChance };
    await using demo = options.demo ? startDemo() : undefined;
    const where = demo === undefined ? options : { ...options, apiUrl: demo.apiUrl[options.api] };
    prepareCalls(where.apiUrl);
    const view = createView(options, terminal(Deno.stdout, env));
    const story = where.continuous ? pull : search;
    const round = () => story(where, service, view.text);
    await (options.every === undefined ? round() : every(options.every, round, service));
    live?.end();
    await writeToStandardError(view.overview());
    return EXIT.done;
  } catch (error) {
    live?.end();
    notes.say(explain(error, verbose));
    return exitStatus(error);
  }
}
