/** What a host gives the client before anything is asked: its environment, and the file of credentials. */

import { assert, assertEquals } from "@std/assert";
import { assertSays, commandLine, environment, run, temporaryFolder } from "../client.ts";
import { CREDENTIALS, KEY, lines, numbered, ORG_URL, SECRET, startFakeApi } from "../fake_api.ts";

const UNIX = { ignore: Deno.build.os === "windows" };
const FILE = `API_KEY=${KEY}\nAPI_SECRET=${SECRET}\n`;

/** Runs the client with variables that are set by a shell, since Deno gives no others than texts. */
async function runWith(exports: string, args: readonly string[]) {
  const command = new Deno.Command("/bin/sh", {
    args: ["-c", `${exports}; exec "$@"`, "sh", ...commandLine(args)],
    clearEnv: true,
    env: environment(),
    stdin: "null",
  });
  const { code, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

Deno.test({
  ...UNIX,
  name: "a variable that is not UTF-8 is status 2 where it is needed, and is never shown",
  async fn() {
    await using api = startFakeApi({ events: numbered(2) });
    await using folder = temporaryFolder();
    await Deno.writeTextFile(folder.path("credentials"), FILE, { mode: 0o600 });
    const latin1 = (name: string) => `export ${name}="$(printf 'gehei\\337m')"`;
    const args = ["--apiurl", api.logUrl, "--orgurl", ORG_URL, "--format=ndjson"];
    const cases: [exports: string, args: string[], name: string][] = [
      [latin1("API_SECRET"), ["--apikey", KEY], "API_SECRET"],
      [`${latin1("API_KEY")}; export API_SECRET=x`, [], "API_KEY"],
      [latin1("ORG_URL"), ["--credentials", folder.path("credentials")], "ORG_URL"],
    ];
    for (const [exports, more, name] of cases) {
      const url = name === "ORG_URL" ? args.slice(0, 2) : args;
      const { code, stdout, stderr } = await runWith(exports, [...url, ...more]);
      assertEquals([code, stdout], [2, ""]);
      assertSays(stderr, `Cannot use ${name} of the environment: it is not UTF-8`);
      assert(!stderr.includes("gehei"));
    }
    for (const option of ["--help", "-h", "--version"]) {
      const { code, stderr } = await runWith(latin1("API_SECRET"), [option]);
      assertEquals([code, stderr], [0, ""]);
    }
    const withFile = [...args, "--credentials", folder.path("credentials")];
    assertEquals(await runWith(latin1("API_SECRET"), withFile), {
      code: 0,
      stdout: lines(api.events),
      stderr: "",
    });
  },
});

Deno.test("API_URL and ORG_URL come from the file or from the environment", async () => {
  await using api = startFakeApi({ events: numbered(2), orgUrls: [ORG_URL, "https://b.example/"] });
  await using folder = temporaryFolder();
  const settings = `API_URL=${api.logUrl}\nORG_URL=${ORG_URL}\n`;
  await Deno.writeTextFile(folder.path("whole"), FILE + settings, { mode: 0o600 });
  const done = { code: 0, stdout: lines(api.events), stderr: "" };
  const args = ["--format=ndjson", "--since=1h"];
  const env = { API_URL: "https://unused.invalid/", ORG_URL: "https://b.example/" };
  assertEquals(await run([...args, "--credentials", folder.path("whole")], { env }), done);
  const inEnvironment = { ...CREDENTIALS, API_URL: api.logUrl, ORG_URL };
  assertEquals(await run(args, { env: inEnvironment }), done);
  assertEquals(
    api.requests.map(({ url }) => url.searchParams.get("orgUrl")),
    [ORG_URL, ORG_URL, ORG_URL, ORG_URL],
  );
});

const bytes = (text: string) => new TextEncoder().encode(text);
function utf16(text: string, littleEndian: boolean, mark = true): Uint8Array<ArrayBuffer> {
  const units = Array.from((mark ? "\uFEFF" : "") + text, (unit) => unit.charCodeAt(0));
  const view = new DataView(new ArrayBuffer(units.length * 2));
  units.forEach((unit, i) => view.setUint16(i * 2, unit, littleEndian));
  return new Uint8Array(view.buffer);
}

Deno.test("credentials files are understood as people make them", async () => {
  await using api = startFakeApi({ events: numbered(1) });
  await using folder = temporaryFolder();
  const path = folder.path("credentials");
  const args = ["--apiurl", api.logUrl, "--credentials", path, "--format=ndjson"];
  const good = [
    `export API_KEY=${KEY}\nexport API_SECRET='${SECRET}'\n`,
    `\uFEFFexport API_KEY="${KEY}"\r\n\texport\tAPI_SECRET=${SECRET}\r\n`,
    `export  API_KEY = ${KEY}\n API_SECRET = ${SECRET}\nNOT_API_SECRET=x\n#API_SECRET=x\n`,
  ];
  for (const text of good) {
    await Deno.writeTextFile(path, text, { mode: 0o600 });
    assertEquals(await run(args), { code: 0, stdout: lines(api.events), stderr: "" }, text);
  }
  const bad: [content: Uint8Array<ArrayBuffer>, says: string][] = [
    [utf16(FILE, true), "it is UTF-16: save it as UTF-8"],
    [utf16(FILE, false), "it is UTF-16: save it as UTF-8"],
    [utf16(FILE, true, false), "it is UTF-16: save it as UTF-8"],
    [bytes("API_KEY=k\nAPI_SECRET=p\0ss\n"), "it is not text: a byte of it is 0"],
    [
      new Uint8Array([...bytes("API_KEY=k\nAPI_SECRET=p"), 0xe4, ...bytes("ss\n")]),
      "it is not UTF-8: save it as UTF-8",
    ],
  ];
  for (const [content, says] of bad) {
    await Deno.writeFile(path, content);
    const { code, stdout, stderr } = await run(args);
    assertEquals([code, stdout], [2, ""]);
    assertSays(stderr, path, says);
    assert(!stderr.includes("ss"));
  }
});

Deno.test({
  ...UNIX,
  name: "a secret that can only be read may be open to others in a folder that is not",
  async fn() {
    await using api = startFakeApi({ events: numbered(1) });
    await using folder = temporaryFolder();
    await Deno.mkdir(folder.path("secrets"), { mode: 0o700 });
    const path = folder.path("secrets/api");
    await Deno.writeTextFile(path, FILE);
    await Deno.symlink("secrets/api", folder.path("link"));
    const outcome = async (mode: number, folderMode: number, name = path) => {
      await Deno.chmod(path, mode);
      await Deno.chmod(folder.path("secrets"), folderMode);
      const { code, stderr } = await run(["--apiurl", api.logUrl, "--credentials", name]);
      return `${code} ${stderr.split("others can read it: ")[1]?.split(/[ "]/)[0] ?? ""}`;
    };
    assertEquals(await outcome(0o444, 0o700), "0 ");
    assertEquals(await outcome(0o444, 0o700, folder.path("link")), "0 ");
    assertEquals(await outcome(0o444, 0o755), "2 mount");
    assertEquals(await outcome(0o444, 0o710), "2 mount");
    assertEquals(await outcome(0o400, 0o755), "0 ");
    assertEquals(await outcome(0o644, 0o700), "2 chmod");
  },
});

Deno.test("a value that Log API v1 does not know is sent, and its refusal explained", async () => {
  await using api = startFakeApi({ events: numbered(1) });
  const args = ["--apiurl", api.logUrl, "--orgurl", ORG_URL, "--query", "service=web"];
  const explained =
    'the documented values of service are bridge, gateway, idGeneration, idp, mail, proxy, and not "web"';
  const refused = await run(args, { env: CREDENTIALS });
  assertEquals([refused.code, refused.stdout], [4, ""]);
  assertSays(refused.stderr, "422", explained);
  // A service that has learned it.
  api.fault = () => Response.json({ logEvents: [], nextToken: null });
  assertEquals(await run(args, { env: CREDENTIALS }), { code: 0, stdout: "[]\n", stderr: "" });
  const verbose = await run([...args, "-v"], { env: CREDENTIALS });
  assert(verbose.stderr.startsWith(`siem-client: --query: ${explained}\n`), verbose.stderr);
});

Deno.test("--output - writes to standard output, and makes no file of that name", async () => {
  await using api = startFakeApi({ events: numbered(2) });
  await using folder = temporaryFolder();
  const args = ["--apiurl", api.logUrl, "--format=ndjson", "--output", "-"];
  const finished = await run(args, { env: CREDENTIALS, cwd: folder.path("") });
  assertEquals(finished, { code: 0, stdout: lines(api.events), stderr: "" });
  assertEquals(await Array.fromAsync(Deno.readDir(folder.path(""))), []);
});

Deno.test("a message shows no secret from a file, even where it is not about the file", async () => {
  await using folder = temporaryFolder();
  const path = folder.path("credentials");
  await Deno.writeTextFile(path, FILE, { mode: 0o600 });
  const { code, stderr } = await run(["--credentials", path, "--since", SECRET]);
  assertEquals(code, 2);
  assertSays(stderr, 'Cannot use --since "***"');
});
