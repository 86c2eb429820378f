/** What --status says to people, and in which form. The JSON is in duty_test.ts. */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { available, run, runOnTerminal, temporaryFolder } from "./client.ts";
import { numbered, startFakeApi } from "./fake_api.ts";
import { needs } from "./form.ts";
import { pull } from "./runs.ts";

const TERMINAL = { ignore: needs("terminal").ignore || !await available("script") };
const DAY_MS = 86_400_000;

/** A position of Log API v1, saved by a run that had caught up three minutes ago. */
function position(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    version: 2,
    api: "log",
    address: "https://api.cirrusidentity.com/logs/v1",
    organisation: "https://www.example.edu/",
    query: {},
    cursor: "1",
    saved: new Date(Date.now() - 190_000).toISOString(),
    caughtUp: true,
    lastEvent: "2026-11-01T18:00:07Z",
    ...changes,
  };
}

/** The lines of --status on a terminal, without what the path of the position does to the first. */
async function lines(
  saved: unknown,
  ...more: string[]
): Promise<{ code: number; lines: string[] }> {
  await using folder = temporaryFolder();
  const path = folder.path("position");
  if (saved !== undefined) {
    const text = typeof saved === "string" ? saved : JSON.stringify(saved);
    await Deno.writeTextFile(path, text, { mode: 0o600 });
  }
  const args = ["--status", "--position", path, ...more];
  const { code, text } = await runOnTerminal(args, { TZ: "Europe/Berlin" });
  const [first, ...rest] = text.trimEnd().split("\n");
  assertEquals(first, `Position    ${path}`);
  return { code, lines: rest };
}

Deno.test({
  name: "--status on a terminal is a few lines for people, in this host's zone",
  ...TERMINAL,
  async fn() {
    const { code, lines: said } = await lines(position());
    const saved = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d GMT\+[12], 3\.\d min ago`;
    assertEquals(code, 0);
    assertMatch(said[2]!, new RegExp(`^Delivered   all up to ${saved}$`));
    assertMatch(said[3]!, /^Last event {2}2026-11-01 19:00:07 GMT\+1, \d+\.\d (d|h|min) ago$/);
    assertMatch(said[4]!, new RegExp(`^Last saved  ${saved}; no events were left$`));
    assertMatch(said[5]!, /^Time left {3}(the service deletes the next events in|none: )/);
    assertEquals([said.length, said[0], said[1]], [
      6,
      "Stream      Log API v1, https://api.cirrusidentity.com/logs/v1",
      "            https://www.example.edu/",
    ]);
  },
});

Deno.test({
  name: "--status says to people what is not there, and what is too late",
  ...TERMINAL,
  async fn() {
    const missing = await lines(undefined, "--max-lag", "1h");
    assertEquals(missing, {
      code: 1,
      lines: [
        "            is not there: no run with -c has saved one yet, or the path is wrong",
        "TOO LATE    how far it is behind is not known; at most 1.0 h is asked for",
      ],
    });
    const published = await lines('https://h.example/logs?after=1; rel="next"');
    assertEquals(published, {
      code: 0,
      lines: ["            is of the published client, and does not say how far it is"],
    });
    const old = new Date(Date.now() - 100 * DAY_MS).toISOString();
    const late = await lines(
      position({ saved: old, lastEvent: old, caughtUp: false }),
      "--max-lag=2h",
    );
    assertEquals([late.code, late.lines.at(-1)], [
      1,
      "TOO LATE    100.0 d behind; at most 2.0 h is asked for",
    ]);
    assertStringIncludes(late.lines.at(-2)!, "none: the service may have deleted events");
    assertStringIncludes(late.lines.at(-3)!, "; events were left");
  },
});

Deno.test({
  name: "--status on a terminal shows nothing that controls it, and JSON where that is asked for",
  ...TERMINAL,
  async fn() {
    const hostile = position({
      organisation: "https://b.example/\x1b[2J\x9b5m\u202e",
      address: "a\u2028b",
    });
    const { lines: said } = await lines(hostile);
    assertEquals(said.slice(0, 2), [
      "Stream      Log API v1, a b",
      "            https://b.example/ [2J 5m ",
    ]);
    await using folder = temporaryFolder();
    const args = ["--status", "--format", "json", "--position", folder.path("position")];
    const { text } = await runOnTerminal(args);
    assertEquals(JSON.parse(text).found, false);
  },
});

Deno.test("--format prometheus: a run without new events moves the time of the last success", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ fault: () => ({ bytes: "" }) });
  const success = async () => {
    const args = ["--status", "--format", "prometheus", "--position", folder.path("position")];
    const { code, stdout, stderr } = await run(args);
    assertEquals([code, stderr], [0, ""]);
    return /last_success_timestamp_seconds\{[^}]*\} (\d+)$/m.exec(stdout)?.[1];
  };
  // A first run that fails has saved where it was to begin.
  assertEquals((await pull(api, folder, "--retries", "0")).code, 5);
  assertEquals(await success(), undefined);
  api.fault = () => undefined;
  api.events.push(...numbered(3));
  assertEquals((await pull(api, folder)).code, 0);
  const saved = async () => {
    const text = await Deno.readTextFile(folder.path("position"));
    return `${Math.round(Date.parse(JSON.parse(text).saved) / 1000)}`;
  };
  const first = await saved();
  assertEquals(await success(), first);
  assertEquals((await pull(api, folder)).stdout, "[]\n");
  assertEquals(await success(), await saved());
});

Deno.test("--format prometheus writes any path as a label, and is for --status alone", async () => {
  await using folder = temporaryFolder();
  const path = folder.path('a"b\\c');
  const { stdout } = await run(["--status", "--format", "prometheus", "--position", path]);
  const label = path.replaceAll("\\", "\\\\").replaceAll('"', '\\"');
  assertStringIncludes(stdout, `siem_client_position_found{position="${label}"} 0\n`);
  assertStringIncludes(stdout, `siem_client_lag_seconds{position="${label}"} +Inf\n`);
  const refused = await run(["--demo", "--format", "prometheus"]);
  assertEquals([refused.code, refused.stderr], [
    2,
    "siem-client: Cannot use --format prometheus without --status\n",
  ]);
});
