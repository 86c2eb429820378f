/**
 * How fast is the client, beside what else there is? For each contender of a case: the median and the
 * spread of wall time, processor time, peak memory, throughput, and its ratio to the first one.
 *
 *     deno task bench [CASE...]      by default all cases but the long ones
 *
 * Needs GNU time, curl and jq. The bundle and the executable take part where they have been made; the
 * empty executable is made by the Deno that runs this.
 */

import type { FormatName } from "../../lib/formats/formats.ts";
import { fromFileUrl } from "@std/path/from-file-url";
import { searchFiles } from "./files.ts";
import { lastingRounds, manyLogins, verifying } from "./odd.ts";
import { HOSTILE_BODIES, serveOnce } from "../hostile_bodies.ts";
import { type Contender, median, race, type Sink, type Taken, timed } from "./measure.ts";
import { exists, type Folder, temporaryFolder } from "../client.ts";

const ROUNDS = 9;
const ROOT = fromFileUrl(new URL("../..", import.meta.url));
const BUNDLE = `${ROOT}dist/siem-client.js`;
const PERMISSIONS = (await Deno.readTextFile(`${ROOT}main.ts`)).split("\n")[0]!.split(" ").slice(3);
const RUN = [Deno.execPath(), ...PERMISSIONS];
const SINCE = "2026-01-01T00:00:00Z";

interface Service {
  readonly pages: number;
  /** How many a page; 1000 where it is not said. */
  readonly events?: number;
  /** Milliseconds before each answer. */
  readonly latency?: number;
  readonly gzip?: boolean;
}

type Api = "siem" | "log";

/** The forms of the client that are there. */
const FORMS = new Map<string, readonly string[]>([["source", [...RUN, `${ROOT}main.ts`]]]);
if (await exists(BUNDLE)) FORMS.set("bundle", [...RUN, "--no-config", BUNDLE]);
for await (const { name } of Deno.readDir(`${ROOT}dist`)) {
  const target = `${Deno.build.arch}-unknown-linux-gnu`;
  if (name.endsWith(target)) FORMS.set("executable", [`${ROOT}dist/${name}`]);
}
/** The form for cases that compare something else. */
const [FORM] = [...FORMS.keys()].slice(-1) as [string];

const CASES: Readonly<Record<string, () => Promise<void>>> = {
  async one() {
    // The page after it is empty.
    await using service = await serve({ pages: 1 });
    await using folder = temporaryFolder();
    await compare("One page of 1000 events, whole process", service, [
      ...await scripts(service, folder),
      ...[...FORMS.keys()].map((form) => client(service, { form })),
    ]);
  },
  async many() {
    await using service = await serve({ pages: 1000 });
    await compare("1000 pages of 1000 events", service, [
      floor(service),
      ...[...FORMS.keys()].map((form) => client(service, { form })),
      client(service, { format: "json" }),
      client(service, { sink: "file" }),
      client(service, { output: true }),
    ]);
    await compare("The same from Log API v1", service, [
      floor(service, "log"),
      client(service, { api: "log" }),
    ]);
  },
  async gzip() {
    await using service = await serve({ pages: 1000, gzip: true });
    await compare("1000 pages of 1000 events, gzip", service, [floor(service), client(service)]);
  },
  async mapped() {
    await using service = await serve({ pages: 300 });
    await compare("300 pages of 1000 events, in the words of a SIEM", service, [
      client(service),
      client(service, { format: "json" }),
      client(service, { format: "ecs" }),
      client(service, { format: "ocsf" }),
    ]);
  },
  async csv() {
    await using service = await serve({ pages: 100 });
    await compare("100 pages of 1000 events, as csv", service, [
      client(service),
      client(service, { format: "csv" }),
    ]);
  },
  async growth() {
    say(`\nGrowth, ${FORM}: medians of ${ROUNDS} rounds, start-up included`);
    for (const pages of [10, 100, 1000]) await growth({ pages });
    for (const events of [10, 100]) await growth({ pages: 1000, events });
  },
  async tiny() {
    say(`\nTiny pages, ${FORM}: medians of ${ROUNDS} rounds, start-up included`);
    for (const pages of [1000, 10_000]) await growth({ pages, events: 1 });
  },
  async large() {
    say(`\nOne page, of up to 60 MB, ${FORM}: medians of ${ROUNDS} rounds, start-up included`);
    for (const events of [1000, 10_000, 100_000]) await growth({ pages: 1, events });
  },
  async logins() {
    say(
      `\nCorrelation ids, ${FORM}, --format logins: medians of ${ROUNDS} rounds, start-up included`,
    );
    for (const events of [2000, 20_000, 100_000]) await growth({ pages: 1, events }, "logins");
  },
  async loop() {
    await using service = await serve({ pages: 100 });
    await compare("100 pages of 1000 events, beside a loop of curl and jq", service, [
      client(service),
      { name: "curl and jq", command: ["/bin/sh", "-c", LOOP, service.origin], sink: "pipe" },
    ]);
  },
  async memory() {
    for (const pages of [300, 1000]) {
      await using service = await serve({ pages });
      const contenders = [...FORMS.keys()].map((form) => client(service, { form }));
      await compare(`Peak memory, ${pages} pages`, service, contenders);
    }
  },
};

/** Those that take half an hour. */
const LONG_CASES: typeof CASES = {
  async files() {
    const form = FORMS.get(FORM)!;
    await searchFiles(form, say, { megabytes: 1000 });
    for (const files of [10, 100]) {
      await searchFiles(form, say, { megabytes: 1000, files, beside: false });
    }
    for (const megabytes of [100, 5000]) {
      await searchFiles(form, say, { megabytes, beside: false });
    }
  },
  hostile,
  async verify() {
    for (const pages of [100, 1000]) await verifying(FORMS.get(FORM)!, say, pages);
  },
  async ids() {
    await manyLogins(FORMS.get(FORM)!, say, [20_000, 200_000]);
  },
  rounds: () => lastingRounds(say, 10_000),
  async latency() {
    await using service = await serve({ pages: 1000, latency: 50 });
    await compare("1000 pages of 1000 events, 50 ms each", service, [
      floor(service),
      client(service),
      client(service, { output: true }),
      client(service, { output: true, receipts: true }),
    ]);
  },
  async receipts() {
    await using service = await serve({ pages: 100, latency: 50 });
    await compare("100 pages of 1000 events, 50 ms each, without and with receipts", service, [
      client(service, { output: true }),
      client(service, { output: true, receipts: true }),
    ]);
  },
};

/** A page that costs more than its length: its peak memory, and the bound that docs/reference.md names. */
async function hostile(): Promise<void> {
  say("\nHostile pages of 63 MiB: one run each\n     wall s  MB peak  MB bound");
  for (const [name, make] of Object.entries(HOSTILE_BODIES)) {
    const body = make(63 * 1024 * 1024);
    await using server = serveOnce(body);
    for (
      const way of [["json"], ["ndjson"], ["ecs"], ["ocsf"], ["table"], ["ndjson", "--summary"]]
    ) {
      const url = `http://127.0.0.1:${server.addr.port}/prod/logs`;
      const command = [...FORMS.get(FORM)!, "--apiurl", url, "--format", ...way];
      const { wall, memory } = await timed({ name, command, sink: "pipe" });
      const figures = [
        wall.toFixed(1),
        memory.toFixed(0),
        (8 * body.length / 1e6 + 150).toFixed(0),
      ];
      say(`${figures.map((text) => text.padStart(10)).join("")}  ${name}, ${way.join(" ")}`);
    }
  }
}

/** What people write who have no client. */
const LOOP = `
url="$0/prod/logs?limit=1000"
cd FOLDER
while true; do
  curl -s -S -f -u "$API_KEY:$API_SECRET" -H 'content-type: application/json' -d '{}' -D head -o page "$url"
  jq -c '.[]' page >lines
  cat lines
  [ "$(wc -l <lines)" -lt 1000 ] && break
  url=$(sed -n 's/^[Ll]ink: \\([^;]*\\);.*/\\1/p' head)
done`;

/** A keep-alive connection that takes all pages, and does nothing with them. */
function floor({ origin, pages }: Served, api: Api = "siem"): Contender {
  const path = api === "log" ? "/logs/v1/orgLogs" : "/prod/logs";
  const urls = `${origin}${path}?after=[0-${pages - 1}]`;
  const command = ["curl", "-s", "-S", "-f", "--compressed", "-o", "/dev/null", urls];
  return { name: "floor: one curl", command, sink: "pipe" };
}

function client(
  { origin, events = 1000 }: Served,
  { form = FORM, api = "siem", format = "ndjson", sink = "pipe", output = false, receipts = false }:
    {
      form?: string;
      api?: Api;
      format?: FormatName;
      sink?: Sink;
      output?: boolean;
      receipts?: boolean;
    } = {},
): Contender {
  const apiUrl = `${origin}${api === "log" ? "/logs/v1" : "/prod/logs"}`;
  const asked = ["--apiurl", apiUrl, "--limit", `${events}`, "--format", format, "--since", SINCE];
  if (api === "log") asked.push("--orgurl", "https://www.example.edu/");
  if (output) asked.push("-c", "--position", "FOLDER/position", "--output", "FOLDER/events");
  if (receipts) asked.push("--receipts", "FOLDER/receipts");
  const where = output ? "--output, with -c" : `a ${sink}`;
  const name = `${form}, ${format} to ${where}${receipts ? " and receipts" : ""}`;
  return { name, command: [...FORMS.get(form)!, ...asked], sink };
}

/** What the runtime itself takes: scripts of nothing, and of a bare request, in the client's forms. */
async function scripts({ origin }: Served, folder: Folder): Promise<Contender[]> {
  const texts = {
    "empty script": "",
    "bare request": `
      const response = await fetch("${origin}/prod/logs");
      await Deno.stdout.write(await response.bytes());`,
  };
  const contenders: Contender[] = [];
  for (const [name, text] of Object.entries(texts)) {
    const script = folder.path(`${name}.js`), program = folder.path(name);
    await Deno.writeTextFile(script, text);
    contenders.push({ name: `deno run, ${name}`, command: [...RUN, script], sink: "pipe" });
    const allowed = PERMISSIONS.filter((flag) => flag.startsWith("--allow-"));
    const flags = ["--no-config", "--no-lock", "--no-check", "--no-code-cache", "--no-prompt"];
    const { success } = await new Deno.Command(Deno.execPath(), {
      args: ["compile", ...flags, ...allowed, "-o", program, script],
      stderr: "null",
    }).output();
    if (success) contenders.push({ name: `executable, ${name}`, command: [program], sink: "pipe" });
    else say(`Left out: executable, ${name}; this Deno cannot get the base of executables`);
  }
  return contenders;
}

interface Served extends Service, AsyncDisposable {
  readonly origin: string;
  /** Bytes, before gzip. */
  readonly pageLength: number;
}

/** Starts the service, in a process of its own. */
async function serve(service: Service): Promise<Served> {
  const { pages, events = 1000, latency = 0, gzip = false } = service;
  const args = [pages, events, latency].map(String);
  const script = fromFileUrl(new URL("service.ts", import.meta.url));
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--allow-net=127.0.0.1", script, ...args, gzip ? "gzip" : "plain"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const lines = child.stdout.pipeThrough(new TextDecoderStream());
  const reader = lines.getReader();
  const [port, pageLength] = (await reader.read()).value!.trim().split(" ");
  return {
    ...service,
    origin: `http://127.0.0.1:${port}`,
    pageLength: Number(pageLength),
    async [Symbol.asyncDispose]() {
      await Promise.all([child.stdin.close(), reader.cancel()]);
      await child.status;
    },
  };
}

/** Lets contenders run against a service, and prints a line for each. */
async function compare(
  title: string,
  { pages, events = 1000, pageLength }: Served,
  contenders: readonly Contender[],
): Promise<void> {
  say(`\n${title}: medians of ${ROUNDS} rounds`);
  say("wall s (least, most)      CPU s  MB peak  events/s   MB/s  ratio");
  const results = await race(contenders, ROUNDS);
  const first = middle(results.get(contenders[0]!.name)!, "wall");
  for (const [name, taken] of results) {
    const walls = taken.map(({ wall }) => wall);
    const wall = median(walls);
    const spread = `(${Math.min(...walls).toFixed(3)}, ${Math.max(...walls).toFixed(3)})`;
    say([
      wall.toFixed(3).padStart(7),
      spread.padEnd(18),
      middle(taken, "cpu").toFixed(2).padStart(6),
      middle(taken, "memory").toFixed(0).padStart(8),
      Math.round(pages * events / wall).toString().padStart(9),
      Math.round(pages * pageLength / wall / 1e6).toString().padStart(6),
      (wall / first).toFixed(2).padStart(6),
      ` ${name}`,
    ].join(" "));
  }
}

/** Says what a page and an event take. */
async function growth(service: Service, format: FormatName = "ndjson"): Promise<void> {
  const { pages, events = 1000 } = service;
  await using served = await serve(service);
  const contender = client(served, { format });
  const taken = (await race([contender], ROUNDS)).get(contender.name)!;
  const wall = middle(taken, "wall");
  const perPage = `${(wall / pages * 1000).toFixed(2)} ms a page`;
  const perEvent = `${(wall / pages / events * 1e6).toFixed(2)} us an event`;
  const memory = `${middle(taken, "memory").toFixed(0)} MB`;
  say(`${pages} pages of ${events}: ${wall.toFixed(2)} s, ${perPage}, ${perEvent}, ${memory}`);
}

function middle(taken: readonly Taken[], what: keyof Taken): number {
  return median(taken.map((one) => one[what]));
}

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

const asked = Deno.args.length > 0 ? Deno.args : Object.keys(CASES);
const all = { ...CASES, ...LONG_CASES };
const unknown = asked.filter((name) => !Object.hasOwn(all, name));
if (unknown.length > 0) {
  say(`Cannot bench ${unknown.join(", ")}: the cases are ${Object.keys(all).join(", ")}`);
  Deno.exit(2);
}
say(`Deno ${Deno.version.deno}, ${navigator.hardwareConcurrency} processors`);
for (const name of asked) await all[name]!();
