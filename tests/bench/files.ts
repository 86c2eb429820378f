/** How fast are pulled files searched, beside grep and jq? */

import { temporaryFolder } from "../client.ts";
import { seeded } from "../chance.ts";
import { type Contender, median, race } from "./measure.ts";

const USER = "user4242@example.edu";
const USERS = 5000;
const ROUNDS = 3;
/** Events that are written again and again. */
const POOL = 20_000;

/** An event as Python or as PHP writes JSON: the one with spaces, the other with `\/`; both with `\u00eb`. */
function eventText(n: number, chance: (below: number) => number): string {
  const pick = <T>(...list: readonly T[]): T => list[chance(list.length)]!;
  const time = new Date(Date.UTC(2026, 10, 1) + n * 60_000).toISOString().replace(
    /\.\d+Z$/,
    "+00:00",
  );
  const event = {
    timeStampISO: time,
    logType: pick("authentication", "oidc", "cas"),
    logSubtype: pick("request", "success", "failure"),
    service: pick("idp", "proxy", "bridge"),
    tenant: "example",
    clientIP: `192.0.2.${chance(255)}`,
    correlationId: Array.from({ length: 32 }, () => chance(16).toString(16)).join(""),
    orgUrl: "https://www.example.edu/",
    logData: {
      eppn: `user${chance(USERS)}@example.edu`,
      displayName: pick("Zoë Brontë", "José Núñez", "Doe, Jane", "Ann Lee"),
      spEntityId: `https://sp${chance(100)}.example.edu/shibboleth`,
      idpEntityId: "https://idp.example.edu/idp/shibboleth",
      userAgent:
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130.0.0.0 Safari/537.36",
    },
  };
  const ascii = JSON.stringify(event).replaceAll(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  if (n % 2 === 0) return ascii.replaceAll("/", "\\/");
  return ascii.replaceAll(/"(:|,)"/g, '"$1 "').replaceAll(/":\{/g, '": {');
}

/** Writes files of events, `bytes` together. */
async function write(paths: readonly string[], bytes: number): Promise<void> {
  const chance = seeded(7);
  const pool = Array.from({ length: POOL }, (_, n) => `${eventText(n, chance)}\n`).join("");
  const block = new TextEncoder().encode(pool);
  for (const path of paths) {
    using file = await Deno.open(path, { write: true, create: true });
    for (let left = bytes / paths.length; left > 0; left -= block.length) {
      for (let at = 0; at < block.length;) at += await file.write(block.subarray(at));
    }
  }
}

/** Cases over files of `megabytes` together; `client` is a form's command line. */
export async function searchFiles(
  client: readonly string[],
  say: (line: string) => void,
  { megabytes, files = 1, beside = true }: { megabytes: number; files?: number; beside?: boolean },
): Promise<void> {
  await using folder = temporaryFolder();
  const paths = Array.from({ length: files }, (_, i) => folder.path(`pulled.${i}`));
  await write(paths, megabytes * 1e6);
  const ours = (name: string, ...args: readonly string[]): Contender => ({
    name: `client, ${name}`,
    command: [...client, "--format", "ndjson", ...args],
    sink: "pipe",
  });
  const other = (name: string, ...command: readonly string[]): Contender => ({
    name,
    command,
    sink: "pipe",
  });
  const select = `select(.logData.eppn == "${USER}")`;
  const asked = ["--query", `user=${USER}`];
  const contenders = [
    ours("one user", ...asked, ...paths),
    ours("all", ...paths),
    ours("all, --summary", "--summary", ...paths),
    ...beside
      ? [
        other("grep -F", "grep", "-h", "-F", USER, ...paths),
        other("jq -c select", "jq", "-c", select, ...paths),
        other("jq -c .", "jq", "-c", ".", ...paths),
      ]
      : [],
  ];
  say(`\n${megabytes} MB in ${files} files: medians of ${ROUNDS} rounds`);
  await report(contenders, say);
  if (!beside || files > 1) return;
  const packed = folder.path("pulled.gz");
  await new Deno.Command("/bin/sh", { args: ["-c", 'gzip -1 <"$0" >"$1"', paths[0]!, packed] })
    .output();
  say("\nThe same, gzip");
  await report([
    ours("one user", ...asked, packed),
    other("zcat and jq", "/bin/sh", "-c", `zcat "$0" | jq -c '${select}'`, packed),
  ], say);
}

async function report(contenders: readonly Contender[], say: (line: string) => void) {
  say(" wall s   CPU s  MB peak");
  for (const [name, taken] of await race(contenders, ROUNDS)) {
    const middle = (what: keyof typeof taken[number]) => median(taken.map((one) => one[what]));
    const figures = [
      middle("wall").toFixed(2),
      middle("cpu").toFixed(2),
      middle("memory").toFixed(0),
    ];
    say(`${figures.map((figure) => figure.padStart(7)).join(" ")}  ${name}`);
  }
}
