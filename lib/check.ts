/** Would a run succeed here? All that it needs is looked at, and nothing is changed. */

import type { Environment } from "./base/environment.ts";
import { EXIT, exitStatus, Failure } from "./base/errors.ts";
import { printable } from "./base/text.ts";
import { tryFile } from "./base/try_file.ts";
import { calling } from "./calling.ts";
import { checkService, type Finding, notYet } from "./check_service.ts";
import type { Options } from "./cli/options.ts";
import { keptFilesOf, refuseOutput } from "./destination.ts";
import { cannotWrite } from "./output/output.ts";
import { chainEnd, standingOf } from "./position/chain_end.ts";
import type { Position } from "./position/position.ts";
import { openPosition } from "./position/position_file.ts";
import { retryAtOf } from "./position/reached.ts";
import { cannotAppend } from "./position/receipt_writer.ts";
import {
  refuseKeptFiles,
  refuseSharedPosition,
  refuseSharedReceipts,
} from "./position/same_file.ts";
import { resume, streamIdOf } from "./resume.ts";
import type { SearchAgain } from "./search_again.ts";
import { APIS } from "./sources/apis.ts";
import type { Notes } from "./terminal/notes.ts";
import { endOnSignals } from "./terminal/signals.ts";
import { type Terminal, terminal } from "./terminal/terminal.ts";
import { wrapped } from "./terminal/wrap.ts";

/** A blip does not fail a check, and a check does not take long. */
const MAX_RETRIES = 1;

const NOT_YET_THERE = "is not there yet, and can be made";
const WIDTH = 12;
/** Where the text begins. */
const INDENT = 4 + 2 + WIDTH + 2;
const COLOURS: Partial<Record<Finding["mark"], number>> = { ok: 32, warn: 33, FAIL: 31 };

/**
 * Goes through what a run with these options needs: a line each, and the exit status of the first that
 * failed. Throws Failure (usage) where standard output goes into a file that is kept for something
 * else, or the signal's reason.
 */
export async function check(
  options: Options,
  env: Environment,
  notes: Notes,
): Promise<{ text: string; code: number }> {
  const { credentials, verbose } = options;
  notes.addSecret(credentials);
  notes.start({ verbose });
  const signal = endOnSignals(notes);
  await refuseKeptFiles(undefined, keptFilesOf(options));
  const { position, resumed } = await positionOf(options, signal);
  const { found: seen, again } = await searchOf(options, notes);
  const impatient = { ...options, retries: Math.min(MAX_RETRIES, options.retries) };
  const found = await calling(impatient, { notes, signal }, async (service, asked) => {
    if (resumed !== undefined) service.state.retryAt = retryAtOf(resumed, Date.now());
    const start = again?.start ?? (resumed && { at: resumed.cursor, since: resumed.since });
    const orgUrl = again?.orgUrl ?? asked.orgUrl;
    return await checkService({ ...asked, orgUrl }, { resumed, start }, service, env);
  });
  const findings = [
    ...found,
    position,
    await outputOf(options),
    seen ?? await receiptsOf(options, position, resumed),
  ];
  const screen = terminal(Deno.stdout, env);
  const lines = findings.map((finding) => lineOf(finding, screen, notes.hide));
  return {
    text: lines.join(""),
    code: findings.find(({ mark }) => mark === "FAIL")?.code ?? EXIT.done,
  };
}

/** What has to be known before the service is asked: where to go on. */
async function positionOf(
  options: Options,
  signal: AbortSignal,
): Promise<{ position: Finding; resumed?: Position | undefined }> {
  const { position: path, continuous } = options;
  if (!continuous) {
    return { position: { what: "position", mark: "-", text: "none: only -c keeps one" } };
  }
  let resumed: Position | undefined;
  const position = await looked("position", async () => {
    await refuseSharedPosition(keptFilesOf(options));
    await using file = await openPosition(path, signal, { isCheck: true });
    resumed = resume(file.found, options, streamIdOf(options), Date.now());
    const state = file.found.saved === undefined && file.found.published === undefined
      ? NOT_YET_THERE
      : "can be read and saved, and no run has it";
    return `"${path}" ${state}`;
  });
  return { position, resumed };
}

/** Where a search begins that names receipts, which is in them. */
async function searchOf(
  options: Options,
  notes: Notes,
): Promise<{ found?: Finding; again?: SearchAgain | undefined }> {
  const { receipts: path, continuous } = options;
  if (path === undefined || continuous) return {};
  let again: SearchAgain | undefined;
  const found = await looked("receipts", async () => {
    const { searchAgain } = await import("./search_again.ts");
    again = await searchAgain(path, options, { ...notes, say: notes.debug });
    return `"${path}" can be read, and a search can begin there`;
  });
  return { found, again };
}

async function outputOf(options: Options): Promise<Finding> {
  const { output: path } = options;
  if (path === undefined) return { what: "output", mark: "ok", text: "standard output" };
  return await looked("output", async () => {
    await refuseOutput(path, options);
    return await tried(path, cannotWrite);
  });
}

async function receiptsOf(
  options: Options,
  position: Finding,
  resumed: Position | undefined,
): Promise<Finding> {
  const what = "receipts";
  const { receipts: path, api } = options;
  if (path === undefined) return { what, mark: "-", text: "none: --receipts is not given" };
  if (position.mark === "FAIL") return { what, mark: "-", text: notYet("position") };
  return await looked(what, async () => {
    await refuseSharedReceipts(keptFilesOf(options));
    const text = await tried(path, cannotAppend);
    // Whether the chain in them goes on from the position.
    const first = { ...streamIdOf(options), cursor: APIS[api].start(options).at, saved: "" };
    await chainEnd(path, standingOf(resumed ?? first));
    return text;
  });
}

/** What a try at appending to a file says. Throws what `failure` makes of what the system says. */
async function tried(
  path: string,
  failure: (path: string, cause: unknown) => Failure,
): Promise<string> {
  const state = await tryFile(path).catch((error) => {
    throw failure(path, error);
  });
  return `"${path}" ${state === "new" ? NOT_YET_THERE : "can be written"}`;
}

/** What a look says, or why it failed. Throws what is no failure. */
async function looked(what: string, look: () => Promise<string>): Promise<Finding> {
  try {
    return { what, mark: "ok", text: await look() };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { what, mark: "FAIL", text: error.message, code: exitStatus(error) };
  }
}

/** A line; on a terminal in as many as it takes, since what to do about a failure stands at the end. */
function lineOf(
  { what, mark, text }: Finding,
  { isTerminal, colour, columns }: Terminal,
  hide: Notes["hide"],
): string {
  const ansi = colour ? COLOURS[mark] : undefined;
  const shown = ansi === undefined ? mark.padEnd(4) : `\x1b[${ansi}m${mark.padEnd(4)}\x1b[39m`;
  const safe = printable(hide(text));
  const room = columns() - INDENT - 1;
  const told = isTerminal && room > 20 ? wrapped(safe, room, `\n${" ".repeat(INDENT)}`) : safe;
  return `${shown}  ${what.padEnd(WIDTH)}  ${told}\n`;
}
