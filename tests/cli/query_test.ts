/** What `--query` asks for. */

import { assertEquals } from "@std/assert";
import { assertMistakes, assertOptions, mistake, options } from "./command_lines.ts";

const KEYS =
  "; the keys are tenant, service, metrictype, metricsubtype, clientip, correlationid, user " +
  '(with a comma: user="Doe, Jane")';
Deno.test("--query takes every key, several times, and values with =", () => {
  assertOptions("filters", [
    [[], new Map()],
    [
      ["--query", "tenant=a=b=,user=ana@example.edu", "--query=clientip=192.0.2.1"],
      new Map([
        ["tenant", "a=b="],
        ["user", "ana@example.edu"],
        ["clientip", "192.0.2.1"],
      ]),
    ],
    [
      ["--api", "siem", "--query", "service=any,metrictype=a b,metricsubtype=ä,correlationid=#"],
      new Map([
        ["service", "any"],
        ["metrictype", "a b"],
        ["metricsubtype", "ä"],
        ["correlationid", "#"],
      ]),
    ],
  ]);
});

Deno.test("--query does without the white space around items, keys and values", () => {
  const both = new Map([["service", "proxy"], ["metrictype", "cas"]] as const);
  assertOptions("filters", [
    [["--query", "service=proxy, metrictype=cas"], both],
    [["--query", " service = proxy ,\n metrictype = cas "], both],
  ]);
});

Deno.test("--query takes keys as events have them, in any case", () => {
  const queries: [string, string][] = [
    ["logType", "metrictype"],
    ["logSubtype", "metricsubtype"],
    ["clientIP", "clientip"],
    ["correlationId", "correlationid"],
    ["LOGTYPE", "metrictype"],
    ["metricType", "metrictype"],
    ["Tenant", "tenant"],
    ["USER", "user"],
  ];
  assertEquals(
    queries.map(([key]) => [...options(["--api=siem", "--query", `${key}=a`]).filters]),
    queries.map(([, known]) => [[known, "a"]]),
  );
});

Deno.test("--query takes values in quotes, as CSV has them", () => {
  const rows: [string, [string, string][]][] = [
    ['user="Doe, Jane"', [["user", "Doe, Jane"]]],
    ['"user=Doe, Jane"', [["user", "Doe, Jane"]]],
    ['user = "Doe, Jane" , tenant=a', [["user", "Doe, Jane"], ["tenant", "a"]]],
    ['tenant=a,"user=CN=Jane Doe,OU=People"', [["tenant", "a"], [
      "user",
      "CN=Jane Doe,OU=People",
    ]]],
    ['user="Jane ""JD"" Doe"', [["user", 'Jane "JD" Doe']]],
    ['"user=Jane ""JD"" Doe"', [["user", 'Jane "JD" Doe']]],
    ['user=" a "', [["user", " a "]]],
    ['user="a=b"', [["user", "a=b"]]],
    ['user=5" pipe', [["user", '5" pipe']]],
  ];
  assertEquals(
    rows.map(([text]): typeof rows[number] => [text, [...options(["--query", text]).filters]]),
    rows,
  );
});

Deno.test("--query item that cannot be used is a mistake that names the keys there are", () => {
  const noEqual = "it has no =";
  const rows = [
    ["tenant", `Cannot use --query item "tenant": ${noEqual}`],
    ["tenant=a,", `Cannot use --query item "": ${noEqual}`],
    ["user=Doe, Jane", `Cannot use --query item "Jane": ${noEqual}`],
    ["tenant=", 'Cannot use --query item "tenant=": it has no value'],
    ['tenant=""', 'Cannot use --query item "tenant=""": it has no value'],
    ["=a", 'Cannot use --query item "=a": there is no key ""'],
    ["__proto__=a", 'Cannot use --query item "__proto__=a": there is no key "__proto__"'],
    ["constructor=a", 'Cannot use --query item "constructor=a": there is no key "constructor"'],
    ["orgurl=a", 'Cannot use --query item "orgurl=a": there is no key "orgurl"'],
    ["tenant=a,tenant=b", 'Cannot use --query item "tenant=b": "tenant" is given twice'],
    [
      "metrictype=cas,logType=a",
      'Cannot use --query item "logType=a": "metrictype" is given twice',
    ],
  ];
  assertMistakes(rows.map(([text, message]) => [["--query", text!], `${message}${KEYS}`]));
  assertMistakes([[
    ["--query", "user=a", "--query", "user=a"],
    `Cannot use --query item "user=a": "user" is given twice${KEYS}`,
  ]]);
  const quotes = 'a quote has to be closed, and be written "" inside';
  const open = ['user="Doe, Jane', '"user=Doe', 'user="Doe" Jane', 'user="a"b"', '"user"=a'];
  assertEquals(
    open.map((text) => mistake(["--query", text]).endsWith(quotes)),
    open.map(() => true),
  );
});

Deno.test("--query item with a line break is a mistake in one line", () => {
  assertEquals(mistake(["--query", "ten\nant=a"]).includes("\n"), false);
});

// From the service's OpenAPI document 1.0.3.
const LOG_API_VALUES = {
  service: "bridge, gateway, idGeneration, idp, mail, proxy",
  metrictype: "account, authentication, cas, create, emailMFA, oidc, password, sending",
  metricsubtype: "authenticationSuccess, authorize, error, expiredCode, failure, idToken, " +
    "invalidCode, login, logout, manage, noEmail, queued, request, samlValidate, send, sent, " +
    "serviceValidate, success, token, userinfo, validate",
};
for (const [key, values] of Object.entries(LOG_API_VALUES)) {
  Deno.test(`--query ${key} takes the values of Log API v1, and others with a remark`, () => {
    const taken = (query: string, api = "log") => {
      const { filters, remarks } = options(["--query", query, "--api", api]);
      return { query: [...filters].flat().join("="), remarks };
    };
    const queries = values.split(", ").map((value) => `${key}=${value}`);
    assertEquals(
      queries.map((query) => taken(query)),
      queries.map((query) => ({ query, remarks: [] })),
    );
    const remark = `--query: the documented values of ${key} are ${values}, and not "Nope"`;
    assertEquals(taken(`${key}=Nope`), { query: `${key}=Nope`, remarks: [remark] });
    assertEquals(taken(`${key}=Nope`, "siem").remarks, []);
  });
}
