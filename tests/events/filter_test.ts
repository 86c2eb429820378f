/** Which events match a query, where the client looks itself? */

import { assertEquals } from "@std/assert";
import { matcherOfPrefix } from "../../lib/events/address.ts";
import { matcher } from "../../lib/events/filter.ts";
import { isExact, QUERY_KEYS, type QueryKey } from "../../lib/events/selection.ts";

const EVENT = {
  tenant: "t",
  service: "s",
  logType: "lt",
  logSubtype: "ls",
  clientIP: "192.0.2.80",
  correlationId: "c",
  logData: { eppn: "ana@example.edu", cas: { client_ip: "2001:db8::1" } },
};

Deno.test("each key is matched, and each != is the opposite, also where the key is not there", () => {
  const rows: [key: QueryKey, values: string[], others: string[]][] = [
    ["tenant", ["t"], ["T", "s", "t "]],
    ["service", ["s"], ["t"]],
    ["metrictype", ["lt"], ["ls"]],
    ["metricsubtype", ["ls"], ["lt"]],
    ["correlationid", ["c"], ["C", "t"]],
    ["user", ["ana@example.edu", "2001:db8::1"], ["ana", "192.0.2.80"]],
    ["clientip", ["192.0.2.80", "2001:db8::1", "192.0.2.0/24", "2001:DB8::/32"], [
      "192.0.2.8",
      "2001:db8:0::1",
      "192.0.2.0/26",
      "2001:db9::/32",
      "::/0/",
    ]],
  ];
  assertEquals(rows.map(([key]) => key).sort(), [...QUERY_KEYS].sort());
  for (const [key, values, others] of rows) {
    for (const value of [...values, ...others]) {
      const match = (event: object, not?: true) =>
        matcher({ until: undefined, filters: [{ key, value, ...(not && { not }) }] }, undefined)!(
          event as Record<string, unknown>,
        );
      const isIn = values.includes(value);
      assertEquals(
        [match(EVENT), match(EVENT, true), match({}), match({}, true)],
        [isIn, !isIn, false, true],
        `${key} ${value}`,
      );
    }
  }
});

Deno.test("only an exact value is for a service", () => {
  assertEquals(isExact({ key: "clientip", value: "192.0.2.1" }), true);
  assertEquals(isExact({ key: "clientip", value: "192.0.2.1/32" }), false);
  assertEquals(isExact({ key: "user", value: "a/b" }), true);
  assertEquals(isExact({ key: "user", value: "a", not: true }), false);
});

Deno.test("an address lies within a prefix, however it is written", () => {
  const rows: [prefix: string, inside: string, outside: string][] = [
    ["192.0.2.0/24", "192.0.2.0 192.0.2.255 ::ffff:192.0.2.9 ::FFFF:C000:0209", "192.0.3.0 ::"],
    ["192.0.2.77/24", "192.0.2.1", "192.0.1.1"],
    ["192.0.2.1/32", "192.0.2.1 ::ffff:c000:201", "192.0.2.0 192.0.2.2 ::192.0.2.1"],
    ["128.0.0.0/1", "255.255.255.255 128.0.0.0", "127.255.255.255 ::ffff:127.0.0.1"],
    ["0.0.0.0/0", "0.0.0.0 203.0.113.7", ":: ::1 2001:db8::1"],
    ["::/0", ":: 2001:db8::1 ::192.0.2.1", "192.0.2.1 ::ffff:192.0.2.1"],
    ["2001:db8::/32", "2001:db8:: 2001:0DB8:ffff::1 2001:db8:0:0:0:0:0:1", "2001:db9:: 192.0.2.1"],
    ["2001:db8:1:2::/63", "2001:db8:1:3::9", "2001:db8:1:4::"],
    ["::1/128", "::1 0:0:0:0:0:0:0:1", "::2 0.0.0.1"],
    ["::ffff:192.0.2.0/120", "192.0.2.5", "192.0.3.5"],
    ["1:2:3:4:5:6:7:8/128", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:9"],
  ];
  for (const [prefix, inside, outside] of rows) {
    const isIn = matcherOfPrefix(prefix)!;
    assertEquals(inside.split(" ").filter((address) => !isIn(address)), [], prefix);
    assertEquals(`${outside} x 192.0.2 ${"1".repeat(99)}`.split(" ").filter(isIn), [], prefix);
  }
});
