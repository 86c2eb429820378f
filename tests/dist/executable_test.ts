/**
 * The executable as locked-down hosts run it. For SIEM_CLIENT=(an executable), as root on Linux, since
 * users are changed and file systems mounted; what a machine has no program for is left out.
 */

import { assert, assertEquals } from "@std/assert";
import {
  available,
  environment,
  type Folder,
  FORM,
  isExecutable,
  shell,
  temporaryFolder,
} from "../client.ts";
import { TARGET } from "../form.ts";
import { replaced, section } from "../docs/readme.ts";
import { CREDENTIALS, KEY, lines, numbered, ORG_URL, SECRET, startFakeApi } from "../fake_api.ts";
import { AUTHORITY, serveTls } from "../tls.ts";

const isRoot = (await shell("id -u")).stdout === "0\n";
const ignore = !isExecutable || TARGET !== Deno.build.target || Deno.build.os !== "linux" ||
  !isRoot;
const NOBODY = 65534;
const AS_NOBODY = `setpriv --reuid=${NOBODY} --regid=${NOBODY} --clear-groups --no-new-privs`;
const PERMITTED = ["--orgurl", ORG_URL, "--limit", "10", "--since", "1d"];

/** An environment with next to nothing in it. */
function bare(variables: Readonly<Record<string, string>>): Record<string, string> {
  return { PATH: environment()["PATH"]!, ...variables };
}

/** A copy of the executable, and a folder for its files, that an unprivileged user can reach. */
async function installed(folder: Folder): Promise<string> {
  await Deno.chmod(folder.path("."), 0o755);
  await Deno.copyFile(FORM, folder.path("siem-client"));
  await Deno.chmod(folder.path("siem-client"), 0o755);
  await Deno.mkdir(folder.path("state"));
  await Deno.chown(folder.path("state"), NOBODY, NOBODY);
  return folder.path("siem-client");
}

for (
  const [name, limits] of [
    ["nothing but its credentials in the environment", ""],
    [
      "few files, no core, no capabilities",
      "ulimit -n 64; ulimit -c 0; BOUND=--bounding-set=-all; ",
    ],
  ] as const
) {
  Deno.test({
    name: `an unprivileged user runs it from / with a read-only TMPDIR and ${name}`,
    ignore: ignore || !await available("setpriv"),
    async fn() {
      await using folder = temporaryFolder();
      await using api = startFakeApi({ events: numbered(25) });
      const program = await installed(folder);
      await Deno.mkdir(folder.path("tmp"));
      const args = [program, "-c", "--apiurl", api.logUrl, ...PERMITTED];
      args.push("--position", folder.path("state/position"));
      args.push("--output", folder.path("state/events"));
      const tmp = folder.path("tmp");
      const mount = `mount -t tmpfs -o ro,noexec,nosuid none '${tmp}'`;
      const variables = `API_KEY="$API_KEY" API_SECRET="$API_SECRET" TMPDIR='${tmp}'`;
      const script = `${mount} && ${limits}cd / && ${AS_NOBODY} $BOUND env -i ${variables} "$@"; ` +
        `status=$?; umount '${tmp}'; exit $status`;
      for (const _ of [1, 2]) {
        assertEquals(await shell(script, args, bare(CREDENTIALS)), {
          code: 0,
          stdout: "",
          stderr: "",
        });
        assertEquals(await Deno.readTextFile(folder.path("state/events")), lines(api.events));
      }
      assertEquals((await Deno.stat(folder.path("state/position"))).uid, NOBODY);
    },
  });
}

Deno.test({
  name: "what others have planted where Deno would keep a code cache has no effect",
  ignore,
  async fn() {
    await using folder = temporaryFolder();
    const program = await installed(folder);
    const names = ["deno-compile-siem-client.cache", "deno-compile-siem-client"];
    await Deno.writeTextFile(folder.path(names[0]!), "planted");
    await shell(`mkfifo '${folder.path(names[1]!)}'`);
    const env = bare({ TMPDIR: folder.path(".") });
    const alone = await shell('"$@"', [program, "--version"], env);
    assertEquals(alone.code, 0, alone.stderr);
    await Deno.remove(folder.path(names[0]!));
    await Deno.rename(folder.path(names[1]!), folder.path(names[0]!));
    assertEquals(await shell('"$@"', [program, "--version"], env), alone);
    await Deno.remove(folder.path(names[0]!));
    await shell('"$@"', [program, "--demo", "-x"], env);
    const left: string[] = [];
    for await (const { name } of Deno.readDir(folder.path("."))) left.push(name);
    assertEquals(left.sort(), ["siem-client", "state"]);
  },
});

/** What the runtime itself looks at, the loader, the C library with its resolver, and the stores. */
const SYSTEM = [
  /^\/(usr\/)?lib(64)?\//,
  /^\/etc\/(ld\.so\.\w+|resolv\.conf|hosts|host\.conf|nsswitch\.conf|gai\.conf|localtime|passwd)$/,
  /^\/usr\/share\/(locale|zoneinfo|ca-certificates)\//,
  /^\/etc\/(ssl|pki|ca-certificates)\//,
  /^\/proc\/(self|\d+)\//,
  /^\/proc\/(meminfo|cpuinfo|stat|sys\/\S+)$/,
  /^\/sys\/(fs\/cgroup|devices\/system\/cpu|kernel\/mm)\//,
  /^\/dev\/(null|u?random)$/,
];

Deno.test({
  name: "no file is opened but its own, the loader's, the resolver's and the certificates",
  ignore: ignore || !await available("strace"),
  async fn() {
    await using folder = temporaryFolder();
    await using server = await serveTls(() =>
      Response.json({ logEvents: [{ n: 1 }], nextToken: "1" })
    );
    const url = `https://localhost:${server.addr.port}/logs/v1`;
    const args = [FORM, "-c", "--apiurl", url, ...PERMITTED, "--position", folder.path("position")];
    const { code, stderr } = await shell(
      `strace -f -qq -e trace=open,openat,openat2,creat -o '${folder.path("trace")}' "$@"`,
      [...args, "--since", "1h", "--output", folder.path("events")],
      bare({ ...CREDENTIALS, DENO_CERT: AUTHORITY }),
    );
    assertEquals({ code, stderr }, { code: 0, stderr: "" });
    const own = [FORM, AUTHORITY, folder.path("")].concat(
      ["position", "position.lock", "position.new", "events"].map((name) => folder.path(name)),
    );
    const opened = (await Deno.readTextFile(folder.path("trace"))).split("\n").flatMap((line) =>
      /^\d+ +\w+\((?:AT_FDCWD, )?"([^"]*)".* = \d+/.exec(line)?.[1] ?? []
    );
    assert(opened.includes(folder.path("events")));
    const foreign = opened.filter((path) =>
      !own.some((one) => one === path || one === `${path}/`) &&
      !SYSTEM.some((pattern) => pattern.test(path))
    );
    assertEquals(foreign, []);
  },
});

Deno.test({
  name: "cron starts the docs' line every minute: three runs, every event once, not a word",
  ignore: ignore || !await available("cron"),
  async fn() {
    await using folder = temporaryFolder();
    const program = await installed(folder);
    await using api = startFakeApi({ events: numbered(25) });
    const state = folder.path("state");
    await Deno.writeTextFile(`${state}/api.env`, `API_KEY=${KEY}\nAPI_SECRET=${SECRET}\n`);
    await Deno.chmod(`${state}/api.env`, 0o600);
    await Deno.chown(`${state}/api.env`, NOBODY, NOBODY);
    const [, line = ""] = /\n {4}(\*\/5 [^\n]*)/.exec(section("docs/run.md", "## cron"))!;
    const here = replaced(
      line,
      ["*/5 ", "* "],
      [" siem-client ", " nobody "],
      ["/usr/local/bin/siem-client", program],
      ["/etc/siem-client.env", `${state}/api.env`],
      ["/var/lib/siem-client/position", `${state}/position`],
      ["/var/log/siem-client/cirrus.jsonl", `${state}/events`],
    );
    const more = `--apiurl ${api.logUrl} ${PERMITTED.join(" ")}`;
    const after = `>${state}/out 2>&1; echo ended >>${state}/ended`;
    const table = "/etc/cron.d/siem-client-test";
    await Deno.writeTextFile(table, `${here} ${more} ${after}\n`);
    const cron = await running("cron")
      ? undefined
      : new Deno.Command("cron", { args: ["-f"], stdin: "null" }).spawn();
    const cursors = new Set<string>();
    try {
      for (const run of [1, 2, 3]) {
        await ended(state, run);
        assertEquals(await Deno.readTextFile(`${state}/events`), lines(api.events));
        assertEquals(await Deno.readTextFile(`${state}/out`), "");
        const position = JSON.parse(await Deno.readTextFile(`${state}/position`));
        assertEquals([position.caughtUp, position.output.open], [true, false]);
        cursors.add(position.cursor);
        api.events.push(...numbered(7 * run, api.events.length));
      }
    } finally {
      await Deno.remove(table);
      cron?.kill("SIGTERM");
      await cron?.status;
    }
    assertEquals(cursors.size, 3, "the position has not moved");
  },
});

/** Resolves when so many runs have ended. */
async function ended(folder: string, runs: number): Promise<void> {
  using changes = Deno.watchFs(folder);
  for await (const _ of changes) {
    const text = await Deno.readTextFile(`${folder}/ended`).catch(() => "");
    if (text.split("\n").length > runs) return;
  }
}

async function running(program: string): Promise<boolean> {
  return (await shell(`pgrep -x ${program} >/dev/null`)).code === 0;
}
