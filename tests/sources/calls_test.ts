/** When does a call end, over which connection does it go, and when is none made? */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import * as z from "zod/mini";
import { CallFailure } from "../../lib/base/errors.ts";
import { TOP_LEVEL } from "../../lib/events/split.ts";
import { ask } from "../../lib/sources/ask.ts";
import { whyStalled } from "../../lib/sources/call_timer.ts";
import { DeadlinePassed } from "../../lib/sources/failures.ts";
import { realTiming } from "../../lib/sources/retry.ts";
import type { Service } from "../../lib/sources/service.ts";
import { run, temporaryFolder } from "../client.ts";
import { CREDENTIALS, type Fault, lines, numbered, startFakeApi } from "../fake_api.ts";
import { serviceAt } from "../in_process.ts";
import { follow, readPosition } from "../runs.ts";
import { AUTHORITY, serveTls } from "../tls.ts";

const SILENCE: Fault = { bytes: "", hold: true };

/** One call for a page. */
async function call(service: Service, url: string): Promise<string> {
  const expected = { shape: z.array(z.unknown()), list: TOP_LEVEL } as const;
  const { events } = await ask(service, { method: "GET", url: new URL(url) }, expected);
  return new TextDecoder().decode(events.bytes);
}

async function failureOf(service: Service, url: string): Promise<CallFailure> {
  return await assertRejects(() => call(service, url), CallFailure) as CallFailure;
}

/** A service that sends one piece of a body after another, and never ends it. */
function dripping(piece: string, milliseconds: number) {
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
    let timer: ReturnType<typeof setInterval>;
    const body = new ReadableStream({
      start(controller) {
        const send = () => controller.enqueue(new TextEncoder().encode(piece));
        timer = setInterval(send, milliseconds);
      },
      cancel: () => clearInterval(timer),
    });
    return new Response(body);
  });
}

Deno.test("a call whose bytes only drip ends after ten times --timeout", async () => {
  await using server = dripping(" ", 20);
  const url = `http://127.0.0.1:${server.addr.port}/`;
  using service = serviceAt(url, { timeout: 500 });
  const started = performance.now();
  const failure = await failureOf(service, url);
  const took = performance.now() - started;
  assert(took >= 5000 && took < 30_000, `${took} ms`);
  assertMatch(failure.message, /^Cannot reach \S+: only \d+ bytes came in .+ \(see --timeout\)$/);
  assert(failure.retryable);
});

Deno.test("a call may take ten times --timeout, and longer while bytes come at a useful rate", () => {
  const rows: [took: number, sinceLatest: number, length: number, why: string | undefined][] = [
    [0, 0, 0, undefined],
    [999, 999, 0, undefined],
    [1000, 1000, 0, "no byte came for 1 seconds"],
    [9999, 999, 1, undefined],
    [10_000, 999, 1, "only 1 bytes came in 10.0 s"],
    [10_000, 999, 40_960, undefined],
    [10_000, 1000, 40_960, "no byte came for 1 seconds"],
    [20_000, 0, 81_919, "only 81919 bytes came in 20.0 s"],
    [7_200_000, 999, 2 ** 26, undefined],
  ];
  for (const [took, sinceLatest, length, why] of rows) {
    const started = 5000;
    const now = started + took;
    const progress = { started, latest: now - sinceLatest, length, endAt: Infinity };
    assertEquals(whyStalled(progress, 1000, now), why);
  }
});

Deno.test("a call ends at the deadline of the run, and none is begun after it", async () => {
  await using api = startFakeApi({ fault: (_, index) => index === 0 ? page("[]") : SILENCE });
  using service = serviceAt(api.siemUrl);
  await call(service, api.siemUrl);
  const soon = await failureOf({ ...service, deadline: Date.now() + 50 }, api.siemUrl);
  assert(soon instanceof DeadlinePassed);
  assertEquals(soon.kind, "unreachable");
  assertMatch(soon.message, /^Cannot get an answer from \S+ before the --budget is used up$/);
  const past = await failureOf({ ...service, deadline: Date.now() }, api.siemUrl);
  assert(past instanceof DeadlinePassed);
  assertEquals(api.requests.length, 2);
});

Deno.test("a first page has --timeout, whatever the deadline", async () => {
  await using api = startFakeApi({
    fault: async () => {
      await realTiming.sleep(100, new AbortController().signal);
      return page("[]");
    },
  });
  using service = serviceAt(api.siemUrl, { deadline: Date.now() });
  assertEquals(await call(service, api.siemUrl), "[]");
});

Deno.test("no call is made again when that would be after the deadline", async () => {
  await using api = startFakeApi({
    fault: () => new Response("", { status: 503, headers: { "retry-after": "200" } }),
  });
  const deadline = Date.now() + 100_000;
  using service = serviceAt(api.siemUrl, { retries: 5, deadline });
  assertEquals((await failureOf(service, api.siemUrl)).status, 503);
  assertEquals(api.requests.length, 1);
});

Deno.test("--budget ends a call, and the position says what was delivered", async () => {
  await using folder = temporaryFolder();
  await using api = startFakeApi({
    events: numbered(6),
    fault: (_, index) => index === 2 ? SILENCE : undefined,
  });
  const position = folder.path("position");
  const args = ["--limit", "2", "--timeout", "300"];
  const first = await follow(api.siemUrl, position, [...args, "--budget", "3s"]);
  assertMatch(first.stderr, /^siem-client: Stopped at .*since the --budget is used up.*\n$/);
  // Two pages; on a slow machine the time may be up before that.
  const delivered = first.stdout.split("\n").length - 1;
  assert([2, 4].includes(delivered));
  assertEquals([first.code, first.stdout], [0, lines(api.events.slice(0, delivered))]);
  assertEquals((await readPosition(position)).cursor, `after=${delivered}`);
  api.fault = () => undefined;
  const rest = await follow(api.siemUrl, position, args);
  assertEquals(rest, { code: 0, stdout: lines(api.events.slice(delivered)), stderr: "" });
});

Deno.test("until the service wants to be called again no call is made, in later rounds either", async () => {
  let now = Date.UTC(2026, 0, 1);
  const waits: number[] = [];
  const timing = {
    now: () => now,
    random: () => 0.5,
    sleep(ms: number) {
      waits.push(ms);
      now += ms;
      return Promise.resolve();
    },
  };
  await using api = startFakeApi({
    fault: (_, index) => {
      const headers = { "retry-after": "3600" };
      return index === 0 ? new Response("", { status: 429, headers }) : page("[]");
    },
  });
  using service = serviceAt(api.siemUrl, { timing, retries: 5 });
  const asked = await failureOf(service, api.siemUrl);
  assertEquals([asked.status, asked.retryAt], [429, now + 3_600_000]);
  now += 300_000;
  const early = await failureOf(service, api.siemUrl);
  assertEquals([early.kind, early.retryAt, api.requests.length], ["unreachable", asked.retryAt, 1]);
  assertMatch(early.message, /: it wants no call before 2026-01-01T01:00:00Z$/);
  // A clock that is set back by a day was ahead when that was counted.
  now -= 86_400_000;
  assertEquals(await call(service, api.siemUrl), "[]");
  now += 86_400_000;
  // What is left is short enough to be waited for.
  now += 3_200_000;
  assertEquals(await call(service, api.siemUrl), "[]");
  assertEquals([waits, api.requests.length], [[100_000], 3]);
});

Deno.test("a time that an earlier run was asked to wait for holds, unless a clock was wrong", async () => {
  await using api = startFakeApi({ fault: () => page("[]") });
  using service = serviceAt(api.siemUrl);
  service.state.retryAt = Date.now() + 3_600_000;
  await failureOf(service, api.siemUrl);
  assertEquals(api.requests.length, 0);
  service.state.retryAt = Date.now() + 365 * 86_400_000;
  assertEquals(await call(service, api.siemUrl), "[]");
});

Deno.test("after a call without a byte the next one uses a new connection, over HTTP/2 too", async () => {
  await using server = await serveTls((request) => {
    // The second answer is lost, and all that comes after it on that connection.
    if (request.url.endsWith("after=1&limit=1")) path.die();
    const after = Number(new URL(request.url).searchParams.get("after") ?? 0);
    const headers = { link: `<?after=${after + 1}>; rel="next"` };
    return new Response(after < 2 ? `[{"n":${after}}]` : "[]", { headers });
  });
  await using path = mortalPath(server.addr.port);
  const args = ["--apiurl", `https://127.0.0.1:${path.port}/`, "--limit", "1"];
  args.push("--timeout", "1", "--retries", "2", "--format", "ndjson");
  const env = { ...CREDENTIALS, DENO_CERT: AUTHORITY };
  const finished = await run(args, { env });
  assertEquals(finished, { code: 0, stdout: '{"n":0}\n{"n":1}\n', stderr: "" });
  assertEquals(path.connections(), 2);
});

/** A way to a port; when it dies, nothing comes back any more over the first connection. */
function mortalPath(port: number) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const open = new Set<Deno.Conn>();
  let connections = 0;
  let isDead = false;
  const accepting = (async () => {
    for await (const near of listener) {
      const isFirst = ++connections === 1;
      const far = await Deno.connect({ hostname: "127.0.0.1", port });
      for (const one of [near, far]) open.add(one);
      near.readable.pipeTo(far.writable).catch(() => {});
      const back = new TransformStream<Uint8Array, Uint8Array>({
        transform(bytes, controller) {
          if (!(isFirst && isDead)) controller.enqueue(bytes);
        },
      });
      far.readable.pipeThrough(back).pipeTo(near.writable).catch(() => {});
    }
  })().catch(() => {});
  return {
    port: listener.addr.port,
    connections: () => connections,
    die() {
      isDead = true;
    },
    async [Symbol.asyncDispose]() {
      listener.close();
      for (const one of open) {
        try {
          one.close();
        } catch {
          // The pipe has closed it.
        }
      }
      await accepting;
    },
  };
}

function page(body: string): Fault {
  return new Response(body);
}
