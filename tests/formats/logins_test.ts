/** What people see of logins: `--format logins`, and what `--summary` says of them. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Login } from "../../lib/events/login.ts";
import { loginOf, stepOf } from "../../lib/events/login.ts";
import { shortSpan } from "../../lib/formats/columns.ts";
import { createLoginTable } from "../../lib/formats/logins.ts";
import { createSummary } from "../../lib/formats/summary.ts";
import { cellsOf } from "../../lib/terminal/width.ts";
import { SEED, seeded } from "../chance.ts";
import { run } from "../client.ts";
import { CREDENTIALS, ORG_URL, startFakeApi } from "../fake_api.ts";
import { hostileEvent } from "../hostile.ts";
import { search } from "../runs.ts";

const START = Date.parse("2024-05-01T06:00:00Z");

const LOGIN: Login = {
  from: START,
  to: START + 65_000,
  user: "amara@example.edu",
  application: "https://wiki.example.edu/sp",
  moreApplications: 0,
  identityProvider: "https://idp.example.edu/saml",
  address: "198.51.100.10",
  steps: ["request", "request", "success"],
  end: "succeeded",
  reason: undefined,
};
const LOGINS: readonly Login[] = [
  LOGIN,
  { ...LOGIN, end: "no success", user: undefined, steps: ["request"], to: START },
  { ...LOGIN, end: "failed", reason: "wrong password", moreApplications: 12 },
  {
    ...LOGIN,
    from: NaN,
    to: NaN,
    application: undefined,
    identityProvider: undefined,
    address: undefined,
  },
];

function table(width: number, logins = LOGINS, colour = false): string {
  const line = createLoginTable({ width, colour, zone: "UTC" });
  return logins.map(line).join("");
}

Deno.test("logins in 200 columns have everything", () => {
  assertEquals(
    table(200),
    `\
Time (UTC)          Took   User                       Application                      Identity provider            Client address            Steps                    Ended
2024-05-01 06:00:00 1m05s  amara@example.edu          wiki.example.edu/sp              idp.example.edu/saml         198.51.100.10             request x2 > success     succeeded
2024-05-01 06:00:00 0s                                wiki.example.edu/sp              idp.example.edu/saml         198.51.100.10             request                  no success
2024-05-01 06:00:00 1m05s  amara@example.edu          wiki.example.edu/sp +12          idp.example.edu/saml         198.51.100.10             request x2 > success     failed: wrong password
                           amara@example.edu                                                                                                  request x2 > success     succeeded
`,
  );
});

Deno.test("logins in 80 columns and fewer say at least who and how it ended", () => {
  assertEquals(
    table(80),
    `\
Time (UTC)          Took   User                 Application          Ended
2024-05-01 06:00:00 1m05s  amara@example.edu    wiki.example.edu/sp  succeeded
2024-05-01 06:00:00 0s                          wiki.example.edu/sp  no success
2024-05-01 06:00:00 1m05s  amara@example.edu    wiki.example.ed… +12 failed: wr…
                           amara@example.edu                         succeeded
`,
  );
  const headings = [146, 118, 100, 58, 40, 20].map((width) => table(width).split("\n")[0]);
  assertEquals(headings, [
    "Time (UTC)          Took   User                     Application              Identity provider    Client address  Steps              Ended",
    "Time (UTC)          Took   User                   Application            Client address  Steps             Ended",
    "Time (UTC)          Took   User                   Application          Steps             Ended",
    "UTC      User               Application        Ended",
    "UTC      User               Ended",
    "User     Ended",
  ]);
});

Deno.test("failed logins are red and those without success yellow, where there is colour", () => {
  const [heading, ok, none, failed] = table(80, LOGINS, true).split("\n");
  const plain = table(80).split("\n");
  assertEquals([heading, ok, none, failed], [
    plain[0],
    plain[1],
    `\x1b[33m${plain[2]}\x1b[39m`,
    `\x1b[31m${plain[3]}\x1b[39m`,
  ]);
});

Deno.test(`no event controls the terminal or breaks a line of logins (seed ${SEED})`, () => {
  const below = seeded(SEED);
  for (const width of [20, 40, 58, 80, 100, 118, 146, 200]) {
    const logins = Array.from(
      { length: 100 },
      () =>
        loginOf(
          Array.from({ length: 1 + below(5) }, () =>
            stepOf({ ...hostileEvent(below), logType: "cas" }, START, true)),
        )!,
    );
    const lines = table(width, logins).split("\n");
    assertEquals(lines.length, 102);
    for (const line of lines) {
      assert(cellsOf(line) <= width, `${JSON.stringify(line)} in ${width}`);
      assert(!/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(line), JSON.stringify(line));
    }
  }
});

Deno.test("a short span has its two largest units", () => {
  const spans = [0, 4400, 59_400, 59_600, 65_000, 3_599_000, 3_600_000, 86_400_000].map(shortSpan);
  assertEquals(spans, ["0s", "4s", "59s", "1m00s", "1m05s", "59m59s", "1h00m", "24h00m"]);
});

Deno.test("a summary counts logins by application and identity provider", () => {
  const summary = createSummary();
  for (const login of LOGINS) summary.addLogin(login);
  summary.add([{}]);
  const text = summary.text({ width: 80, hide: (text) => text.replace("idp", "***") });
  assertStringIncludes(
    text,
    `
4 logins: 2 succeeded (50.0 %), 1 failed, 1 without success

Application                    Logins Succeeded   Without
https://wiki.example.edu/sp         3         1         2
(not said)                          1         1         0

Identity provider               Logins Succeeded   Without
https://***.example.edu/saml         3         1         2
(not said)                           1         1         0
`,
  );
  const narrow = summary.text({ width: 40, hide: (text) => text });
  assertEquals(narrow.split("\n").filter((line) => cellsOf(line) > 40), []);
});

/** Two logins over several pages, and a mail. */
function stored(now: number) {
  const start = now - 3_600_000;
  const rows: [seconds: number, arrived: number, kind: string, id: string, user: string][] = [
    [0, 10, "proxy authentication request", "a", ""],
    [40, 60, "proxy cas request", "b", ""],
    [4, 120, "proxy authentication success", "a", "amara@example.edu"],
    [50, 130, "mail sending sent", "m", "bo@example.edu"],
    [1300, 1310, "proxy authentication request", "c", ""],
    [1301, 1311, "proxy authentication failure", "c", "bo@example.edu"],
  ];
  return rows.map(([seconds, arrived, kind, correlationId, eppn]) => {
    const [service, logType, logSubtype] = kind.split(" ");
    const timeStampISO = new Date(start + seconds * 1000).toISOString();
    const logData = { eppn, sp: "https://wiki.example.edu/sp" };
    return {
      arrived: start + arrived * 1000,
      text: JSON.stringify({
        ...{ timeStampISO, service, logType, logSubtype, correlationId, logData },
        clientIP: "192.0.2.1",
      }),
    };
  });
}

Deno.test("a search prints logins, the same whatever the pages, and says what is none", async () => {
  await using api = startFakeApi({ events: stored(Math.floor(Date.now() / 1000) * 1000) });
  const logins = (limit: string) =>
    search(api.logUrl, ["--format", "logins", "--limit", limit, "--since", "2h"]);
  const { code, stdout, stderr } = await logins("1000");
  assertEquals(code, 0);
  assertEquals(
    stderr,
    "siem-client: Left out 1 group of events that are no login, such as mails\n",
  );
  const rows = stdout.trimEnd().split("\n").slice(1).map((line) =>
    line.slice(20).replace(/ +/g, " ")
  );
  assertEquals(rows, [
    "4s amara@example.edu wiki.example.edu/sp 192.0.2.1 request > success succeeded",
    "0s wiki.example.edu/sp 192.0.2.1 request no success",
    "1s bo@example.edu wiki.example.edu/sp 192.0.2.1 request > failure failed: failure",
  ]);
  for (const limit of ["1", "2", "5"]) assertEquals(await logins(limit), { code, stdout, stderr });
  const summary = await search(api.logUrl, ["--format", "logins", "--summary", "--since", "2h"]);
  assertStringIncludes(
    summary.stderr,
    "3 logins: 1 succeeded (33.3 %), 1 failed, 1 without success",
  );
});

Deno.test("logins are for people: not with -c, and not into a file", async () => {
  const common = ["--apiurl", "http://127.0.0.1:1/logs/v1", "--orgurl", ORG_URL];
  for (const more of [["-c"], ["--output", "x"]]) {
    const { code, stderr } = await run([...common, "--format", "logins", ...more], {
      env: CREDENTIALS,
    });
    assertEquals([code, stderr.includes("Cannot use --format logins with")], [2, true]);
  }
});
