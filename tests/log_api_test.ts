import { assertEquals } from "@std/assert";
import { run } from "./client.ts";
import { CREDENTIALS, numbered, startFakeApi } from "./fake_api.ts";

Deno.test("a search on Log API v1 prints every event once and in order", async () => {
  await using api = startFakeApi({ events: numbered(25) });
  const { code, stdout, stderr } = await run(
    ["--apiurl", api.logUrl, "--limit", "10", "--format", "ndjson"],
    { env: CREDENTIALS },
  );
  assertEquals(stderr, "");
  assertEquals(stdout, api.events.map(({ text }) => `${text}\n`).join(""));
  assertEquals(code, 0);
});
