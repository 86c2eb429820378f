import { assert, assertEquals } from "@std/assert";
import { type Events, only, parsed, slice } from "../../lib/events/events.ts";
import { splitEvents, TOP_LEVEL } from "../../lib/events/split.ts";
import { createIndentedJson, ndjsonInPlace } from "../../lib/formats/json.ts";

const LONE_SURROGATES = '"\\ud800 \\uDFFF \\udc00\\ud800"';
const ESCAPES = '"\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u0000 \\u001F \\u00e9 \\uD83D\\uDE00"';
const DEEP = 100_000;

/** Texts of one value each that a parser and a printer would not give back as they were. */
const EXOTIC: readonly (readonly [name: string, text: string])[] = [
  ["a whole number above 2^53", "9007199254740993"],
  ["a fraction of zero", "1.0"],
  ["a number too large for a double", "1E400"],
  ["a small e and a plus sign", "-1.50e+07"],
  ["minus zero", "-0"],
  ["more digits than a double has", "0.1000000000000000055511151231257827"],
  ["every escape", ESCAPES],
  ["escaped lone surrogates", LONE_SURROGATES],
  ["an escaped character that needs no escape", '"\\u0041\\/"'],
  ["an astral character", '"😀𐍈"'],
  ["line separators, which JavaScript once took for line breaks", '"\u2028\u2029"'],
  ["no-break space, byte order mark and a C1 control", '"\u00a0\ufeff\u0085"'],
  ["brackets, commas and colons in a string", '"]},{[:, \\"}\\" "'],
  ["a string that ends in backslashes", '"\\\\\\\\"'],
  ["white space in a string", '"  a   b  "'],
  ["an empty string", '""'],
];

for (const [name, text] of EXOTIC) {
  Deno.test(`comes out byte for byte: ${name}`, () => {
    const page = `[ { "v" : ${text} } , { "list" : [ ${text} , ${text} ] } ]`;
    assertEquals(laidOut(page, "ndjson"), `{"v":${text}}\n{"list":[${text},${text}]}\n`);
    assertEquals(
      laidOut(page, "json"),
      `[
    {
        "v": ${text}
    },
    {
        "list": [
            ${text},
            ${text}
        ]
    }
]
`,
    );
  });
}

Deno.test("duplicate keys and the order of keys are kept", () => {
  const page = '[{"b":1,"a":2,"b":3,"10":4,"9":5,"__proto__":6,"":7}]';
  assertEquals(laidOut(page, "ndjson"), `${page.slice(1, -1)}\n`);
  assertEquals(
    laidOut(page, "json"),
    `[
    {
        "b": 1,
        "a": 2,
        "b": 3,
        "10": 4,
        "9": 5,
        "__proto__": 6,
        "": 7
    }
]
`,
  );
});

Deno.test("ordinary JSON is indented as JSON.stringify does with four spaces", () => {
  const page = [
    { a: 1, b: [true, false, null], c: { d: "e", f: [] }, g: {} },
    {},
    { text: "ä 😀 \n", nested: [[[]], [{}], [{ a: [{ b: 1.5 }] }]] },
  ];
  for (const text of [JSON.stringify(page), JSON.stringify(page, null, "\t")]) {
    assertEquals(laidOut(text, "json"), `${JSON.stringify(page, null, 4)}\n`);
  }
});

Deno.test("a page of no events is an empty array when indented, and nothing as lines", () => {
  for (const text of ["[]", " [ \r\n\t ] ", "\ufeff[]"]) {
    assertEquals([laidOut(text, "json"), laidOut(text, "ndjson")], ["[]\n", ""]);
  }
});

Deno.test("empty containers stay closed whatever white space is in them", () => {
  const page = '[{}, { }, {\n}, { "a" : [ ], "b" : [\r\n\t] , "c":{\t\t} }]';
  assertEquals(laidOut(page, "ndjson"), '{}\n{}\n{}\n{"a":[],"b":[],"c":{}}\n');
  assertEquals(
    laidOut(page, "json"),
    `[
    {},
    {},
    {},
    {
        "a": [],
        "b": [],
        "c": {}
    }
]
`,
  );
});

Deno.test("white space of every kind between tokens is left out", () => {
  const page = '\r\n\t [\r\n\t {\r\n\t "a b"\r\n\t :\r\n\t 1\r\n\t ,"c":true\t}\r\n\t ]\r\n\t ';
  assertEquals(laidOut(page, "ndjson"), '{"a b":1,"c":true}\n');
  assertEquals(laidOut(page, "json"), '[\n    {\n        "a b": 1,\n        "c": true\n    }\n]\n');
});

Deno.test("a byte order mark before the page is not part of it", () => {
  assertEquals(textsOf('\ufeff [{"a":1}]', TOP_LEVEL), ['{"a":1}']);
  assertEquals(textsOf('\ufeff {"logEvents":[{"a":1}]}', "logEvents"), ['{"a":1}']);
});

Deno.test("a string of one megabyte comes out byte for byte", () => {
  const text = JSON.stringify({ long: 'ä\\"x'.repeat(200_000) });
  assert(text.length > 1_000_000);
  assertEquals(laidOut(`[${text}]`, "ndjson") === `${text}\n`, true);
  assertEquals(
    laidOut(`[${text}]`, "json") === `${JSON.stringify([JSON.parse(text)], null, 4)}\n`,
    true,
  );
});

for (
  const [kind, open, close] of [["lists", "[", "]"], ["objects", '{"a":', "}"]] as const
) {
  Deno.test(`${kind} nested 100,000 levels deep are fast, and small when indented`, () => {
    const event = `{"deep":${open.repeat(DEEP)}1${close.repeat(DEEP)}}`;
    const page = `[${event},${event}]`;
    const started = performance.now();
    assertEquals(laidOut(page, "ndjson") === `${event}\n${event}\n`, true);
    const indented = laidOut(page, "json");
    assert(performance.now() - started < 2000);
    assert(indented.length < page.length * 1.5, `${indented.length} characters`);
    assertEquals(tokensOf(indented).join("") === page, true);
  });
}

Deno.test("containers are indented down to level 64 and deeper ones are written on one line", () => {
  const nested = (levels: number) => `${"[".repeat(levels)}1,2${"]".repeat(levels)}`;
  assertEquals(
    laidOut(`[${nested(63)}]`, "json"),
    `${JSON.stringify(JSON.parse(`[${nested(63)}]`), null, 4)}\n`,
  );
  assertEquals(
    laidOut(`[${nested(65)}]`, "json"),
    `${JSON.stringify(JSON.parse(`[${nested(63)}]`), null, 4)}\n`
      .replace(/1,\s+2/, "[[1,2]]"),
  );
});

Deno.test("a page of 100,000 events is cut up fast", () => {
  const page = `[${'{"a":[1,2]} , '.repeat(99_999)}{"a":[1,2]}]`;
  const started = performance.now();
  assertEquals(laidOut(page, "ndjson") === '{"a":[1,2]}\n'.repeat(100_000), true);
  assert(performance.now() - started < 2000);
});

Deno.test("the elements of a page are found whatever they are", () => {
  const values = [
    '{"a":[1,{"b":"]"}]}',
    "1.0",
    "true",
    "null",
    '"a,b]"',
    "[]",
    "-0",
    "{}",
    "[[1]]",
  ];
  assertEquals(textsOf(`[${values.join(",")}]`, TOP_LEVEL), values);
  assertEquals(textsOf(` [\t${values.join(" \n,\r\n ")} ] `, TOP_LEVEL), values);
});

Deno.test("the first element that is no object is told", () => {
  const firstNonObjectIn = (page: string) =>
    splitEvents(new TextEncoder().encode(page), TOP_LEVEL).firstNonObject;
  assertEquals(firstNonObjectIn("[{}, {}]"), undefined);
  assertEquals(firstNonObjectIn('[{}, {"a":[1]}, [], {}, 1]'), 2);
});

const UNDER_LOG_EVENTS: readonly (readonly [name: string, page: string, events: string[]])[] = [
  ["as the only key", '{"logEvents":[{"a":1},{"a":2}]}', ['{"a":1}', '{"a":2}']],
  ["as the first of several keys", '{"logEvents":[{"a":1}],"next":null}', ['{"a":1}']],
  ["as the last key", '{"ref":"x","count":1, "logEvents" : [ {"a":1} ] }', ['{"a":1}']],
  ["without events", '{"logEvents":[ ],"count":0}', []],
  ["given twice, where the last one counts", '{"logEvents":[{"a":1}],"logEvents":[{"b":2}]}', [
    '{"b":2}',
  ]],
  ["given twice, the last one empty", '{"logEvents":[{"a":1}],"logEvents":[]}', []],
  ["written with escapes", '{"l\\u006fgEv\\u0065nts":[{"a":1}]}', ['{"a":1}']],
  ["given twice, once with escapes", '{"logEvents":[{"a":1}],"\\u006cogEvents":[{"b":2}]}', [
    '{"b":2}',
  ]],
  [
    "also within strings",
    '{"ref":"\\"logEvents\\":[{\\"no\\":1}]","logEvents":[{"s":"\\"logEvents\\":[2]"}],"s":"logEvents"}',
    ['{"s":"\\"logEvents\\":[2]"}'],
  ],
  [
    "also within nested objects",
    '{"a":{"logEvents":[{"no":1}]},"logEvents":[{"logEvents":[{"in":1}]}],"b":[{"logEvents":[3]}]}',
    ['{"logEvents":[{"in":1}]}'],
  ],
  [
    "in another spelling beside it",
    '{"logevents":[{"no":1}],"logEvents":[{"a":1}],"logEvents ":[4]}',
    [
      '{"a":1}',
    ],
  ],
  [
    "after values of every kind",
    '{"a":1.0,"b":true,"c":null,"d":"]}","e":[],"f":{},"g":[{"h":[1]}],"":-0,"logEvents":[{"a":1}]}',
    ['{"a":1}'],
  ],
];

for (const [name, page, events] of UNDER_LOG_EVENTS) {
  Deno.test(`events are found under the key logEvents ${name}`, () => {
    assertEquals(textsOf(page, "logEvents"), events);
    // For a parser they are the same ones.
    assertEquals(events.map((text) => JSON.parse(text)), JSON.parse(page).logEvents);
  });
}

Deno.test("only the events that are asked for are laid out", () => {
  const page = '[{"n":1}, {"n":2}, {"n":3}]';
  const odd = () => only(eventsOf(page), ({ n }) => n !== 2);
  assertEquals(textOf(ndjsonInPlace(odd())), '{"n":1}\n{"n":3}\n');
  assertEquals(
    textOf(createIndentedJson()(odd())),
    '[\n    {\n        "n": 1\n    },\n    {\n        "n": 3\n    }\n]\n',
  );
  assertEquals(textOf(ndjsonInPlace(slice(eventsOf(page), 1))), '{"n":2}\n{"n":3}\n');
  assertEquals([...parsed(slice(eventsOf(page), 1, 2))], [{ n: 2 }]);
});

Deno.test("a page is laid out the same after a larger one", () => {
  const before = laidOut('[{"n":1}]', "json");
  laidOut(`[{"long":"${"x".repeat(100_000)}"}]`, "json");
  assertEquals(laidOut('[{"n":1}]', "json"), before);
});

const SEED = 20_240_409;

Deno.test(`the tokens of 3000 random documents come out as they went in (seed ${SEED})`, () => {
  const random = randomNumbers(SEED);
  for (let i = 0; i < 3000; i++) {
    const message = `seed ${SEED}, document ${i}`;
    const events = Array.from({ length: Math.floor(random() * 4) }, () => randomTokens(random, 0));
    const list = ["[", ...events.flatMap((tokens, n) => n === 0 ? tokens : [",", ...tokens]), "]"];
    const page = spaced(list, random);
    assertEquals(laidOut(page, "ndjson"), events.map((t) => `${t.join("")}\n`).join(""), message);
    const indented = laidOut(page, "json");
    assertEquals(tokensOf(indented), list, message);
    assertEquals(indented, `${indentedByHand(list)}\n`, message);
    assertEquals(JSON.stringify(JSON.parse(indented)), JSON.stringify(JSON.parse(page)), message);
    const object = spaced(["{", '"n"', ":", "1", ",", '"logEvents"', ":", ...list, "}"], random);
    assertEquals(
      textsOf(object, "logEvents").map((text) => tokensOf(text).join("")),
      events.map((tokens) => tokens.join("")),
      message,
    );
  }
});

/** The texts of the events that lie in a page. */
function textsOf(page: string, list: string | typeof TOP_LEVEL): string[] {
  const { bytes, spans } = eventsOf(page, list);
  return Array.from(
    { length: spans.length / 2 },
    (_, i) => textOf(bytes.subarray(spans[2 * i], spans[2 * i + 1])),
  );
}

function eventsOf(page: string, list: string | typeof TOP_LEVEL = TOP_LEVEL): Events {
  return splitEvents(new TextEncoder().encode(page), list).events;
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
}

/** What comes out for a page that is an array. */
function laidOut(page: string, format: "json" | "ndjson"): string {
  JSON.parse(page.replace(/^\ufeff/, "")); // no test may give what its user would have refused
  return textOf((format === "ndjson" ? ndjsonInPlace : createIndentedJson())(eventsOf(page)));
}

/** The tokens of a JSON text, found in another way than the client's. */
function tokensOf(text: string): string[] {
  return text.match(/"(?:[^"\\]|\\.)*"|[[\]{}:,]|[^\s[\]{}:,"]+/g) ?? [];
}

/** The layout of `json.dumps(page, indent=4)`, from tokens. */
function indentedByHand(tokens: readonly string[]): string {
  let text = "";
  let level = 0;
  for (const [i, token] of tokens.entries()) {
    const before = tokens[i - 1] ?? "";
    if (/^[\]}]$/.test(token)) {
      level--;
      if (!/^[[{]$/.test(before)) text += `\n${"    ".repeat(level)}`;
    } else if (/^[[{,]$/.test(before)) {
      text += `\n${"    ".repeat(level)}`;
    }
    if (/^[[{]$/.test(token)) level++;
    text += token === ":" ? ": " : token;
  }
  return text;
}

/** Tokens with white space of any kind and length between them. */
function spaced(tokens: readonly string[], random: () => number): string {
  const space = () => random() < 0.5 ? "" : pick([" ", "\n", "\t", "\r\n", "   \t"], random);
  return tokens.map((token) => space() + token).join("") + space();
}

/** The tokens of a random value; deeper ones are likelier to be simple. */
function randomTokens(random: () => number, depth: number): string[] {
  const kind = random() * (1 + depth / 2);
  const count = Math.floor(random() * 4);
  if (kind < 0.4) {
    const members = Array.from({ length: count }, (_, i) => [
      ...(i === 0 ? [] : [","]),
      pick(STRINGS, random),
      ":",
      ...randomTokens(random, depth + 1),
    ]);
    return ["{", ...members.flat(), "}"];
  }
  if (kind < 0.7) {
    const members = Array.from({ length: count }, (_, i) => [
      ...(i === 0 ? [] : [","]),
      ...randomTokens(random, depth + 1),
    ]);
    return ["[", ...members.flat(), "]"];
  }
  return [pick(random() < 0.5 ? STRINGS : WORDS, random)];
}

const STRINGS = [
  ...EXOTIC.map(([, text]) => text).filter((text) => text.startsWith('"')),
  '"a"',
  '"logEvents"',
  '"timeStampISO"',
];
const WORDS = [
  ...EXOTIC.map(([, text]) => text).filter((text) => !text.startsWith('"')),
  "true",
  "false",
  "null",
  "0",
  "12",
];

function pick(choices: readonly string[], random: () => number): string {
  return choices[Math.floor(random() * choices.length)]!;
}

/** Numbers from 0 up to 1, always the same for a seed (mulberry32). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = state + 0x6d2b79f5 | 0;
    let bits = Math.imul(state ^ state >>> 15, state | 1);
    bits ^= bits + Math.imul(bits ^ bits >>> 7, bits | 61);
    return ((bits ^ bits >>> 14) >>> 0) / 2 ** 32;
  };
}

Deno.test("a page that nesting would make far larger has an event a line when indented", () => {
  const event = `{"deep":${"[".repeat(60)}${"1,".repeat(300_000)}1${"]".repeat(60)}}`;
  const text = laidOut(`[${event}, ${event}]`, "json");
  assert(text === `[\n    ${event.replace(":", ": ")},\n    ${event.replace(":", ": ")}\n]\n`);
});
