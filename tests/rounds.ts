/**
 * Runs so many real rounds of `--every` without waiting in between, and prints how many bytes the heap
 * holds after half of them and at the end. To be run with --v8-flags=--expose-gc.
 */

import { parse } from "../lib/cli/command_line.ts";
import { every } from "../lib/every.ts";
import { pull } from "../lib/pull.ts";
import { createService } from "../lib/sources/service.ts";
import { createNotes } from "../lib/terminal/notes.ts";
import { temporaryFolder } from "./client.ts";
import { KEY, numbered, ORG_URL, SECRET, startFakeApi } from "./fake_api.ts";

const rounds = Number(Deno.args[0]);
await using folder = temporaryFolder();
await using api = startFakeApi({ events: numbered(10) });
const args = ["-c", "--every", "10s", "--apiurl", api.logUrl, "--orgurl", ORG_URL, "--since", "1h"];
args.push("--position", folder.path("position"), "--output", folder.path("output"));
const asked = parse(
  [...args, "--apikey", KEY, `--apisecret=${SECRET}`],
  () => undefined,
  Date.now(),
);
if (asked.kind !== "pull") throw new Error("This is not a pull");
const { options } = asked;

const stop = new AbortController();
using service = createService(options.apiUrl, {
  credentials: { key: KEY, secret: SECRET },
  retries: 0,
  timeout: 60_000,
  signal: stop.signal,
  notes: createNotes(),
  timing: { now: Date.now, random: () => 0, sleep: () => Promise.resolve() },
});
let done = 0;
const round = async () => {
  await pull(options, service, ({ events }) => events.bytes);
  api.requests.length = 0;
  done++;
  if (done === rounds / 2 || done === rounds) {
    // What only the last round's promises hold is gone with the second.
    for (let i = 0; i < 2; i++) {
      (globalThis as unknown as { gc(): void }).gc();
      await new Promise((resolve) => setTimeout(resolve));
    }
    await Deno.stdout.write(new TextEncoder().encode(`${Deno.memoryUsage().heapUsed}\n`));
  }
  if (done === rounds) stop.abort(new Error("All rounds are done"));
};
await every(options.every!, round, service).catch(() => {});
