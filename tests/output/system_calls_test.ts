/**
 * Does the client, as a process of its own and in each of its forms, survive a kill or an error at any
 * system call about its files? strace does it. SIEM_CLIENT_WALK=all goes through all of them; else a seed
 * chooses a few. (walk_test.ts has more kinds of trouble, but calls the client as a function.)
 */

import { assert, assertEquals } from "@std/assert";
import { SEED, seeded } from "../chance.ts";
import { available, type Finished, run, runInShell, temporaryFolder } from "../client.ts";
import { CREDENTIALS, type FakeApi, numbered, startFakeApi } from "../fake_api.ts";
import { judge, type LogFolder, logFolder, ROTATIONS } from "./log_folder.ts";

const ALL = Deno.env.get("SIEM_CLIENT_WALK") === "all";

/** What is done to which calls: a kill before it, or an error that it may give. */
const INJECTIONS = [
  ["write", "signal=KILL"],
  ["write", "error=ENOSPC"],
  ["fdatasync", "signal=KILL"],
  ["fdatasync", "error=EIO"],
  ["fsync", "signal=KILL"],
  ["fsync", "error=EIO"],
  ["rename", "signal=KILL"],
  ["rename", "error=EIO"],
  ["openat", "signal=KILL"],
  ["openat", "error=ENOSPC"],
] as const;

Deno.test({
  name: `a kill or an error at system calls loses and doubles nothing (seed ${SEED})`,
  ignore: !await available("strace"),
  async fn() {
    const chance = seeded(SEED);
    for (const [call, what] of INJECTIONS) {
      let number = ALL ? 0 : chance(12);
      let wasDone: boolean;
      do {
        const rotation = (["nothing", "rename", "rename and create"] as const)[chance(3)]!;
        wasDone = await trial(call, `${what}:when=${++number}`, rotation);
      } while (ALL && wasDone);
    }
  },
});

/** A run of three pages with trouble at one call; returns whether it came to that. */
async function trial(
  call: string,
  what: string,
  rotation: keyof typeof ROTATIONS,
): Promise<boolean> {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(5) });
  const log = logFolder(folder.path("here"), api);
  assertEquals(
    (await run(argumentsFor(folder.path("here"), log, api), { env: CREDENTIALS })).code,
    0,
  );
  api.events.push(...numbered(15, 5));
  const trace = folder.path("trace");
  const paths = ["log", "log/out", "state", "state/position", "state/position.new"]
    .map((name) => `-P '${folder.path(`here/${name}`)}'`).join(" ");
  const strace = `strace -f -qq -o '${trace}' ${paths} -e trace=${call} -e inject=${call}:${what}`;
  const args = argumentsFor(folder.path("here"), log, api);
  const troubled = await runInShell(`${strace} "$@"`, args, CREDENTIALS);
  const name = `${call} ${what}, ${rotation}: ${await Deno.readTextFile(trace)}`;
  assert([0, 6, 7, 137].includes(troubled.code), `${name} ${troubled.code} ${troubled.stderr}`);
  ROTATIONS[rotation](log);
  const last: Finished = await run(args, { env: CREDENTIALS });
  assertEquals(last.code, 0, `${name} ${last.stderr}`);
  log.said += troubled.stderr + last.stderr;
  judge(log, api, { mayDouble: false }, name);
  return /INJECTED|killed by SIGKILL/.test(await Deno.readTextFile(trace));
}

function argumentsFor(folder: string, { output }: LogFolder, api: FakeApi): string[] {
  const args = ["-c", "--apiurl", api.siemUrl, "--since", "1d", "--limit", "5"];
  return [...args, "--position", `${folder}/state/position`, "--output", output];
}
