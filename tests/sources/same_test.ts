/** Does a search of files show the same as a search of the service, and is that right? */

import { assert, assertEquals } from "@std/assert";
import type { StoredEvent } from "../../lib/sources/demo_events.ts";
import { seeded } from "../chance.ts";
import { type Folder, run, temporaryFolder } from "../client.ts";
import { lines, startFakeApi } from "../fake_api.ts";
import { search } from "../runs.ts";

const MINUTE = 60_000, DAY = 24 * 60 * MINUTE;
const USERS = ["amara", "bo", "chen", "dalia", "zoë"];
const STEPS = [
  ["proxy", "authentication", "request"],
  ["idp", "authentication", "request"],
  ["idp", "authentication", "success"],
  ["proxy", "authentication", "success"],
  ["proxy", "emailMFA", "invalidCode"],
  ["mail", "sending", "sent"],
];

/** A week of visits, of which the events came up to ten minutes late, in the order in which they came. */
function week(): StoredEvent[] {
  const below = seeded(20261127);
  const start = Math.floor(Date.now() / 1000) * 1000 - 7 * DAY + 60 * MINUTE;
  const events = Array.from({ length: 300 }, (_, visit) => {
    const user = USERS[below(USERS.length)]!;
    const begin = start + visit * 30 * MINUTE + below(20) * MINUTE;
    return STEPS.slice(0, 1 + below(STEPS.length)).map(([service, logType, logSubtype], step) => {
      const ms = begin + step * 1000 * (1 + below(40));
      const eppn = logSubtype === "request" ? "" : `${user}@example.edu`;
      const text = JSON.stringify({
        ...{
          service,
          logType,
          logSubtype,
          correlationId: `c${below(250)}`,
          tenant: `t/${service}`,
        },
        timeStampISO: new Date(ms).toISOString().replace(".000Z", "+00:00"),
        clientIP: below(3) === 0 ? `2001:db8::${below(99)}` : `192.0.2.${below(99)}`,
        logData: { eppn, sp: `https://app${below(4)}.example.edu/sp`, saml_idp: "https://idp/" },
      });
      // As some services write it.
      return { arrived: ms + below(10 * MINUTE), text: text.replaceAll("/", "\\/") };
    });
  }).flat();
  return events.sort((one, other) => one.arrived - other.arrived);
}

/** Ten files as rotation leaves them, two of them packed; the newest has the plain name. */
async function rotated(events: readonly StoredEvent[], folder: Folder): Promise<string[]> {
  const each = Math.ceil(events.length / 10);
  return await Promise.all(Array.from({ length: 10 }, async (_, age) => {
    const part = events.slice((9 - age) * each, (10 - age) * each);
    const suffix = age === 0 ? "" : age < 8 ? `.${age}` : `.${age}.gz`;
    const path = folder.path(`cirrus.jsonl${suffix}`);
    const stream = new Blob([lines(part)]).stream();
    await Deno.writeFile(
      path,
      age < 8 ? stream : stream.pipeThrough(new CompressionStream("gzip")),
    );
    return path;
  }));
}

Deno.test("files and the service show the same of the same events, in every format", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ events: week() });
  const files = await rotated(api.events, folder);
  const searches = [
    [],
    ["--query", "user=amara@example.edu"],
    ["--query", "user=zoë@example.edu,service!=mail"],
    ["--query", "clientip=192.0.2.0/26,clientip!=192.0.2.7"],
    ["--query", "correlationid=c7"],
    ["--query", "service=idp,metricsubtype=success", "--since", "3d", "--until", "1d"],
  ];
  for (const format of ["ndjson", "table", "logins", "csv", "ecs", "ocsf"]) {
    await Promise.all(searches.map(async (query) => {
      const since = query.includes("--since") ? [] : ["--since", "8d"];
      const args = ["--format", format, ...query, ...since, "--summary"];
      // A span is counted from the moment of each run, so moments are better.
      const moments = args.map((arg) =>
        /^\dd$/.test(arg) ? new Date(Date.now() - parseInt(arg) * DAY).toISOString() : arg
      );
      const [service, found] = await Promise.all([
        search(api.logUrl, moments),
        run([...moments, ...files]),
      ]);
      // A difference of whole texts would be very long.
      assert(found.stdout === service.stdout, args.join(" "));
      assertEquals([found.code, found.stderr], [0, service.stderr], args.join(" "));
      assert(found.stdout.length > 100, args.join(" "));
    }));
  }
});

Deno.test("a table of one person's week out of ten files is right", async () => {
  await using folder = temporaryFolder();
  const events = week();
  const files = await rotated(events, folder);
  const query = ["--query", "user=amara@example.edu", "--since", "8d", "--format", "table"];
  const { code, stdout, stderr } = await run([...query, ...files]);
  assertEquals([code, stderr], [0, ""]);
  const expected = events.map(({ text }) => JSON.parse(text))
    .filter(({ logData }) => logData.eppn === "amara@example.edu")
    .map((event) => {
      const kind = `${event.logType}/${event.logSubtype}`;
      // Time zones differ by whole quarters of an hour.
      const seconds = event.timeStampISO.slice(17, 19);
      return [seconds, event.service, kind, event.clientIP, event.tenant, event.correlationId];
    });
  assert(expected.length > 50);
  assertEquals(
    stdout.trimEnd().split("\n").slice(1).map((line) => {
      const [, time, ...cells] = line.split(/ +/);
      return [time!.slice(6), ...cells.slice(0, 5)];
    }),
    expected,
  );
});
