/** Which service is asked, and for which organisation. */

import { assertEquals, assertThrows } from "@std/assert";
import { Failure } from "../../lib/base/errors.ts";
import { parse } from "../../lib/cli/command_line.ts";
import {
  assertMistakes,
  assertOptions,
  from,
  mistake,
  NOW,
  options,
  type Row,
  SIGNED_IN,
} from "./command_lines.ts";

Deno.test("--demo needs no credentials and has an address of its own", () => {
  const { credentials, api, address, demo } = options(["--demo"], {});
  assertEquals({ credentials, api, address, demo }, {
    credentials: { key: "demo", secret: "no-secret-at-all" },
    api: "log",
    address: "demo",
    demo: true,
  });
  assertOptions("api", [[["--demo", "--api", "siem"], "siem"], [["--demo", "--api=log"], "log"]]);
  assertMistakes([[
    ["--demo", "--apiurl", "https://logs.example.edu/"],
    "Cannot use --demo with --apiurl: the demonstration has an address of its own",
  ]]);
});

Deno.test("--apiurl is one address in each way of writing it", () => {
  const texts = [
    "https://logs.example.edu/logs/v1",
    "https://logs.example.edu/logs/v1/",
    "https://logs.example.edu/logs/v1//",
    "https://logs.example.edu/logs/v1/orgLogs",
    "https://logs.example.edu/logs/v1/orgLogs/",
    "https://LOGS.example.edu:443/logs/v1",
    "https://logs.example.edu/prod/../logs/v1",
  ];
  const address = "https://logs.example.edu/logs/v1";
  assertEquals(texts.map(serviceAt), texts.map((text) => [text, "log", address, address]));
});

Deno.test("--apiurl tells the API by its path", () => {
  const host = "https://logs.example.edu";
  const rows = [
    [`${host}/orgLogs`, "log", host, host],
    [host, "siem", `${host}/`, host],
    [`${host}/prod/logs`, "siem", `${host}/prod/logs`, `${host}/prod/logs`],
    [`${host}/prod/logs/`, "siem", `${host}/prod/logs/`, `${host}/prod/logs`],
    [`${host}/logs/v2`, "siem", `${host}/logs/v2`, `${host}/logs/v2`],
    [`${host}/mylogs/v1`, "siem", `${host}/mylogs/v1`, `${host}/mylogs/v1`],
  ];
  assertEquals(rows.map(([text]) => serviceAt(text!)), rows);
});

function serviceAt(text: string): string[] {
  const { api, apiUrl, address } = options(["--apiurl", text]);
  return [text, api, apiUrl, address];
}

Deno.test("--api decides where the path of --apiurl does not tell", () => {
  const rows: Row<string>[] = [
    [["--api", "log", "--apiurl", "https://logs.example.edu/elsewhere/"], "log"],
    [["--api", "siem", "--apiurl", "https://logs.example.edu/logs/v1"], "siem"],
    [["--api", "siem"], "siem"],
  ];
  assertEquals(rows.map(([argv]) => [argv, options(argv).api]), rows.map((row) => [...row]));
  assertMistakes([[["--api", "SIEM"], 'Cannot use --api "SIEM": it must be siem or log']]);
});

Deno.test("--apiurl may be plain http to this host only", () => {
  const own = ["localhost", "localhost:8080", "127.0.0.1", "127.1.2.3:8080", "[::1]", "[::1]:8080"];
  assertEquals(
    own.map((host) => options(["--apiurl", `http://${host}/logs/v1`]).apiUrl),
    own.map((host) => `http://${host}/logs/v1`),
  );
  const others = [
    "logs.example.edu",
    "192.0.2.1",
    "localhost.example.edu",
    "127.0.0.1.example.edu",
    "[::2]",
  ];
  assertMistakes(others.map((host) => [
    ["--apiurl", `http://${host}/logs/v1`],
    `Cannot use --apiurl "http://${host}/logs/v1": it must begin with https:// ` +
    "(http:// is for this host only)",
  ]));
});

Deno.test("--apiurl that is no address of a service is a mistake", () => {
  const scheme = "it must begin with https:// (http:// is for this host only)";
  const ending = "it must end with the path";
  const rows = [
    ["logs.example.edu/logs/v1", "it is not a URL"],
    ["https://", "it is not a URL"],
    ["/logs/v1", "it is not a URL"],
    ["ftp://logs.example.edu/", scheme],
    ["file:///logs/v1", scheme],
    ["javascript:1", scheme],
    ["https://logs.example.edu/?limit=1", ending],
    ["https://logs.example.edu/#top", ending],
    ["https://logs.example.edu/logs/v1?", ending],
    ["https://logs.example.edu/logs/v1#", ending],
  ];
  assertMistakes(
    rows.map(([text, why]) => [["--apiurl", text!], `Cannot use --apiurl "${text}": ${why}`]),
  );
});

Deno.test("an --apiurl with an @, which may follow a password, is a mistake and never shown", () => {
  const texts = [
    "https://key:hunter2@logs.example.edu/logs/v1",
    "https:key:hunter2@logs.example.edu/logs",
    "https:/key:hunter2@logs.example.edu/logs",
    "https:\\\\key:hunter2@logs.example.edu/logs",
    "https:\\key:hunter2@logs.example.edu/logs",
    "https://key:hunter2@logs.example.edu/a//b@c",
    "http:key:hunter2@127.0.0.1/logs",
    "https://key:hunt/er2@logs.example.edu/",
    "https://logs.example.edu/hunter2@",
    "key:hunter2@logs.example.edu/logs",
    "ftp:key:hunter2@x/",
  ];
  const why = 'credentials do not belong in it, nor does an "@"';
  assertMistakes(texts.map((text) => [["--apiurl", text], `Cannot use --apiurl: ${why}`]));
  assertEquals(
    texts.map((text) => mistake([], { ...SIGNED_IN, API_URL: text })),
    texts.map(() => `Cannot use API_URL of the environment: ${why}`),
  );
});

Deno.test("API_URL and ORG_URL are taken from option, file and environment, in this order", () => {
  const at = (name: string) => ({
    API_URL: `https://${name}.example.edu/logs/v1`,
    ORG_URL: `https://${name}.example/`,
  });
  const file = { API_KEY: "k", API_SECRET: "s", ...at("file") };
  const env = { ...SIGNED_IN, ...at("env") };
  const taken = (argv: string[], file: Record<string, string>, env: Record<string, string>) => {
    const { apiUrl, orgUrl, credentials } = options(argv, env, file);
    return [apiUrl, orgUrl, credentials.key];
  };
  const typed = ["--apiurl", at("option").API_URL, "--orgurl", at("option").ORG_URL];
  const withFile = ["--credentials", "f"];
  const result = (name: string, key: string) => [...Object.values(at(name)), key];
  assertEquals(taken([...typed, ...withFile], file, env), result("option", "k"));
  assertEquals(taken(withFile, file, env), result("file", "k"));
  assertEquals(taken(withFile, { ...file, API_URL: "", ORG_URL: "" }, env), result("env", "k"));
  assertEquals(taken([], {}, env), result("env", "env-key"));
  assertEquals(taken(["--demo"], {}, env).slice(1), [undefined, "demo"]);
  // Both options come before the file's key, and the file still says the rest.
  assertEquals(
    taken([...withFile, "--apikey=o", "--apisecret=o"], file, env),
    result("file", "o"),
  );
});

Deno.test("a wrong API_URL or ORG_URL is a mistake that says where it stands", () => {
  const wrong = { API_URL: "logs.example.edu" };
  assertEquals(
    mistake([], { ...SIGNED_IN, ...wrong }),
    'Cannot use API_URL of the environment "logs.example.edu": it is not a URL',
  );
  const settings: Record<string, string> = { API_KEY: "k", API_SECRET: "s", ORG_URL: "here" };
  const error = assertThrows(
    () => parse(["--credentials", "f"], from({}), NOW, () => (name) => settings[name]),
    Failure,
  );
  assertEquals(error.message, 'Cannot use ORG_URL in "f" "here": it is not a URL');
});

Deno.test("--orgurl that is no URL is a mistake on Log API v1, which would answer 422", () => {
  assertMistakes(["www.example.edu", "/", "https://", "example"].map((text) => [
    ["--orgurl", text],
    `Cannot use --orgurl "${text}": it is not a URL`,
  ]));
  assertOptions("orgUrl", [[["--orgurl", "example", "--api", "siem"], "example"]]);
});
