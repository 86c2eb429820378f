/** On what can the client be tried? An API over loopback with both dialects; tests build their fake service on it. */

import { DAY, HOUR } from "../base/time.ts";
import { LOG_VALUES, type QueryKey } from "../events/selection.ts";
import { isMade, timeOfToken, tokenAt } from "../events/token.ts";
import { DEMO_ORG_URL, demoEvents, type EventSource } from "./demo_events.ts";

/** What the service knows. */
export interface ApiState {
  readonly source: EventSource;
  readonly orgUrls: readonly string[];
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** What Log API v1 makes of a token that was made for a moment: its guide knows no such token. */
  readonly madeTokens: "honoured" | "refused" | "nothing" | "ignored";
  /**
   * How many events Log API v1 reads for an answer, before it filters them: pages are short, even empty, in
   * mid-stream. Where this is undefined it fills them.
   */
  readonly readAtOnce?: number | undefined;
}

/** The demonstration while it runs. */
export interface Demo extends AsyncDisposable {
  readonly apiUrl: { readonly log: string; readonly siem: string };
}

/** Starts the demonstration on a free port of this host. It lets anybody in. */
export function startDemo(): Demo {
  const state: ApiState = {
    source: demoEvents,
    orgUrls: [DEMO_ORG_URL],
    now: Date.now,
    // The demonstration promises nothing that the service does not document.
    madeTokens: "ignored",
  };
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => answer(state, request),
  );
  const origin = `http://127.0.0.1:${server.addr.port}`;
  return {
    apiUrl: { log: `${origin}/logs/v1`, siem: `${origin}/prod/logs` },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** Answers one request as the services do: Log API v1 under `/logs/v1`, else the SIEM API. */
export function answer(state: ApiState, request: Request): Response {
  const url = new URL(request.url);
  if (url.pathname.endsWith("/orgUrls")) return Response.json({ orgUrls: state.orgUrls });
  if (url.pathname.endsWith("/orgLogs")) return logAnswer(state, url);
  return siemAnswer(state, url);
}

function logAnswer(state: ApiState, url: URL): Response {
  const parameters = url.searchParams;
  const [wrong] = [...invalid(parameters)];
  if (wrong !== undefined) {
    const detail = [{ loc: ["query", wrong], msg: "value is not valid", type: "value_error" }];
    return Response.json({ detail }, { status: 422 });
  }
  if (!state.orgUrls.includes(parameters.get("orgUrl")!)) {
    return Response.json({ detail: "Not authorized for org" }, { status: 403 });
  }
  const now = state.now();
  const token = parameters.get("nextToken");
  const made = token !== null && isMade(token) ? state.madeTokens : "honoured";
  if (made === "refused") {
    return Response.json({ detail: "Invalid nextToken" }, { status: 422 });
  }
  const isOwnStart = token === null || made === "ignored";
  const start = isOwnStart ? indexOf(state.source, now - HOUR, now) : startOf(state, token);
  const filters = ["service", "logType", "logSubtype", "tenant"]
    .flatMap((name) => parameters.has(name) ? [[name, parameters.get(name)!] as const] : []);
  const { texts, last } = collect(
    state,
    start,
    limitOf(parameters),
    (event) => filters.every(([name, value]) => event[name] === value),
    made === "nothing" ? 0 : state.readAtOnce,
  );
  const nextToken = last === undefined ? token : tokenAfter(state.source, last);
  const next = new URL(url);
  if (nextToken !== null) next.searchParams.set("nextToken", nextToken);
  const outer = JSON.stringify({ ref: url, next, nextToken, count: texts.length });
  return json(`${outer.slice(0, -1)},"logEvents":[${texts.join(",")}]}`);
}

/** The names of the parameters that the service would not take. */
function* invalid(parameters: URLSearchParams): Generator<string> {
  if (!URL.canParse(parameters.get("orgUrl") ?? "")) yield "orgUrl";
  const limit = parameters.get("limit") ?? "1000";
  if (!/^\d+$/.test(limit) || Number(limit) < 1 || Number(limit) > 1000) yield "limit";
  const token = parameters.get("nextToken");
  if (token !== null && !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(token)) {
    yield "nextToken";
  }
  const enumerations = [
    ["service", "service"],
    ["logType", "metrictype"],
    ["logSubtype", "metricsubtype"],
  ] as const satisfies [string, QueryKey][];
  for (const [name, key] of enumerations) {
    const value = parameters.get(name);
    if (value !== null && !LOG_VALUES[key]?.includes(value)) yield name;
  }
}

function siemAnswer(state: ApiState, url: URL): Response {
  const parameters = url.searchParams;
  const now = state.now();
  const time = (name: string, otherwise: number) =>
    parameters.has(name) ? Date.parse(parameters.get(name)!) : otherwise;
  const until = time("until", Infinity);
  const after = parameters.get("after");
  const since = after === null ? time("since", now - 7 * DAY) : -Infinity;
  if (Number.isNaN(since) || Number.isNaN(until)) return new Response("bad time", { status: 400 });
  const start = after === null ? indexOf(state.source, since, now) : Number(after);
  const { texts, last } = collect(state, start, limitOf(parameters), (event) => {
    const happened = Date.parse(String(event["timeStampISO"]));
    const matches = (name: string, field: string) =>
      !parameters.has(name) || event[field] === parameters.get(name);
    return !(happened < since || happened > until) && matches("tenant", "tenant") &&
      matches("service", "service") && matches("metrictype", "logType") &&
      matches("metricsubtype", "logSubtype") && matches("clientip", "clientIP") &&
      matches("correlationid", "correlationId") &&
      (!parameters.has("user") ||
        Object.values(event["logData"] ?? {}).includes(parameters.get("user")!));
  });
  const next = new URL(url);
  next.search = `?after=${last === undefined ? start : last + 1}`;
  return json(`[${texts.join(",")}]`, { link: `${next}; rel="next"` });
}

/**
 * Up to `limit` events from an index on that match, and the index of the last of them; or, where at most
 * `readAtOnce` are read, of the last that was read.
 */
function collect(
  { source, now }: ApiState,
  start: number,
  limit: number,
  matches: (event: Record<string, unknown>) => boolean,
  readAtOnce = Infinity,
): { texts: string[]; last: number | undefined } {
  const texts: string[] = [];
  let last: number | undefined;
  const first = Math.max(start, source.first(now()));
  const end = Math.min(source.end(now()), first + readAtOnce);
  for (let i = first; i < end && texts.length < limit; i++) {
    const { text } = source.at(i);
    if (readAtOnce < Infinity) last = i;
    if (!matches(JSON.parse(text))) continue;
    texts.push(text);
    last = i;
  }
  return { texts, last };
}

/** The index of the first event that arrived at a moment or later. */
function indexOf(source: EventSource, ms: number, now: number): number {
  let [low, high] = [source.first(now), source.end(now)];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (source.at(middle).arrived < ms) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The token that stands for an event: the time when it arrived, and in the last bits which it is. */
function tokenAfter(source: EventSource, index: number): string {
  const token = tokenAt(source.at(index).arrived);
  return token.slice(0, -12) + (index + 1).toString(16).padStart(12, "0");
}

function startOf({ source, now }: ApiState, token: string): number {
  const index = parseInt(token.slice(-12), 16);
  return index > 0 ? index : indexOf(source, timeOfToken(token) ?? Infinity, now());
}

function limitOf(parameters: URLSearchParams): number {
  return Math.min(Number(parameters.get("limit") ?? 1000), 1000);
}

function json(body: string, headers: HeadersInit = {}): Response {
  return new Response(body, { headers: { "content-type": "application/json", ...headers } });
}
