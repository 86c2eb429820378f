/** What --check says of each thing that a run needs, how it ends, and that it leaves all as it is. */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { walk } from "@std/fs/walk";
import {
  available,
  client,
  exists,
  type Finished,
  type Folder,
  isRoot,
  run,
  runInShell,
  runOnTerminal,
  temporaryFolder,
} from "./client.ts";
import {
  CREDENTIALS,
  type Fault,
  type FaultScript,
  numbered,
  ORG_URL,
  refusal,
  SECRET,
  startFakeApi,
} from "./fake_api.ts";
import { needs } from "./form.ts";
import { pull } from "./runs.ts";
import { AUTHORITY, serveTls } from "./tls.ts";

/** The mark and the text of each line, by what it is about. */
function findings({ stdout }: Finished): Record<string, readonly [mark: string, text: string]> {
  const rows = stdout.trimEnd().split("\n").map((line) => {
    const [, mark, what, text] = /^(ok|warn|FAIL|-) +(\w+) +(.*)$/.exec(line)!;
    return [what!, [mark!, text!]] as const;
  });
  return Object.fromEntries(rows);
}

/** The marks alone. */
function marks(finished: Finished): Record<string, string> {
  return Object.fromEntries(
    Object.entries(findings(finished)).map(([what, [mark]]) => [what, mark]),
  );
}

/** The fake service does not tell the time. */
const ALL_WELL = {
  clock: "-",
  proxy: "ok",
  certificates: "ok",
  service: "ok",
  credentials: "ok",
  organisation: "ok",
  event: "ok",
  position: "ok",
  output: "ok",
  receipts: "-",
};
const STEPS = ["proxy", "certificates", "service", "credentials", "organisation", "event"];

/** The marks where a step fails: what comes after it was not looked at. */
function failedAt(step: string): Record<string, string> {
  const at = STEPS.indexOf(step);
  const later = STEPS.slice(at + 1).map((what) => [what, "-"]);
  return { ...ALL_WELL, ...Object.fromEntries(later), [step]: "FAIL" };
}

/** A check of the continuous run that keeps its files in a folder. */
function check(apiUrl: string, folder: Folder, ...more: readonly string[]): Promise<Finished> {
  const paths = ["--position", folder.path("position"), "--output", folder.path("events.jsonl")];
  const args = ["--check", "-c", "--apiurl", apiUrl, ...paths, ...more];
  return run(args, { env: CREDENTIALS });
}

/** Everything in a folder: names, bytes, and when they were changed. */
async function snapshot(folder: Folder): Promise<unknown[]> {
  const all: [string, string, number | undefined][] = [];
  for await (const { path, isFile } of walk(folder.path("."))) {
    const { mtime } = await Deno.stat(path);
    if (isFile) all.push([path, await Deno.readTextFile(path), mtime?.getTime()]);
    else all.push([path, "", undefined]);
  }
  return all.sort();
}

for (const api of ["logUrl", "siemUrl"] as const) {
  Deno.test(`a check before the first run says that all is well and leaves nothing (${api})`, async () => {
    await using folder = temporaryFolder();
    await using service = startFakeApi({ events: numbered(3) });
    const paths = [
      "--position",
      folder.path("a/b/position"),
      "--output",
      folder.path("events.jsonl"),
    ];
    const finished = await run(["--check", "-c", "--apiurl", service[api], ...paths], {
      env: CREDENTIALS,
    });
    assertEquals([finished.code, finished.stderr], [0, ""]);
    assertEquals(marks(finished), ALL_WELL);
    const said = findings(finished);
    assertEquals(
      said["position"]![1],
      `"${folder.path("a/b/position")}" is not there yet, and can be made`,
    );
    assertEquals(
      said["output"]![1],
      `"${folder.path("events.jsonl")}" is not there yet, and can be made`,
    );
    assertMatch(said["event"]![1], /^one came, of \d{4}-\d\d-\d\dT[\d:]{8}Z$/);
    assertEquals(said["service"]![1], `${service[api]} answers`);
    if (api === "logUrl") assertEquals(said["organisation"]![1], `"${ORG_URL}"`);
    assertEquals((await snapshot(folder)).length, 1);
    assert(service.requests.length <= 5 && service.requests.length > 0);
  });
}

Deno.test("a check of a stream that runs asks where the next run goes on, and changes nothing", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(25) });
  assertEquals((await pull(api, folder, "--output", folder.path("events.jsonl"))).code, 0);
  const { cursor } = JSON.parse(await Deno.readTextFile(folder.path("position")));
  const before = await snapshot(folder);
  api.requests.length = 0;
  const finished = await check(api.logUrl, folder, "--every", "5m");
  assertEquals([finished.code, marks(finished), finished.stderr], [0, ALL_WELL, ""]);
  const said = findings(finished);
  assertStringIncludes(said["position"]![1], "can be read and saved, and no run has it");
  assertStringIncludes(said["output"]![1], "can be written");
  assertEquals(await snapshot(folder), before);
  const asked = api.requests.map(({ url }) => url.searchParams.get("nextToken"));
  assertEquals(asked.filter((token) => token !== null), [cursor]);
});

Deno.test("without -c there is no position to look at, and standard output is an output", async () => {
  await using api = startFakeApi({ events: [] });
  const finished = await run(["--check", "--apiurl", api.logUrl], { env: CREDENTIALS });
  assertEquals(finished.code, 0);
  assertEquals(marks(finished), { ...ALL_WELL, position: "-" });
  const said = findings(finished);
  assertEquals(said["output"]![1], "standard output");
  assertEquals(said["event"]![1], "none is there now, and the service says so");
});

Deno.test("the demonstration passes the check", async () => {
  const finished = await run(["--check", "--demo", "--since", "1m"]);
  assertEquals([finished.code, finished.stderr], [0, ""]);
  assertEquals(marks(finished), { ...ALL_WELL, clock: "ok", position: "-" });
});

Deno.test("a check warns of what a run would say besides, and does not fail for it", async () => {
  const finished = await run(["--check", "--demo", "--api", "log", "--since", "7d"]);
  assertEquals([finished.code, finished.stderr], [0, ""]);
  assertEquals(marks(finished), { ...ALL_WELL, clock: "ok", event: "warn", position: "-" });
  assertStringIncludes(findings(finished)["event"]![1], "Cannot start at ");
});

Deno.test({
  name: "on a terminal no word of a check is broken, and colours are left out with NO_COLOR",
  ignore: needs("terminal").ignore || !await available("script"),
  async fn() {
    await using folder = temporaryFolder();
    const args = [
      "--check",
      "--demo",
      "--since",
      "1m",
      "--output",
      folder.path("missing/events.jsonl"),
    ];
    const { code, text } = await runOnTerminal(args);
    assertEquals(code, 6);
    const lines = text.trimEnd().split("\n");
    assertMatch(text, /^FAIL {2}output {8}Cannot write to\n {20}"/m);
    assertMatch(text, /; its\s+folder\s+must\s+be\s+there$/m);
    assert(lines.every((line) => line.length < 80 || !/ {20}\S+ /.test(line)), text);
  },
});

/** Where the service's answers make it fail, with which status, and in which words. */
const ANSWERS: readonly [name: string, fault: Fault, step: string, code: number, says: string][] = [
  ["401", refusal(401), "credentials", 3, "check the API key and its secret"],
  ["403", refusal(403), "organisation", 3, "check --orgurl"],
  ["404", refusal(404), "service", 4, "is --apiurl right"],
  ["422", refusal(422), "event", 4, "422"],
  [
    "a redirect",
    new Response(null, { status: 302, headers: { location: "https://login.invalid/" } }),
    "service",
    4,
    "credentials go nowhere but to --apiurl",
  ],
  ["a page for people", new Response("<html>Sign in"), "service", 4, "not whole, valid JSON"],
  ["503", refusal(503), "service", 5, "503"],
  ["no answer", { bytes: "" }, "service", 5, "Cannot reach"],
];

for (const [name, fault, step, code, says] of ANSWERS) {
  Deno.test(`a check fails at ${step} with ${code} where the service gives ${name}`, async () => {
    await using folder = temporaryFolder();
    const again: FaultScript = () => fault instanceof Response ? fault.clone() as Response : fault;
    await using api = startFakeApi({ events: numbered(3), fault: again });
    const finished = await check(api.logUrl, folder, "--orgurl", ORG_URL);
    const expected = failedAt(step);
    const isReached = name !== "no answer";
    assertEquals([finished.code, marks(finished), finished.stderr], [
      code,
      isReached ? expected : { ...expected, certificates: "-" },
      "",
    ]);
    assertStringIncludes(findings(finished)[step]![1], says);
  });
}

Deno.test("credentials for several organisations, or for none, are told by the check", async () => {
  await using folder = temporaryFolder();
  const several = ["https://one.example.edu/", "https://two.example.edu/"];
  for (
    const [orgUrls, code, says] of [[several, 2, several[1]!], [[], 3, "no organisation"]] as const
  ) {
    await using api = startFakeApi({ events: numbered(3), orgUrls });
    const finished = await check(api.logUrl, folder);
    assertEquals([finished.code, marks(finished)], [code, failedAt("organisation")]);
    assertStringIncludes(findings(finished)["organisation"]![1], says);
  }
});

Deno.test("a position that the service refuses fails the check as it fails the run", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(25) });
  assertEquals((await pull(api, folder, "--output", folder.path("events.jsonl"))).code, 0);
  api.fault = ({ url }) => url.searchParams.has("nextToken") ? refusal(400) : undefined;
  const finished = await check(api.logUrl, folder);
  assertEquals([finished.code, marks(finished)], [4, failedAt("event")]);
  assertStringIncludes(findings(finished)["event"]![1], "the service refuses it");
});

Deno.test("a service that asked not to be called is not called by a check either", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({
    events: numbered(3),
    fault: () => new Response("", { status: 503, headers: { "retry-after": "3000" } }),
  });
  assertEquals((await pull(api, folder, "--output", folder.path("events.jsonl"))).code, 5);
  api.requests.length = 0;
  const finished = await check(api.logUrl, folder);
  assertEquals([finished.code, marks(finished)["service"], api.requests.length], [5, "FAIL", 0]);
});

Deno.test("a clock that is wrong only warns", async () => {
  for (const [hours, says] of [[2, "2.0 h behind"], [-3, "3.0 h ahead of"]] as const) {
    await using folder = temporaryFolder();
    await using api = startFakeApi({
      fault: () =>
        new Response('{"logEvents":[],"nextToken":null}', {
          headers: { date: new Date(Date.now() + hours * 3_600_000).toUTCString() },
        }),
    });
    const finished = await check(api.logUrl, folder, "--orgurl", ORG_URL);
    assertEquals([finished.code, finished.stderr], [0, ""]);
    assertEquals(marks(finished), { ...ALL_WELL, clock: "warn" });
    assertStringIncludes(findings(finished)["clock"]![1], says);
  }
});

Deno.test("a proxy that refuses fails the check at the proxy", async () => {
  for (
    const [status, says] of [[407, "USER:PASSWORD"], [
      403,
      "does not let this host through",
    ]] as const
  ) {
    await using proxy = startFakeApi({
      fault: () => ({ bytes: `HTTP/1.1 ${status} No\r\ncontent-length: 0\r\n\r\n` }),
    });
    const env = { ...CREDENTIALS, HTTPS_PROXY: new URL(proxy.logUrl).origin };
    const args = ["--check", "--apiurl", "https://service.invalid/logs/v1", "--retries", "0"];
    const finished = await run(args, { env });
    assertEquals([finished.code, marks(finished)], [5, { ...failedAt("proxy"), position: "-" }]);
    assertStringIncludes(findings(finished)["proxy"]![1], says);
  }
});

Deno.test("a check names the proxy without its password, and one that the runtime passes over", async () => {
  const rows = [
    ["HTTPS_PROXY", "http://user:topsecret@127.0.0.1:9", "FAIL|ok", "127.0.0.1:9, by HTTPS_PROXY"],
    ["https_proxy", "127.0.0.1:9", "FAIL|ok", "127.0.0.1:9, by https_proxy"],
    ["HTTPS_PROXY", "http://topsecret@127.0.0.1:9", "warn", "HTTPS_PROXY is not used"],
    ["HTTPS_PROXY", "user:topsecret://x@127.0.0.1:9", "warn", "HTTPS_PROXY is not used"],
    ["HTTPS_PROXY", "http://user:4711#topsecret@127.0.0.1:9", "warn", "cut off at a / ? or #"],
    ["HTTPS_PROXY", "http://user:4711/topsecret@127.0.0.1:9", "warn", "%2F, %3F and %23"],
    ["HTTPS_PROXY", "http://topsecret?@127.0.0.1:9", "warn", "%2F, %3F and %23"],
  ] as const;
  for (const [name, value, mark, says] of rows) {
    const args = ["--check", "--apiurl", "https://service.invalid/logs/v1", "--retries", "0"];
    const finished = await run(args, { env: { ...CREDENTIALS, [name]: value } });
    assertEquals(finished.code, 5);
    assertMatch(marks(finished)["proxy"]!, new RegExp(`^(${mark})$`));
    assertStringIncludes(findings(finished)["proxy"]![1], says);
    assert(!/topsecret|4711/.test(finished.stdout), finished.stdout);
  }
});

Deno.test({
  name: "a certificate that is not trusted fails the check at the certificates",
  ...needs("stores"),
  async fn() {
    await using server = await serveTls(() => Response.json({ logEvents: [], nextToken: null }));
    const args = ["--check", "--apiurl", `https://127.0.0.1:${server.addr.port}/logs/v1`];
    args.push("--orgurl", ORG_URL);
    const refused = await run(args, { env: CREDENTIALS });
    assertEquals([refused.code, marks(refused)], [
      5,
      { ...failedAt("certificates"), position: "-" },
    ]);
    assertStringIncludes(findings(refused)["certificates"]![1], "DENO_CERT");
    const env = { ...CREDENTIALS, DENO_CERT: AUTHORITY };
    const trusted = await run(args, { env });
    assertEquals([trusted.code, findings(trusted)["certificates"]], [
      0,
      ["ok", "the service's is trusted"],
    ]);
  },
});

Deno.test("a position that cannot be used fails the check with 7, and stays as it is", async () => {
  await using api = startFakeApi({ events: numbered(3) });
  const position = (address: string) =>
    JSON.stringify({
      version: 2,
      api: "log",
      address,
      organisation: null,
      query: {},
      cursor: "AAAA",
      saved: "",
    });
  for (
    const [content, says] of [
      ["not a position", "it is damaged"],
      [position("https://another.example.edu/logs/v1"), "it is for address"],
    ] as const
  ) {
    await using folder = temporaryFolder();
    await Deno.writeTextFile(folder.path("position"), content, { mode: 0o600 });
    const before = await snapshot(folder);
    const finished = await check(api.logUrl, folder);
    assertEquals([finished.code, marks(finished)], [7, { ...ALL_WELL, position: "FAIL" }]);
    assertStringIncludes(findings(finished)["position"]![1], says);
    assertEquals(await snapshot(folder), before);
  }
});

Deno.test({
  name: "a position that another run holds fails the check with 7",
  ...needs("locks"),
  async fn() {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ events: numbered(3) });
    using lock = await Deno.open(folder.path("position.lock"), {
      write: true,
      create: true,
      mode: 0o600,
    });
    await lock.lock(true);
    const finished = await check(api.logUrl, folder);
    assertEquals([finished.code, marks(finished)], [7, { ...ALL_WELL, position: "FAIL" }]);
    assertStringIncludes(findings(finished)["position"]![1], "another run holds it");
  },
});

Deno.test({
  name: "folders that cannot be written fail the check, and the first failure counts",
  ignore: isRoot() || needs("modes").ignore,
  async fn() {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ events: numbered(3) });
    await Deno.chmod(folder.path("."), 0o500);
    const finished = await check(api.logUrl, folder);
    await Deno.chmod(folder.path("."), 0o700);
    assertEquals([finished.code, marks(finished)], [
      7,
      { ...ALL_WELL, position: "FAIL", output: "FAIL" },
    ]);
  },
});

Deno.test("an output that cannot be written fails the check with 6", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(3) });
  for (
    const [path, says] of [
      [folder.path("missing/events.jsonl"), "Cannot write to"],
      [folder.path("."), "it is not a plain file"],
    ] as const
  ) {
    const finished = await check(api.logUrl, folder, "--output", path);
    assertEquals([finished.code, marks(finished)], [6, { ...ALL_WELL, output: "FAIL" }]);
    assertStringIncludes(findings(finished)["output"]![1], says);
  }
  assertEquals(await exists(folder.path("missing")), false);
});

Deno.test("receipts are looked at, and those of another stream fail the check with 7", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(25) });
  const paths = ["--output", folder.path("events.jsonl"), "--receipts", folder.path("receipts")];
  const first = await check(api.logUrl, folder, ...paths);
  assertEquals([first.code, marks(first)], [0, { ...ALL_WELL, receipts: "ok" }]);
  assertEquals(
    findings(first)["receipts"]![1],
    `"${folder.path("receipts")}" is not there yet, and can be made`,
  );
  assertEquals(await exists(folder.path("receipts")), false);

  assertEquals((await pull(api, folder, ...paths)).code, 0);
  const before = await snapshot(folder);
  const second = await check(api.logUrl, folder, ...paths);
  assertEquals([second.code, marks(second)], [0, { ...ALL_WELL, receipts: "ok" }]);
  assertStringIncludes(findings(second)["receipts"]![1], "can be written");
  assertEquals(await snapshot(folder), before);

  const lines = await Deno.readTextFile(folder.path("receipts"));
  await Deno.writeTextFile(
    folder.path("receipts"),
    lines.split("\n").slice(0, -2).join("\n") + "\n",
  );
  const third = await check(api.logUrl, folder, ...paths);
  assertEquals([third.code, marks(third)], [7, { ...ALL_WELL, receipts: "FAIL" }]);
  assertStringIncludes(findings(third)["receipts"]![1], "Cannot go on with receipts");

  await Deno.writeTextFile(folder.path("position"), "damaged");
  const fourth = await check(api.logUrl, folder, ...paths);
  assertEquals(marks(fourth), { ...ALL_WELL, position: "FAIL" });
  assertEquals(findings(fourth)["receipts"]![1], 'not looked at yet: mend "position" first');
});

Deno.test("receipts that a search begins at are only read", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(25) });
  const receipts = ["--receipts", folder.path("receipts")];
  const args = ["--check", "--apiurl", api.logUrl, "--orgurl", ORG_URL, ...receipts];
  const none = await run(args, { env: CREDENTIALS });
  assertEquals([none.code, findings(none)["receipts"]![0]], [7, "FAIL"]);
  assertStringIncludes(findings(none)["receipts"]![1], "none are there");

  assertEquals((await pull(api, folder, ...receipts)).code, 0);
  const before = await snapshot(folder);
  const some = await run(args, { env: CREDENTIALS });
  assertEquals(findings(some)["receipts"], [
    "ok",
    `"${folder.path("receipts")}" can be read, and a search can begin there`,
  ]);
  assertEquals(await snapshot(folder), before);
});

Deno.test("a check of a search from receipts asks where the search begins, and for whom", async () => {
  await using folder = temporaryFolder();
  const orgUrls = [ORG_URL, "https://other.example.edu/"];
  await using api = startFakeApi({ events: numbered(25), orgUrls, madeTokens: "ignored" });
  const receipts = ["--receipts", folder.path("receipts")];
  assertEquals((await pull(api, folder, ...receipts, "--limit", "10")).code, 0);
  api.requests.length = 0;
  const args = ["--apiurl", api.logUrl, "--since", "3d", ...receipts];
  const checked = await run(["--check", ...args], { env: CREDENTIALS });
  assertEquals([checked.code, marks(checked)], [0, { ...ALL_WELL, position: "-", receipts: "ok" }]);
  const [first] = api.requests.splice(0);
  assertEquals((await run(args, { env: CREDENTIALS })).code, 0);
  const token = (request = api.requests[0]) => request!.url.searchParams.get("nextToken");
  assertEquals(token(first), token());
});

Deno.test({
  name: "a device as output fails the check and the run in the same plain words",
  ...needs("fifos"),
  async fn() {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ events: numbered(3) });
    // Before Deno 2.5 such files could be looked at, and then it is said what they are.
    const why = "(the runtime opens nothing in /dev, /proc and /sys|it is not a plain file)";
    const says = new RegExp(`^(siem-client: )?Cannot write to "/dev/full": ${why}\\n?$`);
    const checked = await check(api.logUrl, folder, "--output", "/dev/full");
    const [mark, text] = findings(checked)["output"]!;
    assertEquals([checked.code, mark], [6, "FAIL"]);
    assertMatch(text, says);
    const pulled = await pull(api, folder, "--output", "/dev/full");
    assertEquals(pulled.code, 6);
    assertMatch(pulled.stderr, says);
  },
});

Deno.test("an output that is kept for something else fails the check with 2", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(25) });
  assertEquals((await pull(api, folder, "--output", folder.path("events.jsonl"))).code, 0);
  const finished = await check(api.logUrl, folder, "--output", folder.path("position"));
  assertEquals([finished.code, marks(finished)], [2, { ...ALL_WELL, output: "FAIL" }]);
  assertStringIncludes(findings(finished)["output"]![1], "the position is kept there");
  await Deno.copyFile(folder.path("position"), folder.path("other"));
  const other = await check(api.logUrl, folder, "--output", folder.path("other"));
  assertEquals([other.code, marks(other)], [2, { ...ALL_WELL, output: "FAIL" }]);
  assertStringIncludes(findings(other)["output"]![1], "it is the position of a stream");
});

Deno.test({
  name: "a check whose standard output goes into the position says so before it prints a line",
  ...needs("redirection"),
  async fn() {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ events: numbered(25) });
    assertEquals((await pull(api, folder)).code, 0);
    const before = await Deno.readTextFile(folder.path("position"));
    const args = ["--check", "-c", "--apiurl", api.logUrl, "--position", folder.path("position")];
    const script = `"$@" >>'${folder.path("position")}'`;
    for (const output of [[], ["--output", folder.path("events.jsonl")]]) {
      const { code, stderr } = await runInShell(script, [...args, ...output], CREDENTIALS);
      assertEquals(code, 2);
      assertStringIncludes(stderr, "Cannot write to standard output");
      assertEquals(await Deno.readTextFile(folder.path("position")), before);
    }
  },
});

Deno.test("the first of several failures is the exit status, and no secret is printed", async () => {
  await using folder = temporaryFolder();
  await Deno.writeTextFile(folder.path("position"), "damaged", { mode: 0o600 });
  await using api = startFakeApi({
    fault: () => Response.json({ detail: `no ${SECRET} \x1b[31m here` }, { status: 401 }),
  });
  const finished = await check(api.logUrl, folder, "--output", folder.path("."));
  assertEquals(finished.code, 3);
  assertEquals(marks(finished), { ...failedAt("credentials"), position: "FAIL", output: "FAIL" });
  for (const hidden of ["S3cr", "\x1b"]) assert(!finished.stdout.includes(hidden), finished.stdout);
  assertStringIncludes(finished.stdout, "no ***");
});

Deno.test("a check cannot be asked with --status or of files, and needs credentials", async () => {
  const rows = [
    [["--check", "--status"], "Cannot use --check with --status: that looks at the position alone"],
    [["--check", "events.jsonl"], 'Cannot use --check with file "events.jsonl": it is about'],
    [["--check"], "Cannot sign in: no --apikey"],
  ] as const;
  for (const [args, says] of rows) {
    const { code, stdout, stderr } = await run(args);
    assertEquals([code, stdout, stderr.slice(13, 13 + says.length)], [2, "", says]);
  }
});

Deno.test({
  name: "a signal ends a check",
  ...needs("signals"),
  async fn() {
    await using folder = temporaryFolder();
    const called = Promise.withResolvers<void>();
    await using api = startFakeApi({
      fault: () => {
        called.resolve();
        return { bytes: "HTTP/1.1 200 OK\r\n", hold: true };
      },
    });
    const args = ["--check", "-c", "--apiurl", api.logUrl, "--position", folder.path("position")];
    await using child = client(args, { env: CREDENTIALS }).spawn();
    await called.promise;
    child.kill("SIGTERM");
    const { code, signal } = await child.status;
    assertEquals([code, signal], [143, null]);
    await Promise.all([child.stdout.cancel(), child.stderr.cancel()]);
    assertEquals((await snapshot(folder)).length, 1);
  },
});
