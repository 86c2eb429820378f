/** What --status says of receipts. */

import { gzipSync } from "node:zlib";
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type Folder, run, temporaryFolder } from "../client.ts";
import { numbered, startFakeApi } from "../fake_api.ts";
import { fromClient } from "../form.ts";
import { pull } from "../runs.ts";
import { hash, linesOf } from "./receipts.ts";

async function statusOf(folder: Folder, form = "json"): Promise<string> {
  const args = ["--status", "--format", form, "--position", folder.path("position")];
  const finished = await run([...args, "--receipts", folder.path("receipts")]);
  assertEquals([finished.code, finished.stderr], [0, ""]);
  return finished.stdout;
}

async function receiptsIn(folder: Folder) {
  const { receipts, receiptsSince, receiptsHead, receiptsRefused } = JSON.parse(
    await statusOf(folder),
  );
  assertEquals(fromClient(receipts), folder.path("receipts"));
  return { receiptsSince, receiptsHead, receiptsRefused };
}

Deno.test("--status with --receipts says how far back they reach, and whether a run would go on", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(15) });
  const receipts = folder.path("receipts");
  const nothing = { receiptsSince: null, receiptsHead: null, receiptsRefused: null };
  assertEquals(await receiptsIn(folder), nothing);
  assertEquals((await pull(api, folder)).code, 0);
  assertEquals(await receiptsIn(folder), nothing);

  api.events.push(...numbered(15, 15));
  const keep = () => pull(api, folder, "--receipts", receipts);
  assertEquals((await keep()).code, 0);
  await Deno.rename(receipts, `${receipts}.1`);
  api.events.push(...numbered(5, 30));
  assertEquals((await keep()).code, 0);
  const stamp: string = JSON.parse(api.events[15]!.text).timeStampISO;
  const [last] = linesOf(receipts);
  assertEquals(await receiptsIn(folder), {
    receiptsSince: stamp.replace("+00:00", "Z"),
    receiptsHead: hash(last!.text),
    receiptsRefused: null,
  });
  const seconds = Date.parse(stamp) / 1000;
  const gauges = await statusOf(folder, "prometheus");
  assertMatch(
    gauges,
    new RegExp(`^siem_client_receipts_since_timestamp_seconds\\{.*\\} ${seconds}$`, "m"),
  );
  assertMatch(gauges, /^siem_client_receipts_fit\{.*\} 1$/m);

  const before = await Deno.readTextFile(receipts);
  await Deno.writeTextFile(receipts, before.replace('"events":5', '"events":4'));
  const { receiptsHead, receiptsRefused } = await receiptsIn(folder);
  assertEquals(receiptsHead, null);
  assertStringIncludes(receiptsRefused, "its last line is not the one that the position has");
  assertMatch(await statusOf(folder, "prometheus"), /^siem_client_receipts_fit\{.*\} 0$/m);
});

Deno.test("--status says how far receipts reach also where a file beside them is damaged", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(5) });
  const receipts = folder.path("receipts");
  assertEquals((await pull(api, folder, "--receipts", receipts)).code, 0);
  const whole = await receiptsIn(folder);
  const compressed = gzipSync(await Deno.readFile(receipts));
  await Deno.writeFile(`${receipts}.1.gz`, compressed.subarray(0, compressed.length / 2));
  assertEquals(await receiptsIn(folder), whole);
});

Deno.test("--status without --receipts says nothing of them", async () => {
  await using folder = temporaryFolder();
  const { stdout } = await run(["--status", "--position", folder.path("position")]);
  assertEquals(Object.keys(JSON.parse(stdout)).filter((name) => /receipt/.test(name)), []);
});
