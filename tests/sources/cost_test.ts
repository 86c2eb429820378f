/** What does an answer cost? At most eight times its length, and what the program takes anyway. */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { timed } from "../bench/measure.ts";
import { available, commandLine } from "../client.ts";
import { startFakeApi } from "../fake_api.ts";
import { HOSTILE_BODIES, serveOnce } from "../hostile_bodies.ts";
import { search } from "../runs.ts";

const MB = 1_000_000;
const BODY_BYTES = 8 * MB;
const WAYS = [["json"], ["ndjson"], ["table"], ["ndjson", "--summary"]];
const TIME = await available("/usr/bin/time");

for (const [name, make] of Object.entries(HOSTILE_BODIES)) {
  Deno.test({
    name: `a page takes no more memory than it is worth: ${name}`,
    ignore: !TIME,
    async fn() {
      const body = make(BODY_BYTES);
      const limit = 8 * body.length / MB + 150;
      await using server = serveOnce(body);
      for (const way of WAYS) {
        const url = `http://127.0.0.1:${server.addr.port}/prod/logs`;
        const args = ["--apiurl", url, "--retries", "0", "--format", ...way];
        const { memory } = await timed({
          name: `${name}, ${way}`,
          command: commandLine(args),
          sink: "pipe",
        });
        assert(memory <= limit, `${name} as ${way}: ${memory} MB, more than ${limit} MB`);
      }
    },
  });
}

Deno.test("a page of more than 200,000 events is refused", async () => {
  const body = `[${"{},".repeat(200_000)}{}]`;
  await using api = startFakeApi({ fault: () => new Response(body) });
  const { code, stdout, stderr } = await search(api.siemUrl, ["--retries", "5"]);
  assertEquals([code, stdout, api.requests.length], [4, "", 1]);
  assertStringIncludes(stderr, "it holds more than 200000 events; try a smaller --limit");
});
