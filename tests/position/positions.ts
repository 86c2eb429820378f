/** What do the tests of positions have in common? */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { needs } from "../form.ts";
import { assertSays, type Finished, run, temporaryFolder } from "../client.ts";
import { CREDENTIALS, type FakeApi } from "../fake_api.ts";

/** Tests of what this system has no notion of. */
export const UNIX = needs("modes");

/** The command line of a continuous run whose answers are not asked for again. */
export function followArguments(
  api: FakeApi,
  position: string,
  args: readonly string[] = [],
  dialect: "siem" | "log" = "siem",
): string[] {
  const apiUrl = args.includes("--apiurl")
    ? []
    : ["--apiurl", dialect === "siem" ? api.siemUrl : api.logUrl];
  return ["-c", "--position", position, "--format", "ndjson", "--retries", "0", ...apiUrl, ...args];
}

export function follow(...parameters: Parameters<typeof followArguments>): Promise<Finished> {
  return run(followArguments(...parameters), { env: CREDENTIALS });
}

/** A position of the SIEM API, as this client saves it, apart from what a test changes. */
export function siemPosition(api: FakeApi, changes: {
  api?: "siem" | "log";
  address?: string;
  organisation?: string;
  cursor?: string;
}) {
  const usual = { version: 1, api: "siem", address: api.siemUrl, organisation: null };
  return { ...usual, cursor: "after=1", saved: "2024-05-01T00:00:00.000Z", ...changes };
}

/** The line of a position file. */
export function json(position: object): string {
  return `${JSON.stringify(position)}\n`;
}

/** What was saved, which has to be one line. */
export async function savedAt(path: string): Promise<Record<string, unknown> & { saved: string }> {
  const text = await Deno.readTextFile(path);
  const position = JSON.parse(text);
  assertEquals(text, json(position));
  return position;
}

/**
 * A run that finds this in its position file ends with 7 and one line that names the file and a way
 * out, prints nothing, and leaves the file as it was and nothing beside it. Returns that line.
 */
export async function assertRefused(
  api: FakeApi,
  name: string,
  content: string | Uint8Array,
  args: readonly string[] = [],
  prepare: (path: string) => Promise<void> = async () => {},
): Promise<string> {
  await using folder = temporaryFolder();
  const position = folder.path("position");
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  await Deno.writeFile(position, bytes, { mode: 0o600 });
  await prepare(position);
  const before = await Deno.lstat(position);
  const { code, stdout, stderr } = await follow(api, position, args);
  assertEquals([code, stdout], [7, ""], `${name}: ${stderr}`);
  assertSays(stderr, `"${position}"`);
  assertMatch(stderr, /remove |chmod |run as that user|another --position/);
  const after = await Deno.lstat(position);
  const unchanged = ({ ino, mode, uid, size }: Deno.FileInfo) => [ino, mode, uid, size];
  assertEquals(unchanged(after), unchanged(before), name);
  const now = await Deno.readFile(position);
  assert(now.every((byte, i) => byte === bytes[i]), name);
  assertEquals(namesIn(folder.path(".")), ["position"], name);
  return stderr;
}

export function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

export async function makeFifo(path: string): Promise<void> {
  const { success } = await new Deno.Command("mkfifo", { args: [path] }).output();
  assert(success, "mkfifo failed");
}
