/** How does a run stay for many rounds, without waiting in between? In this process, against the fake service. */

import { parse } from "../lib/cli/command_line.ts";
import { every } from "../lib/every.ts";
import { pull } from "../lib/pull.ts";
import { createService } from "../lib/sources/service.ts";
import { createNotes } from "../lib/terminal/notes.ts";
import { type Folder, temporaryFolder } from "./client.ts";
import { type FakeApi, KEY, numbered, ORG_URL, SECRET, startFakeApi } from "./fake_api.ts";

/** Runs so many real rounds of `--every`; `after` is called when one is over, with how many there were. */
export async function manyRounds(
  rounds: number,
  after: (done: number, api: FakeApi) => Promise<void> | void,
  more: (folder: Folder) => readonly string[] = () => [],
): Promise<void> {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(10) });
  const asked = parse(
    [
      ...["-c", "--every", "10s", "--apiurl", api.logUrl, "--orgurl", ORG_URL, "--since", "1h"],
      ...["--position", folder.path("position"), "--output", folder.path("output")],
      ...["--apikey", KEY, `--apisecret=${SECRET}`, ...more(folder)],
    ],
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
  const over = new Error("All rounds are done");
  const round = async () => {
    await pull(options, service, ({ events }) => events.bytes);
    api.requests.length = 0;
    await after(++done, api);
    if (done === rounds) stop.abort(over);
  };
  await every(options.every!, round, service).catch((error) => {
    if (error !== over) throw error;
  });
}
