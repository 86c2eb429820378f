/** A folder into which the client writes, with what rotation does to it, and a judgement of what is in it. */

import { gunzipSync, gzipSync } from "node:zlib";
import { assertEquals } from "@std/assert";
import { createNotes } from "../../lib/terminal/notes.ts";
import type { main as Main } from "../../main.ts";
import { FORM, isExecutable } from "../client.ts";
import { CREDENTIALS, type FakeApi } from "../fake_api.ts";
import { type Action, type Trace, withFaults } from "./faulty_disk.ts";
import { assertChain, assertPages, chainIn } from "../position/receipts.ts";
import { exists, type Power, powerOf } from "./power.ts";

/** The form under test, as a function: it is called thousands of times. */
const { main }: { main: typeof Main } = isExecutable
  ? { main: () => Promise.reject(new Error("An executable cannot be called")) }
  : await import(FORM);

/** A run in this process. */
export interface Run extends Trace {
  /** Exit status; undefined where it was killed. */
  readonly code: number | undefined;
  readonly stderr: string;
}

/** Runs the client in this process, on the same folder again and again. */
export interface LogFolder {
  /** The file that `--output` names; a dated name changes. */
  output: string;
  /** Everything that was said so far. */
  said: string;
  readonly power: Power;
  /** The file of the receipts; undefined where there are none. */
  readonly receipts: string | undefined;
  run(args: readonly string[], faults?: ReadonlyMap<number, Action>): Promise<Run>;
  /** Holds that the receipts are the chain of the position, and tell of what is in the files. */
  judgeReceipts(what: string): void;
  /** Every line of our own in all files, the oldest file first; compressed ones too. */
  lines(): string[];
}

/**
 * Makes one as `folder`, with position and receipts elsewhere: a synced folder helps only what is in it.
 */
export function logFolder(
  folder: string,
  api: FakeApi,
  { withReceipts = false }: { withReceipts?: boolean } = {},
): LogFolder {
  for (const [name, value] of Object.entries(CREDENTIALS)) Deno.env.set(name, value);
  Deno.mkdirSync(`${folder}/log`, { recursive: true });
  const power = powerOf(["", "/log", "/proof", "/state"].map((name) => folder + name));
  power.created(`${folder}/log`);
  if (withReceipts) {
    Deno.mkdirSync(`${folder}/proof`);
    power.created(`${folder}/proof`);
  }
  const receipts = withReceipts ? `${folder}/proof/receipts` : undefined;
  power.allSynced();
  return {
    power,
    receipts,
    output: `${folder}/log/out`,
    said: "",
    async run(args, faults = new Map()) {
      let stderr = "";
      const queue = {
        write(text: string) {
          stderr += text;
          return Promise.resolve();
        },
        flush: () => Promise.resolve(),
      };
      let code: number | undefined;
      const all = ["-c", "--since", "1d", "--retries", "0"];
      if (!args.includes("--apiurl")) all.push("--apiurl", api.siemUrl);
      if (receipts !== undefined) all.push("--receipts", receipts);
      all.push("--position", `${folder}/state/position`, "--output", this.output, ...args);
      const trace = await withFaults(`${folder}/`, faults, power, async () => {
        code = await main(all, createNotes(queue));
      });
      this.said += stderr;
      return { ...trace, code, stderr };
    },
    judgeReceipts(what) {
      if (receipts === undefined) return;
      const { receipt } = JSON.parse(Deno.readTextFileSync(`${folder}/state/position`));
      try {
        const counting = assertChain(chainIn(`${folder}/proof`, "receipts"), receipt);
        assertPages(counting, `${folder}/log`);
      } catch (error) {
        throw new Error(`${what}: ${error}\n${this.said}`, { cause: error });
      }
    },
    lines() {
      const names = [...Deno.readDirSync(`${folder}/log`)].map(({ name }) => name).sort();
      return names.flatMap((name) => {
        const bytes = Deno.readFileSync(`${folder}/log/${name}`);
        const text = new TextDecoder().decode(name.endsWith(".gz") ? gunzipSync(bytes) : bytes);
        // A last line without an end is one too: a torn one, or one that an agent would wait for.
        return text.split("\n").slice(0, text.endsWith("\n") ? -1 : undefined);
      }).filter((line) => line !== "" && !line.startsWith(FOREIGN));
    },
  };
}

/** How lines begin that somebody else writes into the file. */
const FOREIGN = "somebody else";

/** What may happen to the file, apart from what the client does; without waiting, as another process does. */
export const ROTATIONS = {
  nothing() {},
  rename(log: LogFolder) {
    rotate(log, shift);
  },
  "rename and create"(log: LogFolder) {
    rotate(log, shift, create);
  },
  compress(log: LogFolder) {
    rotate(log, shift, compress);
  },
  "create and compress"(log: LogFolder) {
    rotate(log, shift, create, compress);
  },
  "dated name"(log: LogFolder) {
    const [, plain, number] = /^(.*?)(?:-day(\d+))?$/.exec(log.output)!;
    log.output = `${plain}-day${Number(number ?? 0) + 1}`;
  },
  "foreign lines"(log: LogFolder) {
    append(log, `${FOREIGN}\n`);
  },
  "a foreign line, torn"(log: LogFolder) {
    append(log, `${FOREIGN}, torn`);
  },
} as const;

export type RotationName = keyof typeof ROTATIONS;

/** Compressed or changed by others, the file does not tell any more what was written. */
export const MAY_DOUBLE: readonly RotationName[] = [
  "compress",
  "create and compress",
  "foreign lines",
  "a foreign line, torn",
];

function append({ output, power }: LogFolder, text: string): void {
  if (!exists(output)) return;
  Deno.writeTextFileSync(output, text, { append: true });
  power.synced(power.opened(output), output, Deno.statSync(output).size);
}

/** What is rotated: the output, or the receipts. */
type Rotated = Pick<LogFolder, "output" | "power">;

/** Does the same to the output and to the receipts. */
function rotate(
  { output, receipts, power }: LogFolder,
  ...steps: ((file: Rotated) => void)[]
): void {
  for (const step of steps) step({ output, power });
  if (receipts !== undefined) { for (const step of steps) step({ output: receipts, power }); }
}

function shift({ output, power }: Rotated): void {
  if (!exists(output)) return;
  const rename = (from: string, to: string) => {
    power.renamed(from, to);
    Deno.renameSync(from, to);
  };
  let last = 1;
  while (exists(`${output}.${last}`)) last++;
  for (; last > 1; last--) rename(`${output}.${last - 1}`, `${output}.${last}`);
  rename(output, `${output}.1`);
}

function create({ output, power }: Rotated): void {
  if (exists(output)) return;
  Deno.writeFileSync(output, new Uint8Array(), { mode: 0o640 });
  power.created(output);
}

function compress({ output, power }: Rotated): void {
  const plain = `${output}.1`;
  if (!exists(plain)) return;
  let number = 1;
  while (exists(`${plain}-${number}.gz`)) number++;
  const compressed = `${plain}-${number}.gz`;
  Deno.writeFileSync(compressed, gzipSync(Deno.readFileSync(plain)));
  power.created(compressed);
  power.removed(plain);
  Deno.removeSync(plain);
  // A program that compresses and removes without a sync loses what it was given.
  power.allSynced();
}

/** What is said where a page is written again and it may be there twice. */
const TWICE = /may (?:be|come) twice/g;

/**
 * Every event is there that was asked for. None is twice and no line is torn, unless that was said, and
 * `mayDouble` allows it to be said at all. `limit` is the largest page that can be twice then. Where
 * there are receipts, they hold.
 */
export function judge(
  log: LogFolder,
  api: FakeApi,
  { mayDouble, limit = 20, wanted = () => true }: {
    mayDouble: boolean;
    limit?: number;
    wanted?: (n: number) => boolean;
  },
  what: string,
): void {
  const seen = new Map<number, number>();
  const torn: string[] = [];
  for (const line of log.lines()) {
    try {
      const { n } = JSON.parse(line);
      seen.set(n, (seen.get(n) ?? 0) + 1);
    } catch {
      torn.push(line.slice(0, 60));
    }
  }
  const missing = api.events.flatMap((_, n) => seen.has(n) || !wanted(n) ? [] : [n]);
  const unwanted = [...seen.keys()].filter((n) => !wanted(n));
  const twice = [...seen].flatMap(([n, times]) => new Array<number>(times - 1).fill(n));
  const said = [...log.said.matchAll(TWICE)].length;
  const found = mayDouble && said > 0
    ? {
      ...NOTHING_WRONG,
      missing,
      unwanted,
      ...(twice.length > said * limit ? { twice } : {}),
      ...(torn.length > said ? { torn } : {}),
    }
    : { missing, unwanted, twice, torn, said };
  assertEquals(found, NOTHING_WRONG, `${what}\n${log.said}`);
  log.judgeReceipts(what);
}

const NOTHING_WRONG = { missing: [], unwanted: [], twice: [], torn: [], said: 0 };
