/** Who takes part in a pull? Credentials, signals, the terminal, the demonstration, the rounds. */

import type { Environment } from "./base/environment.ts";
import { EXIT } from "./base/errors.ts";
import { calling } from "./calling.ts";
import type { Options } from "./cli/options.ts";
import { createLayout } from "./formats/formats.ts";
import type { Layout } from "./formats/layout.ts";
import type { Service } from "./sources/service.ts";
import type { Notes } from "./terminal/notes.ts";
import { endOnSignals } from "./terminal/signals.ts";
import { terminal } from "./terminal/terminal.ts";

const MAX_SUMMARY_WIDTH = 100;

/** Pulls, once or for ever; returns the exit status. Throws what ends it otherwise. */
export async function run(options: Options, env: Environment, notes: Notes): Promise<number> {
  const { credentials, verbose } = options;
  notes.addSecret(credentials);
  const screen = terminal(Deno.stderr, env);
  const amongEvents = options.output === undefined && Deno.stdout.isTerminal();
  const live = screen.isTerminal ? { columns: screen.columns, amongEvents } : undefined;
  notes.start({ verbose, live });
  for (const remark of options.remarks) {
    if (screen.isTerminal) notes.say(remark);
    else notes.debug(remark);
  }
  const signal = endOnSignals(notes);
  const summary = options.summary
    ? (await import("./formats/summary.ts")).createSummary()
    : undefined;
  const stays = options.every !== undefined && !options.continuous;
  const { filters } = options;
  const layout = { screen: terminal(Deno.stdout, env), filters, stays, say: notes.say };
  const layOut = await createLayout(options.format, layout, summary);
  const taking = { notes, signal };
  const status = options.files.length > 0
    ? await (await import("./search_files.ts")).searchFiles(options, taking, layOut)
    : await askService(options, taking, layOut);
  notes.end();
  if (summary !== undefined) {
    const width = Math.min(screen.columns(), MAX_SUMMARY_WIDTH);
    notes.show(summary.text({ width, hide: notes.hide }));
  }
  return status;
}

async function askService(
  options: Options,
  taking: Pick<Service, "notes" | "signal">,
  layOut: Layout,
): Promise<number> {
  const story = await storyOf(options);
  await calling(options, taking, (service, asked) => story(asked, service, layOut));
  return EXIT.done;
}

/** What is done with the events that are asked for. */
async function storyOf({ continuous, every }: Options): Promise<Story> {
  if (continuous) return every === undefined ? (await import("./pull.ts")).pull : pullForEver;
  return every === undefined
    ? (await import("./search.ts")).search
    : (await import("./follow.ts")).follow;
}

type Story = (options: Options, service: Service, layOut: Layout) => Promise<void>;

async function pullForEver(options: Options, service: Service, layOut: Layout): Promise<void> {
  const [{ every }, { pull }] = await Promise.all([import("./every.ts"), import("./pull.ts")]);
  let asked = options;
  await every(options.every!, async () => {
    await pull(asked, service, layOut);
    // Only the first round can start at --since; the others must not say that it does not count.
    asked = { ...asked, sinceIsGiven: false };
  }, service);
}
