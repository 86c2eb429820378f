/** Is anything missing? Reads receipts and pulled files, calls nobody, and tells. */

import type { Environment } from "./base/environment.ts";
import { EXIT, Failure } from "./base/errors.ts";
import type { VerifyOptions } from "./cli/verify_options.ts";
import { ReaderGone } from "./output/output.ts";
import { standardOutput } from "./output/standard_output.ts";
import { readPosition } from "./position/position_file.ts";
import { chainOf } from "./position/chain.ts";
import { type ReceiptFiles, receiptFiles } from "./position/receipt_files.ts";
import { notReceipts } from "./position/receipt_kind.ts";
import type { Receipt } from "./position/receipt.ts";
import type { Position } from "./position/position.ts";
import { refuseKeptFiles } from "./position/same_file.ts";
import { checkChain } from "./proof/chain_check.ts";
import type { KnownEnd } from "./proof/head_check.ts";
import type { Finding } from "./proof/findings.ts";
import { checkPages, type PageCheck } from "./proof/page_check.ts";
import { loadHashes } from "./base/hashes.ts";
import { assignFiles, collectFiles, type Window } from "./proof/written_files.ts";
import { createReport } from "./proof/report.ts";
import type { Notes } from "./terminal/notes.ts";
import { terminal } from "./terminal/terminal.ts";
import { quoted } from "./base/text.ts";

/**
 * Checks the chain of receipts, and the pulled files where some are named. Returns the exit status: 1
 * where something is missing or altered. Throws Failure where something cannot be read.
 */
export async function verify(
  options: VerifyOptions,
  env: Environment,
  notes: Notes,
): Promise<number> {
  const { since, until, files } = options;
  const window = { since: since.ms, until: until?.ms ?? Infinity };
  startNotes(options, env, notes);
  const isForPeople = Deno.stdout.isTerminal();
  const write = writer(standardOutput(), notes);
  const { receipts, end } = await foundOf(options);
  await refuseOwnFiles(options, receipts);
  const query = end?.after.query;
  const report = createReport({
    write,
    isForPeople,
    hide: notes.hide,
    again: (from, to) => options.again(from, to, query),
    isQueryKnown: query !== undefined || (options.refetch?.options.filters.length ?? 0) > 0,
    ...window,
  });
  const collected = collectFiles(window);
  const totals = await checkChain(options.receipts, receipts, end, report.add, collected.see);
  /** The pages that the files do not hold. */
  const missed = new Set<string>();
  const check = { receipts, window, tell: report.add, notes, missed };
  const pages = files.length === 0 ? undefined : await checkFiles(files, collected.files, check);
  if (options.refetch !== undefined) {
    const { askAgain } = await import("./ask_again.ts");
    const isHeld = (page: Receipt) => !missed.has(keyOf(page));
    await askAgain(options.refetch, { ...check, isHeld, files, end: end?.after }, env);
  }
  await report.end({
    ...totals,
    end: end === undefined ? "not checked" : "checked",
    files: pages === undefined ? "not checked" : "checked",
    pagesInFiles: pages?.pagesInFiles ?? null,
    pagesFound: pages?.pagesFound ?? null,
    bytesBeyond: pages?.bytesBeyond ?? null,
  });
  notes.end();
  return report.faults() === 0 ? EXIT.done : EXIT.bug;
}

function startNotes({ verbose }: VerifyOptions, env: Environment, notes: Notes): void {
  const { isTerminal, columns } = terminal(Deno.stderr, env);
  const live = isTerminal ? { columns, amongEvents: Deno.stdout.isTerminal() } : undefined;
  notes.start({ verbose, live });
}

/** Throws Failure (usage) where findings would go into a file that is read here. */
async function refuseOwnFiles(
  { position, files, refetch }: VerifyOptions,
  receipts: ReceiptFiles,
): Promise<void> {
  const verified = [...receipts.files.map(({ path }) => path), ...files];
  const kept = { position, credentials: refetch?.options.credentialsFile, verified };
  await refuseKeptFiles(undefined, kept);
}

/** The receipts, and the position as it was before and after they were found. Throws Failure (position). */
async function foundOf(
  { receipts: path, position }: VerifyOptions,
): Promise<{ receipts: ReceiptFiles; end: KnownEnd | undefined }> {
  const before = await positionOf(position);
  const receipts = await receiptFiles(path);
  const after = await positionOf(position);
  if (receipts.files.length === 0) {
    const why = "no such receipts are there";
    const remedy = `a run with -c --receipts ${quoted(path)} writes them`;
    throw new Failure("position", `Cannot verify ${quoted(path)}: ${why}; ${remedy}`);
  }
  const named = receipts.files.find((file) => file.path === path);
  const why = named && await notReceipts(named);
  if (why !== undefined) throw new Failure("position", `Cannot verify ${quoted(path)}: ${why}`);
  return { receipts, end: before && after && { path: position!, before, after } };
}

/** What the parts of a check need. */
interface Check {
  readonly receipts: ReceiptFiles;
  readonly window: Window;
  readonly tell: (finding: Finding) => Promise<void>;
  readonly notes: Notes;
  readonly missed: Set<string>;
}

/** Compares pulled files with the receipts, which are read once more for that. */
async function checkFiles(
  paths: readonly string[],
  written: ReturnType<typeof collectFiles>["files"],
  { receipts, window, tell, notes, missed }: Check,
): Promise<PageCheck> {
  const newHash = await loadHashes();
  const unknown = await assignFiles(paths, written, newHash);
  return await checkPages({
    // What is wrong with the receipts was told when they were read first.
    lines: chainOf(receipts.files, () => {}),
    written,
    unknown,
    window,
    newHash,
    tell,
    see(page, fault) {
      if (fault === undefined) notes.delivered(page.events, Date.parse(page.last ?? ""));
      else missed.add(keyOf(page));
    },
    reading: (path) => notes.waiting(`reading ${quoted(path)}`),
  });
}

/** What tells one page of a stream from another. */
function keyOf({ from, skip }: Receipt): string {
  return `${from} ${skip}`;
}

/** Writes a text to standard output, out of the way of the live line. A reader that has gone is no failure. */
function writer(output: ReturnType<typeof standardOutput>, notes: Notes) {
  return async (text: string) => {
    await notes.beforeWriting();
    try {
      await output.write(new TextEncoder().encode(text));
    } catch (error) {
      if (!(error instanceof ReaderGone)) throw error;
    }
  };
}

/** The position in a file; undefined where none was named. Throws Failure (position). */
async function positionOf(path: string | undefined): Promise<Position | undefined> {
  if (path === undefined) return undefined;
  const { saved } = await readPosition(path);
  if (saved !== undefined) return saved;
  const why = "there is none; leave --position out to check the receipts alone";
  throw new Failure("position", `Cannot compare receipts with position ${quoted(path)}: ${why}`);
}
