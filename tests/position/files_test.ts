import { assert, assertEquals } from "@std/assert";
import {
  assertSays,
  client,
  commandLine,
  environment,
  type Finished,
  isExecutable,
  isRoot,
  temporaryFolder,
} from "../client.ts";
import { inWine } from "../form.ts";
import { CREDENTIALS, lines, numbered, startFakeApi } from "../fake_api.ts";
import {
  follow,
  followArguments,
  json,
  makeFifo,
  namesIn,
  savedAt,
  siemPosition,
  UNIX,
} from "./positions.ts";

Deno.test({
  ...UNIX,
  name: "position: what is no plain file is refused, without waiting for anybody",
  async fn() {
    await using folder = temporaryFolder();
    await using api = startFakeApi();
    const target = folder.path("target");
    const text = json(siemPosition(api, {}));
    await Deno.writeTextFile(target, text);
    await Deno.symlink(target, folder.path("link"));
    await Deno.symlink(folder.path("nowhere"), folder.path("dangling"));
    await Deno.mkdir(folder.path("directory"));
    await makeFifo(folder.path("fifo"));
    const names = ["link", "dangling", "directory", "fifo"];
    const kinds = () =>
      names.map((name) => {
        const { isSymlink, isDirectory, isFile, ino } = Deno.lstatSync(folder.path(name));
        return { isSymlink, isDirectory, isFile, ino };
      });
    const before = kinds();
    await Promise.all(names.map(async (name) => {
      const { code, stdout, stderr } = await follow(api, folder.path(name));
      assertEquals([code, stdout], [7, ""], name);
      assertSays(stderr, folder.path(name), "--position");
    }));
    assertEquals(kinds(), before);
    assertEquals(await Deno.readTextFile(target), text);
    assertEquals(namesIn(folder.path(".")), [...names, "target"].sort());
    assertEquals(api.requests, []);
  },
});

Deno.test({
  name: "position: a lock that belongs to somebody else is refused",
  // Only root can give a file away.
  ignore: UNIX.ignore || !isRoot(),
  async fn() {
    await using folder = temporaryFolder();
    await using api = startFakeApi();
    await Deno.writeTextFile(folder.path("position.lock"), "");
    await Deno.chown(folder.path("position.lock"), 65_534, 65_534);
    const { code, stderr } = await follow(api, folder.path("position"));
    assertEquals(code, 7);
    assertSays(stderr, "position.lock", "another user");
    assertEquals(api.requests, []);
  },
});

Deno.test({
  ...UNIX,
  name: "position: a lock that is no plain file is refused and never written through",
  async fn() {
    await using folder = temporaryFolder();
    await using api = startFakeApi();
    const victim = folder.path("victim");
    await Deno.writeTextFile(victim, "precious");
    await Deno.symlink(victim, folder.path("link.lock"));
    await Deno.symlink(folder.path("nowhere"), folder.path("dangling.lock"));
    await Deno.mkdir(folder.path("directory.lock"));
    await makeFifo(folder.path("fifo.lock"));
    await Deno.link(victim, folder.path("hard.lock"));
    const names = ["link", "dangling", "directory", "fifo", "hard"];
    await Promise.all(names.map(async (name) => {
      const { code, stdout, stderr } = await follow(api, folder.path(name));
      assertEquals([code, stdout], [7, ""], name);
      assertSays(stderr, `${folder.path(name)}.lock`);
    }));
    assertEquals(await Deno.readTextFile(victim), "precious");
    assertEquals(
      namesIn(folder.path(".")),
      [...names.map((name) => `${name}.lock`), "victim"].sort(),
    );
    assertEquals(api.requests, []);
  },
});

Deno.test({
  ...UNIX,
  name: "position: what a killed run left where the new one is made is replaced, and nothing else",
  async fn() {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ events: numbered(1) });
    const victim = folder.path("victim");
    await Deno.writeTextFile(victim, "precious");
    await Deno.symlink(victim, folder.path("link.new"));
    await Deno.symlink(folder.path("nowhere"), folder.path("dangling.new"));
    await Deno.writeTextFile(folder.path("notes.new"), "my notes");
    await Deno.writeTextFile(folder.path("other.new"), json(siemPosition(api, {})));
    await Deno.writeTextFile(folder.path("other.new.lock"), "");
    await Deno.writeTextFile(folder.path("package.new"), '{"version":2,"lockfile":{}}');
    const kept = ["link", "dangling", "notes", "other", "package"];
    await Promise.all(kept.map(async (name) => {
      const { code, stdout, stderr } = await follow(api, folder.path(name));
      assertEquals([code, stdout], [7, ""], name);
      assertSays(stderr, `"${folder.path(name)}.new" is not a file of siem-client`);
    }));
    assertEquals(await Deno.readTextFile(folder.path("notes.new")), "my notes");
    assertEquals(await Deno.readTextFile(folder.path("other.new")), json(siemPosition(api, {})));
    await Deno.writeTextFile(folder.path("empty.new"), "");
    await Deno.writeTextFile(folder.path("torn.new"), '{"version":2,"api":"si');
    // What a loss of power may leave.
    await Deno.writeTextFile(folder.path("zeros.new"), "\0".repeat(200));
    await Deno.writeTextFile(folder.path("zeros.lock"), "\0".repeat(6));
    await Promise.all(["empty", "torn", "zeros"].map(async (name) => {
      const finished = await follow(api, folder.path(name));
      assertEquals(finished, { code: 0, stdout: lines(api.events), stderr: "" }, name);
      assertEquals((await savedAt(folder.path(name))).cursor, "after=1", name);
      const { isFile, mode } = await Deno.lstat(folder.path(name));
      assertEquals([isFile, mode! & 0o7777], [true, 0o600], name);
    }));
    assertEquals(await Deno.readTextFile(victim), "precious");
    assertEquals(
      namesIn(folder.path(".")),
      ["empty", "torn", "zeros"].flatMap((name) => [name, `${name}.lock`])
        .concat(kept.map((name) => `${name}.new`), "other.new.lock", "victim").sort(),
    );
  },
});

Deno.test("position: where it could not be saved nothing is asked for", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(1) });
  await Deno.mkdir(folder.path("position.new/inside"), { recursive: true });
  await Deno.writeTextFile(folder.path("file"), "");
  for (const name of ["position", "file/position"]) {
    const { code, stdout, stderr } = await follow(api, folder.path(name));
    assertEquals([code, stdout], [7, ""], name);
    assertSays(stderr, folder.path(name), "--position");
  }
  assertEquals(api.requests, []);
});

Deno.test({
  ...UNIX,
  name: "position: where there is no room for it nothing is asked for, and later it goes on",
  async fn() {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ events: numbered(1) });
    const position = folder.path("position");
    await follow(api, position);
    const before = await Deno.readTextFile(position);
    api.events.push(...numbered(1, 1));
    api.requests.length = 0;
    // Deno itself would be killed for filling its cache.
    const script = `${isExecutable ? "" : "trap '' XFSZ; "}ulimit -f 0; exec "$@"`;
    const { code, stdout, stderr } = await new Deno.Command("/bin/sh", {
      args: ["-c", script, "sh", ...commandLine(followArguments(api, position))],
      clearEnv: true,
      env: environment(CREDENTIALS),
    }).output();
    assertEquals([code, stdout.length], [7, 0]);
    assertSays(new TextDecoder().decode(stderr), position, "File too large; ", "--position");
    assertEquals(api.requests, []);
    assertEquals(await Deno.readTextFile(position), before);
    const later = await follow(api, position);
    assertEquals(later, { code: 0, stdout: lines(api.events.slice(1)), stderr: "" });
  },
});

/** A service whose first answer, of two events, comes when it is released. */
function slowApi() {
  const asked = Promise.withResolvers<void>();
  const released = Promise.withResolvers<undefined>();
  const api = startFakeApi({
    events: numbered(2),
    fault(_, index) {
      if (index > 0) return undefined;
      asked.resolve();
      return released.promise;
    },
  });
  return { api, asked: asked.promise, release: () => released.resolve(undefined) };
}

Deno.test("position: a second run ends with 7 and names the one at work, until that one is gone", async () => {
  await using folder = temporaryFolder();
  const position = folder.path("position");
  const { api: started, asked, release } = slowApi();
  await using api = started;
  const holder = client(followArguments(api, position), { env: CREDENTIALS }).spawn();
  const held = holder.output();
  let second: Finished;
  let waited: number;
  try {
    await asked;
    const started = performance.now();
    second = await follow(api, position);
    waited = performance.now() - started;
  } finally {
    holder.kill("SIGKILL");
    await held;
    release();
  }
  assertEquals([second.code, second.stdout], [7, ""]);
  assertSays(second.stderr, `${position}.lock`, inWine ? "process " : `process ${holder.pid}`);
  assert(waited > 1900 && waited < 8000, `${waited} ms`);
  assertEquals(api.requests.length, 1);
  const third = await follow(api, position);
  assertEquals(third, { code: 0, stdout: lines(api.events), stderr: "" });
});

Deno.test("position: a second run waits for the first to end, and delivers nothing twice", async () => {
  await using folder = temporaryFolder();
  const position = folder.path("position");
  const { api: started, asked, release } = slowApi();
  await using api = started;
  const first = follow(api, position);
  await asked;
  const second = follow(api, position);
  release();
  assertEquals(await Promise.all([first, second]), [
    { code: 0, stdout: lines(api.events), stderr: "" },
    { code: 0, stdout: "", stderr: "" },
  ]);
});

Deno.test("position: runs with different ones do not mind each other", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(2) });
  const finished = await Promise.all(["a", "b"].map((name) => follow(api, folder.path(name))));
  const expected = { code: 0, stdout: lines(api.events), stderr: "" };
  assertEquals(finished, [expected, expected]);
});
