import { assertEquals } from "@std/assert";
import type { Selection } from "../../lib/events/selection.ts";
import type { Cursor } from "../../lib/events/page.ts";
import { pagesOfApi } from "../../lib/sources/apis.ts";
import { logStart } from "../../lib/sources/log_api.ts";
import { realTiming } from "../../lib/sources/retry.ts";
import { createService } from "../../lib/sources/service.ts";
import { createNotes } from "../../lib/terminal/notes.ts";
import { type FakeApi, KEY, numberedEvent, ORG_URL, SECRET, startFakeApi } from "../fake_api.ts";

const MINUTE = 60_000;

Deno.test("Log API: a page asked for again after a crash leaves out the same events", async () => {
  const since = Math.floor((Date.now() - 5 * 60 * MINUTE) / 1000) * 1000;
  // Every third one happened before --since, and arrived after it.
  const events = Array.from({ length: 40 }, (_, n) => {
    const arrived = since + n * 3 * MINUTE;
    return { ...numberedEvent(n, n % 3 === 1 ? since - MINUTE : arrived), arrived };
  });
  await using api = startFakeApi({ events });
  const asked = selection(api, since, 4);
  const whole = await pagesFrom(asked, logStart(asked));
  assertEquals(whole.length, 11);
  const numbers = whole.flatMap(({ texts }) => texts.map((text) => JSON.parse(text).n));
  // Event 23 arrives 69 minutes after --since and ends a page: after it, whatever arrives is delivered.
  const expected = events.map((_, n) => n).filter((n) => n % 3 !== 1 || n >= 24);
  assertEquals(numbers, expected);
  for (const [index, { next }] of whole.entries()) {
    // The last page is empty, and so is the one after it.
    assertEquals(await pagesFrom(asked, next), whole.slice(Math.min(index + 1, 10)));
  }
});

Deno.test("Log API: --since is over where a token tells no time and there is no more", async () => {
  const since = Date.now() - 2 * 60 * MINUTE;
  const events = [0, 1, 2].map((n) => numberedEvent(n, since - MINUTE + n * 2 * MINUTE));
  await using api = startFakeApi({
    fault: (_, index) => {
      const texts = events.slice(index * 2, index * 2 + 2).map(({ text }) => text);
      return new Response(`{"nextToken":"opaque${Math.min(index, 1)}","logEvents":[${texts}]}`);
    },
  });
  const pages = await pagesFrom(selection(api, since, 2), logStart(selection(api, since, 2)));
  assertEquals(pages.map(({ texts, next }) => [texts.length, next.since]), [
    [1, new Date(since).toISOString()],
    [1, new Date(since).toISOString()],
    [0, undefined],
  ]);
});

function selection({ logUrl }: FakeApi, since: number, limit: number): Selection {
  return {
    api: "log",
    apiUrl: logUrl,
    orgUrl: ORG_URL,
    limit,
    once: false,
    since: { ms: since, text: new Date(since).toISOString() },
    until: undefined,
    filters: [],
  };
}

/** What a run from a cursor on delivers. */
async function pagesFrom(selection: Selection, start: Cursor) {
  using service = createService(selection.apiUrl, {
    credentials: { key: KEY, secret: SECRET },
    timeout: 10_000,
    retries: 0,
    signal: new AbortController().signal,
    notes: createNotes(),
    timing: realTiming,
  });
  const pages: { texts: string[]; next: Cursor }[] = [];
  for await (const { events, next, release } of pagesOfApi(service, selection, start)) {
    const texts: string[] = [];
    for (let i = 0; i < events.spans.length; i += 2) {
      texts.push(
        new TextDecoder().decode(events.bytes.slice(events.spans[i], events.spans[i + 1])),
      );
    }
    pages.push({ texts, next });
    release();
  }
  return pages;
}
