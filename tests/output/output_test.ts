/** How events leave, and what a run does where they cannot. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  assertSays,
  available,
  client,
  isExecutable,
  run,
  runInShell,
  shell,
  temporaryFolder,
} from "../client.ts";
import { needs, SYSTEM } from "../form.ts";
import {
  CREDENTIALS,
  type FakeApi,
  lines as linesOf,
  numbered,
  startFakeApi,
} from "../fake_api.ts";
import { continuous, lastHour, pull } from "../runs.ts";

function lines(api: FakeApi, from = 0, to?: number): string {
  return linesOf(api.events.slice(from, to));
}

const DONE = { code: 0, stdout: "", stderr: "" };

Deno.test(
  "--output appends one event per line, to a file that is made with mode 0640",
  needs("modes"),
  async () => {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ events: numbered(15) });
    assertEquals(await pull(api, folder, "--output", folder.path("out")), DONE);
    api.events.push(...numbered(2, 15));
    assertEquals(await pull(api, folder, "--output", folder.path("out")), DONE);
    assertEquals(await Deno.readTextFile(folder.path("out")), lines(api));
    const { mode } = await Deno.stat(folder.path("out"));
    assertEquals((mode! & 0o777 | Number(await umask())).toString(8), "640");

    /** What the system takes away from the mode, here already at most the bits that are not there. */
    async function umask(): Promise<string> {
      const { stdout } = await shell("umask");
      return `${parseInt(stdout, 8) & 0o640}`;
    }
  },
);

Deno.test("--output with --format json appends an array per page, in a search only", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: [{ arrived: Date.now(), text: '{"n":0}' }] });
  const args = ["--output", folder.path("out"), "--format", "json"];
  const search = lastHour(api, ...args);
  assertEquals(await run(search, { env: CREDENTIALS }), DONE);
  assertEquals(await run(search, { env: CREDENTIALS }), DONE);
  const expected = '[\n    {\n        "n": 0\n    }\n]\n';
  assertEquals(await Deno.readTextFile(folder.path("out")), expected + expected);
  // A crash at a last page, which then grew, could not be told from a page that had ended there.
  const { code, stderr } = await pull(api, folder, ...args);
  assertEquals(code, 2);
  assertSays(stderr, "Cannot use --format json with -c and --output: ");
  assertEquals(await Deno.readTextFile(folder.path("out")), expected + expected);
});

Deno.test("--output without -c simply appends, and ends a torn line before", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(2) });
  await Deno.writeTextFile(folder.path("out"), '{"torn":');
  const args = lastHour(api, "--output", folder.path("out"));
  assertEquals(await run(args, { env: CREDENTIALS }), DONE);
  assertEquals(await run(args, { env: CREDENTIALS }), DONE);
  const found = await Deno.readTextFile(folder.path("out"));
  assertEquals(found, `{"torn":\n${lines(api)}${lines(api)}`);
});

Deno.test("a file that is rotated while a run goes on is followed by name", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({
    events: numbered(25),
    async fault(_, index) {
      // The third page is asked for while the second is written: both before and after are right.
      if (index === 2) await Deno.rename(folder.path("out"), folder.path("out.1"));
      return undefined;
    },
  });
  assertEquals(await pull(api, folder, "--output", folder.path("out")), DONE);
  const [rotated, current] = await Promise.all(
    [folder.path("out.1"), folder.path("out")].map((path) => Deno.readTextFile(path)),
  );
  assertEquals(rotated! + current!, lines(api));
  assert(rotated!.endsWith("\n") && current!.length > 0);
});

Deno.test(
  "a redirected file that is removed ends the run, and its page comes again",
  needs("redirection"),
  async () => {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ events: numbered(35) });
    const out = folder.path("out");
    api.fault = async (_, index) => {
      // The third page is asked for while the second is written: both before and after are right.
      if (index === 2) await Deno.remove(out);
      return undefined;
    };
    const args = continuous(api, folder, "--format", "ndjson");
    const removed = await runInShell(`"$@" >>'${out}'`, args, CREDENTIALS);
    assertEquals(removed.code, 6);
    assertSays(removed.stderr, "Cannot write to standard output: its file was removed");
    api.fault = () => undefined;
    assertEquals(await runInShell(`"$@" >>'${out}'`, args, CREDENTIALS), DONE);
    const found = await Deno.readTextFile(out);
    assert(found === lines(api, 10) || found === lines(api, 20), found);
  },
);

Deno.test(
  "what cannot be an output file is refused before the first request",
  needs("fifos"),
  async () => {
    await using folder = temporaryFolder();
    await using api = startFakeApi();
    await Deno.symlink(folder.path("nowhere"), folder.path("dangling"));
    await Deno.mkdir(folder.path("directory"));
    await new Deno.Command("mkfifo", { args: [folder.path("fifo")] }).output();
    const paths = ["dangling", "directory", "fifo", "missing/out"].map((name) => folder.path(name));
    for (const path of [...paths, "/dev/null"]) {
      const { code, stdout, stderr } = await pull(api, folder, "--output", path);
      assertEquals({ code, stdout }, { code: 6, stdout: "" }, stderr);
      assertMatch(stderr, /^siem-client: Cannot write to "[^"]+": [^\n]+\n$/);
      assert(stderr.includes(path));
    }
    assertEquals(api.requests.length, 0);
  },
);

Deno.test("a file that the position is kept in or by is no output", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(5) });
  await Deno.symlink(folder.path("position"), folder.path("link"));
  await Deno.symlink(folder.path("."), folder.path("here"));
  for (const name of ["position", "position.lock", "position.new", "here/position"]) {
    const { code, stdout, stderr } = await pull(api, folder, "--output", folder.path(name));
    assertEquals({ code, stdout }, { code: 2, stdout: "" }, stderr);
    assertMatch(stderr, /^siem-client: Cannot use --output "[^"]+": [^\n]+\n$/);
  }
  assertEquals(api.requests.length, 0);
  await pull(api, folder);
  assertEquals((await pull(api, folder, "--output", folder.path("link"))).code, 2);
});

Deno.test({
  name: "a full disk ends the run, the position stays, and the next run goes on",
  ignore: SYSTEM !== "linux",
  fn: fullDisk,
});

async function fullDisk(): Promise<void> {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(25) });
  const args = continuous(api, folder, "--format", "ndjson");
  const full = await runInShell('"$@" >/dev/full', args, CREDENTIALS);
  assertEquals(full.code, 6);
  assertEquals(
    full.stderr,
    "siem-client: Cannot write to standard output: No space left on device\n",
  );
  assertEquals(await run(args, { env: CREDENTIALS }), { ...DONE, stdout: lines(api) });
}

for (const sink of ["--output", "redirected"]) {
  Deno.test(
    `a file that may not grow (${sink}) is gone on with when it may`,
    needs("fifos"),
    async () => {
      await using folder = temporaryFolder();
      await using api = startFakeApi({ events: numbered(95) });
      const out = folder.path("out");
      const args = continuous(api, folder, "--format", "ndjson");
      if (sink === "--output") args.push("--output", out);
      const redirect = sink === "--output" ? "" : `>>'${out}'`;
      // Deno would be killed for filling its cache before it comes to the client.
      const trap = isExecutable ? "" : "trap '' XFSZ; ";
      // In blocks of 512 bytes: room for the lock, the position and some pages.
      const limited = await runInShell(`${trap}ulimit -f 24; "$@" ${redirect}`, args, CREDENTIALS);
      assertEquals(limited.code, 6, limited.stderr);
      assertMatch(limited.stderr, /^siem-client: Cannot write to [^\n]+: File too large\n$/);
      assertEquals((await Deno.stat(out)).size, 24 * 512);
      assertEquals(await runInShell(`"$@" ${redirect}`, args, CREDENTIALS), DONE);
      const found = await Deno.readTextFile(out);
      if (sink === "--output") return assertEquals(found, lines(api));
      const events = found.split("\n").filter((line) => line.endsWith("}"));
      const numbers = new Set(events.map((line) => JSON.parse(line).n));
      assertEquals(numbers.size, 95);
      assert(events.length <= 95 + 10);
    },
  );
}

Deno.test({
  name:
    "a disk that fills up under the position ends the run, and later nothing is lost or doubled",
  ignore: SYSTEM !== "linux" || !await mayMount(),
  async fn() {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ events: numbered(35) });
    const disk = folder.path("disk");
    await Deno.mkdir(disk);
    await shell(`mount -t tmpfs -o size=64k none '${disk}'`);
    try {
      // Two pages are saved; then somebody else takes all the room.
      using changes = Deno.watchFs(disk);
      api.fault = async (_, index) => {
        if (index !== 2) return undefined;
        for await (const { paths } of changes) {
          if (!paths.includes(`${disk}/position`)) continue;
          const { output } = JSON.parse(await Deno.readTextFile(`${disk}/position`));
          if (output.length === lines(api, 0, 20).length) break;
        }
        await shell(`cat /dev/zero >'${disk}/filler' 2>/dev/null`);
        return undefined;
      };
      const args = lastHour(api, "-c", "--limit", "10", "--position", `${disk}/position`);
      args.push("--output", folder.path("out"));
      const full = await run(args, { env: CREDENTIALS });
      assertEquals(full.code, 7);
      assertSays(full.stderr, `Cannot save position "${disk}/position": No space left on device`);
      await Deno.remove(`${disk}/filler`);
      api.fault = () => undefined;
      assertEquals(await run(args, { env: CREDENTIALS }), DONE);
      assertEquals(await Deno.readTextFile(folder.path("out")), lines(api));
    } finally {
      await shell(`umount '${disk}'`);
    }
  },
});

Deno.test("a reader that goes away ends a search quietly", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(3000) });
  const args = lastHour(api, "--position", folder.path("position"));
  const child = client(args, { env: CREDENTIALS }).spawn();
  await abandon(child);
  const [{ code }, stderr] = await Promise.all([child.status, text(child.stderr)]);
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
});

Deno.test("a reader that goes away ends a -c run with 6, and its page comes again", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(3000) });
  const args = continuous(api, folder, "--format", "ndjson", "--limit", "1000");
  const child = client(args, { env: CREDENTIALS }).spawn();
  await abandon(child);
  const [{ code }, stderr] = await Promise.all([child.status, text(child.stderr)]);
  const why = "siem-client: Cannot write to standard output: its reader has gone\n";
  assertEquals({ code, stderr }, { code: 6, stderr: why });
  assertEquals(await run(args, { env: CREDENTIALS }), { ...DONE, stdout: lines(api) });
});

Deno.test("a FIFO whose reader stalls and dies loses nothing", needs("fifos"), async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(3000) });
  await new Deno.Command("mkfifo", { args: [folder.path("fifo")] }).output();
  const args = continuous(api, folder, "--format", "ndjson", "--limit", "1000");
  const writing = runInShell(`"$@" >'${folder.path("fifo")}'`, args, CREDENTIALS);
  const reader = await Deno.open(folder.path("fifo"));
  await reader.read(new Uint8Array(1000));
  reader.close();
  const { code, stderr } = await writing;
  assertEquals(code, 6, stderr);
  assertEquals(await run(args, { env: CREDENTIALS }), { ...DONE, stdout: lines(api) });
});

Deno.test({
  name: "a pipe that is full for the moment (non-blocking) loses nothing",
  ignore: SYSTEM === "windows" || !await available("perl"),
  async fn() {
    const events = numbered(3000);
    const padding = "x".repeat(1_000_000);
    events.push({ arrived: Date.now() - 1000, text: JSON.stringify({ padding }) });
    await using api = startFakeApi({ events });
    const args = lastHour(api, "--format", "ndjson");
    const nonBlocking = "use Fcntl; fcntl(STDOUT, F_SETFL, O_NONBLOCK) or die; exec @ARGV";
    const { code, stdout, stderr } = await runInShell(
      `perl -e '${nonBlocking}' -- "$@" | cat`,
      args,
      CREDENTIALS,
    );
    assertEquals({ code, stderr }, { code: 0, stderr: "" });
    assert(stdout === lines(api));
  },
});

Deno.test({
  name: "a page is written and synced, and only then the position",
  ignore: SYSTEM === "windows" || !await available("strace"),
  async fn() {
    for (const sink of ["--output", "redirected"]) {
      await using folder = temporaryFolder();
      await using api = startFakeApi({ events: numbered(25) });
      const out = folder.path("out");
      const args = continuous(api, folder, "--format", "ndjson", "--since", "1h");
      if (sink === "--output") args.push("--output", out);
      const calls = "write,fdatasync,fsync,rename,renameat,renameat2";
      const trace = `strace -f -y -qq -e trace=${calls} -o '${folder.path("trace")}'`;
      const redirect = sink === "--output" ? "" : `>'${out}'`;
      const { code, stderr } = await runInShell(`${trace} "$@" ${redirect}`, args, CREDENTIALS);
      assertEquals({ code, stderr }, { code: 0, stderr: "" });
      const steps = (await Deno.readTextFile(folder.path("trace"))).split("\n").flatMap((line) =>
        /write\(\d+<[^>]*\/out>/.test(line)
          ? ["page"]
          : /fdatasync\(\d+<[^>]*\/out>/.test(line)
          ? ["page synced"]
          : /fsync\(\d+<[^>]*\/position.new>/.test(line)
          ? ["position synced"]
          : /rename\w*\(.*position.new/.test(line)
          ? ["position saved"]
          : []
      );
      const save = ["position synced", "position saved"];
      const page = ["page", "page synced", ...save];
      // The start is saved before the first request, and before the first page that one may come; at the
      // end, that there is no more.
      assertEquals(steps, [...save, ...save, ...page, ...page, ...page, ...save], sink);
    }
  },
});

for (const sink of ["pipe", "--output"]) {
  Deno.test(`two -c runs started together (${sink}) deliver every event once`, async () => {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ events: numbered(200) });
    const args = continuous(api, folder, "--format", "ndjson");
    if (sink === "--output") args.push("--output", folder.path("out"));
    const runs = await Promise.all([1, 2].map(() => run(args, { env: CREDENTIALS })));
    assertEquals(runs.map(({ code, stderr }) => ({ code, stderr })), [
      { code: 0, stderr: "" },
      { code: 0, stderr: "" },
    ]);
    const piped = runs.map(({ stdout }) => stdout).sort().join("");
    const found = sink === "pipe" ? piped : await Deno.readTextFile(folder.path("out"));
    assert(found === lines(api));
  });
}

/** Whether a file system can be mounted here, for a test that needs a small one. */
async function mayMount(): Promise<boolean> {
  await using folder = temporaryFolder();
  const { code } = await shell(
    `mount -t tmpfs none '${folder.path(".")}' && umount '${folder.path(".")}'`,
  );
  return code === 0;
}

async function abandon(child: Deno.ChildProcess): Promise<void> {
  const reader = child.stdout.getReader();
  await reader.read();
  await reader.cancel();
}

async function text(stream: ReadableStream<Uint8Array>): Promise<string> {
  return await new Response(stream).text();
}
