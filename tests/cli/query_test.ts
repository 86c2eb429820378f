/** What `--query` asks for. */

import { assertEquals } from "@std/assert";
import type { Options } from "../../lib/cli/options.ts";
import { assertMistakes, assertOptions, mistake, options } from "./command_lines.ts";

const KEYS =
  "; the keys are tenant, service, metrictype, metricsubtype, clientip, correlationid, user " +
  '(with a comma: user="Doe, Jane")';
/** What is asked for, as keys (with "!" where it is to be left out) and values. */
function pairs({ filters }: Options): [string, string][] {
  return filters.map(({ key, value, not }) => [not ? `${key}!` : key, value]);
}

Deno.test("--query takes every key, several times, and values with =", () => {
  assertOptions("filters", [
    [[], []],
    [
      ["--query", "tenant=a=b=,user=ana@example.edu", "--query=clientip=192.0.2.1"],
      [
        { key: "tenant", value: "a=b=" },
        { key: "user", value: "ana@example.edu" },
        { key: "clientip", value: "192.0.2.1" },
      ],
    ],
    [
      ["--api", "siem", "--query", "service=any,metrictype=a b,metricsubtype=ä,correlationid=#"],
      [
        { key: "service", value: "any" },
        { key: "metrictype", value: "a b" },
        { key: "metricsubtype", value: "ä" },
        { key: "correlationid", value: "#" },
      ],
    ],
  ]);
});

Deno.test("--query does without the white space around items, keys and values", () => {
  const both = [
    { key: "service", value: "proxy" },
    { key: "metrictype", value: "cas" },
  ] as const;
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
    queries.map(([key]) => pairs(options(["--api=siem", "--query", `${key}=a`]))),
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
    rows.map(([text]): typeof rows[number] => [text, pairs(options(["--query", text]))]),
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
    ["!=a", 'Cannot use --query item "!=a": there is no key ""'],
    ["nope!=a", 'Cannot use --query item "nope!=a": there is no key "nope"'],
    ["tenant!=", 'Cannot use --query item "tenant!=": it has no value'],
    ["tenant!", `Cannot use --query item "tenant!": ${noEqual}`],
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

Deno.test("--query takes != for what is to be left out, and several of them for one key", () => {
  assertOptions("filters", [
    [["--query", "user!=ana"], [{ key: "user", value: "ana", not: true }]],
    [["--query", 'user != "Doe, Jane" ,"logType!=a,b",tenant=!a'], [
      { key: "user", value: "Doe, Jane", not: true },
      { key: "metrictype", value: "a,b", not: true },
      { key: "tenant", value: "!a" },
    ]],
    [["--query", "clientip=192.0.2.0/24,clientip!=192.0.2.1", "--query=clientip!=192.0.2.128/25"], [
      { key: "clientip", value: "192.0.2.0/24" },
      { key: "clientip", value: "192.0.2.1", not: true },
      { key: "clientip", value: "192.0.2.128/25", not: true },
    ]],
  ]);
});

Deno.test("--query clientip with a slash that is no address prefix is a mistake", () => {
  const values = ["192.0.2.0/33", "192.0.2/24", "192.0.2.0/", "/24", "::/129", "::1/1/2", "a/b"];
  assertMistakes(values.flatMap((value) =>
    ["=", "!="].map((sign): [string[], string] => [
      ["--query", `clientip${sign}${value}`],
      `Cannot use --query item "clientip${sign}${value}": "${value}" is no address prefix; ` +
      "such are 192.0.2.0/24 and 2001:db8::/32",
    ])
  ));
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
      const read = options(["--query", query, "--api", api]);
      return { query: pairs(read).flat().join("="), remarks: read.remarks };
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
