/**
 * The promise about delivery, with an oracle: the service numbers its events, the client is killed
 * again and again, and at the end every number has to be there. The receipts are one chain then, and
 * tell of what is in the files.
 */

import { assert, assertEquals } from "@std/assert";
import { SEED, seeded } from "./chance.ts";
import {
  client,
  commandLine,
  decode,
  environment,
  exists,
  finished,
  type Folder,
  run,
  temporaryFolder,
} from "./client.ts";
import { needs } from "./form.ts";
import { CREDENTIALS, type FakeApi, type Fault, ORG_URL, startFakeApi } from "./fake_api.ts";
import { assertChain, assertPages, hash, linesOf } from "./position/receipts.ts";
import { readPosition } from "./runs.ts";

const KILLS = Number(Deno.env.get("SIEM_CLIENT_KILLS") ?? 20);
const LIMIT = 7;
/** More pages than a run gets through before it is killed. */
const BACKLOG = LIMIT * 12;

type Sink = "pipe" | "redirected file" | "--output";
type Chance = (below: number) => number;

for (const sink of ["pipe", "redirected file", "--output"] as const) {
  for (const failing of [false, true]) {
    const service = failing ? "a service that fails at random" : "a service that works";
    const options = sink === "redirected file" ? needs("redirection") : {};
    const name = `${KILLS} kills into ${sink}, ${service}, lose nothing (seed ${SEED})`;
    Deno.test(name, options, async () => {
      await using folder = temporaryFolder();
      const chance = seeded(SEED + sink.length + Number(failing));
      await using api = startFakeApi();
      const trial = { api, chance, sink, failing, file: folder.path("events") };
      const args = ["-c", "--apiurl", api.logUrl, "--orgurl", ORG_URL, "--limit", `${LIMIT}`];
      args.push("--position", folder.path("position"), "--since", "2d", "--format", "ndjson");
      if (sink === "--output") args.push("--output", trial.file);
      args.push("--receipts", folder.path("receipts"));

      let kills = 0;
      let text = "";
      while (kills < KILLS) {
        const { killed, stdout } = await runUntilKilled(trial, args);
        if (killed) kills++;
        // A consumer of pipes sees the end of each, and so where a line was torn.
        text += stdout.slice(0, stdout.lastIndexOf("\n") + 1);
        if (killed && sink === "--output" && chance(2) === 0) await tear(trial.file, chance);
        if (killed && chance(2) === 0) await tearReceipts(folder, chance);
      }
      const last = await runToTheEnd(trial, args);
      text += last.stdout;
      if (sink !== "pipe") text = await Deno.readTextFile(trial.file);

      assertEquals(last.code, 0, last.stderr);
      judge(text, api.events.length, sink, kills);
      const { receipt } = await readPosition(folder.path("position"));
      const receipts = assertChain(linesOf(folder.path("receipts")), receipt);
      assertEquals(receipts.reduce((sum, { events }) => sum + events, 0), api.events.length);
      if (sink !== "pipe") assertPages(receipts, folder.path("."));
      const known = ["--receipts", folder.path("receipts"), "--position", folder.path("position")];
      const files = sink === "pipe" ? [] : [trial.file];
      const verified = await run(["--verify", ...known, ...files]);
      assertEquals([verified.code, verified.stderr], [0, ""], verified.stdout);
    });
  }
}

interface Trial {
  readonly api: FakeApi;
  readonly chance: Chance;
  readonly sink: Sink;
  readonly failing: boolean;
  readonly file: string;
}

/** Every event has to be there; how often and in which lines depends on the sink. */
function judge(text: string, count: number, sink: Sink, kills: number): void {
  const seen = new Map<number, number>();
  const torn: string[] = [];
  for (const line of text.split("\n")) {
    try {
      if (line !== "") seen.set(JSON.parse(line).n, (seen.get(JSON.parse(line).n) ?? 0) + 1);
    } catch {
      torn.push(line);
    }
  }
  const missing = Array.from({ length: count }, (_, n) => n).filter((n) => !seen.has(n));
  assertEquals(missing, []);
  const repeated = [...seen.values()].reduce((sum, times) => sum + times - 1, 0);
  if (sink === "--output") {
    assertEquals({ repeated, torn }, { repeated: 0, torn: [] });
  } else {
    assert(repeated <= kills * LIMIT, `${repeated} repeated by ${kills} kills`);
    assert(torn.length <= kills, `${torn.length} lines torn by ${kills} kills`);
  }
}

/** Starts the client and kills it shortly after one of its first requests. */
async function runUntilKilled(trial: Trial, args: string[]) {
  const { api, chance } = trial;
  addEvents(trial, BACKLOG);
  const victim = start(trial, args);
  const fatal = chance(7);
  const delay = chance(50) / 10;
  let requests = 0;
  api.fault = () => {
    // A random moment, in which the page is fetched, written or recorded.
    if (requests++ === fatal) setTimeout(() => kill(victim), delay);
    addEvents(trial, chance(3));
    return trial.failing && chance(10) === 0 ? randomFault(chance) : undefined;
  };
  const { code, signal, stdout } = await victim.output();
  api.fault = () => undefined;
  // Windows has no signals: there it is a process that ended without success.
  const killed = Deno.build.os === "windows" ? code !== 0 : signal === "SIGKILL";
  return { killed, stdout: decode(stdout) };
}

async function runToTheEnd(trial: Trial, args: string[]) {
  return finished(await start(trial, args).output());
}

function start({ sink, file }: Trial, args: string[]): Deno.ChildProcess {
  if (sink !== "redirected file") return client(args, { env: CREDENTIALS }).spawn();
  return new Deno.Command("/bin/sh", {
    args: ["-c", 'exec "$@" >>"$0"', file, ...commandLine(args)],
    clearEnv: true,
    env: environment(CREDENTIALS),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

function kill(victim: Deno.ChildProcess): void {
  try {
    victim.kill("SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

/** What a power loss does: of the page written last, only a part is on the disk. */
async function tear(file: string, chance: Chance): Promise<void> {
  const position = await Deno.readTextFile(file.replace(/events$/, "position")).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  });
  // It was killed before its first page.
  if (position === undefined) return;
  const { size } = await Deno.stat(file);
  const kept: number = JSON.parse(position).output.length;
  if (size > kept) await Deno.truncate(file, kept + chance(size - kept));
}

/** The same for the receipts: a line that the position does not have may be there in part. */
async function tearReceipts(folder: Folder, chance: Chance): Promise<void> {
  const path = folder.path("receipts");
  if (!await exists(path) || !await exists(folder.path("position"))) return;
  const { receipt } = await readPosition(folder.path("position"));
  const text = await Deno.readTextFile(path);
  const start = text.slice(0, -1).lastIndexOf("\n") + 1;
  const isSaved = text === "" || hash(text.slice(start, -1)) === receipt;
  if (!isSaved) await Deno.truncate(path, start + chance(text.length - start));
}

function addEvents({ api, chance }: Trial, count: number): void {
  for (let i = 0; i < count; i++) {
    const n = api.events.length;
    // Now and then more than a pipe holds, so that a write is cut in two.
    const padding = "x".repeat(chance(20) === 0 ? 70_000 : chance(300));
    api.events.push({ arrived: Date.now() - 1000, text: JSON.stringify({ n, padding }) });
  }
}

function randomFault(chance: Chance): Fault {
  const soon = { "retry-after": "0" };
  const status = [408, 425, 429, 500, 502, 503, 504][chance(7)]!;
  return [
    new Response("busy", { status, headers: soon }),
    new Response("<html>A proxy's own page</html>", { headers: { "content-type": "text/html" } }),
    new Response('{"logEvents":17}'),
    { bytes: "" },
    { bytes: "not HTTP at all\r\n\r\n" },
    { cut: 1 + chance(20) },
  ][chance(6)]!;
}
