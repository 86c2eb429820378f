/** What a run with --receipts leaves, and from which receipts a run goes on. */

import { gzipSync } from "node:zlib";
import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  assertSays,
  exists,
  type Finished,
  type Folder,
  run,
  runInShell,
  temporaryFolder,
} from "../client.ts";
import { CREDENTIALS, type FakeApi, lines, numbered, siemPage, startFakeApi } from "../fake_api.ts";
import { needs } from "../form.ts";
import { continuous, follow, pull, readPosition } from "../runs.ts";
import { namesIn, UNIX } from "./positions.ts";
import { assertChain, assertPages, chainIn, hash, linesOf } from "./receipts.ts";

/** A run with receipts, and its position and output in a folder of a test. */
function keep(api: FakeApi, folder: Folder, ...more: readonly string[]): Promise<Finished> {
  return pull(api, folder, "--receipts", folder.path("receipts"), ...more);
}

async function headIn(folder: Folder): Promise<string | undefined> {
  return (await readPosition(folder.path("position"))).receipt;
}

function ok({ code, stderr }: Finished): void {
  assertEquals([code, stderr], [0, ""]);
}

/** A run that ends with 7 and one line, calls nobody, and leaves everything as it was. Returns the line. */
async function assertRefused(
  api: FakeApi,
  folder: Folder,
  name: string,
  receipts = folder.path("receipts"),
): Promise<string> {
  const look = async () => {
    const files = namesIn(folder.path(".")).filter((file) =>
      Deno.lstatSync(folder.path(file)).isFile
    );
    // The lock has the number of each run.
    return await Promise.all(
      files.filter((file) => !file.endsWith(".lock")).map(async (file) => {
        const path = folder.path(file);
        return [file, (await Deno.stat(path)).mtime, hash(await Deno.readFile(path))];
      }),
    );
  };
  const before = await look();
  const calls = api.requests.length;
  const { code, stdout, stderr } = await pull(api, folder, "--receipts", receipts);
  assertEquals([code, stdout], [7, ""], `${name}: ${stderr}`);
  assertSays(stderr, `Cannot go on with receipts "${receipts}": `);
  assertEquals(await look(), before, name);
  assertEquals(api.requests.length, calls, name);
  return stderr;
}

Deno.test("receipts: a line for each page says what was delivered, and the position has the last one", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(25) });
  const output = folder.path("output");
  ok(await keep(api, folder, "--output", output));
  const all = linesOf(folder.path("receipts"));
  const receipts = assertChain(all, await headIn(folder));
  assertEquals(receipts.map(({ events }) => events), [10, 10, 5]);
  const stamps = api.events.map(({ text }) => JSON.parse(text).timeStampISO.replace("+00:00", "Z"));
  assertEquals(
    receipts.map(({ first, last }) => [first, last]),
    [[stamps[0], stamps[9]], [stamps[10], stamps[19]], [stamps[20], stamps[24]]],
  );
  assertPages(receipts, folder.path("."));
  const inode = String((await Deno.stat(output)).ino);
  const ends = [0, 10, 20, 25].map((n) => lines(api.events.slice(0, n)).length);
  const { api: name, address, organisation, from } = receipts[0]!;
  assertEquals(receipts.map(({ output }) => output), [
    { inode, offset: 0 },
    { inode, offset: ends[1]! },
    { inode, offset: ends[2]! },
  ]);
  assertEquals(receipts.map(({ bytes }) => bytes), [
    ends[1]!,
    ends[2]! - ends[1]!,
    ends[3]! - ends[2]!,
  ]);
  assertEquals([name, address, organisation], ["log", api.logUrl, "https://www.example.edu/"]);
  assert(from !== receipts[0]!.to);
  assertEquals(receipts[2]!.to, (await readPosition(folder.path("position"))).cursor);
  // Nothing came, and the cursor stays: no line.
  ok(await keep(api, folder, "--output", output));
  assertEquals(linesOf(folder.path("receipts")), all);
  assertEquals(await headIn(folder), hash(all[2]!.text));
});

Deno.test({
  ...UNIX,
  name: "receipts: their file is private",
  async fn() {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ events: numbered(1) });
    ok(await keep(api, folder));
    assertEquals(Deno.statSync(folder.path("receipts")).mode! & 0o777, 0o600);
  },
});

for (const format of ["json", "ndjson", "ecs", "ocsf"]) {
  Deno.test({
    ...needs("redirection"),
    name:
      `receipts: sizes and digests are over all that is written, ${format} in a redirected file`,
    async fn() {
      await using folder = temporaryFolder();
      await using api = startFakeApi({ events: numbered(25) });
      const output = folder.path("output");
      const args = continuous(
        api,
        folder,
        "--receipts",
        folder.path("receipts"),
        "--format",
        format,
      );
      for (let round = 0; round < 2; round++) {
        ok(await runInShell(`"$@" >>'${output}'`, args, CREDENTIALS));
        api.events.push(...numbered(3, api.events.length));
      }
      const receipts = assertChain(linesOf(folder.path("receipts")), await headIn(folder));
      assertPages(receipts, folder.path("."));
      assertEquals(
        receipts.reduce((sum, { bytes }) => sum + bytes, 0),
        Deno.statSync(output).size,
      );
    },
  });
}

Deno.test("receipts: of a pipe they say no place", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(12) });
  const { stdout } = await keep(api, folder, "--format", "ndjson");
  const receipts = assertChain(linesOf(folder.path("receipts")), await headIn(folder));
  assertEquals(receipts.map(({ output, bytes }) => [output, bytes]), [
    [null, lines(api.events.slice(0, 10)).length],
    [null, lines(api.events.slice(10)).length],
  ]);
  assertEquals(receipts[1]!.sha256, hash(lines(api.events.slice(10))));
  assertEquals(stdout, lines(api.events));
});

Deno.test("receipts: a page without a later cursor is asked for again, and they say from which event on", async () => {
  await using folder = temporaryFolder();
  const events = numbered(6);
  let answered = events.slice(0, 3);
  let headers: HeadersInit = {};
  await using api = startFakeApi({ fault: () => siemPage(answered, headers) });
  const args = ["--receipts", folder.path("receipts")];
  ok(await follow(api.siemUrl, folder.path("position"), args));
  ok(await follow(api.siemUrl, folder.path("position"), args));
  answered = events.slice(0, 5);
  ok(await follow(api.siemUrl, folder.path("position"), args));
  answered = events;
  headers = { link: '</?after=6>; rel="next"' };
  ok(await follow(api.siemUrl, folder.path("position"), args));
  const receipts = assertChain(linesOf(folder.path("receipts")), await headIn(folder));
  assertEquals(receipts.map(({ skip, events }) => [skip, events]), [[0, 3], [3, 2], [5, 1]]);
  assertEquals(receipts.map(({ from, to }) => from === to), [true, true, false]);
  assertEquals(receipts[0]!.organisation, null);
});

Deno.test("receipts: a page that has no events but moves the cursor gets a line, too", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({
    fault: () => siemPage([], { link: '</?after=6>; rel="next"' }),
  });
  const args = ["--receipts", folder.path("receipts"), "--output", folder.path("output")];
  ok(await follow(api.siemUrl, folder.path("position"), args));
  ok(await follow(api.siemUrl, folder.path("position"), args));
  const receipts = assertChain(linesOf(folder.path("receipts")), await headIn(folder));
  const { events, bytes, sha256, first, last, output, to } = receipts[0]!;
  assertEquals([receipts.length, events, bytes, first, last, output, to], [
    1,
    0,
    0,
    null,
    null,
    null,
    "after=6",
  ]);
  assertEquals(sha256, hash(""));
});

Deno.test("receipts: a run that gets no page makes no file, and one with -x writes none", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(2), fault: () => ({ bytes: "" }) });
  assertEquals((await keep(api, folder, "--retries", "0")).code, 5);
  assertEquals(await exists(folder.path("receipts")), false);
  api.fault = () => undefined;
  ok(await keep(api, folder, "-x"));
  assertEquals(await exists(folder.path("receipts")), false);
  ok(await keep(api, folder));
  const before = linesOf(folder.path("receipts"));
  api.events.push(...numbered(1, 2));
  ok(await keep(api, folder, "-x"));
  assertEquals(linesOf(folder.path("receipts")), before);
});

Deno.test("receipts: where a run was cut off before it saved the position, the next line counts", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(5) });
  ok(await keep(api, folder));
  const position = folder.path("position");
  for (let crash = 1; crash <= 3; crash++) {
    const before = await Deno.readTextFile(position);
    api.events.push(...numbered(2, api.events.length));
    ok(await keep(api, folder));
    // What a run leaves that is killed just before it saves: one that found a line more has saved that.
    const receipt = linesOf(folder.path("receipts")).at(-1)!.receipt.previous;
    await Deno.writeTextFile(position, `${JSON.stringify({ ...JSON.parse(before), receipt })}\n`);
  }
  ok(await keep(api, folder));
  const all = linesOf(folder.path("receipts"));
  assertEquals(all.map(({ receipt }) => receipt.events), [5, 2, 4, 6, 6]);
  const receipts = assertChain(all, await headIn(folder));
  assertEquals(receipts.map(({ events }) => events), [5, 6]);
});

Deno.test("receipts: what a crash left of a line is taken away", async () => {
  const begun = '{"version":1,"api":"log","address":"http';
  for (const torn of ["{", begun, `${begun}${"\0".repeat(300)}`, "\0".repeat(400), `\0\0\0"}\n`]) {
    for (const rotated of [false, true]) {
      await using folder = temporaryFolder();
      await using api = startFakeApi({ events: numbered(5) });
      const path = folder.path("receipts");
      // In a new file a line begins with the first block.
      if (rotated && torn.endsWith("\n")) continue;
      ok(await keep(api, folder));
      if (rotated) await Deno.rename(path, `${path}.1`);
      await Deno.writeTextFile(path, torn, { append: true });
      api.events.push(...numbered(1, 5));
      ok(await keep(api, folder));
      const chain = chainIn(folder.path("."), "receipts");
      assertEquals(assertChain(chain, await headIn(folder)).map(({ events }) => events), [5, 1]);
    }
  }
});

Deno.test("receipts: a file that is not the chain of the position is refused, and nothing is left", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(25) });
  await using other = temporaryFolder();
  await using otherApi = startFakeApi({ events: numbered(25) });
  ok(await keep(api, folder));
  ok(await keep(otherApi, other));
  const path = folder.path("receipts");
  const whole = await Deno.readTextFile(path);
  const [one, two, three] = linesOf(path).map(({ text }) => `${text}\n`) as [
    string,
    string,
    string,
  ];
  const again = (changes: object) =>
    `${JSON.stringify({ ...JSON.parse(three), ...changes, previous: hash(three.trimEnd()) })}\n`;
  const files: Record<string, string | undefined> = {
    "gone": undefined,
    "empty": "",
    "shortened by a line": one + two,
    "shortened to a part of a line": one.slice(0, 50),
    "its last line altered": whole.replace(/"events":5/, '"events":6'),
    "a line of another page more": whole + again({}),
    "another stream's": await Deno.readTextFile(other.path("receipts")),
    "no receipts": "a\nb\n",
    "no receipts, without an end": "something else",
    "no receipts, behind": `${whole}something else`,
    "no text": "\xff\xfe\0\n",
    "a very long line": `${"x".repeat(2_000_000)}\n`,
  };
  for (const [name, text] of Object.entries(files)) {
    if (text === undefined) await Deno.remove(path);
    else await Deno.writeTextFile(path, text);
    const stderr = await assertRefused(api, folder, name);
    assertMatch(stderr, /restore it, or run once without --receipts/);
  }
  await Deno.writeTextFile(path, whole);
  ok(await keep(api, folder));
});

Deno.test("receipts: a position without a head begins a chain, but not in a file of something else", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(5) });
  await using other = temporaryFolder();
  await using otherApi = startFakeApi({ events: numbered(5) });
  ok(await keep(otherApi, other));
  ok(await pull(api, folder));
  const path = folder.path("receipts");
  const theirs = await Deno.readTextFile(other.path("receipts"));
  for (const text of [theirs, "a\n", "secret", '{"version":1}\n', '{"version":3,"sources":[]}']) {
    await Deno.writeTextFile(path, text);
    assertMatch(await assertRefused(api, folder, text), /; name another file with --receipts\n$/);
  }
  await Deno.remove(path);
  api.events.push(...numbered(2, 5));
  ok(await keep(api, folder));
  const [first, ...more] = linesOf(path);
  assertEquals([first!.receipt.previous, first!.receipt.events, more], [null, 2, []]);
});

Deno.test({
  ...UNIX,
  name: "receipts: a link, a folder and a file with two names are refused",
  async fn() {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ events: numbered(5) });
    ok(await keep(api, folder));
    await Deno.symlink(folder.path("receipts"), folder.path("link"));
    await Deno.symlink(folder.path("nowhere"), folder.path("dangling"));
    await Deno.mkdir(folder.path("folder"));
    for (const name of ["link", "dangling", "folder"]) {
      const stderr = await assertRefused(api, folder, name, folder.path(name));
      assertMatch(stderr, /it is (a link|not a plain file); name another file with --receipts\n$/);
    }
    assertEquals(await exists(folder.path("nowhere")), false);
    await Deno.link(folder.path("receipts"), folder.path("second"));
    assertMatch(await assertRefused(api, folder, "second"), /it has a second name/);
  },
});

Deno.test("receipts: a folder that is not there ends with 7 before anything is delivered", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(5) });
  const { code, stdout, stderr } = await pull(
    api,
    folder,
    "--receipts",
    folder.path("no/receipts"),
  );
  assertEquals([code, stdout, api.requests.length], [7, "", 0]);
  assertSays(stderr, `Cannot append to receipts "${folder.path("no/receipts")}": `);
  assertEquals(namesIn(folder.path(".")), []);
});

const ROTATIONS: Record<string, (path: string) => void> = {
  "renamed": (path) => Deno.renameSync(path, `${path}.1`),
  "renamed, and a new one made"(path) {
    Deno.renameSync(path, `${path}-20261127`);
    Deno.writeTextFileSync(path, "");
  },
  "renamed and compressed"(path) {
    Deno.writeFileSync(`${path}.1.gz`, gzipSync(Deno.readFileSync(path)));
    Deno.removeSync(path);
  },
};

for (const [how, rotate] of Object.entries(ROTATIONS)) {
  Deno.test(`receipts: in a file that was ${how}, the chain goes on in a new one`, async () => {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ events: numbered(15) });
    const path = folder.path("receipts");
    ok(await keep(api, folder));
    const position = await Deno.readTextFile(folder.path("position"));
    rotate(path);
    // A run without anything new leaves that as it is.
    ok(await keep(api, folder));
    api.events.push(...numbered(15, 15));
    ok(await keep(api, folder));
    const chain = chainIn(folder.path("."), "receipts");
    const receipts = assertChain(chain, await headIn(folder));
    assertEquals(receipts.map(({ events }) => events), [10, 5, 10, 5]);
    assertEquals(linesOf(path).length, 2);
    // It ends with the line of a page that the position does not have yet.
    await Deno.writeTextFile(path, `${linesOf(path)[0]!.text}\n`);
    await Deno.writeTextFile(folder.path("position"), position);
    ok(await keep(api, folder));
    const after = assertChain(chainIn(folder.path("."), "receipts"), await headIn(folder));
    assertEquals(after.map(({ events }) => events), [10, 5, 10, 5]);
    // Whoever rotates them into another folder ends the chain.
    for (const name of namesIn(folder.path("."))) {
      if (name.startsWith("receipts")) await Deno.remove(folder.path(name));
    }
    await assertRefused(api, folder, "moved away");
  });
}

Deno.test("receipts: a run that was cut off just before a rotation goes on", async () => {
  for (const rotate of Object.values(ROTATIONS)) {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ events: numbered(5) });
    ok(await keep(api, folder));
    const position = await Deno.readTextFile(folder.path("position"));
    api.events.push(...numbered(2, 5));
    ok(await keep(api, folder));
    await Deno.writeTextFile(folder.path("position"), position);
    rotate(folder.path("receipts"));
    ok(await keep(api, folder));
    const chain = chainIn(folder.path("."), "receipts");
    assertEquals(chain.map(({ receipt }) => receipt.events), [5, 2, 2]);
    assertEquals(assertChain(chain, await headIn(folder)).map(({ events }) => events), [5, 2]);
  }
});

for (const hasHead of [true, false]) {
  const where = hasHead ? "behind the head" : "of a chain that begins";
  Deno.test(`receipts: cut off and rotated twice, the last line ${where} counts, whatever the time of its file`, async () => {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ events: numbered(5) });
    const path = folder.path("receipts");
    if (!hasHead) {
      ok(await pull(api, folder));
      api.events.push(...numbered(2, 5));
    }
    let position = await Deno.readTextFile(folder.path("position")).catch(() => "");
    ok(await keep(api, folder));
    if (hasHead) {
      position = await Deno.readTextFile(folder.path("position"));
      api.events.push(...numbered(2, 5));
    } else await Deno.writeTextFile(folder.path("position"), position);
    await Deno.rename(path, `${path}.2`);
    ok(await keep(api, folder));
    await Deno.writeTextFile(folder.path("position"), position);
    await Deno.rename(path, `${path}.1`);
    await Deno.utime(`${path}.1`, 0, 0);
    ok(await keep(api, folder));
    const chain = chainIn(folder.path("."), "receipts");
    assertEquals(assertChain(chain, await headIn(folder)).map(({ events }) => events), [
      ...(hasHead ? [5] : []),
      2,
    ]);
    assertEquals(chain.length, 3);
  });
}

Deno.test("receipts: a run without them says once that the chain ends, and a later one begins anew", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(5) });
  const path = folder.path("receipts");
  ok(await keep(api, folder));
  const [first] = linesOf(path);
  // Nothing is saved by -x.
  ok(await pull(api, folder, "-x"));
  assertEquals(await headIn(folder), hash(first!.text));
  api.events.push(...numbered(3, 5));
  const ending = await pull(api, folder);
  assertEquals(ending.code, 0);
  assertEquals(
    ending.stderr,
    `siem-client: The chain of receipts of position "${folder.path("position")}" ends here: ` +
      "this run has no --receipts\n",
  );
  assertEquals(await headIn(folder), undefined);
  ok(await pull(api, folder));
  api.events.push(...numbered(2, 8));
  ok(await keep(api, folder));
  const all = linesOf(path);
  // The hole shows: the last line does not begin where the one before it ended.
  assertEquals(all.map(({ receipt }) => receipt.events), [5, 2]);
  assertEquals(all[1]!.receipt.previous, hash(first!.text));
  assert(all[1]!.receipt.from !== first!.receipt.to);
  assertEquals(await headIn(folder), hash(all[1]!.text));
  // What was refused goes on by the way that the message names.
  await Deno.remove(path);
  await assertRefused(api, folder, "gone");
  assertEquals((await pull(api, folder)).code, 0);
  api.events.push(...numbered(2, 10));
  ok(await keep(api, folder));
  assertEquals(linesOf(path).map(({ receipt }) => receipt.previous), [null]);
});

Deno.test("receipts: their file is none of the other files of the run", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(2) });
  const credentials = folder.path("credentials");
  const secret = `API_KEY=${CREDENTIALS.API_KEY}\nAPI_SECRET=${CREDENTIALS.API_SECRET}\n`;
  await Deno.writeTextFile(credentials, secret, { mode: 0o600 });
  const refuses = async (name: string, ...more: readonly string[]) => {
    const before = namesIn(folder.path("."));
    const args = ["--credentials", credentials, "--receipts", folder.path(name), ...more];
    const finished = await run(continuous(api, folder, ...args));
    assertEquals([finished.code, finished.stdout], [2, ""], `${name}: ${finished.stderr}`);
    assertSays(finished.stderr, "Cannot use --", "name another file");
    assertEquals(namesIn(folder.path(".")), before, name);
  };
  const files = ["position", "./position", "position.lock", "position.new", "credentials"];
  for (const name of files) await refuses(name);
  await refuses("events", "--output", folder.path("events"));
  await refuses("events", "--output", folder.path("./events"));
  assertEquals(await Deno.readTextFile(credentials), secret);
  ok(await keep(api, folder));
  for (const name of files) await refuses(name);
  await refuses("receipts", "--output", folder.path("receipts"));
  assertEquals(linesOf(folder.path("receipts")).length, 1);
});

Deno.test({
  ...UNIX,
  name: "receipts: no event goes into them by standard output",
  async fn() {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ events: numbered(2) });
    ok(await keep(api, folder));
    const path = folder.path("receipts");
    const before = linesOf(path);
    const args = continuous(api, folder, "--receipts", path);
    const { code, stderr } = await runInShell(`"$@" >>'${path}'`, args, CREDENTIALS);
    assertEquals(code, 2);
    assertSays(stderr, "standard output", "the receipts are kept");
    assertEquals(linesOf(path), before);
  },
});
