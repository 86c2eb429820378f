#!/usr/bin/env -S deno run --quiet --no-prompt --v8-flags=--max-semi-space-size=2,--no-concurrent-recompilation --allow-net --allow-read --allow-write --allow-env=API_KEY,API_SECRET,TEMP,TERM,NO_COLOR,NO_PROXY,DENO_TLS_CA_STORE
/**
 * Pulls an organisation's event log from Cirrus Identity: a search by hand, or with `-c` from cron.
 *
 *     deno run --allow-net --allow-read --allow-write --allow-env main.ts --demo --since 1h
 */

import { parse, possibleSecrets } from "./lib/args.ts";
import { EXIT, exitStatus, explain } from "./lib/errors.ts";
import { HELP } from "./lib/help.ts";
import { allSaid, createNotes } from "./lib/notes.ts";
import { ReaderGone, standardOutput } from "./lib/output.ts";
import { secretForms } from "./lib/request.ts";
import { run } from "./lib/run.ts";
import { status } from "./lib/status.ts";
import { VERSION_LINE } from "./lib/version.ts";

const env = (name: string) => Deno.env.get(name);

/** Does what a command line asks for; returns the exit status. */
export async function main(argv: readonly string[]): Promise<number> {
  const secrets = possibleSecrets(argv, env).flatMap((secret) => secretForms({ key: "", secret }));
  try {
    const asked = parse(argv, env, Date.now());
    if (asked.kind === "help") return await print(HELP);
    if (asked.kind === "version") return await print(VERSION_LINE);
    if (asked.kind === "pull") return await run(asked.options, env);
    const { text, tooLate } = await status(asked.options, Date.now());
    return await print(text, tooLate ? EXIT.fault : EXIT.done);
  } catch (error) {
    createNotes({ verbose: false, secrets }).say(explain(error, false));
    return exitStatus(error);
  }
}

async function print(text: string, code: number = EXIT.done): Promise<number> {
  await standardOutput.write(new TextEncoder().encode(text)).catch((error) => {
    if (!(error instanceof ReaderGone)) throw error;
  });
  return code;
}

if (import.meta.main) {
  const code = await main(Deno.args);
  await allSaid();
  Deno.exit(code);
}
