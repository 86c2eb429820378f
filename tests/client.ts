/** Runs the client as a person would: a process of its own, with its own environment and files. */

import { assertMatch, assertStringIncludes } from "@std/assert";
import { commandLine, forClient, fromClient } from "./form.ts";

export { commandLine, FORM, isExecutable } from "./form.ts";

/** What a finished run left. */
export interface Finished {
  /** Exit status as a shell shows it: 128 + n where a signal ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** The environment that every form needs to run at all, and nothing of the person's who tests. */
export function environment(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  const kept = ["PATH", "HOME", "DENO_DIR", "SystemRoot", "TEMP"].flatMap((name) => {
    const value = Deno.env.get(name);
    return value === undefined ? [] : [[name, value]];
  });
  const given = Object.entries(more).map(([name, value]) => [name, forClient(value)]);
  return {
    ...Object.fromEntries(kept),
    NO_COLOR: "1",
    DENO_NO_UPDATE_CHECK: "1",
    ...Object.fromEntries(given),
  };
}

/** The client, ready to be spawned. */
export function client(
  args: readonly string[],
  { env, cwd }: RunOptions = {},
  streams: Pick<Deno.CommandOptions, "stdin" | "stdout" | "stderr"> = {},
): Deno.Command {
  const [program, ...rest] = commandLine(args);
  return new Deno.Command(program, {
    args: rest,
    clearEnv: true,
    env: environment(env),
    ...(cwd === undefined ? {} : { cwd }),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    ...streams,
  });
}

/** Runs the client to its end. */
export async function run(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return finished(await client(args, options).output());
}

/** Runs a shell script in which `"$@"` is a command line, such as the client's. */
export async function shell(
  script: string,
  line: readonly string[] = [],
  env: Readonly<Record<string, string>> = environment(),
): Promise<Finished> {
  const command = new Deno.Command("/bin/sh", {
    args: ["-c", script, "sh", ...line],
    clearEnv: true,
    env,
    stdin: "null",
  });
  return finished(await command.output());
}

/** Runs the client inside a shell script, as `"$@"`. */
export function runInShell(
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Finished> {
  return shell(script, commandLine(args), environment(env));
}

/** Runs the client on a terminal of 80 columns, made by script(1). What it wrote comes as one text. */
export async function runOnTerminal(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number; text: string }> {
  const words = commandLine(args).map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  const command = new Deno.Command("script", {
    args: ["-qec", `stty cols 80 rows 24 -onlcr; exec ${words}`, "/dev/null"],
    clearEnv: true,
    env: { ...environment(env), TERM: "xterm", SHELL: "/bin/sh" },
    stdin: "null",
  });
  const { code, stdout } = await command.output();
  return { code, text: decode(stdout) };
}

/** What the client left, as text. */
export function finished({ code, stdout, stderr }: Deno.CommandOutput): Finished {
  return { code, stdout: decode(stdout), stderr: fromClient(decode(stderr)) };
}

export function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** Standard error holds one line, and that says all of these. */
export function assertSays(stderr: string, ...parts: readonly string[]): void {
  assertMatch(stderr, /^siem-client: [^\n]+\n$/);
  for (const part of parts) assertStringIncludes(stderr, part);
}

/** A folder of a test's own. */
export interface Folder extends AsyncDisposable {
  /** The path of what has this name in it. */
  path(name: string): string;
}

/** A folder that is gone after the test. */
export function temporaryFolder(): Folder {
  const folder = Deno.makeTempDirSync({ prefix: "siem-client-test-" });
  return {
    path: (name) => `${folder}/${name}`,
    [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }),
  };
}

/** Whether this machine has a program that a test needs. */
export async function available(program: string): Promise<boolean> {
  try {
    return (await shell(`command -v ${program}`)).code === 0;
  } catch {
    // Windows has no such shell.
    return false;
  }
}

/** Whether something is there. */
export async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** Whether these tests may give files away. */
export function isRoot(): boolean {
  const path = Deno.makeTempFileSync();
  const { uid } = Deno.statSync(path);
  Deno.removeSync(path);
  return uid === 0;
}

/** Reads a stream until some text has come; then `rest` reads on, and `drop` does without. */
export async function readUntil(stream: ReadableStream<Uint8Array>, sign: string) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let seen = "";
  while (!seen.includes(sign)) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`"${sign}" did not come, only: ${seen}`);
    seen += value;
  }
  return {
    async rest(): Promise<string> {
      for (let next = await reader.read(); !next.done; next = await reader.read()) {
        seen += next.value;
      }
      return seen;
    },
    drop: () => reader.cancel(),
  };
}

/** Waits until something is so, for a minute at most. */
export async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  const started = performance.now();
  while (!await isSo()) {
    if (performance.now() - started > 60_000) throw new Error("It did not come to that");
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
