/** What a client on duty needs: private credentials, staying, stopping in time, and telling how it is. */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { fromFileUrl } from "@std/path/from-file-url";
import { CallFailure } from "../lib/base/errors.ts";
import { DAY, HOUR } from "../lib/base/time.ts";
import { tokenAt } from "../lib/events/token.ts";
import { every } from "../lib/every.ts";
import { collectedNotes } from "./notes.ts";
import { assertSays, client, exists, readUntil, run, temporaryFolder } from "./client.ts";
import { forClient, needs } from "./form.ts";
import { CREDENTIALS, KEY, lines, numbered, ORG_URL, SECRET, startFakeApi } from "./fake_api.ts";
import { continuous, lastHour } from "./runs.ts";

const UNIX = needs("modes");
const DONE = { code: 0, stdout: "", stderr: "" };
const FILE = `# made by hand\nAPI_KEY=${KEY}\nAPI_SECRET="${SECRET}"\n`;

Deno.test("--credentials reads the key and the secret from a private file", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(2) });
  await Deno.writeTextFile(folder.path("credentials"), FILE, { mode: 0o600 });
  const args = ["--apiurl", api.logUrl, "--orgurl", ORG_URL, "--format", "ndjson"];
  const withFile = [...args, "--credentials", folder.path("credentials")];
  const done = { code: 0, stdout: lines(api.events), stderr: "" };
  assertEquals(await run(withFile, { env: { API_KEY: "other", API_SECRET: "other" } }), done);
  // As Notepad saves it.
  const windows = `\uFEFFAPI_KEY=${KEY}\r\nAPI_SECRET=${SECRET}\r\n`;
  await Deno.writeTextFile(folder.path("credentials"), windows);
  assertEquals(await run(withFile), done);
  const flags = ["--apikey", KEY, `--apisecret=${SECRET}`];
  await Deno.writeTextFile(folder.path("credentials"), "API_KEY=other\nAPI_SECRET=other\n");
  assertEquals(await run([...withFile, ...flags]), done);
});

Deno.test({
  ...UNIX,
  name: "a credentials file that is none, or not private, is refused before any request",
  async fn() {
    await using folder = temporaryFolder();
    await using api = startFakeApi();
    await Deno.mkdir(folder.path("directory"));
    const cases: [name: string, text: string, mode: number, says: string][] = [
      ["readable", FILE, 0o644, 'others can read it: chmod 600 "'],
      ["writable", FILE, 0o620, 'others can read it: chmod 600 "'],
      ["no key", `API_SECRET=${SECRET}\n`, 0o600, "no API_KEY= line in "],
      ["no secret", `API_KEY=${KEY}\nAPI_SECRET=\n`, 0o600, "no API_SECRET= line in "],
      ["empty", "", 0o600, "no API_KEY= line in "],
      ["huge", "#".repeat(100_000), 0o600, "it is too large to be one"],
    ];
    for (const [name, text, mode, says] of cases) {
      await Deno.writeTextFile(folder.path(name), text);
      await Deno.chmod(folder.path(name), mode);
      const { code, stdout, stderr } = await run(
        ["--apiurl", api.logUrl, "--credentials", folder.path(name)],
      );
      assertEquals([code, stdout], [2, ""], name);
      assertSays(stderr, folder.path(name), says);
      assert(!stderr.includes(SECRET));
    }
    for (const [name, says] of [["missing", "No such file"], ["directory", "not a plain file"]]) {
      const { code, stderr } = await run(["--credentials", folder.path(name!)]);
      assertEquals(code, 2);
      assertSays(stderr, folder.path(name!), says!);
    }
    assertEquals(api.requests.length, 0);
  },
});

/** A clock that jumps over every wait. */
function jumpingClock(start = Date.UTC(2026, 0, 1)) {
  const waits: number[] = [];
  let time = start;
  return {
    waits,
    timing: {
      now: () => time,
      random: () => 0.5,
      sleep(ms: number, signal: AbortSignal) {
        signal.throwIfAborted();
        waits.push(ms);
        time += ms;
        return Promise.resolve();
      },
    },
  };
}

Deno.test("every() goes on for thousands of rounds, and says only when things change", async () => {
  const { notes, said } = collectedNotes();
  const { timing, waits } = jumpingClock();
  const stop = new AbortController();
  let rounds = 0;
  const round = () => {
    rounds++;
    if (rounds === 10_000) stop.abort(new Error("stop"));
    const away = rounds >= 100 && rounds < 200 || rounds === 300;
    if (!away) return Promise.resolve();
    return Promise.reject(new CallFailure("unreachable", "It is away", { retryable: true }));
  };
  await assertRejects(
    () => every(300_000, round, { signal: stop.signal, notes, timing }),
    Error,
    "stop",
  );
  assertEquals(rounds, 10_000);
  const time = String.raw`20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ`;
  const away = `siem-client: It is away; trying again until it works \\(since ${time}\\)\n`;
  const back = (after: string) => `siem-client: Works again at ${time}, after ${after}\n`;
  // A hundred rounds of five minutes, then one.
  const expected = [away, back("8\\.3 h"), away, back("5\\.0 min")];
  assertMatch(said.join(""), new RegExp(`^${expected.join("")}$`));
  // The first wait leads to a multiple of the period, half of the largest jitter later.
  assertEquals(waits[0], 315_000);
  assertEquals(new Set(waits.slice(1)), new Set([300_000]));
});

Deno.test("every() ends with what no repetition heals", async () => {
  const { notes } = collectedNotes();
  const { timing } = jumpingClock();
  const { signal } = new AbortController();
  const refused = new CallFailure("refused", "Wrong secret", { retryable: false });
  await assertRejects(
    () => every(10_000, () => Promise.reject(refused), { signal, notes, timing }),
    CallFailure,
    "Wrong secret",
  );
});

Deno.test("every() needs no more memory after many real rounds than after few", async () => {
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--v8-flags=--expose-gc", "--allow-net", "--allow-read"].concat(
      ["--allow-write", "--allow-env", fromFileUrl(new URL("rounds.ts", import.meta.url)), "800"],
    ),
  }).output();
  const [few, many] = new TextDecoder().decode(stdout).split("\n").map(Number);
  assert(
    many! - few! < 800_000,
    `${few} bytes, then ${many}; ${new TextDecoder().decode(stderr)}`,
  );
});

Deno.test(
  "--every stays, delivers what comes, and a signal ends it",
  needs("signals"),
  async () => {
    await using folder = temporaryFolder();
    const second = Promise.withResolvers<void>();
    await using api = startFakeApi({
      events: numbered(3),
      fault(_, index) {
        if (index === 1) second.resolve();
        return undefined;
      },
    });
    const args = lastHour(api, "-c", "--every", "10s", "--format", "ndjson");
    const child = client([...args, "--position", folder.path("position")], {
      env: CREDENTIALS,
    }).spawn();
    const output = child.output();
    // At a multiple of ten seconds, so at most eleven from now.
    await second.promise;
    child.kill("SIGTERM");
    const { code, stdout, stderr } = await output;
    assertEquals(code, 143);
    assertEquals(new TextDecoder().decode(stdout), lines(api.events));
    assertEquals(new TextDecoder().decode(stderr), "siem-client: Ended by SIGTERM\n");
  },
);

Deno.test(
  "--every without -c shows what is new in each round, keeps no position, and a signal ends it",
  needs("signals"),
  async () => {
    await using folder = temporaryFolder();
    const args = ["--every", "10s", "--position", folder.path("position"), "--since", "1h"];
    await Promise.all(["ndjson", "table"].map(async (format) => {
      await using api = startFakeApi({
        events: numbered(5),
        fault(_, index) {
          if (index === 2) api.events.push(...numbered(2, 5));
          return undefined;
        },
      });
      const child = client([
        ...[...args, "--apiurl", api.siemUrl, "--limit", "4"],
        ...(format === "table" ? ["--format", format] : []),
      ], { env: CREDENTIALS }).spawn();
      const stderr = new Response(child.stderr).text();
      // The second round is at a multiple of ten seconds, so at most eleven from now.
      const output = await readUntil(child.stdout, format === "table" ? "c6" : '"n":6');
      child.kill("SIGINT");
      const text = await output.rest();
      assertEquals((await child.status).code, 130);
      assertEquals(await stderr, "siem-client: Ended by SIGINT\n");
      if (format === "ndjson") assertEquals(text, lines(api.events));
      else assertEquals(text.match(/\n/g)?.length, 1 + api.events.length);
    }));
    assertEquals(await exists(folder.path("position")), false);
  },
);

Deno.test(
  "--every --format logins shows what is still open when a signal ends it",
  needs("signals"),
  async () => {
    const second = Promise.withResolvers<void>();
    const event = { ...JSON.parse(numbered(1)[0]!.text), logType: "authentication" };
    const open = {
      ...event,
      logSubtype: "success",
      correlationId: "c",
      logData: { eppn: "amara" },
    };
    await using api = startFakeApi({
      events: [{ arrived: numbered(1)[0]!.arrived, text: JSON.stringify(open) }],
      fault(_, index) {
        if (index === 1) second.resolve();
        return undefined;
      },
    });
    const args = ["--every", "10s", "--format", "logins", "--since", "1h"];
    const child = client([...args, "--apiurl", api.siemUrl], { env: CREDENTIALS }).spawn();
    const output = child.output();
    // At a multiple of ten seconds, so at most eleven from now.
    await second.promise;
    child.kill("SIGINT");
    const { code, stdout, stderr } = await output;
    assertEquals(code, 130);
    assertMatch(new TextDecoder().decode(stdout), /^Time .*\n.*amara.*succeeded\n$/);
    assertEquals(new TextDecoder().decode(stderr), "siem-client: Ended by SIGINT\n");
  },
);

Deno.test("--budget stops at a page boundary, says how far behind, and the next run goes on", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(25) });
  const args = continuous(api, folder, "--output", folder.path("out"));
  const first = await run([...args, "--budget", "0s"], { env: CREDENTIALS });
  assertEquals([first.code, first.stdout], [0, ""]);
  assertMatch(
    first.stderr,
    /^siem-client: Stopped at \S+Z, \d+\.\d (min|s) behind, since the --budget is used up; the next run goes on\n$/,
  );
  assertEquals(await Deno.readTextFile(folder.path("out")), lines(api.events.slice(0, 10)));
  const { stdout } = await run(["--status", "--position", folder.path("position")]);
  assertEquals(JSON.parse(stdout).caughtUp, false);
  const rest = await run([...args, "--budget", "1h"], { env: CREDENTIALS });
  assertEquals(rest, { code: 0, stdout: "", stderr: "" });
  assertEquals(await Deno.readTextFile(folder.path("out")), lines(api.events));
});

const SAVED = {
  version: 1,
  api: "log",
  address: "https://api.cirrusidentity.com/logs/v1",
  organisation: ORG_URL,
  cursor: "1",
};

async function statusOf(position: Record<string, unknown> | undefined, ...more: string[]) {
  await using folder = temporaryFolder();
  const path = folder.path("position");
  if (position !== undefined) {
    await Deno.writeTextFile(path, JSON.stringify({ ...SAVED, ...position }), { mode: 0o600 });
  }
  const { code, stdout, stderr } = await run(["--status", "--position", path, ...more]);
  assertEquals(stderr, "");
  const { position: named, ...rest } = JSON.parse(stdout);
  assertEquals(named, forClient(path));
  const left: string[] = [];
  for await (const { name } of Deno.readDir(folder.path("."))) left.push(name);
  assertEquals(left, position === undefined ? [] : ["position"]);
  return { code, ...rest };
}

Deno.test("--status says how far a run came that had not caught up", async () => {
  const now = Date.now();
  const lastEvent = new Date(now - 3 * HOUR).toISOString();
  const saved = new Date(now - HOUR).toISOString();
  const cursor = tokenAt(now - 2 * HOUR);
  const { lagSeconds, ...rest } = await statusOf({ cursor, lastEvent, saved, caughtUp: false });
  const time = new Date(now - 2 * HOUR).toISOString();
  const { version: _, cursor: __, ...stream } = SAVED;
  assertEquals(rest, {
    code: 0,
    found: true,
    ...stream,
    saved,
    caughtUp: false,
    lastEvent,
    cursorTime: time.replace(".000Z", "Z"),
    reached: time.replace(".000Z", "Z"),
    retentionDaysLeft: 89.9,
  });
  assert(lagSeconds >= 7200 && lagSeconds < 7260);
});

Deno.test("--status counts a run that had caught up from when it was saved", async () => {
  const now = Date.now();
  const saved = new Date(now - HOUR).toISOString();
  const lastEvent = new Date(now - 10 * DAY).toISOString();
  const { lagSeconds, cursorTime, retentionDaysLeft } = await statusOf({
    lastEvent,
    saved,
    caughtUp: true,
  });
  assert(lagSeconds >= 3600 && lagSeconds < 3660);
  assertEquals([cursorTime, retentionDaysLeft], [null, 79.9]);
});

Deno.test("--max-lag makes --status end with 1 where the stream is further behind", async () => {
  const saved = new Date(Date.now() - HOUR).toISOString();
  const codes = [
    await statusOf({ saved, caughtUp: true }, "--max-lag", "2h"),
    await statusOf({ saved, caughtUp: true }, "--max-lag", "30m"),
    await statusOf({ saved, caughtUp: false }, "--max-lag", "2h"),
    await statusOf(undefined, "--max-lag", "2h"),
    await statusOf(undefined),
  ].map(({ code }) => code);
  assertEquals(codes, [0, 1, 1, 1, 0]);
});

Deno.test("--status says of the published client's line that there is one", async () => {
  await using folder = temporaryFolder();
  const path = folder.path("position");
  await Deno.writeTextFile(path, 'https://h.example/logs?after=1; rel="next"', { mode: 0o600 });
  const args = ["--status", "--position", path];
  const { code, stdout, stderr } = await run(args);
  assertEquals([code, stderr], [0, ""]);
  const { found, saved, lagSeconds } = JSON.parse(stdout);
  assertEquals({ found, saved, lagSeconds }, { found: true, saved: null, lagSeconds: null });
  assertEquals((await run([...args, "--max-lag", "1h"])).code, 1);
});

Deno.test("--status of what is no position ends with 7", async () => {
  await using folder = temporaryFolder();
  await Deno.writeTextFile(folder.path("position"), "{}");
  const { code, stdout, stderr } = await run(["--status", "--position", folder.path("position")]);
  assertEquals([code, stdout], [7, ""]);
  assertSays(stderr, folder.path("position"));
});

Deno.test("--status: a time ahead of the clock proves nothing", async () => {
  const now = Date.now();
  const ahead = new Date(now + 30 * DAY).toISOString();
  const rows = [
    { saved: ahead, caughtUp: true },
    { saved: new Date(now).toISOString(), caughtUp: false, lastEvent: "2036-02-07T06:28:16Z" },
    { saved: new Date(now).toISOString(), caughtUp: false, cursor: tokenAt(now + DAY) },
  ];
  for (const row of rows) {
    const { code, lagSeconds } = await statusOf(row, "--max-lag", "1h");
    assertEquals([code, lagSeconds], [1, null]);
  }
  // The clocks of two hosts are never quite the same.
  const near = await statusOf({ saved: new Date(now + 60_000).toISOString(), caughtUp: true });
  assertEquals(near.lagSeconds, 0);
});

Deno.test("--status: the newest time counts, whichever clock was wrong for the others", async () => {
  const now = Date.now();
  const slow = { saved: new Date(now - 120 * DAY).toISOString(), caughtUp: true };
  const { lagSeconds } = await statusOf({ ...slow, cursor: tokenAt(now - HOUR) });
  assert(lagSeconds >= 3600 && lagSeconds < 3660, `${lagSeconds}`);
});

Deno.test("--status escapes what JSON lets through and terminals do not", async () => {
  const organisation = "https://b.example/\x1b[2J\x9b5m\u202e\u2028\u{e0001}é";
  await using folder = temporaryFolder();
  const path = folder.path("position");
  const position = { ...SAVED, organisation, saved: new Date().toISOString() };
  await Deno.writeTextFile(path, JSON.stringify(position), { mode: 0o600 });
  const { stdout } = await run(["--status", "--position", path]);
  assertEquals(stdout.replace(/\n$/, "").match(/[^ -~é]/gu), null);
  assertEquals(JSON.parse(stdout).organisation, organisation);
});

Deno.test("a position that a slow clock saved goes on without a word", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(3) });
  const path = folder.path("position");
  const args = ["-c", "--apiurl", api.logUrl, "--orgurl", ORG_URL, "--position", path];
  args.push("--format", "ndjson");
  assertEquals((await run(args, { env: CREDENTIALS })).code, 0);
  const position = JSON.parse(await Deno.readTextFile(path));
  position.saved = new Date(Date.now() - 120 * DAY).toISOString();
  await Deno.writeTextFile(path, JSON.stringify(position));
  api.events.push(...numbered(2, 3));
  const next = await run(args, { env: CREDENTIALS });
  assertEquals(next, { code: 0, stdout: lines(api.events.slice(3)), stderr: "" });
});

Deno.test("--budget never says that a run is behind a time that is ahead of the clock", async () => {
  await using folder = temporaryFolder();
  const events = numbered(4).map(({ arrived, text }) => ({
    arrived,
    text: text.replace(/"timeStampISO":"[^"]+"/, '"timeStampISO":"2036-02-07T06:28:16+00:00"'),
  }));
  await using api = startFakeApi({ events });
  const args = ["-c", "--apiurl", api.siemUrl, "--position", folder.path("position")];
  const { code, stderr } = await run([...args, "--limit", "2", "--budget", "0s"], {
    env: CREDENTIALS,
  });
  assertEquals(code, 0);
  assertEquals(
    stderr,
    "siem-client: Stopped, since the --budget is used up; the next run goes on\n",
  );
});

Deno.test("every() does not call before the time that the service asked for", async () => {
  const { notes } = collectedNotes();
  const { timing, waits } = jumpingClock();
  const stop = new AbortController();
  let rounds = 0;
  const round = () => {
    if (++rounds === 2) stop.abort(new Error("stop"));
    const retryAt = timing.now() + HOUR;
    const details = { retryable: false, retryAt };
    return Promise.reject(new CallFailure("unreachable", "It is busy", details));
  };
  await assertRejects(
    () => every(300_000, round, { signal: stop.signal, notes, timing }),
    Error,
    "stop",
  );
  assertEquals(waits, [HOUR]);
});

/** A position whose times are all so long ago, by this host's clock. */
async function oldPosition(path: string, address: string, age: number, more: object = {}) {
  const old = new Date(Date.now() - age).toISOString();
  const position = { ...SAVED, address, saved: old, lastEvent: old, ...more };
  await Deno.writeTextFile(path, JSON.stringify(position), { mode: 0o600 });
  return old;
}

Deno.test("a position from before what the service keeps is asked for, and the gap there may be is said", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(3) });
  const path = folder.path("position");
  const old = await oldPosition(path, api.logUrl, 100 * DAY, { cursor: tokenAt(0) });
  const args = ["-c", "--apiurl", api.logUrl, "--orgurl", ORG_URL, "--position", path];
  const more = ["--format", "ndjson"];
  const { code, stdout, stderr } = await run([...args, ...more], { env: CREDENTIALS });
  assertEquals([code, stdout], [0, lines(api.events)]);
  assertSays(stderr, `reaches back to ${old.slice(0, 19)}Z`, "90 days", "by this host's clock");
  assertEquals(await run([...args, ...more], { env: CREDENTIALS }), DONE);
});

Deno.test("a refused position from before what the service keeps is a gap, and two ways on are named", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({
    fault: () => Response.json({ detail: "no such token" }, { status: 422 }),
  });
  const path = folder.path("position");
  const old = await oldPosition(path, api.logUrl, 100 * DAY);
  const args = ["-c", "--apiurl", api.logUrl, "--orgurl", ORG_URL, "--position", path];
  const { code, stdout, stderr } = await run(args, { env: CREDENTIALS });
  assertEquals([code, stdout, api.requests.length], [4, "", 1]);
  assertSays(stderr, `events from ${old.slice(0, 19)}Z to `, "may be lost", `"Event Logs" export`);
  assertSays(stderr, `rm "${path}" and run with --since 2`, `rm "${path}" and run with --since 1h`);
});

Deno.test("a position that the service refuses is a gap, and stays as it is", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(3) });
  const path = folder.path("position");
  const args = ["-c", "--apiurl", api.logUrl, "--orgurl", ORG_URL, "--position", path];
  await run(args, { env: CREDENTIALS });
  const before = await Deno.readTextFile(path);
  const since = JSON.parse(before).saved.slice(0, 19);
  api.fault = () => Response.json({ detail: "no such token" }, { status: 422 });
  const { code, stdout, stderr } = await run(args, { env: CREDENTIALS });
  assertEquals([code, stdout], [4, ""]);
  assertSays(stderr, '422 "no such token"', `events from ${since}Z to `, `--since ${since}Z`);
  // Where the address is wrong the position is not.
  api.fault = () => new Response("", { status: 404 });
  const wrong = await run(args, { env: CREDENTIALS });
  assertEquals([wrong.code, wrong.stderr.includes("rm ")], [4, false]);
  assertEquals(await Deno.readTextFile(path), before);
});
