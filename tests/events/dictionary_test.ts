import { assertEquals } from "@std/assert";
import { isAddress } from "../../lib/events/address.ts";
import {
  addressIn,
  applicationIn,
  factsOf,
  identityProviderIn,
  personIn,
} from "../../lib/events/dictionary.ts";
import { addressOf, tellingOf, userOf } from "../../lib/events/fields.ts";
import { matcher } from "../../lib/events/filter.ts";

Deno.test("the dictionary's fields are found in any case, flat or nested", () => {
  const rows: [unknown, Record<string, string>][] = [
    [{ eppn: "a@x", Mail: "b@x", UID: "u" }, { eppn: "a@x", mail: "b@x", uid: "u" }],
    [{ spEntityId: "sp", SP: "other" }, { spentityid: "sp", sp: "other" }],
    [{ saml_idp: "idp" }, { saml_idp: "idp" }],
    [{ saml: { idp: "idp", idpChain0: "0" } }, { saml_idp: "idp", saml_idpchain0: "0" }],
    [{ "saml.idp": "idp", "SAML.spchain1": "1" }, { saml_idp: "idp", saml_spchain1: "1" }],
    [{ cas: { client_ip: "192.0.2.1" } }, { cas_client_ip: "192.0.2.1" }],
    [{ CAS: { Client: { IP: "192.0.2.1" } } }, { cas_client_ip: "192.0.2.1" }],
    [{ cas_idp: { hostname: "cas" }, "cas_client.ip": "::1" }, {
      cas_idp_hostname: "cas",
      cas_client_ip: "::1",
    }],
    // Of several the first that says something.
    [{ eppn: "", EPPN: " ", Eppn: "a@x", ePPN: "b@x" }, { eppn: "a@x" }],
    [{ eppn: ["a@x", "b@x"], mail: [null, { a: 1 }, "m@x"], uid: 4711 }, {
      eppn: "a@x",
      mail: "m@x",
      uid: "4711",
    }],
    [{ eppn: null, mail: true, uid: {}, user: [], sp: [[]], cas_service: "\t" }, {}],
    [{ attributes: { eppn: "a@x" }, idp: "idp", samlidp: "idp" }, {}],
    [JSON.parse('{"__proto__": {"eppn": "a@x"}, "constructor": "x"}'), {}],
    [["eppn"], {}],
    ["eppn", {}],
    [null, {}],
    [undefined, {}],
  ];
  assertEquals(rows.map(([logData]) => [logData, { ...factsOf({ logData }) }]), rows);
});

Deno.test("a person is eppn, else user where it is no address, else mail, else uid", () => {
  const rows: [Record<string, string>, string | undefined][] = [
    [{ eppn: "e", user: "u", mail: "m", uid: "i" }, "e"],
    [{ user: "u", mail: "m", uid: "i" }, "u"],
    [{ user: "192.0.2.1", mail: "m", uid: "i" }, "m"],
    [{ user: "2001:db8::1", uid: "i" }, "i"],
    [{ user: "192.0.2.1" }, undefined],
    [{ sp: "sp" }, undefined],
  ];
  assertEquals(rows.map(([logData]) => [logData, personIn(factsOf({ logData }))]), rows);
  // What is shown to people goes by the usual names where there is none of these, but never by an address.
  assertEquals(userOf({ logData: { user: "192.0.2.1", nameId: "ana" } }), "ana");
  assertEquals(userOf({ logData: { user: "192.0.2.1", name: "::1" } }), undefined);
  assertEquals(userOf({ logData: { user: "ana", subject: "x", EPPN: "a@x" } }), "a@x");
});

Deno.test("address, application and identity provider: which field comes first", () => {
  const cas = {
    clientIP: "192.0.2.80",
    logData: {
      cas_client_ip: "192.0.2.1",
      cas_service: "https://app/",
      sp: "sp",
      spEntityId: "id",
    },
  };
  const saml = { clientIP: "192.0.2.1", logData: { cas_service: "", sp: "sp", spEntityId: "id" } };
  const other = { clientIP: "", logData: { spEntityId: "id" } };
  const addresses = [cas, saml, other].map((event) => addressIn(event, factsOf(event)));
  assertEquals(addresses, ["192.0.2.1", "192.0.2.1", undefined]);
  assertEquals([cas, saml, other].map(addressOf), ["192.0.2.1", "192.0.2.1", ""]);
  assertEquals([cas, saml, other].map((event) => applicationIn(factsOf(event))), [
    "https://app/",
    "sp",
    "id",
  ]);
  const idp = { saml_idp: "a", saml_idpchain0: "b", cas_idp_hostname: "c" };
  assertEquals(
    [idp, { ...idp, saml_idp: "" }, { ...idp, saml_idp: "", saml_idpchain0: "" }, {}]
      .map((logData) => identityProviderIn(factsOf({ logData }))),
    ["a", "b", "c", undefined],
  );
  assertEquals(tellingOf(cas), "https://app/");
  assertEquals(tellingOf({ logData: { user: "192.0.2.1", version: "2", sp: "sp" } }), "sp");
});

Deno.test("--query clientip= matches either address", () => {
  const test = (value: string) =>
    matcher({ until: undefined, filters: [{ key: "clientip", value }] }, undefined)!;
  const event = { clientIP: "192.0.2.80", logData: { CAS: { client_ip: "192.0.2.1" } } };
  assertEquals(["192.0.2.80", "192.0.2.1", "192.0.2.8", "192.0.2"].map((ip) => test(ip)(event)), [
    true,
    true,
    false,
    false,
  ]);
});

Deno.test("what is an IP address, and what is none", () => {
  const addresses =
    "0.0.0.0 192.0.2.1 255.255.255.255 :: ::1 2001:db8::1 2001:DB8:0:0:0:0:0:1 ::ffff:192.0.2.1"
      .split(" ");
  assertEquals(addresses.filter((text) => !isAddress(text)), []);
  const others = "|1|1.2.3|1.2.3.4.5|1.2.3.4.|256.1.1.1|01.2.3.4|1.2.3.4 | 1.2.3.4|0x1.2.3.4|" +
    ":|:::|1::2::3|2001:db8|fe80::1%eth0|[::1]|::1/128|ana@example.edu|a:b|::192.0.2.256|" +
    "1:2:3:4:5:6:7:8:9|::g|user:name|" + "1:".repeat(1e6);
  assertEquals(others.split("|").filter(isAddress), []);
});
