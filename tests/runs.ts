/** Which runs against the fake service do most tests start, and what do these leave in a position? */

import { type Finished, type Folder, run } from "./client.ts";
import { CREDENTIALS, type FakeApi, ORG_URL } from "./fake_api.ts";

/**
 * A search at an address of the fake service: one event per line, a failed answer is not asked for
 * again, and on Log API v1 of one organisation; apart from what the arguments say themselves.
 */
export function search(apiUrl: string, args: readonly string[] = []): Promise<Finished> {
  return run(searchArguments(apiUrl, args), { env: CREDENTIALS });
}

/** A continuous run, otherwise like `search`. */
export function follow(
  apiUrl: string,
  position: string,
  args: readonly string[] = [],
): Promise<Finished> {
  return run(followArguments(apiUrl, position, args), { env: CREDENTIALS });
}

/** The command line of `follow`. */
export function followArguments(
  apiUrl: string,
  position: string,
  args: readonly string[] = [],
): string[] {
  return searchArguments(apiUrl, ["-c", "--position", position, ...args]);
}

function searchArguments(apiUrl: string, args: readonly string[]): string[] {
  const usual: [option: string, value: string][] = [
    ["--apiurl", apiUrl],
    ["--format", "ndjson"],
    ["--retries", "0"],
  ];
  if (apiUrl.endsWith("/logs/v1")) {
    usual.push(["--orgurl", ORG_URL]);
    // Nothing has to be found out about a start within the hour.
    if (!args.includes("--until")) usual.push(["--since", "1h"]);
  }
  return [...usual.flatMap((pair) => args.includes(pair[0]) ? [] : pair), ...args];
}

/** The command line of a search on Log API v1 for all that the usual events are. */
export function lastHour(api: FakeApi, ...more: readonly string[]): string[] {
  return ["--apiurl", api.logUrl, "--orgurl", ORG_URL, "--since", "1h", ...more];
}

/**
 * The command line of a continuous run on Log API v1 that keeps its position in a folder, with ten
 * events a page unless it says otherwise.
 */
export function continuous(api: FakeApi, folder: Folder, ...more: readonly string[]): string[] {
  const args = ["-c", "--apiurl", api.logUrl, "--orgurl", ORG_URL];
  if (!more.includes("--limit")) args.push("--limit", "10");
  if (!more.includes("--since")) args.push("--since", "1h");
  return [...args, "--position", folder.path("position"), ...more];
}

/** Such a run. */
export function pull(
  api: FakeApi,
  folder: Folder,
  ...more: readonly string[]
): Promise<Finished> {
  return run(continuous(api, folder, ...more), { env: CREDENTIALS });
}

/** What is in a position file. */
export async function readPosition(path: string) {
  return JSON.parse(await Deno.readTextFile(path));
}
