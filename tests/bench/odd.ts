/** How fast is what is odd but real? Checks of receipts, very many logins, very many rounds. */

import { numberedEvent } from "../fake_api.ts";
import { manyRounds } from "../many_rounds.ts";
import { linesOfPages, makePages, textOfPages } from "../proof/pulled.ts";
import { temporaryFolder } from "../client.ts";
import { median, race } from "./measure.ts";

type Say = (line: string) => void;

/** `--verify` over pages of 1000 events, beside `sha256sum` over the same file. */
export async function verifying(client: readonly string[], say: Say, pages: number): Promise<void> {
  await using folder = temporaryFolder();
  const [pulled, receipts] = [folder.path("pulled"), folder.path("receipts")];
  const made = await makePages({ files: [pages], eventsPerPage: 1000 });
  await Deno.writeTextFile(pulled, textOfPages(made));
  await Deno.writeTextFile(receipts, linesOfPages(made));
  const { size } = await Deno.stat(pulled);
  say(`\n--verify, ${pages} pages, ${Math.round(size / 1e6)} MB: medians of 5 rounds`);
  const verify = ["--verify", "--receipts", receipts, pulled];
  const taken = await race([
    { name: "sha256sum", command: ["sha256sum", pulled], sink: "pipe" },
    { name: "client, --verify", command: [...client, ...verify], sink: "pipe" },
  ], 5);
  sayTaken(taken, say);
}

/** `--format logins` over a file in which each event has an id of its own, and all are open at once. */
export async function manyLogins(client: readonly string[], say: Say, ids: readonly number[]) {
  await using folder = temporaryFolder();
  const path = folder.path("pulled");
  for (const count of ids) {
    await writeLogins(path, count);
    say(`\n--format logins over a file, ${count} ids: medians of 3 rounds`);
    const command = (format: string) => [...client, "--format", format, path];
    const taken = await race([
      { name: "client, ndjson", command: command("ndjson"), sink: "pipe" },
      { name: "client, logins", command: command("logins"), sink: "pipe" },
    ], 3);
    sayTaken(taken, say);
  }
}

/** Five milliseconds lie between two events. */
async function writeLogins(path: string, count: number): Promise<void> {
  const start = Date.UTC(2026, 10, 1);
  using file = await Deno.open(path, { write: true, create: true, truncate: true });
  const writer = file.writable.getWriter();
  for (let n = 0; n < count;) {
    let text = "";
    for (const end = Math.min(count, n + 1000); n < end; n++) {
      const correlationId = n.toString(16).padStart(32, "0");
      const event = JSON.parse(numberedEvent(n, start + 5 * n).text);
      const login = { ...event, logType: "authentication", correlationId };
      text += `${JSON.stringify({ ...login, logData: { eppn: `user${n % 5000}@example.edu` } })}\n`;
    }
    await writer.write(new TextEncoder().encode(text));
  }
  await writer.ready;
}

/** Rounds of `--every 10s` with receipts, an event in each: the time that a round takes from first to last. */
export async function lastingRounds(say: Say, rounds: number): Promise<void> {
  say(`\n${rounds} rounds of --every 10s with receipts, in this process: ms a round`);
  const part = rounds / 10;
  let before = performance.now();
  await manyRounds(rounds, (done, api) => {
    // What was pulled is not kept by the service: it would look through all of it each time.
    api.events.splice(0, api.events.length, numberedEvent(done, Date.now()));
    if (done % part !== 0) return;
    const now = performance.now();
    say(`${String(done - part).padStart(6)} to ${done}: ${((now - before) / part).toFixed(2)}`);
    before = now;
  }, (folder) => ["--receipts", folder.path("receipts")]);
}

function sayTaken(results: Awaited<ReturnType<typeof race>>, say: Say): void {
  say(" wall s   CPU s  MB peak  ratio");
  let first: number | undefined;
  for (const [name, taken] of results) {
    const middle = (what: keyof typeof taken[number]) => median(taken.map((one) => one[what]));
    first ??= middle("wall");
    const figures = [
      middle("wall").toFixed(2),
      middle("cpu").toFixed(2),
      middle("memory").toFixed(0),
      (middle("wall") / first).toFixed(2),
    ];
    say(`${figures.map((figure) => figure.padStart(7)).join(" ")}  ${name}`);
  }
}
