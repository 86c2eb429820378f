/**
 * Runs, kills, errors of the disk and of the service, losses of power and rotations in any order, with
 * any options: is every event there, and none twice in silence? SIEM_CLIENT_SEQUENCES says how many
 * sequences are tried, SIEM_CLIENT_SEED from which one on.
 */

import { assert } from "@std/assert";
import { MAX_COMPRESS_END_MS } from "../../lib/base/files.ts";
import { SEED, seeded } from "../chance.ts";
import { isExecutable, temporaryFolder } from "../client.ts";
import { type FakeApi, numberedEvent, ORG_URL, startFakeApi } from "../fake_api.ts";
import type { Action } from "./faulty_disk.ts";
import {
  judge,
  type LogFolder,
  logFolder,
  MAY_DOUBLE,
  type RotationName,
  ROTATIONS,
} from "./log_folder.ts";

const SEQUENCES = Number(Deno.env.get("SIEM_CLIENT_SEQUENCES") ?? 20);

/** The last page of a lower limit can be shorter than what was delivered of it. */
const LIMITS = [3, 7, 20];

// The clock is not what is tested here.
const realSetTimeout = globalThis.setTimeout;
globalThis.setTimeout =
  ((callback: () => void, ms?: number) =>
    realSetTimeout(callback, ms === MAX_COMPRESS_END_MS ? 0 : ms)) as typeof setTimeout;

type Chance = ReturnType<typeof seeded>;

Deno.test({
  name: `${SEQUENCES} random sequences lose nothing and double nothing in silence (seed ${SEED})`,
  ignore: isExecutable,
  async fn() {
    for (let i = 0; i < SEQUENCES; i++) await sequence((SEED + i) % 2 ** 32);
  },
});

/** What is the same in all runs of a sequence. */
interface Sequence {
  readonly api: FakeApi;
  readonly log: LogFolder;
  readonly chance: Chance;
  /** Options that belong to the stream. */
  readonly stream: readonly string[];
  readonly rotations: readonly RotationName[];
  /** What was done, for whoever has to find out what went wrong. */
  readonly steps: string[];
  /** Whether anything happened after which a page may be there twice, if that is said. */
  mayDouble: boolean;
}

async function sequence(seed: number): Promise<void> {
  await using folder = temporaryFolder();
  await using api = startFakeApi();
  const chance = seeded(seed);
  const isLog = chance(2) === 0;
  const filtered = chance(4) === 0;
  const stream = isLog ? ["--apiurl", api.logUrl, "--orgurl", ORG_URL] : ["--apiurl", api.siemUrl];
  if (filtered) stream.push("--query", "user=user1@example.edu");
  const names = Object.keys(ROTATIONS) as RotationName[];
  const it: Sequence = {
    api,
    log: logFolder(folder.path("here"), api, { withReceipts: chance(2) === 0 }),
    chance,
    stream,
    // Some without what may double, so that exactly once is what is asked of most.
    rotations: chance(3) === 0 ? names : names.filter((name) => !MAY_DOUBLE.includes(name)),
    steps: [],
    mayDouble: false,
  };
  for (let step = 1 + chance(10); step > 0; step--) await oneStep(it);
  api.fault = () => undefined;
  await run(it, new Map(), true);
  const wanted = (n: number) => !filtered || n % 4 === 1;
  judge(it.log, api, { mayDouble: it.mayDouble, wanted }, `seed ${seed}\n${it.steps.join("\n")}`);
}

async function oneStep(it: Sequence): Promise<void> {
  const { api, chance, log, steps } = it;
  const more = chance(3) * chance(20);
  addEvents(api, more);
  steps.push(`${more} more events, now ${api.events.length}`);
  if (chance(2) === 0) rotate(it);
  api.fault = () => {
    if (chance(10) === 0) addEvents(api, chance(5));
    return chance(20) === 0 ? new Response("busy", { status: 503 }) : undefined;
  };
  const faults = new Map<number, Action>();
  for (let i = chance(3); i > 0; i--) faults.set(chance(120), anyAction(it));
  const killed = await run(it, faults, false);
  if (killed && chance(4) === 0) {
    it.mayDouble = true;
    steps.push(`no power: ${log.power.lose(chance)}`);
  } else if (chance(4) === 0) {
    log.power.allSynced();
  }
}

/** Runs once; returns whether it was killed. */
async function run(it: Sequence, faults: Map<number, Action>, last: boolean): Promise<boolean> {
  const { chance, log, stream, steps } = it;
  const limit = `${LIMITS[chance(LIMITS.length)]}`;
  const { code, stderr, operations, killed } = await log.run([...stream, "--limit", limit], faults);
  const what = [...faults].filter(([at]) => at < operations.length)
    .map(([at, { kind }]) => `${kind} at ${at} (${operations[at]!.name} ${operations[at]!.path})`);
  steps.push(`run with ${limit} to ${log.output}: ${code}; ${what.join(", ")} ${stderr}`);
  const expected = last ? [0] : [undefined, 0, 5, 6, 7];
  assert(expected.includes(code), steps.join("\n"));
  return killed;
}

function rotate(it: Sequence): void {
  const { rotations, chance, log, steps } = it;
  const rotation = rotations[chance(rotations.length)]!;
  ROTATIONS[rotation](log);
  steps.push(rotation);
  if (MAY_DOUBLE.includes(rotation)) it.mayDouble = true;
}

function anyAction(it: Sequence): Action {
  const { chance } = it;
  return [
    () => ({ kind: "kill" } as const),
    () => ({ kind: "tear", keep: (length: number) => chance(length + 1) } as const),
    () => ({ kind: "fail", code: "EIO" } as const),
    () => ({ kind: "fail", code: "ENOSPC", keep: chance(1000) } as const),
    () => ({ kind: "run", what: () => rotate(it) } as const),
    () => ({ kind: "run", what: () => rotate(it) } as const),
  ][chance(6)]!();
}

function addEvents(api: FakeApi, count: number): void {
  for (let i = 0; i < count; i++) {
    api.events.push(numberedEvent(api.events.length, Date.now() - 60_000 + api.events.length));
  }
}
