/** No event goes into a file that is kept for something else, by whatever name it is called. */

import { assertEquals, assertMatch } from "@std/assert";
import { assertSays, type Finished, run, runInShell, temporaryFolder } from "../client.ts";
import { CREDENTIALS, KEY, lines, numbered, SECRET, startFakeApi } from "../fake_api.ts";
import { follow, followArguments, namesIn, UNIX } from "./positions.ts";

const MODES = ["search", "-c"] as const;

/** A folder with the position of a stream that has been pulled once, and its service. */
async function startedStream() {
  const folder = temporaryFolder();
  const api = startFakeApi({ events: numbered(2) });
  const position = folder.path("position");
  assertEquals((await follow(api, position)).code, 0);
  return {
    folder,
    api,
    position,
    /** What is in the position. */
    before: await Deno.readTextFile(position),
    async [Symbol.asyncDispose]() {
      await api[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** The command line of `follow`, or of the same search. */
function modeArguments(
  mode: typeof MODES[number],
  ...parameters: Parameters<typeof followArguments>
): string[] {
  return followArguments(...parameters).filter((one) => mode === "-c" || one !== "-c");
}

function refused({ code, stdout, stderr }: Finished, name: string): void {
  assertEquals([code, stdout], [2, ""], `${name}: ${stderr}`);
  assertMatch(stderr, /^siem-client: Cannot [^\n]+\n$/, name);
}

Deno.test({
  ...UNIX,
  name: "same file: the position's are no --output, by any of their names",
  async fn() {
    await using stream = await startedStream();
    const { folder, api, position, before } = stream;
    await Deno.mkdir(folder.path("folder"));
    await Deno.symlink(folder.path("folder"), folder.path("way"));
    await Deno.symlink(position, folder.path("link"));
    await Deno.link(`${position}.lock`, folder.path("hard"));
    const names = [".", "./.", "folder/..", "way/.."].map((way) => `${way}/position`);
    names.push("position.lock", "link", "hard");
    const kept = namesIn(folder.path("."));
    for (const mode of MODES) {
      for (const name of names) {
        // The lock has a second name then, which -c does not take.
        if (mode === "-c" && name === "hard") continue;
        const args = modeArguments(mode, api, position, ["--output", folder.path(name)]);
        refused(await run(args, { env: CREDENTIALS }), `${mode} ${name}`);
      }
      // It is not there yet, and it is gone again.
      const args = ["--output", `${position}.new`, "--apiurl", api.siemUrl, "--position", position];
      refused(await run(args, { env: CREDENTIALS }), `${mode} new`);
    }
    assertEquals(namesIn(folder.path(".")), kept);
    assertEquals(await Deno.readTextFile(position), before);
  },
});

Deno.test("same file: a position that is not there yet, in a folder that is not, is no --output", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(2) });
  const rows: readonly (readonly [position: string, output: string])[] = [
    ["new/state", folder.path("new/state")],
    [folder.path("new/state"), "new/state"],
    ["./new/../new/state", folder.path("new/state")],
  ];
  for (const [position, output] of rows) {
    const args = followArguments(api, position, ["--output", output]);
    refused(await run(args, { env: CREDENTIALS, cwd: folder.path(".") }), position);
    assertEquals(namesIn(folder.path(".")), []);
  }
  assertEquals(api.requests, []);
  const search = ["--apiurl", api.siemUrl, "--position", "state", "--output", folder.path("state")];
  refused(await run(search, { env: CREDENTIALS, cwd: folder.path(".") }), "search");
  assertEquals(namesIn(folder.path(".")), []);
});

Deno.test({
  ...UNIX,
  name: "same file: standard output that is redirected into the position is refused",
  async fn() {
    await using stream = await startedStream();
    const { api, position, before } = stream;
    for (const mode of MODES) {
      const args = modeArguments(mode, api, position);
      const finished = await runInShell(`"$@" >>'${position}'`, args, CREDENTIALS);
      refused(finished, mode);
      assertSays(finished.stderr, "standard output", position);
    }
    assertEquals(await Deno.readTextFile(position), before);
  },
});

Deno.test({
  ...UNIX,
  name: "same file: a position is no --output of another run, nor does --status go into it",
  async fn() {
    await using stream = await startedStream();
    const { folder, api, position, before } = stream;
    await Deno.writeTextFile(folder.path("published"), `${api.siemUrl}?after=1; rel="next"`);
    await Deno.symlink(position, folder.path("link"));
    for (const name of ["position", "link", "published"]) {
      const output = ["--output", folder.path(name)];
      const search = await run(["--apiurl", api.siemUrl, ...output], { env: CREDENTIALS });
      refused(search, name);
      assertSays(search.stderr, "it is the position of a stream");
      refused(await follow(api, folder.path("other/position"), output), name);
    }
    const status = ["--status", "--position", position];
    const finished = await runInShell(`"$@" >>'${position}'`, status);
    refused(finished, "status");
    assertSays(finished.stderr, "Cannot write to standard output", position);
    assertEquals(await Deno.readTextFile(position), before);
    assertEquals(namesIn(folder.path(".")), ["link", "position", "position.lock", "published"]);
  },
});

Deno.test("same file: a lock and receipts are no --output of another run", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(2) });
  const position = folder.path("position");
  const receipts = ["--receipts", folder.path("receipts")];
  assertEquals((await follow(api, position, receipts)).code, 0);
  await Deno.writeTextFile(folder.path("rotated"), await Deno.readTextFile(receipts[1]!));
  const rows = [["position.lock", "the lock of a position"], [
    "receipts",
    "a file of receipts",
  ]] as const;
  for (const [name, what] of [...rows, ["rotated", "a file of receipts"] as const]) {
    const before = await Deno.readTextFile(folder.path(name));
    const output = ["--output", folder.path(name)];
    const search = await run(["--apiurl", api.siemUrl, ...output], { env: CREDENTIALS });
    refused(search, name);
    assertSays(search.stderr, `it is ${what}; name another file`);
    refused(await follow(api, folder.path("other"), output), name);
    assertEquals(await Deno.readTextFile(folder.path(name)), before);
  }
});

Deno.test({
  ...UNIX,
  name: "same file: messages that go into a file of the position do no harm",
  async fn() {
    await using stream = await startedStream();
    const { folder, api, position } = stream;
    for (const name of ["position", "position.lock"]) {
      for (const more of [["--limit", "none"], ["-v"]]) {
        const args = followArguments(api, position, more);
        await runInShell(`"$@" 2>>'${folder.path(name)}'`, args, CREDENTIALS);
      }
      api.fault = () => new Response("", { status: 503 });
      const args = followArguments(api, position, ["-v"]);
      await runInShell(`"$@" 2>>'${folder.path(name)}'`, args, CREDENTIALS);
      api.fault = () => undefined;
      api.events.push(...numbered(1, api.events.length));
      const finished = await follow(api, position);
      assertEquals(finished, { code: 0, stdout: lines(api.events.slice(-1)), stderr: "" }, name);
    }
  },
});

Deno.test({
  ...UNIX,
  name: "same file: credentials are no --output and no redirected standard output",
  async fn() {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ events: numbered(2) });
    const path = folder.path("credentials");
    const text = `API_KEY=${KEY}\nAPI_SECRET=${SECRET}\n`;
    await Deno.writeTextFile(path, text, { mode: 0o600 });
    for (const mode of MODES) {
      const args = modeArguments(mode, api, folder.path("position"), ["--credentials", path]);
      refused(await run([...args, "--output", path]), mode);
      refused(await runInShell(`"$@" >>'${path}'`, args), mode);
    }
    assertEquals(await Deno.readTextFile(path), text);
    assertEquals(namesIn(folder.path(".")), ["credentials"]);
  },
});

Deno.test({
  ...UNIX,
  name: "same file: credentials are no position, and no file of one",
  async fn() {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ events: numbered(2) });
    const text = `API_KEY=${KEY}\nAPI_SECRET=${SECRET}\n`;
    for (const name of ["secret", "secret.new", "secret.lock"]) {
      await Deno.writeTextFile(folder.path(name), text, { mode: 0o600 });
      const args = followArguments(api, folder.path("secret"));
      const finished = await run([...args, "--credentials", folder.path(name)]);
      refused(finished, name);
      assertSays(finished.stderr, "the credentials are kept");
      assertEquals(await Deno.readTextFile(folder.path(name)), text);
      assertEquals(namesIn(folder.path(".")), [name]);
      await Deno.remove(folder.path(name));
    }
  },
});
