/** Which key and secret are used. */

import { assertEquals } from "@std/assert";
import type { Options } from "../../lib/cli/options.ts";
import { assertMistakes, assertOptions, mistake, options, type Row } from "./command_lines.ts";

Deno.test("--apikey and --apisecret come before the environment, and empty counts as missing", () => {
  const rows: Row<Options["credentials"]>[] = [
    [[], { key: "env-key", secret: "env-secret" }],
    [["--apikey", "k", "--apisecret", "s"], { key: "k", secret: "s" }],
    [["--apikey", "k"], { key: "k", secret: "env-secret" }],
    [["--apisecret=s"], { key: "env-key", secret: "s" }],
    [["--apikey", "", "--apisecret="], { key: "env-key", secret: "env-secret" }],
  ];
  assertOptions("credentials", rows);
});

Deno.test("a missing key or secret is a mistake that names both ways to give it", () => {
  const noKey =
    "Cannot sign in: no --apikey, and no API_KEY in the environment (or name a file with --credentials)";
  const noSecret =
    "Cannot sign in: no --apisecret, and no API_SECRET in the environment (or name a file with --credentials)";
  const rows: [string[], Record<string, string>, string][] = [
    [["-x"], {}, noKey],
    [[], { API_KEY: "k" }, noSecret],
    [[], { API_SECRET: "s" }, noKey],
    [[], { API_KEY: "", API_SECRET: "s" }, noKey],
    [["--apikey", "k"], { API_SECRET: "" }, noSecret],
    [["--apikey", "", "--apisecret", "s"], {}, noKey],
    [["--apikey=k", "--apisecret="], {}, noSecret],
  ];
  assertEquals(
    rows.map(([argv, variables]) => mistake(argv, variables)),
    rows.map(([, , message]) => message),
  );
});

Deno.test("keys and secrets stay text, whatever they look like", () => {
  const texts = ["12345", "010", "1e3", "0x10", "true", "null", "a=b=c", " ", "ä☂𝄞", "a,b"];
  assertEquals(
    texts.map((text) => options(["--apikey", text, "--apisecret", text]).credentials),
    texts.map((text) => ({ key: text, secret: text })),
  );
});

Deno.test("what HTTP Basic cannot send is a mistake that does not echo it", () => {
  const control =
    "Cannot sign in: a line break or another control character is in the API key or secret";
  assertMistakes([
    [["--apikey", "hunter:2"], "Cannot sign in: the API key has a colon in it"],
    [["--apikey", "hunter\n2"], control],
    [["--apisecret", "hunter2\r\n"], control],
    [["--apisecret=hunter\u00002"], control],
    [["--apisecret=hunter\u00852"], control],
  ]);
  assertOptions("credentials", [[["--apisecret", "a:b"], { key: "env-key", secret: "a:b" }]]);
});
