/**
 * What is only so on Windows: a run that a program of Windows starts, with its console, pipes, NUL and
 * redirection. In Wine or on Windows; SIEM_CLIENT_WINDOWS_DENO names the Deno that starts the client there.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { available, client, decode, environment, finished, temporaryFolder } from "./client.ts";
import { CREDENTIALS, lines, numbered, startFakeApi } from "./fake_api.ts";
import { commandLine, forClient, FORM, inWine, isExecutable, programLine, SYSTEM } from "./form.ts";
import { continuous, follow, lastHour, readPosition } from "./runs.ts";

const ignore = SYSTEM !== "windows" || !isExecutable;
const PARENT = Deno.env.get("SIEM_CLIENT_WINDOWS_DENO") ??
  (Deno.build.os === "windows" ? Deno.execPath() : undefined);

/** Runs a line of a command file, in which `CLIENT` stands for the executable. */
async function inCommandFile(line: string, file: string) {
  const program = `"${forClient(FORM)}"`;
  const text = line.split("\r\n").map(forClient).join("\r\n").replace("CLIENT", program);
  await Deno.writeTextFile(file, `@${text}\r\n`);
  const [cmd, ...args] = programLine("cmd", "/c", file);
  const command = new Deno.Command(cmd, {
    args,
    clearEnv: true,
    env: environment(CREDENTIALS),
    stdin: "null",
  });
  return finished(await command.output());
}

Deno.test(
  "a Windows shell appends a -c run to a file, and a torn line is ended",
  { ignore },
  async () => {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ events: numbered(5) });
    const out = forClient(folder.path("out"));
    const args = continuous(api, folder, "--format", "ndjson").map((word) =>
      `"${forClient(word)}"`
    );
    const line = `CLIENT ${args.join(" ")} >>"${out}"`;
    const first = await inCommandFile(line, folder.path("run.bat"));
    assertEquals([first.code, first.stderr], [0, ""]);
    assertEquals(await Deno.readTextFile(folder.path("out")), lines(api.events));
    // As a kill amid the next page leaves it.
    const position = await readPosition(folder.path("position"));
    position.output.open = true;
    await Deno.writeTextFile(folder.path("position"), JSON.stringify(position));
    const torn = '{"n":5,"tim';
    await Deno.writeTextFile(folder.path("out"), torn, { append: true });
    api.events.push(...numbered(2, 5));
    const second = await inCommandFile(line, folder.path("run.bat"));
    assertEquals([second.code, second.stderr], [0, ""]);
    assertEquals(
      await Deno.readTextFile(folder.path("out")),
      `${lines(api.events.slice(0, 5))}${torn}\n${lines(api.events.slice(5))}`,
    );
  },
);

Deno.test(
  "a Windows shell sends a -c run to NUL, and the position is saved",
  { ignore },
  async () => {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ events: numbered(5) });
    const args = continuous(api, folder, "--format", "ndjson").map((word) =>
      `"${forClient(word)}"`
    );
    const ran = await inCommandFile(`CLIENT ${args.join(" ")} >NUL`, folder.path("run.bat"));
    assertEquals([ran.code, ran.stderr], [0, ""]);
    assertEquals((await readPosition(folder.path("position"))).caughtUp, true);
  },
);

Deno.test({
  name: "a Windows parent reads a -c run from its own pipe, byte for byte",
  ignore: ignore || PARENT === undefined,
  async fn() {
    await using folder = temporaryFolder();
    const [{ arrived } = { arrived: 0 }] = numbered(1);
    const special = { arrived, text: '{"n":"zoë ü€😀 \\u00e9","x":1.0}' };
    await using api = startFakeApi({ events: [special, ...numbered(3)] });
    const script = `
      const [program, ...args] = Deno.args;
      const { code, stdout, stderr } = await new Deno.Command(program, { args, stdin: "null" }).output();
      const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
      console.log(JSON.stringify([code, hex(stdout), hex(stderr)]));`;
    await Deno.writeTextFile(folder.path("parent.js"), script);
    const args = continuous(api, folder, "--format", "ndjson");
    const [runner, ...rest] = programLine(
      PARENT!,
      "run",
      "--quiet",
      "--no-config",
      "--allow-run",
      folder.path("parent.js"),
      `${forClient(FORM)}`,
      ...args,
    );
    const command = new Deno.Command(runner, {
      args: rest,
      clearEnv: true,
      env: environment(CREDENTIALS),
    });
    const parent = finished(await command.output());
    assertEquals(parent.code, 0, parent.stderr);
    const bytes = (hex: string) =>
      Uint8Array.from(hex.match(/../g) ?? [], (digits) => parseInt(digits, 16));
    const [code, stdout, stderr] = JSON.parse(parent.stdout);
    assertEquals([code, decode(bytes(stderr))], [0, ""]);
    assertEquals(decode(bytes(stdout)), lines(api.events));
    assertEquals((await readPosition(folder.path("position"))).caughtUp, true);
  },
});

Deno.test({
  name: "a -c run on a console ends with 0, and its position is saved",
  ignore: ignore || !inWine || !await available("script"),
  async fn() {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ events: numbered(3) });
    const line = commandLine(continuous(api, folder, "--format", "ndjson"))
      .map((word) => `'${word}'`).join(" ");
    const command = new Deno.Command("script", {
      args: ["-qec", line, "/dev/null"],
      clearEnv: true,
      env: environment({ ...CREDENTIALS, TERM: "xterm" }),
      stdin: "null",
    });
    const { code, stdout } = finished(await command.output());
    assertEquals(code, 0, stdout);
    assertMatch(stdout, /correlationId/);
    assertEquals((await readPosition(folder.path("position"))).caughtUp, true);
  },
});

Deno.test("without --position it is a file in %TEMP%", { ignore }, async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(2) });
  await Deno.mkdir(folder.path("temp"));
  const args = lastHour(api, "-c", "--format", "ndjson");
  // Set where Windows itself sets it: Wine has a value of its own.
  const line = `set TEMP=${folder.path("temp")}\r\n@CLIENT ${args.join(" ")}`;
  const ran = await inCommandFile(line, folder.path("run.bat"));
  assertEquals(ran, { code: 0, stdout: lines(api.events), stderr: "" });
  const names = await Array.fromAsync(Deno.readDir(folder.path("temp")), ({ name }) => name);
  assert(names.length >= 1);
});

Deno.test("--position and --output that differ only in case are one file, and are refused", {
  ignore,
}, async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: numbered(2) });
  const { code, stdout } = await follow(api.logUrl, folder.path("case"), [
    "--output",
    folder.path("CASE"),
  ]);
  assertEquals([code, stdout, api.requests.length], [2, "", 0]);
});

Deno.test("what Windows says ends with no full stop of its own in the middle of a message", {
  ignore,
}, async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  await using folder = temporaryFolder();
  const { code, stderr } = await follow(
    `http://127.0.0.1:${port}/logs/v1`,
    folder.path("position"),
  );
  assertEquals(code, 5);
  assert(!/\.[;:]/.test(stderr), stderr);
});

Deno.test({
  name: "Ctrl-C ends a pending request with 130",
  // Deno on Windows cannot send it; Wine makes it of a signal.
  ignore: ignore || !inWine,
  async fn() {
    await using folder = temporaryFolder();
    const asked = Promise.withResolvers<void>();
    await using api = startFakeApi({
      fault() {
        asked.resolve();
        return { bytes: "", hold: true };
      },
    });
    const child = client(continuous(api, folder), { env: CREDENTIALS }).spawn();
    await asked.promise;
    child.kill("SIGINT");
    const { code, stderr } = finished(await child.output());
    assertEquals({ code, stderr }, { code: 130, stderr: "siem-client: Ended by SIGINT\n" });
  },
});
