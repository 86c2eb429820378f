/**
 * The service that the bench pulls from: both APIs over pages made beforehand, so that what is
 * measured is the client. Prints its port and how many bytes a page has, and ends when its standard
 * input does.
 *
 *     deno run --allow-net=127.0.0.1 tests/bench/service.ts PAGES EVENTS LATENCY plain|gzip
 */

import { HOUR } from "../../lib/base/time.ts";
import { timeOfToken, tokenAt } from "../../lib/events/token.ts";
import { demoEvents } from "../../lib/sources/demo_events.ts";

const [pages = 1, events = 1000, latency = 0] = Deno.args.slice(0, 3).map(Number);
const gzip = Deno.args[3] === "gzip";

/**
 * The demonstration's events, but as long as those of a real organisation: about 620 bytes. One is written as
 * Python writes JSON, the next as PHP does. In a page that is larger than any real one each event has a
 * correlation id of its own.
 */
const list = Array.from({ length: events }, (_, index) => {
  const { logData, ...event } = JSON.parse(demoEvents.at(index).text);
  if (events > 1000) event.correlationId = index.toString(16).padStart(10, "0");
  const text = JSON.stringify({
    ...event,
    logData: { ...logData, userAgent: `"é" ${"x".repeat(127)}` },
  }).replaceAll("é", "\\u00e9");
  return index % 2 === 0 ? text : text.replaceAll("/", "\\/");
}).join(",");

/** Log API v1's tokens stand for a time: here an hour for each page. */
const START = Date.UTC(2026, 0, 1);

/** Answers that are sent more than once, or take long to make. */
const bodies = new Map<string, Promise<ArrayBuffer>>();

function bodyOf(text: string): Promise<ArrayBuffer> {
  const plain = new Response(text);
  if (!gzip) return plain.arrayBuffer();
  return new Response(plain.body!.pipeThrough(new CompressionStream("gzip"))).arrayBuffer();
}

const server = Deno.serve({
  hostname: "127.0.0.1",
  port: 0,
  onListen({ port }) {
    const { length } = new TextEncoder().encode(`[${list}]`);
    Deno.stdout.writeSync(new TextEncoder().encode(`${port} ${length}\n`));
  },
}, async (request) => {
  const url = new URL(request.url);
  const isLog = url.pathname.endsWith("/orgLogs");
  const token = url.searchParams.get("nextToken");
  const page = token === null
    ? Number(url.searchParams.get("after"))
    : ((timeOfToken(token) ?? START) - START) / HOUR;
  const next = isLog ? tokenAt(START + (page + 1) * HOUR).replace(/0$/, "1") : `${page + 1}`;
  const some = page < pages ? list : "";
  const key = isLog ? next : `${page < pages}`;
  const body = bodies.get(key) ??
    bodyOf(isLog ? `{"nextToken":"${next}","logEvents":[${some}]}` : `[${some}]`);
  if (gzip || !isLog) bodies.set(key, body);
  if (latency > 0) await new Promise((resolve) => setTimeout(resolve, latency));
  const headers = new Headers({
    "content-type": "application/json",
    "cache-control": "no-transform",
  });
  if (gzip) headers.set("content-encoding", "gzip");
  if (!isLog) headers.set("link", `${url.origin}/prod/logs?after=${next}; rel="next"`);
  return new Response(await body, { headers });
});

for await (const _ of Deno.stdin.readable);
await server.shutdown();
