#!/usr/bin/env -S deno run --quiet --no-prompt --v8-flags=--max-semi-space-size=2,--no-concurrent-recompilation --allow-net --allow-read --allow-write --allow-env=API_KEY,API_SECRET,ORG_URL,API_URL,TEMP,TERM,NO_COLOR,HTTPS_PROXY,https_proxy,ALL_PROXY,all_proxy,NO_PROXY,DENO_TLS_CA_STORE
/**
 * Where does a run begin and end? It pulls an organisation's event log from Cirrus Identity: a search by
 * hand, or with `-c` from cron.
 *
 *     deno run --allow-net --allow-read --allow-write --allow-env main.ts --demo --since 1h
 */

import { processEnvironment as env } from "./lib/base/environment.ts";
import { EXIT, exitStatus } from "./lib/base/errors.ts";
import { parse, possibleSecrets } from "./lib/cli/command_line.ts";
import { readSettings } from "./lib/cli/credentials_file.ts";
import { ReaderGone } from "./lib/output/output.ts";
import { standardOutput } from "./lib/output/standard_output.ts";
import { createNotes, type Notes } from "./lib/terminal/notes.ts";
import { terminal } from "./lib/terminal/terminal.ts";

/**
 * Does what a command line asks for; returns the exit status. What only some runs need is loaded where they
 * need it: people wait for the first event, and for the help.
 */
export async function main(argv: readonly string[], notes: Notes): Promise<number> {
  try {
    for (const secret of possibleSecrets(argv, env)) notes.addSecret({ key: "", secret });
    const command = parse(argv, env, Date.now(), (path) => {
      const file = readSettings(path);
      notes.addSecret({ key: file("API_KEY") ?? "", secret: file("API_SECRET") ?? "" });
      return file;
    });
    if (command.kind === "print") return await print(command.text);
    if (command.kind === "verify") {
      const { verify } = await import("./lib/verify.ts");
      return await verify(command.options, env, notes);
    }
    if (command.kind === "pull") {
      const { run } = await import("./lib/run.ts");
      return await run(command.options, env, notes);
    }
    if (command.kind === "check") {
      const { check } = await import("./lib/check.ts");
      const { text, code } = await check(command.options, env, notes);
      return await print(text, code);
    }
    const { status } = await import("./lib/status.ts");
    const { isTerminal } = terminal(Deno.stdout, env);
    const { text, tooLate } = await status(command.options, Date.now(), isTerminal);
    return await print(text, tooLate ? EXIT.bug : EXIT.done);
  } catch (error) {
    notes.end();
    notes.sayError(error);
    return exitStatus(error);
  }
}

async function print(text: string, code: number = EXIT.done): Promise<number> {
  await standardOutput().write(new TextEncoder().encode(text)).catch((error) => {
    if (!(error instanceof ReaderGone)) throw error;
  });
  return code;
}

if (import.meta.main) {
  const notes = createNotes();
  const code = await main(Deno.args, notes);
  await notes.flush();
  Deno.exit(code);
}
