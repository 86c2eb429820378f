/**
 * Which form of the client do the tests run, and on which system does that run?
 *
 * SIEM_CLIENT says it. It is a path: main.ts (which is tested without the variable), the bundle or an
 * executable. Before it may stand the Deno that runs a bundle, and before these a program that runs what is
 * for another system and is named after that, all separated by spaces:
 *
 *     SIEM_CLIENT="run/x86_64-pc-windows-msvc siem-client.exe"
 *     SIEM_CLIENT="run/x86_64-pc-windows-msvc deno.exe siem-client.js"
 */

import { fromFileUrl } from "@std/path/from-file-url";

/** The source form. */
const MAIN = fromFileUrl(new URL("../main.ts", import.meta.url));

const words = (Deno.env.get("SIEM_CLIENT") ?? MAIN).split(" ").map((path) =>
  Deno.realPathSync(path)
);

/** The file that is tested. */
export const FORM = words.pop()!;

/** Whether that runs without Deno. */
export const isExecutable = !/\.[jt]s$/.test(FORM);

/** The Deno that runs it. */
const DENO = isExecutable ? undefined : words.pop() ?? Deno.execPath();

/** The program that runs what is for another system. */
const [RUNNER] = words;

/** The target that the client runs on, which is not always the tests' own. */
export const TARGET = RUNNER === undefined ? Deno.build.target : RUNNER.split("/").pop()!;

/** Its system. */
export const SYSTEM = /windows/.test(TARGET) ? "windows" : Deno.build.os;

/** Whether the client runs in Wine, whose files are those of the tests' system. */
export const inWine = SYSTEM === "windows" && Deno.build.os !== "windows";

/** Where a path of a test begins: in a temporary folder, or beside this file. */
const OWN_PATH = inWine && new RegExp(
  `(?:${Deno.env.get("TMPDIR") ?? "/tmp"}/siem-client-test-|${
    fromFileUrl(new URL("..", import.meta.url))
  }).*`,
  "s",
);

/** The flags of the shebang of main.ts: one place says which there are. */
const SHEBANG = Deno.readTextFileSync(MAIN).split("\n")[0]!.split(" ").slice(3);

/** The command line of the client, to be run by something else, such as a shell. */
export function commandLine(args: readonly string[]): [string, ...string[]] {
  // The bundle has to do without what lies beside it.
  const config = FORM.endsWith(".js") ? ["--no-config", "--no-remote", "--no-npm"] : [];
  const deno = DENO === undefined ? [] : [DENO, ...SHEBANG, ...config];
  const line = [...deno, ...RUNNER && DENO ? [forClient(FORM)] : [FORM], ...args.map(forClient)];
  return (RUNNER === undefined ? line : [RUNNER, ...line]) as [string, ...string[]];
}

/** The command line of another program of the client's system. */
export function programLine(program: string, ...args: readonly string[]): [string, ...string[]] {
  const line = [program, ...args.map(forClient)];
  return (RUNNER === undefined ? line : [RUNNER, ...line]) as [string, ...string[]];
}

/** A text with the paths of tests in it as the client's system writes them. */
export function forClient(text: string): string {
  return OWN_PATH ? text.replace(OWN_PATH, (path) => `Z:${path.replaceAll("/", "\\")}`) : text;
}

/** What the client says to people, with the paths in it as the tests' system writes them. */
export function fromClient(text: string): string {
  return inWine
    ? text.replaceAll(/Z:(\\[^"\n]*)/g, (_, path: string) => path.replaceAll("\\", "/"))
    : text;
}

/**
 * What a test may need of the system that the client runs on, with the reason why that is not there:
 * first what Windows does not have, then what only Wine does not.
 */
const ABSENT = {
  modes: "Windows has no modes and no owners of files like these",
  signals: "Windows has no signals that another process may send",
  fifos: "Windows has no FIFOs, no /dev/full and no limit on the size of a file",
  links: "Windows makes links only for administrators, and Wine follows all of them",
  shebang: "Windows starts no script by its first line",
  redirection: "Wine tells a program nothing about a file that a Unix shell opened for it",
  terminal: "Wine draws a terminal of its own",
  births: "Wine gives the time of the last change for when a file was made",
  locks: "Wine's locks count among its own programs only",
  memory: "Wine takes more than a minute for a body of 64 MiB",
  stores: "the program that runs Wine takes certificates out of the environment",
} as const;

/** Of these, what Windows itself has. */
const WINE_ONLY: readonly string[] = [
  "births",
  "redirection",
  "terminal",
  "locks",
  "memory",
  "stores",
];

/** For a test of something that the client's system may lack: it is left out there. */
export function needs(...what: readonly (keyof typeof ABSENT)[]): { ignore: boolean } {
  return {
    ignore: what.some((one) => inWine || SYSTEM === "windows" && !WINE_ONLY.includes(one)),
  };
}
