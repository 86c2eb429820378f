/** What does a command line with --verify mean, and which make no sense? */

import { assertEquals, assertThrows } from "@std/assert";
import { Failure } from "../../lib/base/errors.ts";
import { parse } from "../../lib/cli/command_line.ts";

const NOW = Date.parse("2026-11-27T12:00:00Z");
const env = (name: string) =>
  name.startsWith("API_") && !name.endsWith("URL") ? "made-up" : undefined;

/** What a command line with --verify asks for. */
function verifying(...argv: readonly string[]) {
  const command = parse(["--verify", ...argv], env, NOW);
  if (command.kind !== "verify") throw new Error(command.kind);
  return command.options;
}

Deno.test("--verify takes receipts, pulled files, and no position that was not named", () => {
  const { again, refetch, ...options } = verifying("--receipts", "r", "a", "b.gz", "--since", "1d");
  assertEquals(options, {
    receipts: "r",
    files: ["a", "b.gz"],
    position: undefined,
    since: { ms: NOW - 86_400_000, text: "2026-11-26T12:00:00Z" },
    until: undefined,
    verbose: false,
  });
  assertEquals(refetch, undefined);
  assertEquals(
    again("2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z"),
    "siem-client --verify --refetch --receipts r --since 2026-11-20T00:00:00Z " +
      "--until 2026-11-21T00:00:00Z --output missing.jsonl a b.gz",
  );
});

Deno.test("names in the command that asks again are safe for a shell", () => {
  const { again } = verifying("--receipts", "my receipts", "--position", "p", "it's; rm -rf *");
  assertEquals(
    again("A", "B"),
    "siem-client --verify --refetch --receipts 'my receipts' --position p --since A --until B " +
      "--output missing.jsonl 'it'\\''s; rm -rf *'",
  );
});

Deno.test("the command that asks again asks the demonstration where that was asked", () => {
  const { again } = verifying("--receipts", "r", "--demo");
  assertEquals(
    again("A", "B"),
    "siem-client --verify --refetch --receipts r --demo --since A --until B " +
      "--output missing.jsonl",
  );
});

Deno.test("--refetch has credentials, a service, and the formats that may have been written", () => {
  const all = verifying("--receipts", "r", "--refetch", "--output", "missing").refetch!;
  assertEquals(all.formats, ["ndjson", "ecs", "ocsf"]);
  assertEquals([all.options.output, all.options.credentials.key], ["missing", "made-up"]);
  const one = verifying("--receipts", "r", "--refetch", "--format", "ecs").refetch!;
  assertEquals(one.formats, ["ecs"]);
});

Deno.test("what makes no sense with --verify is said", () => {
  const rows: [argv: string[], message: string][] = [
    [["--verify"], "Cannot use --verify without --receipts: they say what was pulled"],
    [["--refetch"], "Cannot use --refetch without --verify: it compares with the receipts"],
    [
      ["--verify", "--receipts", "r", "-c"],
      "Cannot use --verify with -c: it reads what is there, and pulls nothing",
    ],
    [
      ["--verify", "--receipts", "r", "--status"],
      "Cannot use --verify with --status: these are two questions",
    ],
    [
      ["--verify", "--receipts", "r", "--output", "o"],
      "Cannot use --output with --verify alone: only with --refetch is the service asked",
    ],
    [
      ["--verify", "--receipts", "r", "--refetch", "--format", "table"],
      'Cannot use --format "table" with --refetch: events are compared line by line; use ndjson, ' +
      "ecs, ocsf",
    ],
    [
      ["--verify", "--receipts", "r", "--since", "1h", "--until", "2h"],
      'Cannot use --since "1h": it is after --until',
    ],
  ];
  for (const [argv, message] of rows) {
    const { message: found } = assertThrows(() => parse(argv, env, NOW), Failure);
    assertEquals(found, message);
  }
});
