/**
 * Does each file operation of a run survive a kill, a torn write and an error of the disk, whatever
 * happens to the file in between? All of them are gone through. SIEM_CLIENT_WALK=all goes through all
 * errors with all rotations, too.
 */

import { assert, assertEquals } from "@std/assert";
import { MAX_COMPRESS_END_MS } from "../../lib/base/files.ts";
import { isExecutable, temporaryFolder } from "../client.ts";
import { numbered, startFakeApi } from "../fake_api.ts";
import type { Action, Operation } from "./faulty_disk.ts";
import { judge, type LogFolder, logFolder, ROTATIONS, type Run } from "./log_folder.ts";

const ALL = Deno.env.get("SIEM_CLIENT_WALK") === "all";
const LIMIT = ["--limit", "7"];

// The clock is not what is tested here.
const realSetTimeout = globalThis.setTimeout;
globalThis.setTimeout =
  ((callback: () => void, ms?: number) =>
    realSetTimeout(callback, ms === MAX_COMPRESS_END_MS ? 0 : ms)) as typeof setTimeout;

type RotationName = keyof typeof ROTATIONS;

/** Compressed or changed by others, the file does not tell any more what was written. */
const MAY_DOUBLE: readonly RotationName[] = [
  "compress",
  "create and compress",
  "foreign lines",
  "a foreign line, torn",
];

interface Walk {
  readonly rotation: RotationName;
  /** Whether the walk is through the very first run. */
  readonly first: boolean;
  readonly faults: ReadonlyMap<number, Action>;
  readonly laterLimit?: number;
  /** What else happens between the run with faults and the next one. */
  readonly between?: (log: LogFolder) => Promise<void>;
}

/** A run of three pages with faults, a rotation, and runs that go on; then all is judged. */
async function walk(
  { rotation, first, faults, laterLimit = 7, between }: Walk,
  what: string,
): Promise<Run> {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: first ? [] : numbered(5) });
  const log = logFolder(folder.path("."), api);
  const rotate = () => ROTATIONS[rotation](log);
  if (!first) assertEquals((await log.run(LIMIT)).code, 0);
  api.events.push(...numbered(21, api.events.length));
  // A rotation in the middle of the run needs the folder that there is only now.
  const bound = new Map([...faults].map(([at, action]) => [
    at,
    action.kind === "run" ? { ...action, what: rotate } : action,
  ]));
  const faulty = await log.run(LIMIT, bound);
  assert([undefined, 0, 6, 7].includes(faulty.code), `${what}: ${faulty.code} ${faulty.stderr}`);
  rotate();
  await between?.(log);
  const recovery = ["--limit", `${laterLimit}`];
  const { code, stderr } = await log.run(recovery);
  assertEquals(code, 0, `${what}: ${stderr}`);
  api.events.push(...numbered(3, api.events.length));
  rotate();
  assertEquals((await log.run(recovery)).code, 0);
  judge(log, api, MAY_DOUBLE.includes(rotation), what);
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
    name: `every operation, killed, torn or refused, then ${rotation}: nothing lost or doubled`,
    ignore,
    async fn() {
      for (const first of [true, false]) {
        for (const [at, operation] of (await operations(first)).entries()) {
          for (const [how, action] of actions(operation)) {
            if (!ALL && action.kind === "fail" && rotation !== "nothing") continue;
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
    name: `${rotation} just before every operation of a run: nothing lost or doubled`,
    ignore,
    async fn() {
      for (const first of [true, false]) {
        const all = await operations(first);
        for (const [at, { name, path }] of all.entries()) {
          const during = [at, { kind: "run", what() {} }] as const;
          // All pairs are too many for every day.
          const later = ALL ? all.keys().filter((kill) => kill > at && all[kill]!.changes) : [];
          for (const kill of [undefined, ...later]) {
            const what = `${rotation} before operation ${at}, ${name} ${path}; killed at ${kill}`;
            const faults = new Map<number, Action>([during]);
            if (kill !== undefined) {
              faults.set(kill, {
                kind: "tear",
                keep: (length) => length >> 1,
              });
            }
            await walk({ rotation, first, faults }, what);
          }
        }
      }
    },
  });
}

Deno.test({
  name: "cut off twice, with a rotation after each: nothing lost or doubled",
  ignore,
  async fn() {
    const inTheMiddle: Action = { kind: "tear", keep: (length) => length >> 1 };
    const isChange = ({ changes, path }: Operation) => changes && path.includes("/log/");
    for (const rotation of ["rename", "rename and create", "dated name"] as const) {
      for (const [at, operation] of (await operations(false)).entries()) {
        if (!isChange(operation)) continue;
        for (let again = 0, ended = false; !ended; again++) {
          const what = `cut off at ${at}, then at ${again}, ${rotation}`;
          const between = async (log: LogFolder) => {
            const { operations, killed } = await log.run(LIMIT, new Map([[again, inTheMiddle]]));
            ended = !killed;
            // Only where it makes a difference.
            if (!ended) { while (!ALL && operations[again + 1]?.changes === false) again++; }
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
      `every operation killed or torn, then pages of ${laterLimit} instead of 7: nothing doubled`,
    ignore,
    async fn() {
      for (const rotation of ["nothing", "rename and create"] as const) {
        for (const [at, operation] of (await operations(false)).entries()) {
          for (const [how, action] of actions(operation)) {
            if (action.kind === "fail") continue;
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
