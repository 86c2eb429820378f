/** How long does a command take, and how much memory? Told by the clock and by GNU time. */

/** What one run took. */
export interface Taken {
  /** Seconds. */
  readonly wall: number;
  /** Seconds of processor time, of the command itself and not of what reads its pipe. */
  readonly cpu: number;
  /** The largest resident size, in MB. */
  readonly memory: number;
}

/** Where standard output goes. */
export type Sink = "pipe" | "file";

/** A command that takes part. */
export interface Contender {
  readonly name: string;
  readonly command: readonly string[];
  readonly sink: Sink;
}

const ENVIRONMENT = { NO_COLOR: "1", API_KEY: "bench-key", API_SECRET: "bench-secret" };

/** Runs every contender so many times, in turn, so that a slow moment hits all of them. */
export async function race(
  contenders: readonly Contender[],
  rounds: number,
): Promise<Map<string, Taken[]>> {
  const results = new Map(contenders.map(({ name }) => [name, [] as Taken[]]));
  // The first round fills caches and is not counted.
  for (let round = 0; round <= rounds; round++) {
    for (const contender of contenders) {
      const taken = await timed(contender);
      if (round > 0) results.get(contender.name)!.push(taken);
    }
  }
  return results;
}

/** Runs a contender once. Throws where it does not end with 0. */
export async function timed({ name, command, sink }: Contender): Promise<Taken> {
  const folder = await Deno.makeTempDir();
  try {
    const to = sink === "pipe" ? "| cat >/dev/null" : `>${folder}/out`;
    const script = `/usr/bin/time -q -o ${folder}/time -f '%U %S %M %x' "$@" ${to}`;
    const before = performance.now();
    const { stderr } = await new Deno.Command("/bin/sh", {
      args: ["-c", script, "sh", ...command.map((word) => word.replace("FOLDER", folder))],
      env: ENVIRONMENT,
    }).output();
    const wall = (performance.now() - before) / 1000;
    const report = await Deno.readTextFile(`${folder}/time`);
    const [user = NaN, system = NaN, memory = NaN, status] = report.split(" ").map(Number);
    if (status !== 0) throw new Error(`${name} failed: ${new TextDecoder().decode(stderr)}`);
    return { wall, cpu: user + system, memory: memory / 1000 };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The middle one of some numbers. */
export function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;
}
