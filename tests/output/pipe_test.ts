/** What a pipe is given when there is so much of it that a worker writes it. */

import { assert, assertEquals } from "@std/assert";
import { writePieces } from "../../lib/output/pieces.ts";
import {
  assertSays,
  available,
  client,
  commandLine,
  environment,
  finished,
  readUntil,
  run,
  temporaryFolder,
} from "../client.ts";
import { SYSTEM } from "../form.ts";
import { CREDENTIALS, type FakeApi, lines, numbered, ORG_URL, startFakeApi } from "../fake_api.ts";

/** More than a pipe holds, and so much that the worker begins with the second such page. */
const LARGE = "x".repeat(800_000);
const BEFORE = 1;

/** One event a page: a large one, a large one for the worker, and two more. */
function largeThenSmall(): FakeApi {
  const [{ arrived } = { arrived: 0 }] = numbered(1);
  const large = Array.from({ length: BEFORE + 1 }, (_, n) => ({
    arrived: arrived + n,
    text: JSON.stringify({ n, LARGE }),
  }));
  return startFakeApi({ events: [...large, ...numbered(2, BEFORE + 1)] });
}

function asked(api: FakeApi, ...more: string[]): string[] {
  return ["--apiurl", api.logUrl, "--orgurl", ORG_URL, "--format", "ndjson", ...more];
}

Deno.test("fifty pages of every size come out of a pipe byte for byte", async () => {
  const events = numbered(5000).map(({ arrived, text }, i) => ({
    arrived,
    text: i % 100 < 99 ? text : JSON.stringify({ long: "ä".repeat(i * 16) }),
  }));
  await using api = startFakeApi({ events });
  const { code, stdout, stderr } = await run(asked(api, "--limit", "100"), { env: CREDENTIALS });
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  assert(stdout === lines(events));
});

/** Where each write ends. */
async function endsOfWrites(bytes: Uint8Array): Promise<number[]> {
  const ends: number[] = [];
  await writePieces(bytes, ({ length }) => {
    ends.push((ends.at(-1) ?? 0) + length);
    return length;
  });
  return ends;
}

Deno.test("a line of 16 MB is divided at once, since no signal is heard meanwhile", async () => {
  const line = new Uint8Array(16 * 1024 * 1024).fill(0x78);
  const started = performance.now();
  assertEquals((await endsOfWrites(line)).length, line.length / 4096);
  assert(performance.now() - started < 2000);
});

Deno.test("writes end with a line where one ends within what a pipe takes whole", async () => {
  const bytes = new TextEncoder().encode(`${"a".repeat(4094)}\nb\n${"c".repeat(5000)}\nd\n`);
  assertEquals(await endsOfWrites(bytes), [4095, 4097, 8193, 9100]);
});

Deno.test({
  name: "a non-blocking pipe with a slow reader loses and doubles nothing",
  ignore: SYSTEM === "windows" || !await available("perl"),
  async fn() {
    await using api = largeThenSmall();
    const nonBlocking = "use Fcntl; fcntl(STDOUT, F_SETFL, O_NONBLOCK) or die; exec @ARGV";
    const slowly = "select(undef, undef, undef, 0.001), print while read(STDIN, $_, 1000)";
    const { success, stdout } = await new Deno.Command("/bin/sh", {
      args: [
        ...["-c", `perl -e '${nonBlocking}' -- "$@" | perl -e '${slowly}'`, "sh"],
        ...commandLine(asked(api, "--limit", "1")),
      ],
      clearEnv: true,
      env: environment(CREDENTIALS),
    }).output();
    assert(success);
    assert(new TextDecoder().decode(stdout) === lines(api.events));
  },
});

Deno.test("a pipe that nobody reads any more does not keep a run alive", async () => {
  await using folder = temporaryFolder();
  await using api = largeThenSmall();
  const args = asked(api, "--limit", "1", "-c", "--position", folder.path("position"));
  const child = client(args, { env: CREDENTIALS }).spawn();
  const written = await readUntil(child.stdout, `{"n":${BEFORE},`);
  child.kill("SIGTERM");
  const { code } = await child.status;
  await Promise.all([written.drop(), child.stderr.cancel()]);
  assertEquals(code, 143);
  const { stdout } = await run(args, { env: CREDENTIALS });
  assertEquals(stdout === lines(api.events.slice(BEFORE)), true);
});

for (
  const [kind, more, code, said] of [
    ["a search", () => [], 0, ""],
    [
      "a -c run",
      (path: string) => ["-c", "--position", path],
      6,
      "siem-client: Cannot write to standard output: its reader has gone\n",
    ],
  ] as const
) {
  Deno.test(`a reader that goes away late ends ${kind} with ${code}`, async () => {
    await using folder = temporaryFolder();
    await using api = largeThenSmall();
    const args = asked(api, "--limit", "1", ...more(folder.path("position")));
    const child = client(args, { env: CREDENTIALS }).spawn();
    const written = await readUntil(child.stdout, `{"n":${BEFORE},`);
    await written.drop();
    const stderr = new Response(child.stderr).text();
    assertEquals({ code: (await child.status).code, stderr: await stderr }, { code, stderr: said });
  });
}

/** Runs a command whose standard output is a socket or a terminal, and passes on what is read there. */
const SOCKET = `
  use Socket; use Fcntl;
  my $mode = shift @ARGV;
  socketpair(my $reader, my $writer, AF_UNIX, SOCK_STREAM, 0) or die;
  my $child = fork;
  if (!$child) {
    close $reader;
    open(STDOUT, ">&", $writer) or die;
    if ($mode eq "non-blocking") { fcntl(STDOUT, F_SETFL, O_NONBLOCK) or die; }
    exec @ARGV;
  }
  close $writer;
  while (sysread($reader, $_, 3000)) { syswrite(STDOUT, $_); select(undef, undef, undef, 0.0001); }
  waitpid($child, 0);
  exit($? >> 8);
`;

for (const mode of ["blocking", "non-blocking"]) {
  Deno.test({
    name: `a ${mode} socket gets every byte once, or the run ends`,
    ignore: SYSTEM === "windows" || !await available("perl"),
    async fn() {
      await using folder = temporaryFolder();
      await using api = startFakeApi({ events: numbered(20_000) });
      for (const more of [[], ["-c", "--position", folder.path("position")]]) {
        const { code, stdout, stderr } = await new Deno.Command("perl", {
          args: ["-e", SOCKET, mode, ...commandLine(asked(api, ...more))],
          clearEnv: true,
          env: environment(CREDENTIALS),
        }).output().then(finished);
        const all = lines(api.events);
        if (mode === "blocking") {
          assertEquals([code, stderr], [0, ""]);
          assert(stdout === all);
        } else {
          assertEquals(code, 6);
          assertSays(stderr, "Cannot write to standard output: it is a non-blocking socket");
          assert(stdout.length < all.length && all.startsWith(stdout));
        }
      }
    },
  });
}
