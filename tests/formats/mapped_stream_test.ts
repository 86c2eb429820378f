/** Do ecs and ocsf go where ndjson goes: searches, `-c`, `--output`, exactly once? */

import { assert, assertEquals } from "@std/assert";
import { run, temporaryFolder } from "../client.ts";
import { CREDENTIALS, numbered, startFakeApi } from "../fake_api.ts";
import { follow, search } from "../runs.ts";
import { mappedLines } from "./mapped.ts";

for (const format of ["ecs", "ocsf"] as const) {
  Deno.test(`--format ${format}: a search, and -c into a pipe`, async () => {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ events: numbered(25) });
    const expected = mappedLines(format, api.events.map(({ text }) => text));
    const args = ["--format", format, "--limit", "10"];
    assertEquals(await search(api.siemUrl, args), { code: 0, stdout: expected, stderr: "" });
    const first = await follow(api.siemUrl, folder.path("position"), args);
    api.events.push(...numbered(3, 25));
    const second = await follow(api.siemUrl, folder.path("position"), args);
    const all = mappedLines(format, api.events.map(({ text }) => text));
    assertEquals([first.code, second.code, first.stdout + second.stdout], [0, 0, all]);
  });

  Deno.test(`--format ${format}: what a crash left of a page in --output is completed`, async () => {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ events: numbered(30) });
    const [position, output] = [folder.path("position"), folder.path("events")];
    const args = ["--format", format, "--limit", "10", "--output", output];
    const all = mappedLines(format, api.events.map(({ text }) => text));
    const first = await follow(api.siemUrl, position, [...args, "--budget", "0s"]);
    assertEquals(first.code, 0);
    const { length } = await Deno.readTextFile(output);
    assert(length > 0 && all.startsWith(await Deno.readTextFile(output)));
    await Deno.writeTextFile(output, all.slice(length, length + 5000), { append: true });
    const { code, stderr } = await follow(api.siemUrl, position, args);
    assertEquals([code, stderr, await Deno.readTextFile(output)], [0, "", all]);
  });

  Deno.test(`--format ${format}: a page without events is nothing`, async () => {
    await using api = startFakeApi();
    const args = ["--apiurl", api.siemUrl, "--format", format];
    assertEquals(await run(args, { env: CREDENTIALS }), { code: 0, stdout: "", stderr: "" });
  });
}
