#!/usr/bin/env -S deno run --quiet --no-prompt --allow-net --allow-read --allow-write --allow-env=API_KEY,API_SECRET,TEMP,DENO_TLS_CA_STORE
/**
 * Pulls an organisation's event log from Cirrus Identity: a search by hand, or with `-c` from cron.
 *
 *     deno run --allow-net --allow-read --allow-write --allow-env main.ts --demo --since 1h
 */

import { parse, possibleSecrets } from "./lib/args.ts";
import { EXIT, exitStatus, explain } from "./lib/errors.ts";
import { HELP } from "./lib/help.ts";
import { createNotes } from "./lib/notes.ts";
import { standardOutput } from "./lib/output.ts";
import { pull } from "./lib/pull.ts";
import { secretForms, trustSystemCertificates } from "./lib/request.ts";
import { realChance } from "./lib/retry.ts";
import { endOnSignals } from "./lib/signals.ts";
import { VERSION_LINE } from "./lib/version.ts";

/** Does what a command line asks for; returns the exit status. */
export async function main(argv: readonly string[]): Promise<number> {
  let verbose = false;
  const env = (name: string) => Deno.env.get(name);
  const secrets = possibleSecrets(argv, env).flatMap((secret) => secretForms({ key: "", secret }));
  let notes = createNotes({ verbose, secrets });
  try {
    const asked = parse(argv, env, Date.now());
    if (asked.kind === "help") return await print(HELP);
    if (asked.kind === "version") return await print(VERSION_LINE);
    const { credentials, retries, timeout, demo } = asked.options;
    verbose = asked.options.verbose;
    notes = createNotes({ verbose, secrets: secretForms(credentials) });
    trustSystemCertificates();
    const signal = endOnSignals(notes);
    await using service = demo ? (await import("./lib/demo_api.ts")).startDemo() : undefined;
    await pull(
      { ...asked.options, ...(service && { apiUrl: service.apiUrl[asked.options.api] }) },
      { credentials, retries, timeout, signal, notes, chance: realChance },
    );
    return EXIT.done;
  } catch (error) {
    notes.say(explain(error, verbose));
    return exitStatus(error);
  }
}

async function print(text: string): Promise<number> {
  const output = await standardOutput();
  await output.write(new TextEncoder().encode(text));
  return EXIT.done;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
