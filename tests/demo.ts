/** The main job, shown on made-up events: a short search, then two continuous runs. */

import { client, temporaryFolder } from "./client.ts";

await using folder = temporaryFolder();
const next = ["--demo", "-c", "--format", "ndjson", "--position", folder.path("position")];

await show("A search: what has happened in the last 45 seconds", ["--demo", "--since", "45s"]);
await show("A continuous run, one event per line: it begins two minutes ago", [
  ...next,
  "--since",
  "2m",
]);
await show("And the next one: only what is new since then, often nothing yet", next);

/** Says what comes, runs the client, and shows what it prints. */
async function show(what: string, args: string[]): Promise<void> {
  await Deno.stdout.write(
    new TextEncoder().encode(`\n# ${what}\n$ siem-client ${args.join(" ")}\n`),
  );
  const { success } = await client(args, {}, { stdout: "inherit", stderr: "inherit" }).output();
  if (!success) throw new Error("The run failed");
}
