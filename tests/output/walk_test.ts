/**
 * Does each file operation of a run survive a kill, a torn write and an error of the disk, whatever
 * happens to the file in between? SIEM_CLIENT_WALK=all goes through all of it, which takes minutes; else
 * a seed chooses a part.
 */

import { assert, assertEquals } from "@std/assert";
import { MAX_COMPRESS_END_MS } from "../../lib/base/files.ts";
import { SEED, seeded } from "../chance.ts";
import { isExecutable, temporaryFolder } from "../client.ts";
import { numbered, startFakeApi } from "../fake_api.ts";
import type { Action, Operation } from "./faulty_disk.ts";
import {
  judge,
  type LogFolder,
  logFolder,
  MAY_DOUBLE,
  type RotationName,
  ROTATIONS,
  type Run,
} from "./log_folder.ts";

const ALL = Deno.env.get("SIEM_CLIENT_WALK") === "all";
const LIMIT = ["--limit", "7"];

// The clock is not what is tested here.
const realSetTimeout = globalThis.setTimeout;
globalThis.setTimeout =
  ((callback: () => void, ms?: number) =>
    realSetTimeout(callback, ms === MAX_COMPRESS_END_MS ? 0 : ms)) as typeof setTimeout;

type Chance = ReturnType<typeof seeded>;
const chance = seeded(SEED);

/** Every day a part of the walk, and all of it where that is asked for. */
const isChosen = (oneOf = 60) => ALL || chance(oneOf) === 0;

interface Walk {
  readonly rotation: RotationName;
  /** Whether the walk is through the very first run. */
  readonly first: boolean;
  readonly faults: ReadonlyMap<number, Action>;
  readonly laterLimit?: number;
  /** What else happens between the run with faults and the next one. */
  readonly between?: (log: LogFolder) => Promise<void>;
  /** Whether a rotation follows the run with faults at once; else the next one does before. */
  readonly rotateAfter?: boolean;
  /** The run ends by a loss of power. The rotation comes before the run then, or in it. */
  readonly powerLoss?: { readonly chance: Chance; readonly rotateBefore: boolean };
}

/** A run of three pages with faults, a rotation, and runs that go on; then all is judged. */
async function walk(
  { rotation, first, faults, laterLimit = 7, between, rotateAfter = true, powerLoss }: Walk,
  what: string,
): Promise<Run> {
  let said = what;
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: first ? [] : numbered(5) });
  const log = logFolder(folder.path("here"), api, { withReceipts: true });
  const rotate = () => ROTATIONS[rotation](log);
  if (!first) assertEquals((await log.run(LIMIT)).code, 0);
  api.events.push(...numbered(21, api.events.length));
  // A rotation in the middle of the run needs the folder that there is only now.
  const bound = new Map([...faults].map(([at, action]) => [
    at,
    action.kind === "run" ? { ...action, what: rotate } : action,
  ]));
  if (powerLoss?.rotateBefore) rotate();
  const faulty = await log.run(LIMIT, bound);
  assert([undefined, 0, 6, 7].includes(faulty.code), `${what}: ${faulty.code} ${faulty.stderr}`);
  if (powerLoss === undefined) { if (rotateAfter) rotate(); }
  else said = `${what}; lost: ${log.power.lose(powerLoss.chance)}`;
  await between?.(log);
  const recovery = ["--limit", `${laterLimit}`];
  const { code, stderr } = await log.run(recovery);
  assertEquals(code, 0, `${what}: ${stderr}`);
  api.events.push(...numbered(3, api.events.length));
  rotate();
  assertEquals((await log.run(recovery)).code, 0);
  const mayDouble = MAY_DOUBLE.includes(rotation) || powerLoss !== undefined;
  judge(log, api, { mayDouble }, said);
  return faulty;
}

/** The operations of a run without faults. */
async function operations(first: boolean): Promise<readonly Operation[]> {
  const { operations } = await walk({ rotation: "nothing", first, faults: new Map() }, "no fault");
  return operations;
}

/** What may happen at an operation. */
function* actions({ name, changes }: Operation): Generator<[string, Action]> {
  if (changes) yield ["killed", { kind: "kill" }];
  if (name === "write") {
    yield ["torn after a byte", { kind: "tear", keep: () => 1 }];
    yield ["torn in the middle", { kind: "tear", keep: (length) => length >> 1 }];
    yield ["torn before the last byte", { kind: "tear", keep: (length) => length - 1 }];
    yield ["full", { kind: "fail", code: "ENOSPC", keep: 100 }];
  }
  if (changes) yield ["no room", { kind: "fail", code: "ENOSPC" }];
  yield ["broken", { kind: "fail", code: "EIO" }];
}

const ignore = isExecutable;

for (const rotation of Object.keys(ROTATIONS) as RotationName[]) {
  Deno.test({
    name:
      `every operation, killed, torn or refused, then ${rotation}: nothing lost or doubled (seed ${SEED})`,
    ignore,
    async fn() {
      for (const first of [true, false]) {
        for (const [at, operation] of (await operations(first)).entries()) {
          for (const [how, action] of actions(operation)) {
            if (!isChosen()) continue;
            const what =
              `operation ${at}, ${operation.name} ${operation.path}, ${how}, ${rotation}`;
            await walk({ rotation, first, faults: new Map([[at, action]]) }, what);
          }
        }
      }
    },
  });
}

for (const rotation of Object.keys(ROTATIONS) as RotationName[]) {
  Deno.test({
    name:
      `${rotation} just before every operation of a run: nothing lost or doubled (seed ${SEED})`,
    ignore,
    async fn() {
      for (const first of [true, false]) {
        const all = await operations(first);
        for (const [at, { name, path }] of all.entries()) {
          if (!isChosen()) continue;
          const during = [at, { kind: "run", what() {} }] as const;
          // All pairs would take hours.
          const later = all.keys()
            .filter((kill) => kill > at && all[kill]!.changes && chance(30) === 0);
          for (const kill of [undefined, ...later]) {
            const rotateAfter = chance(2) === 0;
            const what =
              `${rotation} before operation ${at}, ${name} ${path}; killed at ${kill}; then again: ${rotateAfter}`;
            const faults = new Map<number, Action>([during]);
            if (kill !== undefined) {
              faults.set(kill, {
                kind: "tear",
                keep: (length) => length >> 1,
              });
            }
            await walk({ rotation, first, faults, rotateAfter }, what);
          }
        }
      }
    },
  });
}

Deno.test({
  name:
    "a receipt that is compressed as soon as it is written stands there once, whatever is killed",
  ignore,
  async fn() {
    const rotation = "create and compress";
    const at = 1 +
      (await operations(false)).findIndex(({ name, path }) =>
        name === "syncData" && path.includes("/proof/")
      );
    const rotated = [at, { kind: "run", what() {} }] as const;
    const walkOn = (what: string, rotateAfter: boolean, ...killed: [number, Action][]) =>
      walk({ rotation, first: false, faults: new Map([rotated, ...killed]), rotateAfter }, what);
    const { operations: all } = await walkOn("no kill", true);
    const saved = all.findIndex(({ name }, i) => i > at && name === "rename");
    for (const [kill, { name, path, changes }] of all.slice(0, saved + 1).entries()) {
      if (kill <= at || !changes) continue;
      for (const rotateAfter of [false, true]) {
        const what = `killed at ${kill}, ${name} ${path}; then rotated again: ${rotateAfter}`;
        await walkOn(what, rotateAfter, [kill, { kind: "kill" }]);
      }
    }
  },
});

Deno.test({
  name: `cut off twice, with a rotation after each: nothing lost or doubled (seed ${SEED})`,
  ignore,
  async fn() {
    const inTheMiddle: Action = { kind: "tear", keep: (length) => length >> 1 };
    const isChange = ({ changes, path }: Operation) => changes && path.includes("/log/");
    for (const rotation of ["rename", "rename and create", "dated name"] as const) {
      for (const [at, operation] of (await operations(false)).entries()) {
        if (!isChange(operation)) continue;
        for (let again = 0, ended = false; !ended; again += ALL ? 1 : 1 + chance(90)) {
          const what = `cut off at ${at}, then at ${again}, ${rotation}`;
          const between = async (log: LogFolder) => {
            const { killed } = await log.run(LIMIT, new Map([[again, inTheMiddle]]));
            ended = !killed;
            ROTATIONS[rotation](log);
          };
          const faults = new Map([[at, inTheMiddle]]);
          await walk({ rotation, first: false, faults, between }, what);
        }
      }
    }
  },
});

for (const laterLimit of [3, 20]) {
  Deno.test({
    name:
      `every operation killed or torn, then pages of ${laterLimit} instead of 7: nothing doubled (seed ${SEED})`,
    ignore,
    async fn() {
      for (const rotation of ["nothing", "rename and create"] as const) {
        for (const [at, operation] of (await operations(false)).entries()) {
          for (const [how, action] of actions(operation)) {
            if (action.kind === "fail" || !isChosen(4)) continue;
            const what =
              `operation ${at}, ${operation.name}, ${how}, then ${laterLimit}, ${rotation}`;
            const faults = new Map([[at, action]]);
            await walk({ rotation, first: false, faults, laterLimit }, what);
          }
        }
      }
    },
  });
}

for (const rotation of ["nothing", "rename", "rename and create", "dated name"] as const) {
  Deno.test({
    name: `power is lost at every operation, ${rotation} before: nothing lost (seed ${SEED})`,
    ignore,
    async fn() {
      for (const first of [true, false]) {
        const { length } = await operations(first);
        // Also when all is done.
        for (let at = 0; at <= length; at++) {
          for (let trial = 0; trial < 12; trial++) {
            if (!isChosen() && !(trial === 0 && at === length)) continue;
            const faults = new Map<number, Action>([[at, { kind: "kill" }]]);
            const powerLoss = { chance, rotateBefore: true };
            const what = `killed at ${at} of ${length}, trial ${trial}, ${rotation}`;
            await walk({ rotation, first, faults, powerLoss }, what);
          }
        }
      }
    },
  });
}

Deno.test({
  name:
    "what a sync could not write is written again, for later syncs do not say that it is missing",
  ignore,
  async fn() {
    for (const rotation of ["nothing", "rename and create"] as const) {
      for (const [at, { name, path }] of (await operations(false)).entries()) {
        if (name !== "syncData") continue;
        await using folder = temporaryFolder();
        await using api = startFakeApi({ events: numbered(5) });
        const log = logFolder(folder.path("here"), api, { withReceipts: true });
        await log.run(LIMIT);
        api.events.push(...numbered(21, 5));
        const failing = new Map<number, Action>([[at, { kind: "fail", code: "EIO" }]]);
        const { code } = await log.run(LIMIT, failing);
        assertEquals(code, path.includes("/proof/") ? 7 : 6);
        ROTATIONS[rotation](log);
        assertEquals((await log.run(LIMIT)).code, 0);
        const gone = log.power.lose(chance);
        assertEquals((await log.run(LIMIT)).code, 0);
        judge(log, api, { mayDouble: true }, `sync ${at} failed, ${rotation}; lost: ${gone}`);
      }
    }
  },
});
