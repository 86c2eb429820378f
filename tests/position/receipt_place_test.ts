/** Where does a search that names receipts begin and end, and does it send only tokens that the service gave? */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { timeOfToken } from "../../lib/events/token.ts";
import { type Receipt, receiptLine } from "../../lib/position/receipt.ts";
import type { StoredEvent } from "../../lib/sources/demo_events.ts";
import { assertSays, type Folder, run, temporaryFolder } from "../client.ts";
import {
  CREDENTIALS,
  type FakeApi,
  lines,
  logPage,
  numberedEvent,
  ORG_URL,
  refusal,
  startFakeApi,
} from "../fake_api.ts";
import { search } from "../runs.ts";
import { hash } from "./receipts.ts";

const HOUR = 60 * 60_000;
const DAY = 24 * HOUR;
const DAYS = 6;

/** A moment as `--since` takes it. */
function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/**
 * A service as its guide has it, which was pulled every eight hours in the last days, with receipts; ten minutes lie
 * between events, and every third comes ten minutes late.
 */
async function pulledForDays(folder: Folder) {
  const end = Math.floor(Date.now() / 1000) * 1000;
  const begin = end - DAYS * DAY;
  const all: StoredEvent[] = [];
  for (let at = begin; at < end; at += HOUR / 6) {
    const n = all.length;
    all.push({ ...numberedEvent(n, at - (n % 3 === 0 ? HOUR / 6 : 0)), arrived: at });
  }
  let now = begin + HOUR / 2;
  const api = startFakeApi({ madeTokens: "ignored", now: () => now });
  const receipts = folder.path("receipts");
  const args = ["-c", "--apiurl", api.logUrl, "--orgurl", ORG_URL, "--since", "9d"];
  args.push("--receipts", receipts, "--output", folder.path("out"));
  args.push("--position", folder.path("position"), "--limit", "20");
  for (let round = 0; now < end; round++) {
    api.events.push(...all.slice(api.events.length).filter(({ arrived }) => arrived <= now));
    const { code, stderr } = await run(args, { env: CREDENTIALS });
    assertEquals([code, stderr], [0, ""]);
    if (round === 5) await Deno.rename(receipts, `${receipts}.1`);
    now += 8 * HOUR;
  }
  now = end;
  api.events.push(...all.slice(api.events.length));
  api.requests.length = 0;
  return { api, begin, end, receipts };
}

/** What the requests so far were sent with; every one with a token that the service gave. */
function tokensOf(api: FakeApi): string[] {
  const tokens = api.requests.map(({ url }) => url.searchParams.get("nextToken")!);
  for (const token of tokens) assert(/[1-9a-f]0*$/.test(token.slice(-12)), `${tokens}`);
  return tokens;
}

function happenedIn(events: readonly StoredEvent[], from: number, to: number): StoredEvent[] {
  return events.filter(({ text }) => {
    const at = Date.parse(JSON.parse(text).timeStampISO);
    return at >= from && at <= to;
  });
}

Deno.test("a search from receipts reads the window that was asked for, where the service knows no start in the past", async () => {
  await using folder = temporaryFolder();
  const { api, begin, end, receipts } = await pulledForDays(folder);
  await using _ = api;
  for (const [from, to] of [[3, 3.5], [0.5, 0.6], [2, 5], [1, DAYS]] as const) {
    const [since, until] = [begin + from * DAY, begin + to * DAY];
    api.requests.length = 0;
    const args = ["--receipts", receipts, "--since", iso(since), "--until", iso(until)];
    const finished = await search(api.logUrl, [...args, "--limit", "10"]);
    const expected = lines(happenedIn(api.events, since, until));
    assertEquals(finished, { code: 0, stdout: expected, stderr: "" }, `${from} ${to}`);
    const times = tokensOf(api).map((token) => timeOfToken(token)!);
    assert(times[0]! <= since && times[0]! > since - 9 * HOUR, `${times[0]! - since}`);
    // Nothing is read from later than an hour after the end.
    assert(times.every((time) => time <= until + HOUR));
  }
  const told = await search(api.logUrl, ["--receipts", receipts, "--since", "1h", "-v"]);
  assertEquals(told.code, 0);
  assertEquals(told.stderr.match(/starting at .*/g)?.length, 1, told.stderr);
  const query = ["--query", "user=user2@example.edu", "--since", iso(end - 2 * DAY)];
  const who = await search(api.logUrl, ["--receipts", receipts, ...query]);
  const hers = happenedIn(api.events, end - 2 * DAY, end).filter(({ text }) =>
    text.includes("user2@")
  );
  assertEquals(who, { code: 0, stdout: lines(hers), stderr: "" });
  // Nothing of the stream was touched, and the receipts are as they were.
  assertEquals((await run(["--verify", "--receipts", receipts])).code, 0);
});

Deno.test("a search from receipts that are not old enough begins at the oldest, and says so", async () => {
  await using folder = temporaryFolder();
  const { api, receipts } = await pulledForDays(folder);
  await using _ = api;
  const args = ["--receipts", receipts, "--since", "9d"];
  const { code, stdout, stderr } = await search(api.logUrl, args);
  const first = api.events.findIndex(({ text }) => stdout.startsWith(text));
  assertEquals([code, stdout], [0, lines(api.events.slice(first))]);
  assert(first > 0 && first <= 4, `${first}`);
  assertSays(stderr, "Cannot start at ", "the oldest receipt is of ", "the search begins there");
  const summary = await search(api.logUrl, [...args, "--summary"]);
  assertMatch(summary.stderr, /^Complete only from 20\S+Z on$/m);
  tokensOf(api);
});

Deno.test("where tokens tell no time, it counts when their receipts were written; made tokens do not count", async () => {
  await using folder = temporaryFolder();
  const now = Date.now();
  const made = "018ec539-2f4d-7000-8000-000000000000";
  const tokens = [made, made, "one", "two", "three", "four"];
  await using api = startFakeApi({ fault: () => logPage([], { nextToken: null }) });
  let previous: string | null = null;
  let text = "";
  for (let i = 1; i < tokens.length; i++) {
    const saved = iso(now - (10 - i) * DAY);
    const place = { address: api.logUrl, from: tokens[i - 1]!, to: tokens[i]!, saved, previous };
    const line = receiptLine(receiptOfNothing(place));
    previous = hash(line.trimEnd());
    text += line;
  }
  const receipts = folder.path("receipts");
  await Deno.writeTextFile(receipts, text);
  // The third receipt, which has "two", is seven days old.
  for (const [since, token] of [["6.5d", "two"], ["7.5d", "one"], ["1h", "four"]] as const) {
    api.requests.length = 0;
    const from = iso(now - (since === "1h" ? HOUR : parseFloat(since) * DAY));
    const finished = await search(api.logUrl, ["--receipts", receipts, "--since", from]);
    assertEquals(finished, { code: 0, stdout: "", stderr: "" });
    assertEquals(api.requests.map(({ url }) => url.searchParams.get("nextToken")), [token]);
  }
  const late = await search(api.logUrl, ["--receipts", receipts, "--since", "20d"]);
  assertEquals(late.code, 0);
  assertSays(late.stderr, `the oldest receipt is of ${iso(now - 8 * DAY).slice(0, 19)}Z`);
  const [first] = text.split("\n");
  await Deno.writeTextFile(receipts, `${first}\n`);
  const none = await search(api.logUrl, ["--receipts", receipts, "--since", "20d"]);
  assertEquals([none.code, none.stdout], [7, ""]);
  assertSays(none.stderr, "Cannot search from receipts", "no place to go on from yet");
});

/** Receipts of one page: it led to a token that tells no time, so long ago. */
async function writeReceipt(path: string, address: string, to: string, ago: number): Promise<void> {
  const saved = iso(Date.now() - ago);
  const receipt = receiptOfNothing({ address, from: "first", to, saved, previous: null });
  await Deno.writeTextFile(path, receiptLine(receipt));
}

/** A receipt of a page without events. */
function receiptOfNothing(
  place: Pick<Receipt, "address" | "from" | "to" | "saved" | "previous">,
): Receipt {
  return {
    version: 1,
    api: "log",
    organisation: ORG_URL,
    skip: 0,
    events: 0,
    bytes: 0,
    sha256: hash(""),
    first: null,
    last: null,
    output: null,
    ...place,
  };
}

Deno.test("where tokens tell no time, a search ends by the times of the events, and not by a single one", async () => {
  await using folder = temporaryFolder();
  const begin = Date.now() - 10 * HOUR;
  // An hour a page; the last event of the second one is wrong about its time.
  const pages = Array.from({ length: 9 }, (_, hour) =>
    [0, 20, 40].map((minute, n) => {
      const at = begin + hour * HOUR + minute * 60_000;
      return numberedEvent(3 * hour + n, hour === 1 && n === 2 ? at + 7 * HOUR : at);
    }));
  await using api = startFakeApi({
    fault({ url }) {
      const page = Number(url.searchParams.get("nextToken")?.replace("page-", ""));
      return logPage(pages[page] ?? [], { nextToken: `page-${Math.min(page + 1, 9)}` });
    },
  });
  const receipts = folder.path("receipts");
  await writeReceipt(receipts, api.logUrl, "page-0", 11 * HOUR);
  const [since, until] = [begin - HOUR / 2, begin + 3.5 * HOUR];
  const times = ["--since", iso(since), "--until", iso(until)];
  const { code, stdout, stderr } = await search(api.logUrl, ["--receipts", receipts, ...times]);
  assertEquals([code, stderr], [0, ""]);
  assertEquals(stdout, lines(happenedIn(pages.flat(), since, until)));
  const tokens = api.requests.map(({ url }) => url.searchParams.get("nextToken"));
  assertEquals(tokens, [0, 1, 2, 3, 4, 5].map((page) => `page-${page}`));
});

Deno.test("a search from receipts that are too old for the service says what to do", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({ fault: () => refusal(422) });
  const receipts = folder.path("receipts");
  for (const days of [80, 100]) {
    await writeReceipt(receipts, api.logUrl, "forgotten", days * DAY);
    const from = iso(Date.now() - (days - 1) * DAY);
    const { code, stderr } = await search(api.logUrl, ["--receipts", receipts, "--since", from]);
    assertEquals(code, 4);
    assertSays(stderr, "422");
    assertEquals(stderr.includes("use a later --since, or search the pulled files"), days > 90);
  }
});

Deno.test("receipts of another service are refused, and so is a search from none, before any request", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi();
  const receipts = folder.path("receipts");
  const missing = await search(api.logUrl, ["--receipts", receipts]);
  assertEquals([missing.code, missing.stdout], [7, ""]);
  assertSays(missing.stderr, `Cannot search from receipts "${receipts}": none are there`);
  await using other = startFakeApi({ events: [numberedEvent(1, Date.now() - 1000)] });
  const args = ["-c", "--apiurl", other.logUrl, "--orgurl", ORG_URL, "--receipts", receipts];
  args.push("--position", folder.path("position"), "--output", folder.path("out"));
  assertEquals((await run(args, { env: CREDENTIALS })).code, 0);
  const output = folder.path("found");
  const refused = await search(api.logUrl, ["--receipts", receipts, "--output", output]);
  assertEquals([refused.code, refused.stdout], [2, ""]);
  const cannot = `Cannot search from receipts "${receipts}": they are of address`;
  assertSays(refused.stderr, cannot, `add --apiurl "${other.logUrl}"`);
  const demo = ["--demo", "--api", "log", "--receipts", receipts];
  assertSays((await run(demo)).stderr, cannot, "leave --demo out");
  const text = (await Deno.readTextFile(receipts)).replaceAll(other.logUrl, "demo");
  await Deno.writeTextFile(receipts, text);
  assertSays((await search(api.logUrl, demo.slice(-2))).stderr, cannot, "add --demo");
  assertEquals(api.requests.length, 0);
  assertEquals(await Deno.stat(output).catch(() => undefined), undefined);
});
