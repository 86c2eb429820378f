import { assert, assertEquals, assertRejects } from "@std/assert";
import { CallFailure } from "../../lib/base/errors.ts";
import {
  backoff,
  realTiming,
  retryAfter,
  type RetryOptions,
  withRetries,
} from "../../lib/sources/retry.ts";
import { collectedNotes } from "../notes.ts";

const NOW = Date.UTC(2024, 4, 1, 12);

/** Patience whose waits are over at once, with what was waited and said. */
function retrying(
  { retries = 5, signal = new AbortController().signal, verbose = true }: {
    retries?: number;
    signal?: AbortSignal;
    verbose?: boolean;
  } = {},
) {
  const waits: number[] = [];
  const { notes, said } = collectedNotes({ verbose });
  const options: RetryOptions = {
    retries,
    signal,
    notes,
    timing: {
      now: () => NOW,
      random: () => 0.5,
      sleep(ms) {
        waits.push(ms);
        return Promise.resolve();
      },
    },
  };
  return { options, waits, said };
}

/** A call that fails with each of these in turn and then answers; `made` counts. */
function failing(...failures: readonly unknown[]) {
  const call = {
    made: 0,
    make(): Promise<string> {
      const failure = failures[call.made++];
      return failure === undefined ? Promise.resolve("answer") : Promise.reject(failure);
    },
  };
  return call;
}

function busy(retryAfter?: string): CallFailure {
  const details = { retryable: true, status: 503, retryAfter };
  return new CallFailure("unreachable", "Cannot get an answer from there: 503", details);
}

Deno.test("backoff() doubles from half a second up to thirty seconds", () => {
  const waits = [0, 1, 2, 3, 4, 5, 6, 7, 100, 5000].map((made) => backoff(made, 1));
  assertEquals(waits, [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000, 30000]);
});

Deno.test("backoff() has full jitter: from nothing up to the whole wait", () => {
  assertEquals([0, 0.25, 0.5, 0.75].map((random) => backoff(2, random)), [0, 500, 1000, 1500]);
});

Deno.test("retryAfter() reads seconds and HTTP dates, and nothing that makes no sense", () => {
  const rows: [string | undefined, number | undefined][] = [
    [undefined, undefined],
    ["0", 0],
    ["120", 120_000],
    [" 120 ", 120_000],
    ["300", 300_000],
    ["301", 301_000],
    ["604800", 604_800_000],
    ["604801", undefined],
    ["99999999999999999999", undefined],
    ["Wed, 01 May 2024 12:00:30 GMT", 30_000],
    ["Wed, 01 May 2024 12:00:00 GMT", 0],
    ["Wed, 01 May 2024 11:59:59 GMT", undefined],
    ["Thu, 01 Jan 1970 00:00:00 GMT", undefined],
    ["Wed, 31 Dec 9999 23:59:59 GMT", undefined],
    ["Wed, 99 May 2024 12:00:30 GMT", undefined],
    ["Wednesday, 01-May-24 12:00:30 GMT", 30_000],
    ["Wed May  1 12:00:30 2024", 30_000],
    ["Wed May 01 12:00:30 2024", 30_000],
    // Two headers.
    ["120, 60", 120_000],
    ["60, Wed, 01 May 2024 12:02:00 GMT", 120_000],
    ["Wed, 01 May 2024 12:02:00 GMT, 60, soon", 120_000],
    ["99999999, 60", 60_000],
    ["60; 120", undefined],
    ["2024-05-01T12:00:30Z", undefined],
    ["-1", undefined],
    ["+1", undefined],
    ["1.5", undefined],
    ["1e3", undefined],
    ["0x10", undefined],
    ["soon", undefined],
    ["", undefined],
  ];
  assertEquals(rows.map(([header]) => [header, retryAfter(header, NOW)]), rows);
});

Deno.test("withRetries() returns the first answer without a wait or a word", async () => {
  const { options, waits, said } = retrying();
  const call = failing();
  assertEquals(await withRetries(call.make, options), "answer");
  assertEquals({ made: call.made, waits, said }, { made: 1, waits: [], said: [] });
});

Deno.test("withRetries() waits ever longer between calls, and says so under -v", async () => {
  const { options, waits, said } = retrying();
  const call = failing(busy(), busy(), busy());
  assertEquals(await withRetries(call.make, options), "answer");
  assertEquals({ made: call.made, waits, said }, {
    made: 4,
    waits: [250, 500, 1000],
    said: [
      "siem-client: Cannot get an answer from there: 503; retry 1 of 5 in 0.3 s\n",
      "siem-client: Cannot get an answer from there: 503; retry 2 of 5 in 0.5 s\n",
      "siem-client: Cannot get an answer from there: 503; retry 3 of 5 in 1.0 s\n",
    ],
  });
});

Deno.test("withRetries() says nothing of retries without -v", async () => {
  const { options, said } = retrying({ verbose: false });
  await withRetries(failing(busy(), busy("1")).make, options);
  assertEquals(said, []);
});

Deno.test("withRetries() throws the last failure once the retries are used up", async () => {
  const { options, waits } = retrying({ retries: 2 });
  const failures = [busy(), busy(), busy(), busy()];
  const call = failing(...failures);
  const error = await assertRejects(() => withRetries(call.make, options), CallFailure);
  assert(error.cause === failures[2]);
  // The clock of this test stands still.
  const message = "Cannot get an answer from there: 503; tried 3 times in 0.0 s";
  const { kind, status } = error as CallFailure;
  assertEquals(
    { message: error.message, kind, status, made: call.made, waits },
    { message, kind: "unreachable", status: 503, made: 3, waits: [250, 500] },
  );
});

Deno.test("withRetries() calls once with retries 0", async () => {
  const { options, waits } = retrying({ retries: 0 });
  const call = failing(busy("1"));
  await assertRejects(() => withRetries(call.make, options), CallFailure);
  assertEquals({ made: call.made, waits }, { made: 1, waits: [] });
});

Deno.test("withRetries() throws at once what cannot heal", async () => {
  const rows = [
    new CallFailure("refused", "Cannot sign in", {
      retryable: false,
      status: 401,
      retryAfter: "1",
    }),
    new TypeError("a fault of our own"),
  ];
  for (const failure of rows) {
    const { options, waits, said } = retrying();
    const call = failing(failure);
    const error = await assertRejects(() => withRetries(call.make, options));
    assert(error === failure);
    assertEquals({ made: call.made, waits, said }, { made: 1, waits: [], said: [] });
  }
});

Deno.test("withRetries() waits as long as Retry-After asks, up to five minutes", async () => {
  const rows: [string, number][] = [
    ["0", 0],
    ["7", 7000],
    ["300", 300_000],
    ["Wed, 01 May 2024 12:05:00 GMT", 300_000],
  ];
  for (const [retryAfter, wait] of rows) {
    const { options, waits } = retrying();
    assertEquals(await withRetries(failing(busy(retryAfter)).make, options), "answer");
    assertEquals(waits, [wait], retryAfter);
  }
});

Deno.test("withRetries() waits as it would anyway where Retry-After makes no sense", async () => {
  for (const retryAfter of ["-1", "soon", "Wed, 01 May 2024 11:00:00 GMT", "99999999999"]) {
    const { options, waits } = retrying();
    assertEquals(await withRetries(failing(busy(retryAfter)).make, options), "answer");
    assertEquals(waits, [250], retryAfter);
  }
});

Deno.test("withRetries() gives up and says when, where Retry-After is above five minutes", async () => {
  const rows: [string, string][] = [
    ["301", "2024-05-01T12:05:01Z"],
    ["86400", "2024-05-02T12:00:00Z"],
    ["Wed, 01 May 2024 13:00:00 GMT", "2024-05-01T13:00:00Z"],
  ];
  for (const [retryAfter, when] of rows) {
    const { options, waits } = retrying();
    const call = failing(busy(retryAfter));
    const error = await assertRejects(() => withRetries(call.make, options), CallFailure);
    const { message, kind, status } = error as CallFailure;
    assertEquals({ message, kind, status, made: call.made, waits }, {
      message: `Cannot get an answer from there: 503; it wants no call before ${when}`,
      kind: "unreachable",
      status: 503,
      made: 1,
      waits: [],
    });
  }
});

Deno.test("withRetries() does not call where the signal was aborted before", async () => {
  const reason = new Error("ended");
  const { options } = retrying({ signal: AbortSignal.abort(reason) });
  const call = failing();
  const error = await assertRejects(() => withRetries(call.make, options));
  assert(error === reason);
  assertEquals(call.made, 0);
});

Deno.test("withRetries() throws the signal's reason where a call was ended by it", async () => {
  const ending = new AbortController();
  const reason = new Error("ended");
  const { options, waits } = retrying({ signal: ending.signal });
  const error = await assertRejects(() =>
    withRetries(() => {
      ending.abort(reason);
      return Promise.reject(busy());
    }, options)
  );
  assert(error === reason);
  assertEquals(waits, []);
});

Deno.test("withRetries() throws the signal's reason where a wait was ended by it", async () => {
  const ending = new AbortController();
  const reason = new Error("ended");
  const { options } = retrying({ signal: ending.signal });
  const call = failing(busy("300"));
  const running = withRetries(call.make, {
    ...options,
    timing: {
      ...options.timing,
      sleep(ms, signal) {
        const asleep = realTiming.sleep(ms, signal);
        ending.abort(reason);
        return asleep;
      },
    },
  });
  const error = await assertRejects(() => running);
  assert(error === reason);
  assertEquals(call.made, 1);
});

Deno.test("sleep() does not begin where the signal was aborted before", async () => {
  const reason = new Error("ended");
  const error = await assertRejects(() => realTiming.sleep(300_000, AbortSignal.abort(reason)));
  assert(error === reason);
});

Deno.test("sleep() ends by itself", async () => {
  assertEquals(await realTiming.sleep(0, new AbortController().signal), undefined);
});

Deno.test("sleep() takes longer than a timer of 31 bits can", async () => {
  const { sleep } = realTiming;
  const ending = new AbortController();
  const reason = new Error("ended");
  const weeks = sleep(2 ** 31, ending.signal);
  // The other one would ring within a millisecond.
  const first = await Promise.race([weeks.then(() => "weeks"), sleep(30, ending.signal)]);
  ending.abort(reason);
  assertEquals([first, await weeks.catch((error) => error)], [undefined, reason]);
});
