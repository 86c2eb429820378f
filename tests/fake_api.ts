/**
 * The service as tests need it: both APIs of demo_api.ts over events of the test's choosing, with
 * recorded requests and scripted faults. Written on bare TCP, since many faults are bad HTTP.
 */

import { answer, type ApiState } from "../lib/sources/demo_api.ts";
import type { StoredEvent } from "../lib/sources/demo_events.ts";

/** A request as it came. */
export interface Recorded {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body: string;
}

/**
 * What is done instead of a proper answer: another Response; `bytes` of any kind, after which the
 * connection is closed or, with `hold`, left open for the client to give up; or `cut`, the proper
 * answer without its last byte or bytes.
 */
export type Fault =
  | Response
  | { readonly bytes: string | Uint8Array; readonly hold?: true }
  | { readonly cut: number };

/** Decides on a request, given how many came before it; undefined for a proper answer. */
export type FaultScript = (
  request: Recorded,
  index: number,
) => Fault | undefined | Promise<Fault | undefined>;

export interface FakeApi extends AsyncDisposable {
  readonly logUrl: string;
  readonly siemUrl: string;
  readonly requests: Recorded[];
  /** The events in the order of arrival; a test may add some at any time. */
  readonly events: StoredEvent[];
  fault: FaultScript;
}

export const ORG_URL = "https://www.example.edu/";
export const KEY = "test-key";
export const SECRET = "S3cr+t/p=ss wörd";
/** What the client is given to sign in. */
export const CREDENTIALS = { API_KEY: KEY, API_SECRET: SECRET };
const AUTHORIZATION = `Basic ${
  btoa(String.fromCharCode(...new TextEncoder().encode(`${KEY}:${SECRET}`)))
}`;

/** Starts a service on a free port of this host. It lets in only those who know the secret. */
export function startFakeApi(
  {
    events = [],
    fault = () => undefined,
    orgUrls = [ORG_URL],
    now = Date.now,
    readAtOnce,
    madeTokens = "honoured",
  }: {
    events?: StoredEvent[];
    fault?: FaultScript;
    orgUrls?: readonly string[];
    now?: () => number;
    readAtOnce?: number;
    madeTokens?: ApiState["madeTokens"];
  } = {},
): FakeApi {
  const state: ApiState = {
    source: { at: (index) => events[index]!, first: () => 0, end: () => events.length },
    orgUrls,
    now,
    readAtOnce,
    madeTokens,
  };
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const connections = new Set<Deno.Conn>();
  const api: FakeApi = {
    logUrl: `http://127.0.0.1:${listener.addr.port}/logs/v1`,
    siemUrl: `http://127.0.0.1:${listener.addr.port}/prod/logs`,
    requests: [],
    events,
    fault,
    async [Symbol.asyncDispose]() {
      listener.close();
      connections.forEach(close);
      await accepting;
    },
  };
  const accepting = accept();
  return api;

  async function accept(): Promise<void> {
    const serving: Promise<void>[] = [];
    try {
      for await (const connection of listener) {
        connections.add(connection);
        serving.push(serve(connection).catch(() => {}).finally(() => close(connection)));
      }
    } catch {
      // The listener was closed.
    }
    await Promise.all(serving);
  }

  function close(connection: Deno.Conn): void {
    if (connections.delete(connection)) connection.close();
  }

  async function serve(connection: Deno.Conn): Promise<void> {
    const reader = requestsOf(connection, new URL(api.logUrl).origin);
    for await (const request of reader) {
      const index = api.requests.push(request) - 1;
      const reply = await api.fault(request, index) ?? properAnswer(request);
      if ("bytes" in reply && !(reply instanceof Response)) {
        await send(connection, typeof reply.bytes === "string" ? utf8(reply.bytes) : reply.bytes);
        if (reply.hold) await reader.next();
        return;
      }
      const response = reply instanceof Response ? reply : properAnswer(request);
      const whole = await serialized(response);
      if (!(reply instanceof Response)) {
        await send(connection, whole.subarray(0, -reply.cut));
        return;
      }
      await send(connection, whole);
    }
  }

  function properAnswer({ method, url, headers }: Recorded): Response {
    if (headers.get("authorization") !== AUTHORIZATION) {
      return Response.json({ detail: "invalid API authentication" }, { status: 401 });
    }
    return answer(state, new Request(url, { method }));
  }
}

/** `count` events, numbered from `from` on, that arrived one a second until a minute ago. */
export function numbered(count: number, from = 0): StoredEvent[] {
  const start = Date.now() - 60_000 - count * 1000;
  return Array.from({ length: count }, (_, i) => numberedEvent(from + i, start + i * 1000));
}

/** An event with a number, and with fields to search for. */
export function numberedEvent(n: number, arrived: number): StoredEvent {
  const timeStampISO = new Date(arrived).toISOString().replace(/\.\d+Z$/, "+00:00");
  return {
    arrived,
    text: JSON.stringify({
      n,
      timeStampISO,
      logType: n % 2 === 0 ? "authentication" : "oidc",
      logSubtype: n % 2 === 0 ? "success" : "token",
      service: n % 3 === 0 ? "idp" : "proxy",
      tenant: n % 5 === 0 ? "tenant & sons" : "other",
      clientIP: `192.0.2.${n % 10}`,
      correlationId: `c${n % 7}`,
      logData: { eppn: `user${n % 4}@example.edu`, deep: [{ uid: `u${n % 3}` }] },
    }),
  };
}

/** Events as `--format ndjson` prints them. */
export function lines(events: readonly StoredEvent[]): string {
  return events.map(({ text }) => `${text}\n`).join("");
}

/** A page of Log API v1; what it says besides its events is up to the test. */
export function logPage(
  events: readonly StoredEvent[],
  outer: Record<string, unknown> = {},
): Response {
  const texts = events.map(({ text }) => text).join(",");
  const rest = JSON.stringify(outer).slice(1, -1);
  return new Response(`{${rest}${rest === "" ? "" : ","}"logEvents":[${texts}]}`);
}

/** A page of the SIEM API. */
export function siemPage(events: readonly StoredEvent[], headers: HeadersInit = {}): Response {
  return new Response(`[${events.map(({ text }) => text).join(",")}]`, { headers });
}

/** How Log API v1 refuses. */
export function refusal(status: number): Response {
  return Response.json({ detail: "refused" }, { status });
}

/** The parameters of a request, decoded and sorted. */
export function parametersOf({ url }: { url: URL }): [string, string][] {
  return [...url.searchParams].sort();
}

async function* requestsOf(connection: Deno.Conn, origin: string): AsyncGenerator<Recorded> {
  let text = "";
  const decoder = new TextDecoder("latin1");
  const chunk = new Uint8Array(64 * 1024);
  for (let count = await connection.read(chunk); count !== null;) {
    text += decoder.decode(chunk.subarray(0, count));
    for (;;) {
      const [head, rest] = splitOnce(text, "\r\n\r\n");
      if (rest === undefined) break;
      const [first = "", ...fields] = head.split("\r\n");
      const [method = "", target = ""] = first.split(" ");
      const headers = new Headers(
        fields.map((field) => splitOnce(field, ": ") as [string, string]),
      );
      const length = Number(headers.get("content-length") ?? 0);
      if (rest.length < length) break;
      text = rest.slice(length);
      yield {
        method,
        url: new URL(method === "CONNECT" ? `//${target}` : target, origin),
        headers,
        body: rest.slice(0, length),
      };
    }
    count = await connection.read(chunk);
  }
}

async function serialized(response: Response): Promise<Uint8Array> {
  const body = new Uint8Array(await response.arrayBuffer());
  const headers = [...response.headers].map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const head =
    `HTTP/1.1 ${response.status} Status\r\n${headers}content-length: ${body.length}\r\n\r\n`;
  const whole = new Uint8Array(head.length + body.length);
  whole.set(utf8(head));
  whole.set(body, head.length);
  return whole;
}

async function send(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}

function splitOnce(text: string, separator: string): [string, string?] {
  const at = text.indexOf(separator);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
