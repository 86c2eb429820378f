/** What comes out of files that were pulled, whoever wrote them and whatever became of them? */

import { assertEquals } from "@std/assert";
import { positionLine } from "../../lib/position/position.ts";
import { assertSays, client, finished, readUntil, runInShell, temporaryFolder } from "../client.ts";
import { run } from "../client.ts";
import { lines, numbered } from "../fake_api.ts";
import { needs } from "../form.ts";

const EVENTS = numbered(5);
const TEXT = lines(EVENTS);

/** Searches one file with this content; standard output is ndjson unless it is said otherwise. */
async function searched(content: string | Uint8Array, ...args: readonly string[]) {
  await using folder = temporaryFolder();
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  await Deno.writeFile(folder.path("pulled"), bytes);
  const format = args.includes("--format") ? [] : ["--format", "ndjson"];
  const { stderr, ...left } = await run([...format, ...args, folder.path("pulled")]);
  return { ...left, stderr: stderr.replaceAll(folder.path(""), "") };
}

async function gzipped(text: string): Promise<Uint8Array> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

const whole = { code: 0, stdout: TEXT, stderr: "" };

Deno.test("lines come as they stand, without credentials and without a call", async () => {
  assertEquals(await searched(TEXT), whole);
});

Deno.test("what surrounds events does not matter: a mark, CRLF, blank lines, no last newline", async () => {
  assertEquals(await searched(`\uFEFF${TEXT}`), whole);
  assertEquals(await searched(TEXT.replaceAll("\n", "\r\n")), whole);
  assertEquals(await searched(`\n\n \t\r\n${TEXT.replaceAll("\n", "\n\n")}`), whole);
  assertEquals(await searched(TEXT.slice(0, -1)), whole);
  assertEquals(await searched(""), { code: 0, stdout: "", stderr: "" });
});

Deno.test("no token of an event is changed", async () => {
  const odd = '{"n":9007199254740993,"a":1.0,"b":1e400,"n":2,"s":"\\u00eb\\/\\ud800","c":"é"}\n';
  assertEquals((await searched(odd)).stdout, odd);
});

Deno.test("arrays as --format json writes them are read, one after another", async () => {
  const array = (await searched(TEXT, "--format", "json")).stdout;
  assertEquals(JSON.parse(array).length, 5);
  assertEquals(await searched(array), whole);
  const twice = { ...whole, stdout: TEXT + TEXT };
  assertEquals(await searched(array + array), twice);
  assertEquals(await searched(`${array}[]\n${TEXT}`), twice);
  assertEquals(await searched(`[${EVENTS.map(({ text }) => text)}]`), whole);
  assertEquals(await searched(`[]`), { ...whole, stdout: "" });
});

Deno.test("gzip is told by its first bytes, and may have several members", async () => {
  const packed = await gzipped(TEXT);
  assertEquals(await searched(packed), whole);
  assertEquals(await searched(joined(packed, packed)), { ...whole, stdout: TEXT + TEXT });
});

Deno.test("a gzip file that is cut off gives what was before, says it, and ends with 4", async () => {
  const packed = await gzipped(lines(numbered(3000)));
  const { code, stdout, stderr } = await searched(packed.slice(0, packed.length >> 1));
  assertEquals(code, 4);
  assertEquals(lines(numbered(3000)).startsWith(stdout) || stdout.split("\n").length > 500, true);
  assertSays(stderr, 'Cannot read all of "pulled": it is cut off, after ', " unpacked bytes");
});

Deno.test("a last line that is cut off is left out and said, with 0", async () => {
  const said = 'siem-client: Left out of "pulled": its end, which is cut off\n';
  for (const cut of [1, 2, 20, 100]) {
    const left = TEXT.slice(0, TEXT.length - 1 - cut);
    const stdout = lines(EVENTS.slice(0, 4));
    assertEquals(await searched(left), { code: 0, stdout, stderr: said });
    assertEquals(await searched(left, "--query", "correlationid=c0"), {
      code: 0,
      stdout: lines(EVENTS.slice(0, 1)),
      stderr: said,
    });
  }
  const array = (await searched(TEXT, "--format", "json")).stdout;
  const inArray = await searched(array.slice(0, -60));
  assertEquals(inArray, { code: 0, stdout: lines(EVENTS.slice(0, 4)), stderr: said });
  assertEquals(await searched(array.slice(0, -3)), { ...whole, stderr: said });
});

Deno.test("lines that are no events are counted, and end the run with 4 when all is written", async () => {
  const [first = "", ...rest] = EVENTS.map(({ text }) => text);
  for (
    const flaw of ["garbage", '{"a":1', '{"a":1}}', "1", "\0\0\0", '{"a":"\t"}', '{"a":1} {"a":2}']
  ) {
    const text = [first, "", flaw, ...rest, ""].join("\n");
    const stderr = 'siem-client: Left out of "pulled": 1 line that is no event, line 3\n';
    assertEquals(await searched(text), { code: 4, stdout: TEXT, stderr }, flaw);
  }
  const bad = new TextEncoder().encode(`${TEXT}{"a":"\xff"}\n`).slice();
  bad[bad.indexOf(0xc3)] = 0x20;
  const { code, stdout } = await searched(bad);
  assertEquals({ code, stdout }, { code: 4, stdout: TEXT });
  const many = `a\n${TEXT}b\n\nc`;
  assertEquals(await searched(many), {
    code: 4,
    stdout: TEXT,
    stderr: 'siem-client: Left out of "pulled": 3 lines that are no events, the first is line 1\n',
  });
});

Deno.test("with a filter, lines are passed over that do not hold the value, and others are told", async () => {
  const [first = ""] = EVENTS.map(({ text }) => text);
  const text = `garbage\n${TEXT}{"a":1\nno\n${first}\n{"x":"c0\n`;
  assertEquals(await searched(text, "--query", "correlationid=c0"), {
    code: 4,
    stdout: `${first}\n${first}\n`,
    stderr: 'siem-client: Left out of "pulled": 4 lines that are no events, the first is line 1\n',
  });
});

Deno.test("an array that is damaged is gone on with at its next event", async () => {
  const array = (await searched(TEXT, "--format", "json")).stdout;
  const at = array.indexOf('"n": 1,');
  const damaged = array.slice(0, at) + array.slice(at + 5) + array;
  const stdout = lines([EVENTS[0]!, ...EVENTS.slice(2), ...EVENTS]);
  const { stderr, ...left } = await searched(damaged);
  assertEquals(left, { code: 4, stdout });
  assertSays(stderr, "1 line that is no event, line ");
  const torn = await searched(array.slice(0, at) + array);
  assertEquals([torn.code, torn.stdout], [4, lines([EVENTS[0]!, ...EVENTS])]);
  const others = await searched(`[1, ${EVENTS[0]!.text}, null, ${EVENTS[1]!.text}]\n`);
  assertEquals([others.code, others.stdout], [4, lines(EVENTS.slice(0, 2))]);
});

Deno.test("what cannot be searched is refused with what helps", async () => {
  const event = `${EVENTS[0]!.text}\n`;
  const rows: [content: string | Uint8Array, ...said: string[]][] = [
    [
      new Uint8Array([0x42, 0x5a, 0x68, 0x39, 0x31]),
      "packed by bzip2",
      "bzip2 -dc FILE | siem-client",
    ],
    [new Uint8Array([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), "packed by xz", "xz -dc FILE"],
    [new Uint8Array([0x28, 0xb5, 0x2f, 0xfd, 0]), "packed by zstd", "zstd -dc FILE"],
    ["timestamp,orgid,service,tenant\n1,2,3,4\n", "it is CSV"],
    ['"timestamp","orgid","service","tenant"\r\n', "it is CSV"],
    [await gzipped("timestamp,orgid,service,tenant\n1,2,3,4\n"), "it is CSV"],
    [(await searched(event, "--format", "ecs")).stdout, "mapped to ECS", "ndjson or json"],
    [(await searched(event, "--format", "ocsf")).stdout, "mapped to OCSF", "ndjson or json"],
    [new Uint8Array([0xff, 0xfe, 0x7b, 0]), "it is UTF-16", "iconv"],
    ['{"version":1,"sha256":"00","previous":null}\n', "it is a file of receipts", "--receipts"],
    [
      positionLine({
        api: "log",
        address: "https://api.cirrusidentity.com/logs/v1",
        organisation: null,
        cursor: "0199b3a2-0000-7000-8000-000000000001",
        saved: "2026-11-20T00:00:00Z",
        caughtUp: true,
      }),
      "it is a position file",
      "--position",
    ],
    [
      '<https://api.example/prod/logs?after=1>; rel="next"\n',
      "it is a position file",
      "--position",
    ],
  ];
  for (const [content, ...said] of rows) {
    const { code, stdout, stderr } = await searched(content);
    assertEquals({ code, stdout }, { code: 2, stdout: "" });
    assertSays(stderr, 'Cannot search "pulled": it', ...said);
  }
});

Deno.test("what is not there or no file ends the run before anything is written", async () => {
  await using folder = temporaryFolder();
  await Deno.writeTextFile(folder.path("pulled"), TEXT);
  const output = folder.path("output");
  for (const other of [folder.path("none"), folder.path(".")]) {
    const left = await run([folder.path("pulled"), other, "--output", output]);
    assertEquals([left.code, left.stdout], [2, ""]);
    assertSays(left.stderr, "Cannot search ");
    assertEquals(await Deno.stat(output).then(() => true, () => false), false);
  }
});

Deno.test("what may be a secret is not shown where no file has that name", async () => {
  const { code, stderr } = await run(["API_SECRET=hunter2"]);
  assertEquals(code, 2);
  assertSays(stderr, 'Cannot search "API_SECRET": No such file or directory', "is no option");
});

Deno.test("a device is no file", needs("fifos"), async () => {
  const { code, stdout, stderr } = await run(["/dev/zero"]);
  assertEquals({ code, stdout }, { code: 2, stdout: "" });
  assertSays(stderr, 'Cannot search "/dev/zero": it is a device');
});

Deno.test("files are read in the order of their first event, and each of them once", async () => {
  await using folder = temporaryFolder();
  const events = numbered(6);
  const write = (name: string, text: string) => Deno.writeTextFile(folder.path(name), text);
  await write("b", `no event\n${lines(events.slice(2, 4))}`);
  await write("a", lines(events.slice(4)));
  await Deno.writeFile(folder.path("c"), await gzipped(lines(events.slice(0, 2))));
  await write("without", '{"x":1}\n');
  await write("empty", "");
  const names = ["without", "empty", "a", "b", "c", "b"];
  const left = await run(["--format", "ndjson", ...names.map(folder.path)]);
  assertEquals([left.code, left.stdout], [4, `${lines(events)}{"x":1}\n`]);
  assertEquals(
    left.stderr.replaceAll(folder.path(""), ""),
    'siem-client: Reading "b" only once: it is named twice\n' +
      'siem-client: Left out of "b": 1 line that is no event, line 1\n',
  );
});

Deno.test("a file with two names is read once", needs("links"), async () => {
  await using folder = temporaryFolder();
  await Deno.writeTextFile(folder.path("a"), TEXT);
  await Deno.symlink(folder.path("a"), folder.path("link"));
  const left = await run(["--format", "ndjson", folder.path("a"), folder.path("link")]);
  assertEquals([left.code, left.stdout], [0, TEXT]);
  assertSays(left.stderr, 'Reading "', 'link" only once: "', 'a" is the same file');
});

Deno.test("- is standard input, packed or not", async () => {
  for (const bytes of [new TextEncoder().encode(TEXT), await gzipped(TEXT)]) {
    const child = client(["--format", "ndjson", "-"], {}, { stdin: "piped" }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(bytes);
    await writer.close();
    assertEquals(finished(await child.output()), whole);
  }
});

Deno.test("what has come through a pipe is shown while more is waited for", async () => {
  const child = client(["--format", "ndjson", "-"], {}, { stdin: "piped" }).spawn();
  const writer = child.stdin.getWriter();
  const events = numbered(3);
  await writer.write(new TextEncoder().encode(lines(events.slice(0, 2))));
  const output = await readUntil(child.stdout, events[1]!.text);
  await writer.write(new TextEncoder().encode(lines(events.slice(2))));
  await writer.close();
  assertEquals(await output.rest(), lines(events));
  const stderr = await new Response(child.stderr).text();
  assertEquals([(await child.status).code, stderr], [0, ""]);
});

Deno.test("a signal ends a run that waits for standard input", needs("signals"), async () => {
  const child = client(["--format", "ndjson", "-"], {}, { stdin: "piped" }).spawn();
  const writer = child.stdin.getWriter();
  const [event] = numbered(1);
  await writer.write(new TextEncoder().encode(lines([event!])));
  const output = await readUntil(child.stdout, event!.text);
  child.kill("SIGINT");
  const stderr = await new Response(child.stderr).text();
  assertEquals([(await child.status).code, stderr], [130, "siem-client: Ended by SIGINT\n"]);
  assertEquals(await output.rest(), lines([event!]));
  await writer.close().catch(() => {});
});

Deno.test("a FIFO is read like a file", needs("fifos"), async () => {
  await using folder = temporaryFolder();
  const [fifo, pulled] = [folder.path("fifo"), folder.path("pulled")];
  await Deno.writeTextFile(pulled, TEXT);
  const script = `mkfifo '${fifo}'; cat '${pulled}' >'${fifo}' & "$@" '${fifo}'`;
  assertEquals(await runInShell(script, ["--format", "ndjson"]), whole);
});

Deno.test("events are never written into a file that they are read from", async () => {
  await using folder = temporaryFolder();
  const path = folder.path("pulled");
  await Deno.writeTextFile(path, TEXT);
  const { code, stderr } = await run([path, "--output", path]);
  assertEquals(code, 2);
  assertSays(stderr, "Cannot use --output", "events to search");
  assertEquals(await Deno.readTextFile(path), TEXT);
});

Deno.test("nor is standard output", needs("redirection"), async () => {
  await using folder = temporaryFolder();
  const path = folder.path("pulled");
  await Deno.writeTextFile(path, TEXT);
  const { code, stderr } = await runInShell(`"$@" >>'${path}'`, ["--format", "ndjson", path]);
  assertEquals(code, 2);
  assertSays(stderr, "Cannot write to standard output", "events to search");
  assertEquals(await Deno.readTextFile(path), TEXT);
});

Deno.test("-x --limit N ends after N events that match", async () => {
  const events = numbered(3000);
  const text = `${lines(events)}no event\n`;
  const some = await searched(text, "-x", "--limit", "3");
  assertEquals(some, { code: 0, stdout: lines(events.slice(0, 3)), stderr: "" });
  const matching = events.filter((_, n) => n % 4 === 1);
  const found = await searched(text, "-x", "--limit", "7", "--query", "user=user1@example.edu");
  assertEquals(found, { code: 0, stdout: lines(matching.slice(0, 7)), stderr: "" });
  const more = await searched(text, "-x", "--limit", "2500");
  assertEquals(more, { code: 0, stdout: lines(events.slice(0, 2500)), stderr: "" });
});

Deno.test("a reader that goes away ends the run with 0", needs("fifos"), async () => {
  await using folder = temporaryFolder();
  const path = folder.path("pulled");
  await Deno.writeTextFile(path, lines(numbered(20_000)));
  const script = `{ "$@"; echo $? >'${folder.path("status")}'; } | head -n 1 >/dev/null`;
  assertEquals((await runInShell(script, ["--format", "ndjson", path])).stderr, "");
  assertEquals(await Deno.readTextFile(folder.path("status")), "0\n");
});
