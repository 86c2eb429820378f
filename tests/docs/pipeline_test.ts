/**
 * From the service to the collector: the client, Debian's logrotate and Debian's rsyslog, with the
 * docs' own lines, through a kill, rotations and restarts. At the end each event is there once.
 */

import { assert, assertEquals } from "@std/assert";
import { available, client, type Folder, temporaryFolder } from "../client.ts";
import type { Change } from "./readme.ts";
import { canRunRsyslog, pathsIn, rotate, rsyslog, startCollector } from "./rsyslog.ts";
import { CREDENTIALS, type FakeApi, lines, numbered, startFakeApi } from "../fake_api.ts";
import { continuous, pull } from "../runs.ts";

const ignore = !await available("logrotate") || !await canRunRsyslog();
const LIMIT = 10;

const KEEP_ONE: Change = ["rotate 30", "rotate 1"];
const NUMBERED: Change = ["dateext", "nodateext"];
/** Dates, more than one a day. */
const AT_ONCE: Change = ["dateext", "dateext\n    dateformat -%s"];

const ROTATIONS: Readonly<Record<string, readonly [Change[], Change[], Change[]]>> = {
  "the docs' dates": [[], [AT_ONCE], [AT_ONCE, KEEP_ONE]],
  numbers: [[NUMBERED], [NUMBERED], [NUMBERED, KEEP_ONE]],
};

for (const [names, [first, ...others]] of Object.entries(ROTATIONS)) {
  Deno.test({
    name: `kills, rotations with ${names}, restarts of rsyslog: every event once`,
    ignore,
    async fn() {
      await using folder = temporaryFolder();
      await pathsIn(folder);
      await using api = startFakeApi({ events: numbered(25) });
      api.events.push(...awkward(25));
      await using collector = startCollector();
      await using daemon = await rsyslog(folder, collector.port);
      daemon.start();
      await deliver(api, folder);
      await collector.untilThereAre(api.events.length);

      // What the killed run wrote is renamed before rsyslog has seen any of it.
      await daemon.stop();
      const whole = await killAmidAPage(api, folder);
      await rotate(folder, ...first);
      daemon.start();
      await collector.untilThereAre(whole);
      // Completes the page in the renamed file, and goes on in the new one.
      await deliver(api, folder);
      await collector.untilThereAre(api.events.length);

      // The same while rsyslog looks on, and the last time with an old file removed.
      for (const changes of others) {
        await killAmidAPage(api, folder);
        await rotate(folder, ...changes);
        await deliver(api, folder);
        await collector.untilThereAre(api.events.length);
      }

      // An rsyslog that began a file anew would show it now.
      await daemon.stop();
      daemon.start();
      more(api, 1);
      await deliver(api, folder);
      await collector.untilThereAre(api.events.length);
      await daemon.stop();
      await collector.drained();
      judge(collector.lines, api);
    },
  });
}

Deno.test({
  name: "a collector that is down while rsyslog stops and starts gets every event once",
  ignore,
  async fn() {
    await using folder = temporaryFolder();
    const { file } = await pathsIn(folder);
    await using api = startFakeApi({ events: numbered(25) });
    const { port } = await closedCollector();
    await using daemon = await rsyslog(folder, port);
    await deliver(api, folder);
    for (const _ of [1, 2]) {
      const read = daemon.hasRead(file);
      daemon.start();
      await read;
      await daemon.stop();
    }
    await using collector = startCollector(port);
    daemon.start();
    await collector.untilThereAre(api.events.length);
    await daemon.stop();
    await collector.drained();
    judge(collector.lines, api);
  },
});

Deno.test({
  name: "copytruncate, which the docs warn of, has rsyslog send everything twice",
  ignore,
  async fn() {
    await using folder = temporaryFolder();
    await pathsIn(folder);
    await using api = startFakeApi({ events: numbered(25) });
    await using collector = startCollector();
    await using daemon = await rsyslog(folder, collector.port);
    daemon.start();
    await deliver(api, folder);
    await collector.untilThereAre(25);
    await rotate(folder, ["    create\n", "    copytruncate\n"]);
    await collector.until(() => collector.lines.length >= 50);
    assertEquals(
      [...collector.lines].sort(),
      lines([...api.events, ...api.events]).split("\n")
        .slice(0, -1).sort(),
    );
  },
});

/** Each event has come once, byte for byte as the service has it, and so it is JSON. */
function judge(came: readonly string[], api: FakeApi): void {
  const text = (line: string) => line.slice(0, 80);
  const times = Map.groupBy(came, (line) => line);
  const sent = new Set(api.events.map((event) => event.text));
  assertEquals({
    lost: [...sent].filter((event) => !times.has(event)).map(text),
    doubled: [...times].filter(([, all]) => all.length > 1).map(([line]) => text(line)),
    altered: came.filter((line) => !sent.has(line)).map(text),
  }, { lost: [], doubled: [], altered: [] });
  for (const line of came) JSON.parse(line);
}

/** Events that something on their way might cut, escape or round. */
function awkward(from: number) {
  const texts = [
    // More than the 8 KiB that rsyslog takes as it comes.
    JSON.stringify({ n: from, long: "ü€😀 ".repeat(20_000) }),
    `{"n":${from + 1},"id":9007199254740993,"x":1.0,"y":1e400,"a":1,"a":2}`,
    `{"n":${from + 2},"t":"\\u00e9\\n\\t\\u0000\\\\\\"\\/ #011 %msg% \u007f\u0085\u2028\ufeff"}`,
    `{"n":${from + 3},"t":"<13>Oct 11 22:14:15 host su: "}`,
  ];
  assert(new TextEncoder().encode(texts[0]).length > 200_000);
  return texts.map((text) => ({ arrived: Date.now() - 1000, text }));
}

function more(api: FakeApi, count: number): void {
  api.events.push(...numbered(count, api.events.length));
}

async function deliver(api: FakeApi, folder: Folder): Promise<void> {
  const finished = await pull(api, folder, ...into(folder));
  assertEquals(finished, { code: 0, stdout: "", stderr: "" });
}

function into(folder: Folder): string[] {
  return ["--limit", `${LIMIT}`, "--since", "1d", "--output", folder.path("log/cirrus.jsonl")];
}

/**
 * Kills a run after its second page, and puts as much of the third one into the file as a kill amid
 * its writing leaves, to within an event. Resolves with how many events are there as a whole.
 */
async function killAmidAPage(api: FakeApi, folder: Folder): Promise<number> {
  const done = api.events.length + 2 * LIMIT;
  more(api, 45);
  const [file, position] = [folder.path("log/cirrus.jsonl"), folder.path("position")];
  const before = await Deno.stat(file).then(({ size }) => size, () => 0);
  const bytes = (from: number, to: number) =>
    new TextEncoder().encode(lines(api.events.slice(from, to)));
  const saved = before + bytes(done - 2 * LIMIT, done).length;
  using changes = Deno.watchFs(folder.path("."));
  const victim = client(continuous(api, folder, ...into(folder)), { env: CREDENTIALS }).spawn();
  const ended = victim.output();
  let requests = 0;
  api.fault = async () => {
    if (++requests < 3) return undefined;
    // The third page is asked for while the second is written.
    for await (const _ of changes) {
      const text = await Deno.readTextFile(position);
      if (JSON.parse(text).output.length === saved) break;
    }
    victim.kill("SIGKILL");
    await ended;
    return undefined;
  };
  assertEquals((await ended).signal, "SIGKILL");
  api.fault = () => undefined;
  const part = bytes(done, done + LIMIT).subarray(0, 1500);
  assert(part.at(-1) !== "\n".charCodeAt(0));
  await Deno.writeFile(file, part, { append: true });
  return done + new TextDecoder().decode(part).split("\n").length - 1;
}

/** A port where nobody listens. */
async function closedCollector() {
  await using collector = startCollector();
  return { port: collector.port };
}
