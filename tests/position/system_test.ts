/** What a host and its file systems can do to a position: found out, and said in the system's words. */

import { assert, assertEquals } from "@std/assert";
import { takeLock } from "../../lib/position/lock.ts";
import { readPosition } from "../../lib/position/position_file.ts";
import { assertSays, available, isRoot, run, runInShell, temporaryFolder } from "../client.ts";
import { CREDENTIALS, lines, numbered, startFakeApi } from "../fake_api.ts";
import { follow, followArguments, json, namesIn, siemPosition, UNIX } from "./positions.ts";

const STRACE = { ignore: UNIX.ignore || !await available("strace") };
const NOBODY = 65_534;
/** Only root can give a file away. */
const ROOT = { ignore: UNIX.ignore || !isRoot() };

Deno.test({
  ...STRACE,
  name: "system: a lock that cannot be had is no other run, and leaves no file",
  async fn() {
    await using folder = temporaryFolder();
    await using api = startFakeApi();
    const position = folder.path("position");
    const cannot = "its file system cannot lock files";
    const rows = [
      ["ENOLCK", "No locks available", cannot],
      ["ENOSYS", "Function not implemented", cannot],
      ["EOPNOTSUPP", "Operation not supported", cannot],
      ["EIO", "Input/output error", "run again"],
      ["EPERM", "Operation not permitted", "run again"],
      ["EINTR", "Interrupted system call", "run again"],
    ] as const;
    for (const [error, said, remedy] of rows) {
      const inject = `strace -f -qq -o /dev/null -e trace=flock -e inject=flock:error=${error}`;
      const args = followArguments(api, position);
      const { code, stderr } = await runInShell(`${inject} "$@"`, args, CREDENTIALS);
      assertEquals(code, 7);
      assertSays(stderr, `"${position}.lock": ${said}`, remedy, "--position");
      assertEquals(stderr.includes(cannot), remedy === cannot, error);
      assertEquals(namesIn(folder.path(".")), []);
    }
    assertEquals(api.requests, []);
  },
});

for (
  const [error, code, expected] of [
    ["EINVAL", 0, ""],
    ["ENOSYS", 0, ""],
    ["EIO", 7, "it is saved, but a power loss"],
  ]
) {
  Deno.test({
    ...STRACE,
    name: `system: a folder that cannot be synced (${error})`,
    async fn() {
      await using folder = temporaryFolder();
      await using api = startFakeApi({ events: numbered(3) });
      const position = folder.path("position");
      // Only calls about the folder itself.
      const inject = `strace -f -qq -o /dev/null -P '${folder.path(".").slice(0, -2)}'`;
      const script = `${inject} -e trace=fsync -e inject=fsync:error=${error} "$@"`;
      const finished = await runInShell(script, followArguments(api, position), CREDENTIALS);
      assertEquals(finished.code, code);
      if (code === 0) assertEquals(finished.stderr, "");
      else assertSays(finished.stderr, String(expected), position);
      assertEquals(namesIn(folder.path("."))[0], "position");
    },
  });
}

Deno.test({
  name: "system: folders that this user may write into, but not read, are no trouble",
  ignore: ROOT.ignore || !await available("setpriv"),
  async fn() {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ events: numbered(3) });
    for (const name of ["state", "log"]) await Deno.mkdir(folder.path(name), { mode: 0o300 });
    const output = ["--output", folder.path("log/events")];
    const args = followArguments(api, folder.path("state/position"), output);
    // For root, too, the modes count then.
    const script = 'exec setpriv --bounding-set=-dac_override,-dac_read_search "$@"';
    const finished = await runInShell(script, args, CREDENTIALS);
    assertEquals(finished, { code: 0, stdout: "", stderr: "" });
    assertEquals(await Deno.readTextFile(folder.path("log/events")), lines(api.events));
  },
});

Deno.test({
  name: "system: where this user may not read or write a file, the message says who should run it",
  ignore: ROOT.ignore || !await available("setpriv"),
  async fn() {
    await using folder = temporaryFolder();
    const file = folder.path("closed");
    await Deno.writeTextFile(file, lines(numbered(3)), { mode: 0 });
    const script = 'exec setpriv --bounding-set=-dac_override,-dac_read_search "$@"';
    const rows: [code: number, said: string, ...args: string[]][] = [
      [2, `Cannot search "${file}": Permission denied; run as a user who may read it`, file],
      [
        6,
        `Cannot write to "${file}": Permission denied; run as a user who may write it and its folder`,
        ...["--demo", "--since", "5m", "--output", file],
      ],
      [
        7,
        `Cannot read receipts "${file}": Permission denied; run as a user who may read it`,
        ...["--verify", "--receipts", file],
      ],
    ];
    for (const [code, said, ...args] of rows) {
      const finished = await runInShell(script, args, {});
      assertEquals(finished, { code, stdout: "", stderr: `siem-client: ${said}\n` });
    }
  },
});

Deno.test({
  name:
    "system: a position that is a mount point of its own is not replaced, and that is said in time",
  ignore: ROOT.ignore || !await available("unshare"),
  async fn() {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ events: numbered(3) });
    const position = folder.path("position");
    await Deno.writeTextFile(position, json(siemPosition(api, {})), { mode: 0o600 });
    const script = `unshare -m sh -c 'mount --bind "$0" "$0" && exec "$@"' '${position}' "$@"`;
    const { code, stdout, stderr } = await runInShell(
      script,
      followArguments(api, position),
      CREDENTIALS,
    );
    assertEquals([code, stdout], [7, ""]);
    assertSays(stderr, "mount its folder", position);
    assertEquals(namesIn(folder.path(".")), ["position"]);
  },
});

Deno.test({
  name: "system: where files show one mode for all, whatever is set, that is not held against them",
  ignore: ROOT.ignore || !await available("bindfs"),
  async fn() {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ events: numbered(3) });
    for (const name of ["real", "shown"]) await Deno.mkdir(folder.path(name));
    const position = folder.path("shown/position");
    const script = `
      bindfs -p 0777 '${folder.path("real")}' '${folder.path("shown")}' || exit 99
      "$@"; first=$?; "$@"; second=$?
      fusermount -u '${folder.path("shown")}'
      exit $((first + second))`;
    const finished = await runInShell(script, followArguments(api, position), CREDENTIALS);
    // A machine may have the program and not let it mount.
    if (finished.code === 99) return;
    assertEquals(finished, { code: 0, stdout: lines(api.events), stderr: "" });
  },
});

Deno.test({
  ...ROOT,
  name: "system: a refused run of root locks nobody out, and so does one with -x",
  async fn() {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ events: numbered(3) });
    const path = folder.path("lib/position");
    await Deno.mkdir(folder.path("lib"));
    assertEquals((await follow(api, path, ["-x"])).code, 0);
    assertEquals(namesIn(folder.path("lib")), []);
    await Deno.writeTextFile(path, json(siemPosition(api, {})), { mode: 0o600 });
    await Deno.chown(path, NOBODY, NOBODY);
    const { code, stderr } = await follow(api, path);
    assertEquals(code, 7);
    assertSays(stderr, "65534", "run as that user");
    assert(!stderr.includes("remove"), stderr);
    assertEquals(namesIn(folder.path("lib")), ["position"]);
    // Whoever only looks at it may be another user, too.
    await Deno.writeTextFile(path, "damaged");
    const looked = await run(["--status", "--position", path]);
    assertEquals(looked.code, 7);
    assertSays(looked.stderr, "it is damaged");
    assert(!looked.stderr.includes("remove"), looked.stderr);
    // With a lock of its owner's, which names the last run of theirs.
    await Deno.writeTextFile(`${path}.lock`, "1234\n", { mode: 0o600 });
    await Deno.chown(`${path}.lock`, NOBODY, NOBODY);
    assertEquals((await follow(api, path)).code, 7);
    assertEquals(await Deno.readTextFile(`${path}.lock`), "1234\n");
    assertEquals(namesIn(folder.path("lib")), ["position", "position.lock"]);
  },
});

Deno.test({
  ...ROOT,
  name: "system: the group that was let in to read stays, and no other one gets in",
  async fn() {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ events: numbered(1) });
    const path = folder.path("position");
    await follow(api, path);
    await Deno.chown(path, null, NOBODY);
    await Deno.chmod(path, 0o640);
    await follow(api, path);
    const { mode, gid } = await Deno.lstat(path);
    assertEquals([mode! & 0o777, gid], [0o640, NOBODY]);
  },
});

Deno.test({
  ...UNIX,
  name: "system: a file beside the position that is not the client's is left alone",
  async fn() {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ events: numbered(1) });
    const other = '{"version":"5","specifiers":{}}\n';
    await Deno.writeTextFile(folder.path("deno.lock"), other);
    await Deno.writeTextFile(folder.path("deno.new"), "my notes\n");
    for (const more of [[], ["-x"]]) {
      const { code, stderr } = await follow(api, folder.path("deno"), more);
      assertEquals(code, 7);
      assertSays(stderr, "deno.lock", "not a lock of siem-client", "--position");
    }
    assertEquals(await Deno.readTextFile(folder.path("deno.lock")), other);
    assertEquals(namesIn(folder.path(".")), ["deno.lock", "deno.new"]);
    // The position of another stream.
    assertEquals((await follow(api, folder.path("p.new"))).code, 0);
    const before = await Deno.readTextFile(folder.path("p.new"));
    assertEquals((await follow(api, folder.path("p"))).code, 7);
    assertEquals(await Deno.readTextFile(folder.path("p.new")), before);
    assertEquals((await follow(api, folder.path("p.new"))).stdout, "");
  },
});

Deno.test("system: reading a position while it is being saved never fails", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi();
  const path = folder.path("position");
  const text = json(siemPosition(api, {}));
  let isRead = false;
  const saving = (async () => {
    while (!isRead) {
      await Deno.writeTextFile(`${path}.new`, text, { mode: 0o600 });
      await Deno.rename(`${path}.new`, path);
    }
  })();
  while (namesIn(folder.path(".")).includes("position") === false) {
    await Deno.stat(folder.path("."));
  }
  try {
    for (let i = 0; i < 2000; i++) {
      assertEquals((await readPosition(path)).saved?.cursor, "after=1");
    }
  } finally {
    isRead = true;
    await saving;
  }
});

Deno.test({
  ...UNIX,
  name: "system: locks that are taken away again never let two in at once",
  async fn() {
    await using folder = temporaryFolder();
    const { signal } = new AbortController();
    let inside = 0;
    let most = 0;
    const visit = async (i: number) => {
      for (let round = 0; round < 40; round++) {
        using lock = await takeLock(folder.path("lock"), signal);
        most = Math.max(most, ++inside);
        if ((i + round) % 3 === 0) await lock.sign();
        inside--;
        await lock.discard();
      }
    };
    await Promise.all([0, 1, 2, 3].map(visit));
    assertEquals([most, inside], [1, 0]);
  },
});

Deno.test("system: a run that is told to end while it takes the lock leaves none", async () => {
  await using folder = temporaryFolder();
  const reason = new Error("ended");
  for (const isEarly of [true, false]) {
    const controller = new AbortController();
    if (isEarly) controller.abort(reason);
    const taking = takeLock(folder.path("lock"), controller.signal);
    controller.abort(reason);
    assertEquals(await taking.catch((error) => error), reason);
    assertEquals(namesIn(folder.path(".")), []);
  }
});

Deno.test({
  ...UNIX,
  name:
    "system: --status is not refused a position that its owner lets it read, but one others can write",
  async fn() {
    await using folder = temporaryFolder();
    await using api = startFakeApi();
    const path = folder.path("position");
    await follow(api, path);
    const status = () => run(["--status", "--position", path]);
    for (const [mode, code] of [[0o644, 0], [0o640, 0], [0o660, 7], [0o622, 7]] as const) {
      await Deno.chmod(path, mode);
      assertEquals((await status()).code, code, mode.toString(8));
    }
  },
});

Deno.test({
  ...ROOT,
  name: "system: root is told when it makes a position in a folder of another user",
  async fn() {
    await using folder = temporaryFolder();
    await using api = startFakeApi();
    await Deno.mkdir(folder.path("lib"));
    await Deno.chown(folder.path("lib"), NOBODY, NOBODY);
    // Not by a run that makes none.
    const refused = await follow(api, folder.path("lib/position"), ["--output", folder.path(".")]);
    assertEquals(refused.code, 6);
    assertSays(refused.stderr, "it is not a plain file");
    assertEquals(namesIn(folder.path("lib")), []);
    const { code, stderr } = await follow(api, folder.path("lib/position"));
    assertEquals(code, 0);
    assertSays(stderr, "Only root", folder.path("lib/position"), "65534");
    assertEquals((await follow(api, folder.path("lib/position"))).stderr, "");
  },
});
