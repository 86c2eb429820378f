/** Does --verify --refetch find what the service has and the pulled files lack, and write just that? */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { basename, dirname } from "../../lib/base/files.ts";
import type { Receipt } from "../../lib/position/receipt.ts";
import {
  assertSays,
  available,
  exists,
  type Folder,
  run,
  runInShell,
  runOnTerminal,
  temporaryFolder,
} from "../client.ts";
import {
  CREDENTIALS,
  type FakeApi,
  logPage,
  numbered,
  numberedEvent,
  ORG_URL,
  refusal,
  startFakeApi,
} from "../fake_api.ts";
import { needs } from "../form.ts";
import { pull } from "../runs.ts";

/** Pulls all that a service has into a file, with receipts: pages of ten. */
async function pullAll(api: FakeApi, folder: Folder, ...more: readonly string[]): Promise<void> {
  const files = ["--output", folder.path("cirrus.jsonl"), "--receipts", folder.path("receipts")];
  const { code, stderr } = await pull(api, folder, "--since", "2h", ...files, ...more);
  assertEquals([code, stderr], [0, ""]);
}

/** Verifies a folder's files against the service. */
async function refetch(api: FakeApi, folder: Folder, ...more: readonly string[]) {
  const service = ["--apiurl", api.logUrl, "--orgurl", ORG_URL, "--limit", "10", "--retries", "0"];
  const { code, stdout, stderr } = await run([
    ...["--verify", "--refetch", "--receipts", folder.path("receipts"), ...service, ...more],
    folder.path("cirrus.jsonl"),
  ], { env: CREDENTIALS });
  const lines = stdout.trimEnd().split("\n").map((line) => line && JSON.parse(line));
  const findings = lines.slice(0, -1).map(({ finding, events }) => `${finding} ${events}`);
  return { code, stderr, findings, lines };
}

async function receiptsIn(folder: Folder): Promise<Receipt[]> {
  const text = await Deno.readTextFile(folder.path("receipts"));
  return text.trimEnd().split("\n").map((line) => JSON.parse(line));
}

/** Changes the pulled file. */
async function change(folder: Folder, how: (lines: string[]) => string[]): Promise<void> {
  const path = folder.path("cirrus.jsonl");
  const lines = (await Deno.readTextFile(path)).split("\n");
  await Deno.writeTextFile(path, how(lines).join("\n"));
}

Deno.test("what the service has and the files have, too, is nothing to tell", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(35) });
  await pullAll(api, folder);
  const pulled = api.requests.length;
  const { code, stderr, findings } = await refetch(api, folder, "--output", folder.path("missing"));
  assertEquals([code, stderr, findings], [0, "", []]);
  assertEquals(await exists(folder.path("missing")), false);
  const before = api.requests.length;
  await refetch(api, folder, "--limit", "1000");
  const limits = api.requests.slice(before).map(({ url }) => url.searchParams.get("limit"));
  assertEquals(limits, ["11", "11", "11", "6"]);
  const cursors = (await receiptsIn(folder)).flatMap(({ from, to }) => [from, to]);
  const asked = api.requests.slice(pulled).map(({ url }) => url.searchParams.get("nextToken"));
  assertEquals(asked.filter((token) => token !== null && !cursors.includes(token)), []);
});

Deno.test("events that were taken out of the file are written again, in their order", async () => {
  await using folder = temporaryFolder();
  const events = numbered(35);
  await using api = startFakeApi({ events });
  await pullAll(api, folder);
  await change(folder, (lines) => lines.filter((_, i) => i !== 3 && i !== 12 && i < 30 || i > 32));
  const missing = folder.path("missing");
  const { code, findings } = await refetch(api, folder, "--output", missing);
  assertEquals(code, 1);
  assertEquals(findings.slice(-2), ["events lost 2", "events lost 3"]);
  const lost = [3, 12, 30, 31, 32].map((n) => `${events[n]!.text}\n`).join("");
  assertEquals(await Deno.readTextFile(missing), lost);
  // With them beside it, the file is complete, though its pages are not as they were written.
  const whole = await refetch(api, folder, missing);
  assertEquals(whole.findings.filter((finding) => finding.startsWith("events")), []);
});

Deno.test("an event that was changed in the file is missing as the service has it", async () => {
  await using folder = temporaryFolder();
  const events = numbered(15);
  await using api = startFakeApi({ events });
  await pullAll(api, folder);
  await change(folder, (lines) => lines.with(4, lines[4]!.replace("user", "USER")));
  const { code, findings } = await refetch(api, folder, "--output", folder.path("missing"));
  assertEquals([code, findings], [1, ["pages altered 10", "events lost 1"]]);
  assertEquals(await Deno.readTextFile(folder.path("missing")), `${events[4]!.text}\n`);
});

Deno.test("a hole that runs without receipts left is filled", async () => {
  await using folder = temporaryFolder();
  const events = numbered(20);
  await using api = startFakeApi({ events });
  await pullAll(api, folder);
  events.push(...numbered(15, 20));
  await pull(api, folder, "--output", folder.path("cirrus.jsonl"));
  events.push(...numbered(5, 35));
  await pullAll(api, folder);
  const all = await refetch(api, folder);
  assertEquals([all.code, all.findings], [1, ["hole null"]]);
  // Without the events of these runs.
  await change(folder, (lines) => lines.filter((_, i) => i < 20 || i >= 35));
  const { findings } = await refetch(api, folder, "--output", folder.path("missing"));
  assertEquals(findings, ["hole null", "events lost 15"]);
  const lost = events.slice(20, 35).map(({ text }) => `${text}\n`).join("");
  assertEquals(await Deno.readTextFile(folder.path("missing")), lost);
});

Deno.test("what came into a page after it was pulled is told apart", async () => {
  await using folder = temporaryFolder();
  const events = numbered(25);
  await using api = startFakeApi({ events });
  await pullAll(api, folder);
  const [, page] = await receiptsIn(folder);
  const [late] = numbered(1, 900);
  api.fault = ({ url }) =>
    url.searchParams.get("nextToken") === page!.from
      ? logPage([...events.slice(10, 20), late!], { nextToken: page!.to })
      : undefined;
  const { code, findings } = await refetch(api, folder, "--output", folder.path("missing"));
  assertEquals([code, findings], [1, ["events late 1"]]);
  assertEquals(await Deno.readTextFile(folder.path("missing")), `${late!.text}\n`);
});

Deno.test("what the first run left out by --since is not missing", async () => {
  await using folder = temporaryFolder();
  const start = Date.now() - 3 * 3600_000;
  // One came a second; every third happened ten minutes before it came.
  const events = Array.from({ length: 35 }, (_, n) => {
    const arrived = start + n * 1000;
    return { ...numberedEvent(n, arrived - (n % 3 === 0 ? 600_000 : 0)), arrived };
  });
  await using api = startFakeApi({ events });
  await pullAll(api, folder, "--since", new Date(start).toISOString());
  const pulled = events.filter((_, n) => n % 3 !== 0).map(({ text }) => `${text}\n`).join("");
  assertEquals(await Deno.readTextFile(folder.path("cirrus.jsonl")), pulled);
  const whole = await refetch(api, folder);
  assertEquals([whole.code, whole.findings], [0, []]);
  await change(folder, (lines) => lines.filter((_, i) => i !== 12));
  const missing = folder.path("missing");
  const { code, findings } = await refetch(api, folder, "--output", missing);
  assertEquals([code, findings.slice(-1)], [1, ["events lost 1"]]);
  assertEquals(await Deno.readTextFile(missing), `${pulled.split("\n")[12]}\n`);
});

Deno.test("a window bounds what is asked for", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(40) });
  await pullAll(api, folder);
  const receipts = await receiptsIn(folder);
  const before = api.requests.length;
  const { code } = await refetch(
    api,
    folder,
    ...["--since", receipts[1]!.first!, "--until", receipts[1]!.last!],
  );
  const tokens = api.requests.slice(before).map(({ url }) => url.searchParams.get("nextToken"));
  assertEquals([code, tokens], [0, [receipts[1]!.from]]);
});

Deno.test("the command that a fault names fills the hole", async () => {
  await using folder = temporaryFolder();
  const events = numbered(30);
  await using api = startFakeApi({ events });
  await pullAll(api, folder);
  await change(folder, (lines) => lines.filter((_, i) => i < 10 || i >= 20));
  const { stdout } = await run([
    ...["--verify", "--receipts", folder.path("receipts"), folder.path("cirrus.jsonl")],
  ]);
  const [{ finding, again }] = stdout.split("\n").slice(0, 1).map((line) => JSON.parse(line));
  assertEquals(finding, "pages missing");
  assertMatch(again, /^siem-client --verify --refetch --receipts \S+ --since \S+ --until \S+ /);
  const words = again.split(" ").slice(1).map((word: string) =>
    word === "missing.jsonl" ? folder.path(word) : word
  );
  const service = ["--apiurl", api.logUrl, "--orgurl", ORG_URL];
  assertEquals((await run([...words, ...service], { env: CREDENTIALS })).code, 1);
  const lost = events.slice(10, 20).map(({ text }) => `${text}\n`).join("");
  assertEquals(await Deno.readTextFile(folder.path("missing.jsonl")), lost);
});

Deno.test({
  name: "the command that a fault names can be pasted into a shell, and knows the stream's --query",
  ...needs("signals"),
  async fn() {
    await using folder = temporaryFolder();
    const events = Array.from({ length: 30 }, (_, n) => {
      const at = Date.now() - (40 - n) * 60_000;
      const event = JSON.parse(numberedEvent(n, at).text);
      const eppn = n % 2 === 0 ? `Doe, "Jane" O'Neil` : "amara@example.edu";
      return { arrived: at, text: JSON.stringify({ ...event, logData: { eppn } }) };
    });
    await using api = startFakeApi({ events });
    const output = ["--output", folder.path("it's $HOME.jsonl")];
    const receipts = ["--receipts", folder.path("receipts of `it`")];
    const query = ["--query", `"user=Doe, ""Jane"" O'Neil"`, "--query", "clientip!=192.0.2.255"];
    const { code, stderr } = await pull(api, folder, ...output, ...receipts, ...query);
    assertEquals([code, stderr], [0, ""]);
    const pulled = await Deno.readTextFile(output[1]!);
    await Deno.writeTextFile(output[1]!, pulled.split("\n").slice(0, 5).join("\n") + "\n");
    const position = ["--position", folder.path("position")];
    const found = await run(["--verify", ...position, ...receipts, output[1]!]);
    assertEquals(found.code, 1);
    const { again } = JSON.parse(found.stdout.split("\n")[0]!);
    const service = `--apiurl ${api.logUrl} --orgurl ${ORG_URL}`;
    const pasted = again.replace("siem-client", `"$@" ${service}`)
      .replace("missing.jsonl", folder.path("missing.jsonl"));
    const refetched = await runInShell(pasted, [], CREDENTIALS);
    assertEquals([refetched.code, refetched.stderr], [1, ""]);
    const missing = await Deno.readTextFile(folder.path("missing.jsonl"));
    assertEquals(missing, pulled.split("\n").slice(5).join("\n"));
  },
});

Deno.test("on a terminal it is said that --query is not known, unless the position says it", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(30) });
  await pullAll(api, folder);
  await change(folder, (lines) => lines.filter((_, i) => i < 10 || i >= 20));
  const args = ["--verify", "--receipts", folder.path("receipts"), folder.path("cirrus.jsonl")];
  const position = ["--position", folder.path("position")];
  if (!await available("script")) return;
  assertStringIncludes((await runOnTerminal(args)).text, "add --query where the run has one");
  const known = (await runOnTerminal([...args, ...position])).text;
  assertEquals(known.includes("add --query"), false, known);
});

Deno.test("a cursor that the service does not take any more is told, and the rest is compared", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(25) });
  await pullAll(api, folder);
  const [, page] = await receiptsIn(folder);
  api.fault = ({ url }) =>
    url.searchParams.get("nextToken") === page!.from ? refusal(422) : undefined;
  const { code, findings } = await refetch(api, folder);
  assertEquals([code, findings], [0, ["events gone 10"]]);
});

Deno.test("a first page that cannot be asked for again is told as that, and nothing of it is written", async () => {
  for (const madeTokens of ["ignored", "refused", "nothing", "honoured"] as const) {
    await using folder = temporaryFolder();
    const events = numbered(15);
    let late = 0;
    const now = () => Date.now() + late;
    await using api = startFakeApi({ events, now, madeTokens });
    const files = ["--output", folder.path("cirrus.jsonl"), "--receipts", folder.path("receipts")];
    assertEquals((await pull(api, folder, "--since", "2h", ...files)).code, 0);
    await change(folder, (lines) => lines.toSpliced(3, 1));
    // Two hours later the service's own start lies behind them all; others have come, which no run pulled.
    late = 2 * 3_600_000;
    events.push(...numbered(5, 15).map((event) => ({ ...event, arrived: now() - 60_000 })));
    const { code, findings, lines } = await refetch(
      api,
      folder,
      "--output",
      folder.path("missing"),
    );
    const missing = await Deno.readTextFile(folder.path("missing")).catch(() => "");
    if (madeTokens === "honoured") {
      assertEquals([code, findings], [1, ["pages altered 10", "events lost 1"]]);
      assertEquals(missing, `${events[3]!.text}\n`);
      continue;
    }
    assertEquals([code, findings], [1, ["pages altered 10", "events gone 10"]], madeTokens);
    assertMatch(lines[1].message, /^The service cannot be asked for 10 events again: .* export /);
    assertEquals(missing, "");
  }
});

Deno.test("the credentials go to the address that the person gave, whatever the receipts say", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(5) });
  await using other = startFakeApi();
  await pullAll(api, folder);
  const before = api.requests.length;
  const { code, stderr } = await refetch(other, folder);
  assertEquals(code, 2);
  assertSays(stderr, "Cannot ask again: the receipts are of address", "add --apiurl");
  assertEquals([api.requests.length, other.requests.length], [before, 0]);
});

/** What is in the files of a folder. */
function contents(folder: Folder, names: readonly string[]): Promise<string[]> {
  return Promise.all(names.map((name) => Deno.readTextFile(folder.path(name))));
}

/** Renames a file that is still there. */
function renameOnce(path: string): void {
  const [folder, name] = [dirname(path), basename(path)];
  if ([...Deno.readDirSync(folder)].some((entry) => entry.name === name)) {
    Deno.renameSync(path, `${path}.1`);
  }
}

Deno.test("a pulled file that is renamed while the service is asked is no bug", async () => {
  await using folder = temporaryFolder();
  let asked = () => {};
  await using api = startFakeApi({ events: numbered(5), fault: () => void asked() });
  await pullAll(api, folder);
  await change(folder, (lines) => lines.slice(1));
  asked = () => renameOnce(folder.path("cirrus.jsonl"));
  const { code, stderr } = await refetch(api, folder);
  assertEquals(code, 2);
  assertSays(stderr, `Cannot read pulled file "${folder.path("cirrus.jsonl")}"`);
});

Deno.test("no event is written into a file that is read", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(5) });
  await pullAll(api, folder);
  for (const name of ["receipts", "cirrus.jsonl"]) {
    const { code, stderr } = await refetch(api, folder, "--output", folder.path(name));
    assertEquals(code, 2);
    assertSays(stderr, "Cannot use --output", "that file is read; name another");
  }
});

Deno.test({
  name: "nor what --verify and --status say",
  ...needs("redirection"),
  async fn() {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ events: numbered(5) });
    await pullAll(api, folder);
    await Deno.copyFile(folder.path("receipts"), folder.path("receipts.1"));
    await Deno.truncate(folder.path("receipts"));
    const names = ["receipts", "receipts.1", "cirrus.jsonl", "position"];
    const before = await contents(folder, names);
    const kept = ["receipts", "position"].flatMap((name) => [`--${name}`, folder.path(name)]);
    for (const name of names) {
      const script = `"$@" >>'${folder.path(name)}'`;
      const verify = ["--verify", ...kept, folder.path("cirrus.jsonl")];
      const { code, stderr } = await runInShell(script, verify);
      assertEquals(code, 2, stderr);
      assertSays(stderr, "Cannot write to standard output", name);
    }
    for (const name of ["receipts", "position"]) {
      const script = `"$@" >>'${folder.path(name)}'`;
      const { code, stderr } = await runInShell(script, ["--status", ...kept]);
      assertEquals(code, 2, stderr);
      assertSays(stderr, "Cannot write to standard output", name);
    }
    assertEquals(await contents(folder, names), before);
  },
});

Deno.test("no event is written into the position or the credentials", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(5) });
  await pullAll(api, folder);
  await change(folder, () => []);
  const credentials = folder.path("credentials");
  const { API_KEY, API_SECRET } = CREDENTIALS;
  const text = `API_KEY=${API_KEY}\nAPI_SECRET=${API_SECRET}\n`;
  await Deno.writeTextFile(credentials, text, { mode: 0o600 });
  for (const named of [["--position", folder.path("position")], []]) {
    for (const path of [folder.path("position"), credentials]) {
      const before = await Deno.readTextFile(path);
      const more = ["--output", path, "--credentials", credentials, ...named];
      const { code, stderr } = await refetch(api, folder, ...more);
      assertEquals([code, await Deno.readTextFile(path)], [2, before]);
      assertSays(stderr, "Cannot use --output", "name another file");
    }
  }
});
