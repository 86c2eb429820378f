/** The checks of docs/operate.md, run by a shell on a position of the client's own. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  available,
  commandLine,
  environment,
  type Folder,
  run,
  shell,
  temporaryFolder,
} from "../client.ts";
import { blocks, replaced, section } from "./readme.ts";

const PAGE = "docs/operate.md";
const ignore = Deno.build.os === "windows";

/** Runs one of the page's scripts with paths of a folder, and with the client that is tested. */
async function check(folder: Folder, heading: string, ...changes: [string, string][]) {
  const client = folder.path("siem-client");
  const words = commandLine([]).map((word) => `'${word}'`).join(" ");
  await Deno.writeTextFile(client, `#!/bin/sh\nexec ${words} "$@"\n`, { mode: 0o755 });
  const [script] = blocks(PAGE, heading, "sh");
  const here = replaced(
    script,
    ["/usr/local/bin/siem-client", client],
    ["/var/lib/siem-client/position", folder.path("position")],
    ...changes,
  );
  const { code, stdout, stderr } = await new Deno.Command("/bin/sh", {
    args: ["-c", here],
    clearEnv: true,
    env: environment(),
  }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

async function follow(folder: Folder): Promise<void> {
  const args = ["--demo", "-c", "--since", "1m", "--position", folder.path("position")];
  assertEquals((await run(args)).code, 0);
}

Deno.test({
  name: "the check for Nagios: OK, too far behind, and not known",
  ignore,
  async fn() {
    await using folder = temporaryFolder();
    const heading = "### Nagios, Icinga and the like";
    const missing = await check(folder, heading);
    assertEquals(missing.code, 2);
    assertStringIncludes(missing.stdout, '"found":false');
    await follow(folder);
    const fresh = await check(folder, heading);
    assertEquals([fresh.code, fresh.stderr], [0, ""]);
    assertStringIncludes(fresh.stdout, '"caughtUp":true');
    await Deno.writeTextFile(folder.path("position"), "no position");
    const damaged = await check(folder, heading);
    assertEquals([damaged.code, damaged.stderr], [3, ""]);
    assertMatch(damaged.stdout, /^siem-client: /);
  },
});

Deno.test({
  name: "the check for Prometheus: figures with and without a position, as promtool reads them",
  ignore,
  async fn() {
    await using folder = temporaryFolder();
    const out = folder.path("siem-client.prom");
    const figures = async () => {
      const result = await check(
        folder,
        "### Prometheus",
        ["/var/lib/prometheus/node-exporter/siem-client.prom", out],
      );
      assertEquals(result, { code: 0, stdout: "", stderr: "" });
      if (await available("promtool")) {
        const checked = await shell(`promtool check metrics <'${out}'`);
        assertEquals(checked, { code: 0, stdout: "", stderr: "" });
      }
      return samplesOf(await Deno.readTextFile(out), folder.path("position"));
    };
    assertEquals(await figures(), { position_found: 0, lag_seconds: Infinity });
    await follow(folder);
    const { saved, lastEvent } = JSON.parse(await Deno.readTextFile(folder.path("position")));
    const secondsOf = (time: string) => Math.round(Date.parse(time) / 1000);
    const { lag_seconds, retention_left_seconds, ...moments } = await figures();
    assert(lag_seconds! >= 0 && lag_seconds! < 600, `${lag_seconds}`);
    assert(retention_left_seconds! > 89 * 86_400, `${retention_left_seconds}`);
    assertEquals(moments, {
      position_found: 1,
      caught_up: 1,
      last_success_timestamp_seconds: secondsOf(saved),
      reached_timestamp_seconds: secondsOf(saved),
      last_event_timestamp_seconds: secondsOf(lastEvent),
    });
    assertEquals(Object.keys(await figures()).sort(), gaugesInTable());
  },
});

/** Names without what all begin with, and values; every sample is about this position. */
function samplesOf(text: string, position: string): Record<string, number> {
  const samples = text.trimEnd().split("\n").filter((line) => !line.startsWith("#"));
  return Object.fromEntries(samples.map((line) => {
    const [, name, label, value] = /^siem_client_(\w+)\{position="(.*)"\} (\S+)$/.exec(line)!;
    assertEquals(label, position);
    return [name, value === "+Inf" ? Infinity : Number(value)];
  }));
}

/** The gauges in the page's table. */
function gaugesInTable(): string[] {
  return [...section(PAGE, "### Prometheus").matchAll(/^\| `siem_client_(\w+)` +\|/gm)]
    .map(([, name]) => name!).sort();
}

Deno.test("the docs explain every field of --status", async () => {
  await using folder = temporaryFolder();
  const args = ["--position", folder.path("position"), "--receipts", folder.path("receipts")];
  const { stdout } = await run(["--status", ...args]);
  const table = fieldsInTable();
  assertEquals(Object.keys(JSON.parse(stdout)), table);
});

/** The fields in the order of the page's first table. */
function fieldsInTable(): string[] {
  return [...section(PAGE, "## Is it up to date? `--status`").matchAll(/^\| `(\w+)` +\|/gm)]
    .map(([, field]) => field!);
}
