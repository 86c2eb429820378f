/**
 * The client and the demonstration, judged by the vendor's own document about Log API v1. It has
 * nothing about the older SIEM API.
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { DAY } from "../../lib/base/time.ts";
import { LOG_VALUES } from "../../lib/events/selection.ts";
import { tokenAt } from "../../lib/events/token.ts";
import { startDemo } from "../../lib/sources/demo_api.ts";
import { DEMO_ORG_URL } from "../../lib/sources/demo_events.ts";
import { assertSays, type Finished, run, temporaryFolder } from "../client.ts";
import { CREDENTIALS, startFakeApi } from "../fake_api.ts";
import {
  type Answer,
  CONTRACT,
  described,
  type Document,
  type Exchange,
  readDocument,
  schemaProblems,
  startPrism,
} from "./prism.ts";

const ROUNDS = 30;
/** What the document's errors have to end in, as the README promises. */
const EXITS: Readonly<Record<number, number>> = { 401: 3, 403: 3, 422: 4, 500: 5 };
/** Where only certain values are known: the key of --query, the document's name, its schema. */
const ENUMERATIONS = [
  ["service", "service", "ServiceTypesEnum"],
  ["metrictype", "logType", "LogTypesEnum"],
  ["metricsubtype", "logSubtype", "LogSubtypesEnum"],
] as const;
/** Prism's answers: the examples of the document, or random ones that follow its schemas. */
const EXAMPLES = "dynamic=false";
const random = (seed: string | number) => `dynamic=true, seed=${seed}`;

Deno.test({
  ...CONTRACT,
  name: "contract: the values that the client lets through are those in the document",
  fn() {
    const { schemas } = readDocument().components;
    for (const [key, , schema] of ENUMERATIONS) {
      assertEquals<unknown>(LOG_VALUES[key], schemas[schema]!.enum);
    }
  },
});

Deno.test({
  ...CONTRACT,
  name: "contract: every request of a search is valid, and the document's example is printed",
  async fn() {
    const document = readDocument();
    const { text, orgUrl } = exampleEvent(document);
    await using folder = temporaryFolder();
    await using prism = await startPrism(document);
    await using front = prism.front(() => EXAMPLES);

    const plain = await run(["--apiurl", front.apiUrl], { env: CREDENTIALS });
    // The example is older than seven days.
    assertEquals(plain, { code: 0, stdout: "[]\n", stderr: "" });
    assertEquals(front.exchanges.map(({ path }) => path), [
      "/orgUrls",
      "/orgLogs",
      "/orgLogs",
    ]);

    const windows: readonly (readonly [args: readonly string[], within: boolean])[] = [
      [["--since", "1970-01-01T00:00:00Z"], true],
      [["--since", "2024-04-09T23:37:16Z", "--until", "2024-04-09T23:37:16Z"], true],
      [["--since", "2024-04-10 01:37:16.999999+02:00"], false],
      [["-x", "--since", "2024-04-01T00:00:00Z"], true],
      [["-c", "--since", "2024-04-01T00:00:00Z"], true],
      [["-c", "-x", "--since", "90m"], false],
      [["--until", "2024-04-09T23:37:15Z"], false],
    ];
    const orgUrls = [
      orgUrl,
      undefined,
      "https://www.example.edu/a%20b?c=1&d=+%2F#e",
      "urn:mace:example.edu",
      "https://www.example.edu:8443",
    ];
    const limits = [undefined, "2", "1000", "99999999999999999999"];
    const addresses = [front.apiUrl, `${front.apiUrl}/`, `${front.apiUrl}/orgLogs`];
    const queries: readonly (readonly [query: string | undefined, matches?: boolean])[] = [
      [undefined],
      ...everyValue().map((query) => [query] as const),
      ["service=bridge"],
      ["metrictype=cas"],
      ["metricsubtype=token"],
      ["tenant=institution-bridge"],
      ["tenant=tenant & sons+%2Fé=\u{1f600}#"],
      ["clientip=1.2.3.4"],
      ["clientip=1.2.3.40", false],
      ["correlationid=757769a369"],
      ["correlationid=757769A369", false],
      ["user=nobody@institution.edu", false],
      ["tenant=t,service=idp,metrictype=oidc,metricsubtype=token,clientip=1.2.3.4"],
      ["tenant=t,service=idp,correlationid=757769a369,user=x", false],
    ];
    // No two of the other lists have lengths with a common divisor, so their rows meet.
    for (const [i, [query, matches = true]] of queries.entries()) {
      const [window, within] = windows[i % windows.length]!;
      const limit = limits[i % limits.length];
      const organisation = orgUrls[i % orgUrls.length];
      const args = ["--apiurl", addresses[i % addresses.length]!, ...window];
      if (query !== undefined) args.push("--query", query);
      if (limit !== undefined) args.push("--limit", limit);
      if (organisation !== undefined) args.push("--orgurl", organisation);
      if (window.includes("-c")) args.push("--position", folder.path(`position${i}`));
      const stdout = within && matches ? `${text}\n` : "";
      const said = args.join(" ");
      assertEquals(await lines(args), { code: 0, stdout, stderr: "" }, said);
      const { parameters } = front.exchanges.at(-1)!;
      assertEquals(parameters.get("orgUrl"), organisation ?? exampleOrgUrl(document), said);
    }
    const sent = front.exchanges.flatMap(({ parameters }) => [...parameters.keys()]);
    const declared = document.paths["/orgLogs"]!.get.parameters!.map(({ name }) => name);
    assertEquals([...new Set(sent)].sort(), declared.sort());
    assertEquals(front.violations, []);
  },
});

Deno.test({
  ...CONTRACT,
  name: "contract: every documented error ends as the README says, with what the service said",
  async fn() {
    const document = readDocument();
    const { orgUrl } = exampleEvent(document);
    const errors = Object.entries(document.paths).flatMap(([path, { get }]) =>
      Object.keys(get.responses).map(Number).filter((status) => status >= 400).flatMap((status) => {
        const { schema } = described(document, path, status);
        const seeds = schema === undefined ? [] : ["a", "b", "c"];
        return [EXAMPLES, ...seeds.map(random)].map((kind) => ({ path, status, kind }));
      })
    );
    await using prism = await startPrism(document);
    for (const { path, status, kind } of errors) {
      await using folder = temporaryFolder();
      await using front = prism.front(() => random("a token"));
      const saved = folder.path("saved");
      const organisation = ["--orgurl", orgUrl];
      const first = ["--apiurl", front.apiUrl, ...organisation, "--since", "1h"];
      first.push("-c", "--position", saved);
      assertEquals((await lines(first)).code, 0);
      const position = await Deno.readTextFile(saved);

      front.isEnd = () => false;
      front.prefer = (asked) => asked === path ? `code=${status}, ${kind}` : EXAMPLES;
      const ways = [["--retries", "0"], ["-x", "--retries", "1"]];
      for (const name of ["new", "saved"]) {
        ways.push(["-c", "--position", folder.path(name), "--retries", "0"]);
      }
      for (const way of ways) {
        front.exchanges.length = 0;
        const args = ["--apiurl", front.apiUrl, ...way];
        // Only without one is it asked which there are.
        if (path !== "/orgUrls") args.push(...organisation);
        const { code, stdout, stderr } = await lines(args);
        const message = `${status} of ${path}, ${kind}, ${way.join(" ")}: ${stderr}`;
        const answers = front.exchanges.filter((exchange) => exchange.path === path);
        assertEquals([code, stdout], [EXITS[status], ""], message);
        assertEquals([...new Set(answers.map((answer) => answer.status))], [status], message);
        if (way.includes("1")) assertEquals(answers.length, status === 500 ? 2 : 1, message);
        const { detail } = JSON.parse(answers[0]!.body);
        const said = typeof detail === "string" ? detail : detail?.[0]?.msg ?? "";
        assertSays(stderr, "Cannot", `${status}`, said);
        if (status === 403) assertStringIncludes(stderr, `"${exampleOrgUrl(document)}"`);
      }
      assertEquals(await Deno.readTextFile(saved), position);
      assertEquals(front.violations, []);
    }
  },
});

Deno.test({
  ...CONTRACT,
  name:
    `contract: whatever Prism makes up in ${ROUNDS} rounds is printed to the letter, or refused`,
  async fn() {
    const document = readDocument();
    const { orgUrl } = exampleEvent(document);
    await using folder = temporaryFolder();
    await using prism = await startPrism(document);
    let events = 0;
    let goneOn = 0;
    for (let round = 0; round < ROUNDS; round++) {
      await using front = prism.front((_, index) => random(`${round}.${index}`));
      // So a run ends, and the next one goes on.
      front.isEnd = (timesSent) => timesSent === 0;
      // Within the hour, no calls are made to find out where the service begins.
      const args = ["--apiurl", front.apiUrl, "--orgurl", orgUrl, "--since", "1h"];
      args.push("--limit", ["1", "2", "1000"][round % 3]!);
      const continuous = [...args, "-c", "--position", folder.path(`position${round}`)];
      const tokens: string[] = [];
      for (const way of round % 2 === 0 ? [args] : [continuous, continuous]) {
        const before = front.exchanges.length;
        const finished = await lines(way);
        const answers = front.exchanges.slice(before);
        events += judge(finished, answers, `round ${round}, ${way.join(" ")}`);
        if (tokens.includes(answers[0]?.parameters.get("nextToken") ?? "")) goneOn++;
        tokens.push(...answers.map(({ body }) => JSON.parse(body).nextToken));
      }
      assertEquals(front.violations, []);
    }
    // Else little of this was about anything.
    assert(events > ROUNDS && goneOn > ROUNDS / 6, `${events} events, gone on ${goneOn} times`);
  },
});

Deno.test({
  ...CONTRACT,
  name: "contract: answers that the document allows and that lead nowhere are refused, with 4",
  async fn() {
    const document = readDocument();
    const { text, orgUrl } = exampleEvent(document);
    await using prism = await startPrism(document);
    await using front = prism.front(() => EXAMPLES);

    // The page after the example is the example again.
    front.isEnd = () => false;
    const args = ["--apiurl", front.apiUrl, "--limit", "1", "--since", "2024-04-01T00:00:00Z"];
    const paged = await lines([...args, "--orgurl", orgUrl]);
    assertEquals([paged.code, paged.stdout], [4, `${text}\n`]);
    assertSays(paged.stderr, "does not move");

    // About organisations the document has an example, and no schema: anything may come.
    front.prefer = () => random("a");
    const unnamed = await lines([...args, "--retries", "0"]);
    assertEquals([unnamed.code, unnamed.stdout], [4, ""]);
    assertSays(unnamed.stderr, "Cannot use the answer of", "/orgUrls");
    assertEquals(front.violations, []);
  },
});

Deno.test({
  ...CONTRACT,
  name: "contract: every answer of the demonstration is as the document describes it",
  async fn() {
    const document = readDocument();
    await using demo = startDemo();
    const answers: Answer[] = [];
    const get = async (url: string) => {
      const response = await fetch(url);
      assertEquals([response.status, response.headers.get("content-type")], [
        200,
        "application/json",
      ]);
      const body = await response.json();
      answers.push({ path: "/orgLogs", status: 200, body });
      const inNext = new URL(body.next).searchParams.get("nextToken");
      assertEquals([body.ref, body.count, inNext], [url, body.logEvents.length, body.nextToken]);
      for (const event of body.logEvents) assertLikeExample(event, document);
      return body;
    };
    const now = Date.now();
    const queries: readonly Record<string, string>[] = [
      {},
      { limit: "1000", nextToken: tokenAt(now - DAY) },
      { nextToken: tokenAt(0) },
      { nextToken: tokenAt(now + DAY) },
      { tenant: "nobody & sons" },
      { tenant: "nobody", nextToken: tokenAt(now - DAY) },
      ...ENUMERATIONS.flatMap(([key, name]) =>
        LOG_VALUES[key]!.map((value) => ({ [name]: value, limit: "5" }))
      ),
      { service: "idp", logType: "emailMFA", logSubtype: "send", tenant: "example-idp" },
    ];
    for (const query of queries) await get(address(demo.apiUrl.log, query));

    let page = await get(address(demo.apiUrl.log, { limit: "100" }));
    const counts = [page.count];
    // New events may come meanwhile, but not as fast as they are asked for.
    while (page.count > 0) counts.push((page = await get(page.next)).count);
    assert(counts.length > 3 && counts[0] === 100, `${counts}`);
    assertEquals(await schemaProblems(document, answers), []);

    const organisations = await (await fetch(`${demo.apiUrl.log}/orgUrls`)).json();
    assertEquals(organisations, { orgUrls: [DEMO_ORG_URL] });
    const { example } = described(document, "/orgUrls", 200);
    assertEquals(Object.keys(organisations), Object.keys(example as object));
  },
});

Deno.test({
  ...CONTRACT,
  name: "contract: the demonstration refuses what Prism refuses, in the document's words",
  async fn() {
    const document = readDocument();
    await using demo = startDemo();
    await using prism = await startPrism(document);
    await using front = prism.front(() => EXAMPLES);
    // Optional ones are never empty here: Prism takes an empty one for absent.
    const queries: readonly Record<string, string>[] = [
      ...["", "www.example.edu", "/", "https://other.example/"]
        .map((orgUrl) => ({ orgUrl })),
      ...["0", "-1", "1.5", "ten", "1001", "1", "1000"].map((limit) => ({ limit })),
      ...["1", tokenAt(0).slice(1), `${tokenAt(0)}0`, tokenAt(0), tokenAt(0).toUpperCase()]
        .map((nextToken) => ({ nextToken })),
      ...ENUMERATIONS.flatMap(([, name]) =>
        ["IDP", "oidc ", "all", "1", "Success"].map((value) => ({ [name]: value }))
      ),
      ...["", "nobody", "null"].map((tenant) => ({ tenant })),
    ];
    const headers = { authorization: "Basic ZGVtbzpkZW1v" };
    const answers: Answer[] = [];
    const statuses = new Set<number>();
    const searches = queries.map((query) => new URL(address("http://h", query)).search);
    for (const search of ["", ...searches]) {
      const theirs = await fetch(`${front.apiUrl}/orgLogs${search}`, { headers });
      await theirs.text();
      const ours = await fetch(`${demo.apiUrl.log}/orgLogs${search}`, { headers });
      const body = await ours.json();
      statuses.add(ours.status);
      assertEquals(ours.status === 422, theirs.status === 422, search);
      if (ours.status === 403) assertEquals(body, described(document, "/orgLogs", 403).example);
      else answers.push({ path: "/orgLogs", status: ours.status, body });
    }
    assertEquals([...statuses].sort(), [200, 403, 422]);
    assertEquals(await schemaProblems(document, answers), []);

    // The demonstration lets anybody in; what tests build on it does not.
    await using api = startFakeApi();
    const refusal = await fetch(address(api.logUrl, {}));
    assertEquals(
      [refusal.status, await refusal.json()],
      [401, described(document, "/orgLogs", 401).example],
    );
  },
});

/** Runs the client for one event per line. */
function lines(args: readonly string[]): Promise<Finished> {
  return run([...args, "--format", "ndjson"], { env: CREDENTIALS });
}

/**
 * All answers were printed, or all but the last, which was refused for a stated reason. Returns how
 * many events they had.
 */
function judge(
  { code, stdout, stderr }: Finished,
  answers: readonly Exchange[],
  what: string,
): number {
  const pages = answers.map(({ body }) => {
    const answer = JSON.parse(body);
    // So that an event's text in the body is what stringify makes of it.
    assertEquals(JSON.stringify(answer), body);
    return answer.logEvents.map((event: unknown) => `${JSON.stringify(event)}\n`) as string[];
  });
  if (code !== 0) {
    assertEquals(code, 4, `${what}: ${stderr}`);
    assert(/^(siem-client: [^\n]+\n)*siem-client: Cannot [^\n]+\n$/.test(stderr), stderr);
    pages.pop();
  }
  assertEquals(stdout, pages.flat().join(""), `${what}: ${stderr}`);
  return pages.flat().length;
}

/** Queries that hold every value of every enumeration at least once. */
function everyValue(): string[] {
  const { service = [], metrictype = [], metricsubtype = [] } = LOG_VALUES;
  return metricsubtype.map((subtype, i) => {
    const others = [service[i % service.length], metrictype[i % metrictype.length]];
    return `service=${others[0]},metrictype=${others[1]},metricsubtype=${subtype}`;
  });
}

function address(apiUrl: string, query: Record<string, string>): string {
  return `${apiUrl}/orgLogs?${new URLSearchParams({ orgUrl: DEMO_ORG_URL, ...query })}`;
}

/** An event has the fields of the document's example, with values that could be its own. */
function assertLikeExample(event: Record<string, unknown>, document: Document): void {
  const example: Record<string, unknown> = JSON.parse(exampleEvent(document).text);
  const shape = (of: Record<string, unknown>) =>
    Object.entries(of).map(([name, value]) => `${name}: ${typeof value}`).sort();
  assertEquals(shape(event), shape(example));
  const { schemas } = document.components;
  for (const [, name, schema] of ENUMERATIONS) {
    assert(schemas[schema]!.enum!.includes(event[name] as string), `${name} ${event[name]}`);
  }
}

function exampleEvent(document: Document): { text: string; orgUrl: string } {
  const { example } = described(document, "/orgLogs", 200) as {
    example: { logEvents: [{ orgUrl: string }] };
  };
  const [event] = example.logEvents;
  return { text: JSON.stringify(event), orgUrl: event.orgUrl };
}

function exampleOrgUrl(document: Document): string {
  const { example } = described(document, "/orgUrls", 200) as { example: { orgUrls: [string] } };
  return example.orgUrls[0];
}
