/**
 * What lies behind the client on a host: Debian's logrotate and rsyslog, set up by the docs' own
 * lines, and at the end a collector of this test's.
 */

import { assertEquals } from "@std/assert";
import type { Folder } from "../client.ts";
import { blocks, type Change, replaced } from "./readme.ts";

/** Milliseconds. */
const PATIENCE = 60_000;

/** What is in a folder for one stream of events, and the folders that it needs. */
export async function pathsIn(folder: Folder) {
  for (const name of ["log", "spool"]) await Deno.mkdir(folder.path(name), { mode: 0o750 });
  return { log: folder.path("log"), file: folder.path("log/cirrus.jsonl") };
}

/** Has logrotate rotate now, by the docs' lines, and changes to them. */
export async function rotate(folder: Folder, ...changes: readonly Change[]): Promise<void> {
  const [lines] = blocks("docs/siem/rotation.md", "# Rotation", "logrotate");
  const text = replaced(
    lines,
    ["/var/log/siem-client/", folder.path("log/")],
    ["su siem-client siem-client", `su ${await output("id", "-un")} ${await output("id", "-gn")}`],
    ...changes,
  );
  await Deno.writeTextFile(folder.path("logrotate.conf"), text, { mode: 0o644 });
  const state = folder.path("logrotate.state");
  assertEquals(await output("logrotate", "-f", "-s", state, folder.path("logrotate.conf")), "");
}

/** An rsyslog with the docs' lines. */
export interface Rsyslog extends AsyncDisposable {
  start(): void;
  /** Ends it as its service manager does. */
  stop(): Promise<void>;
  /** Resolves when it has read a file to its end and recorded that. */
  hasRead(path: string): Promise<void>;
}

/** Sets an rsyslog up that sends to a port of this host; it does not run yet. */
export async function rsyslog(folder: Folder, port: number): Promise<Rsyslog> {
  const [lines] = blocks("docs/siem/rsyslog.md", "# rsyslog", "rsyslog");
  const spool = folder.path("spool");
  const text = replaced(
    lines,
    ["/var/log/siem-client/", folder.path("log/")],
    ["/var/spool/rsyslog", spool],
    ["collector.example.edu", "127.0.0.1"],
    ["5514", `${port}`],
  );
  await Deno.writeTextFile(folder.path("rsyslog.conf"), text);
  let daemon: Deno.ChildProcess | undefined;
  const stop = async () => {
    if (daemon === undefined) return;
    const { status } = daemon;
    daemon.kill("SIGTERM");
    await patiently(status, () => {
      daemon!.kill("SIGKILL");
      return "rsyslog does not end";
    });
    daemon = undefined;
  };
  return {
    start() {
      daemon = new Deno.Command("rsyslogd", {
        args: ["-n", "-f", folder.path("rsyslog.conf"), "-i", folder.path("rsyslog.pid")],
        stdin: "null",
        stdout: "null",
        stderr: "null",
      }).spawn();
    },
    stop,
    async hasRead(path) {
      using changes = Deno.watchFs(spool);
      const { ino, size } = await Deno.stat(path);
      const read = async () => {
        for await (const _ of changes) {
          for await (const { name } of Deno.readDir(spool)) {
            if (!name.startsWith(`imfile-state:${ino}`)) continue;
            // It is emptied before it is written.
            const state = await Deno.readTextFile(`${spool}/${name}`).catch(() => "");
            if (state.includes(`"curr_offs": ${size},`)) return;
          }
        }
      };
      await patiently(read(), () => `rsyslog has not read ${path} to its end`);
    },
    [Symbol.asyncDispose]: stop,
  };
}

/** What a SIEM would be: it takes lines over TCP, and says nothing. */
export interface Collector extends AsyncDisposable {
  readonly port: number;
  /** The lines in the order in which they came; a part of one where a connection ended within it. */
  readonly lines: readonly string[];
  /** Resolves when what has come is enough. */
  until(enough: () => boolean): Promise<void>;
  /** Resolves when so many different lines have come. */
  untilThereAre(count: number): Promise<void>;
  /** Resolves when everything is read that was sent on connections that have been closed. */
  drained(): Promise<void>;
}

export function startCollector(port = 0): Collector {
  const listener = Deno.listen({ hostname: "127.0.0.1", port });
  const lines: string[] = [];
  const connections = new Set<Deno.Conn>();
  const serving = new Set<Promise<void>>();
  let waiting = () => {};
  const accepting = accept();

  async function accept(): Promise<void> {
    try {
      for await (const connection of listener) {
        connections.add(connection);
        const served = serve(connection).finally(() => {
          connections.delete(connection);
          serving.delete(served);
        });
        serving.add(served);
      }
    } catch {
      // The listener was closed.
    }
  }

  async function serve(connection: Deno.Conn): Promise<void> {
    let rest = "";
    const text = connection.readable.pipeThrough(new TextDecoderStream("utf-8", { fatal: true }));
    for await (const chunk of text) {
      const parts = (rest + chunk).split("\n");
      rest = parts.pop()!;
      lines.push(...parts);
      waiting();
    }
    if (rest !== "") lines.push(rest);
    waiting();
  }

  const until = async (enough: () => boolean) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    waiting = () => enough() && resolve();
    waiting();
    await patiently(promise, () => `only ${new Set(lines).size} lines have come`);
  };
  return {
    port: listener.addr.port,
    lines,
    until,
    untilThereAre: (count) => until(() => new Set(lines).size >= count),
    async drained() {
      await Promise.all(serving);
    },
    async [Symbol.asyncDispose]() {
      listener.close();
      // Where a test has failed, rsyslog is still there.
      connections.forEach((connection) => connection.close());
      await Promise.allSettled([accepting, ...serving]);
    },
  };
}

/** Waits, but not for ever for what does not come. */
async function patiently(coming: Promise<unknown>, why: () => string): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const patience = setTimeout(() => reject(new Error(`After a minute, ${why()}`)), PATIENCE);
  await Promise.race([coming, promise]).finally(() => clearTimeout(patience));
}

/** What a program prints, which has to succeed without a word on standard error. */
async function output(program: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(program, { args }).output();
  assertEquals([code, new TextDecoder().decode(stderr)], [0, ""], program);
  return new TextDecoder().decode(stdout).trimEnd();
}

/**
 * Whether rsyslog may read a configuration in a temporary folder here: some systems confine it to its
 * own folders.
 */
export async function canRunRsyslog(): Promise<boolean> {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(path, 'action(type="omfile" file="/dev/null")\n');
    const command = new Deno.Command("rsyslogd", { args: ["-N1", "-f", path], stderr: "null" });
    return (await command.output()).success;
  } catch {
    return false;
  } finally {
    await Deno.remove(path);
  }
}
