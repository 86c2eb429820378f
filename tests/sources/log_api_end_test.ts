/** Where does a run on Log API v1 end? Where the token does not move, however short the pages are. */

import { assertEquals } from "@std/assert";
import { assertSays, run, temporaryFolder } from "../client.ts";
import {
  CREDENTIALS,
  type FakeApi,
  lines,
  logPage,
  numbered,
  numberedEvent,
  ORG_URL,
  startFakeApi,
} from "../fake_api.ts";
import { follow, readPosition, search } from "../runs.ts";

/** A token of the service's for a moment, in milliseconds since 1970. */
function tokenFor(ms: number): string {
  const digits = Math.floor(ms).toString(16).padStart(12, "0");
  return `${digits.slice(0, 8)}-${digits.slice(8)}-7abc-8abc-0123456789ab`;
}

Deno.test("Log API: short and empty pages in mid-stream end no run, with any filter", async () => {
  const filters: [query: string, wanted: (event: Record<string, unknown>) => boolean][] = [
    ["tenant=tenant & sons", ({ tenant }) => tenant === "tenant & sons"],
    ["service=idp", ({ service }) => service === "idp"],
    ["metrictype=oidc", ({ logType }) => logType === "oidc"],
    ["metricsubtype=success", ({ logSubtype }) => logSubtype === "success"],
    ["clientip=192.0.2.7", ({ clientIP }) => clientIP === "192.0.2.7"],
    ["correlationid=c3", ({ correlationId }) => correlationId === "c3"],
    ["user=user2@example.edu", ({ logData }) => JSON.stringify(logData).includes("user2@")],
    ["service=mail", () => false],
  ];
  await Promise.all([undefined, ...filters].map(async (filter) => {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ events: numbered(50), readAtOnce: 3 });
    const args = filter === undefined ? [] : ["--query", filter[0]];
    const wanted = () =>
      lines(api.events.filter(({ text }) => filter?.[1](JSON.parse(text)) ?? true));
    const found = await search(api.logUrl, args);
    assertEquals(found, { code: 0, stdout: wanted(), stderr: "" }, `${filter}`);
    const position = folder.path("position");
    const first = await follow(api.logUrl, position, args);
    assertEquals(first, found, `${filter}`);
    assertEquals((await readPosition(position)).caughtUp, true);
    const before = wanted();
    api.events.push(...numbered(20, 50));
    const second = await follow(api.logUrl, position, args);
    const expected = { code: 0, stdout: wanted().slice(before.length), stderr: "" };
    assertEquals(second, expected, `${filter}`);
  }));
});

Deno.test("Log API: events that come with the token that was sent are delivered, once, and end the run", async () => {
  const nextToken = tokenFor(Date.now() - 60_000);
  const events = numbered(4);
  await using folder = temporaryFolder();
  const answers = [events.slice(0, 2), events.slice(2, 3), events.slice(2)];
  await using api = startFakeApi({
    fault: (_, index) => logPage(answers[index] ?? [], { nextToken }),
  });
  const first = await follow(api.logUrl, folder.path("position"));
  assertEquals(first, { code: 0, stdout: lines(events.slice(0, 3)), stderr: "" });
  const second = await follow(api.logUrl, folder.path("position"));
  assertEquals(second, { code: 0, stdout: lines(events.slice(3)), stderr: "" });
});

Deno.test("Log API: the first page may be empty, and others come all the same", async () => {
  await using api = startFakeApi({ events: numbered(25), readAtOnce: 10 });
  api.events.forEach((event, n) => {
    if (n < 20) api.events[n] = { ...event, text: event.text.replaceAll("proxy", "mail") };
  });
  const finished = await search(api.logUrl, ["--query", "service=proxy"]);
  const expected = api.events.filter(({ text }) => text.includes("proxy"));
  assertEquals(finished, { code: 0, stdout: lines(expected), stderr: "" });
});

Deno.test("Log API: an answer without events after a short page is no page when indented", async () => {
  await using api = startFakeApi({ events: numbered(3), readAtOnce: 2 });
  const { stdout } = await run(["--apiurl", api.logUrl, "--orgurl", ORG_URL, "--limit", "5"], {
    env: CREDENTIALS,
  });
  const [one, two, three] = api.events.map(({ text }) => JSON.parse(text));
  const pages = [[one, two], [three]].map((page) => `${JSON.stringify(page, null, 4)}\n`);
  assertEquals(stdout, pages.join(""));
});

Deno.test("Log API: -x takes one page, however short it is", async () => {
  await using api = startFakeApi({ events: numbered(5), readAtOnce: 2 });
  const finished = await search(api.logUrl, ["-x"]);
  assertEquals(finished, { code: 0, stdout: lines(api.events.slice(0, 2)), stderr: "" });
  assertEquals(api.requests.length, 1);
});

Deno.test("Log API: a run ends although new events come as fast as it asks, and the next goes on", async () => {
  const begun = Math.floor(Date.now() / 1000) * 1000;
  /** The tokens lie a second apart, the first one a second before the run. */
  const tokens = (index: number) => index < 0 ? "opaque" : tokenFor(begun + (index - 1) * 1000);
  const events = Array.from({ length: 9 }, (_, n) => numberedEvent(n, begun + (n - 1) * 1000));
  const busy = (token: (index: number) => string): FakeApi["fault"] => (_, index) => {
    const page = logPage(events.slice(index, index + 1), { nextToken: token(index) });
    page.headers.set("date", new Date(begun).toUTCString());
    return page;
  };
  // Where a token tells no time, the time of the page's last event counts.
  for (const token of [tokens, (index: number) => `opaque${index}`]) {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ fault: busy(token) });
    const found = await search(api.logUrl);
    assertEquals(found, { code: 0, stdout: lines(events.slice(0, 4)), stderr: "" });
    api.requests.length = 0;
    const position = folder.path("position");
    assertEquals(await follow(api.logUrl, position), found);
    const saved = await readPosition(position);
    assertEquals([saved.cursor, saved.caughtUp, saved.since], [token(3), false, undefined]);
    const asked = api.requests.length;
    const second = await follow(api.logUrl, position);
    assertEquals(second, { code: 0, stdout: lines(events.slice(4, 5)), stderr: "" });
    assertEquals(api.requests[asked]!.url.searchParams.get("nextToken"), token(3));
  }
});

Deno.test("Log API: full pages end no run, whatever the time in their tokens", async () => {
  const date = new Date(Date.now() - 60_000).toUTCString();
  await using api = startFakeApi({
    events: numbered(20),
    fault({ url }) {
      const token = url.searchParams.get("nextToken")!;
      const at = token.startsWith("f") ? parseInt(token.slice(-2)) : 0;
      const next = tokenFor(0).replace(/^0{8}(.*)..$/, `ffffffff$1${`${at + 5}`.padStart(2, "0")}`);
      const page = logPage(
        api.events.slice(at, at + 5),
        { nextToken: at < api.events.length ? next : token },
      );
      page.headers.set("date", date);
      return page;
    },
  });
  const finished = await search(api.logUrl, ["--limit", "5"]);
  assertEquals(finished, { code: 0, stdout: lines(api.events), stderr: "" });
});

Deno.test("Log API: empty pages without end, whose tokens tell no time, end with 4", async () => {
  await using api = startFakeApi({
    fault: (_, index) => logPage([], { nextToken: `opaque${index}` }),
  });
  const { code, stdout, stderr } = await search(api.logUrl, ["--since", "10m"]);
  assertEquals([code, stdout], [4, ""]);
  assertSays(stderr, "Cannot go on after this page", "1000");
});

Deno.test("Log API: empty pages without end, whose tokens all tell the same time, end with 4", async () => {
  const time = tokenFor(Date.now() - 60 * 60_000);
  await using api = startFakeApi({
    fault(_, index) {
      // Where nothing stops the client, this does.
      const number = `${Math.min(index, 1100)}`.padStart(12, "0");
      return logPage([], { nextToken: time.replace(/[^-]+$/, number) });
    },
  });
  const { code, stdout, stderr } = await search(api.logUrl, ["--since", "10m"]);
  assertEquals([code, stdout], [4, ""]);
  assertSays(stderr, "Cannot go on after this page", "1000 times");
});
