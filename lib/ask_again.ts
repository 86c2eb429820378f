/** How is the service asked for what was pulled before? As whom, where, and what is written of it. */

import type { Environment } from "./base/environment.ts";
import { usageFailure } from "./base/errors.ts";
import { isSameFile } from "./base/files.ts";
import { quoted } from "./base/text.ts";
import { calling } from "./calling.ts";
import { instantAt } from "./base/time.ts";
import type { Options } from "./cli/options.ts";
import type { Refetch } from "./cli/verify_options.ts";
import { refuseOutput } from "./destination.ts";
import { isMade, timeOfToken } from "./events/token.ts";
import { createLayout } from "./formats/formats.ts";
import { fileOutput } from "./output/output_file.ts";
import { chainOf } from "./position/chain.ts";
import type { Position } from "./position/position.ts";
import type { Receipt } from "./position/receipt.ts";
import type { ReceiptFiles } from "./position/receipt_files.ts";
import type { Finding } from "./proof/findings.ts";
import { loadHashes } from "./base/hashes.ts";
import { refetch } from "./proof/refetch.ts";
import type { Window } from "./proof/written_files.ts";
import { checkStream } from "./receipts_stream.ts";
import type { Notes } from "./terminal/notes.ts";
import { endOnSignals } from "./terminal/signals.ts";
import { terminal } from "./terminal/terminal.ts";

/** What is asked for again, and what is known of it. */
export interface Asked {
  readonly receipts: ReceiptFiles;
  readonly window: Window;
  /** Whether the pulled files hold a page. */
  readonly isHeld: (page: Receipt) => boolean;
  readonly files: readonly string[];
  /** The position, where it is known. */
  readonly end: Position | undefined;
  readonly tell: (finding: Finding) => Promise<void>;
  readonly notes: Notes;
}

/** Asks the service again. Throws what `refetch` throws, and Failure (usage) where it is another service. */
export async function askAgain(
  { options, formats }: Refetch,
  { receipts, window, tell, notes, isHeld, files, end }: Asked,
  env: Environment,
): Promise<void> {
  const receipt = receipts.files.findLast(({ last }) => last !== undefined)?.last?.receipt;
  if (receipt === undefined) return;
  checkStream(options, receipt, "Cannot ask again: the receipts");
  const { credentials, output } = options;
  notes.addSecret(credentials);
  notes.waiting();
  await refuseOwnFiles(options, [...receipts.files.map(({ path }) => path), ...files]);
  const signal = endOnSignals(notes);
  const orgUrl = receipt.organisation ?? options.orgUrl;
  const layout = {
    screen: terminal(Deno.stdout, env),
    filters: [],
    stays: false,
    say: notes.say,
  };
  const layouts = await Promise.all(formats.map((format) => createLayout(format, layout)));
  const newHash = await loadHashes();
  const write = output === undefined ? undefined : async (bytes: Uint8Array) => {
    await (await fileOutput(output, undefined, notes)).write(bytes);
  };
  await calling(options, { notes, signal }, (service, asked) =>
    refetch({
      service,
      selection: { ...asked, orgUrl, until: undefined },
      layouts,
      lines: chainOf(receipts.files, () => {}),
      end,
      begun: begunOf(receipts),
      window,
      isHeld,
      files,
      newHash,
      tell,
      write,
    }));
}

/** The moment from which on the first run asked, where its cursor was made for one. */
function begunOf({ files }: ReceiptFiles): string | undefined {
  const from = files.find(({ first }) => first !== undefined)?.first?.receipt?.from ?? "";
  return isMade(from) ? instantAt(timeOfToken(from) ?? NaN)?.text : undefined;
}

/** No event goes into a file that is read here, or is kept for something else. */
async function refuseOwnFiles(options: Options, files: readonly string[]): Promise<void> {
  const { output } = options;
  const info = output && await Deno.stat(output).catch(() => undefined);
  if (!info) return;
  for (const file of files) {
    // One that was renamed meanwhile is missed when it is read.
    const read = await Deno.stat(file).catch(() => undefined);
    if (file !== output && !(read && isSameFile(read, info))) continue;
    throw usageFailure(`Cannot use --output ${quoted(output!)}: that file is read; name another`);
  }
  await refuseOutput(output!, options);
}
