import { assert, assertEquals, assertThrows } from "@std/assert";
import { nextLink } from "../../lib/sources/link.ts";

const TARGET = "https://host.example/prod/logs?after=abc";

const FOUND: readonly (readonly [name: string, header: string, target: string | undefined])[] = [
  ["without angle brackets", `${TARGET}; rel="next"`, TARGET],
  ["in angle brackets", `<${TARGET}>; rel="next"`, TARGET],
  ["without white space", `<${TARGET}>;rel="next"`, TARGET],
  ["without angle brackets or white space", `${TARGET};rel="next"`, TARGET],
  ["with much white space", ` \t<${TARGET}> \t; \trel \t= \t"next" \t`, TARGET],
  ["with an unquoted relation", `<${TARGET}>; rel=next`, TARGET],
  ["without angle brackets, with an unquoted relation", `${TARGET}; rel=next`, TARGET],
  ["with names in other case", `<${TARGET}>; REL="Next"`, TARGET],
  ["in a list of relations", `<${TARGET}>; rel="prefetch next  last"`, TARGET],
  ["after other parameters", `<${TARGET}>; title="a, b; c"; type=text; rel="next"`, TARGET],
  ["before other parameters", `<${TARGET}>; rel="next"; title="\\"a\\" <b>, c"; flag`, TARGET],
  ["first of several", `<${TARGET}>; rel="next", </first>; rel="first"`, TARGET],
  ["last of several", `</first>; rel="first", </last>; rel=last,<${TARGET}>; rel="next"`, TARGET],
  ["between others without angle brackets", `/a; rel="prev", ${TARGET}; rel="next", /b`, TARGET],
  ["after one without parameters", `</a>, <${TARGET}>; rel="next"`, TARGET],
  ["the first of two", `<${TARGET}>; rel="next", </second>; rel="next"`, TARGET],
  ["with a comma at the end", `<${TARGET}>; rel="next",`, TARGET],
  ["relative, from the root", `</prod/logs?after=1>; rel="next"`, "/prod/logs?after=1"],
  ["relative, a query alone", `?after=1; rel="next"`, "?after=1"],
  ["empty in angle brackets", `<>; rel="next"`, ""],
  ["with commas in the address", `https://h/?a=1,2,,3; rel="next"`, "https://h/?a=1,2,,3"],
  ["with commas in angle brackets", `<https://h/?a=1, 2>; rel="next"`, "https://h/?a=1, 2"],
  [
    "with semicolons in angle brackets",
    `<https://h/;b?a=1;c=2>; rel="next"`,
    "https://h/;b?a=1;c=2",
  ],
  [
    "with a relation in the address",
    `<https://h/?a;rel="prev">; rel="next"`,
    `https://h/?a;rel="prev"`,
  ],
  ["none, the relation being another", `<${TARGET}>; rel="prev"`, undefined],
  ["none, the relation only containing it", `<${TARGET}>; rel="nextish x-next"`, undefined],
  ["none, without parameters", `<${TARGET}>`, undefined],
  ["none, the relation being empty", `<${TARGET}>; rel=""; rel`, undefined],
  [
    "none, another parameter being next",
    `<${TARGET}>; rev="next"; xrel=next; rel-x=next`,
    undefined,
  ],
  ["none, only the address saying so", `<https://h/?rel=next>; rel="prev"`, undefined],
  ["none, a title saying so", `<${TARGET}>; title="a; rel=next"; rel="prev"`, undefined],
  ["none, the first of two relations counting", `<${TARGET}>; rel="prev"; rel="next"`, undefined],
  ["none, the header being empty", "", undefined],
];

for (const [name, header, target] of FOUND) {
  Deno.test(`next link: ${name}`, () => assertEquals(nextLink(header), target));
}

const GARBAGE = [
  "<https://host.example/",
  "https://host.example/>",
  `"https://host.example/"; rel="next"`,
  `; rel="next"`,
  `<https://host.example/> rel="next"`,
  `<https://host.example/>; rel="next`,
  `<https://host.example/>; rel="next" x`,
  `<<https://host.example/>>; rel="next"`,
  "a b c",
  `</good>; rel="next", <bad`,
];

for (const header of GARBAGE) {
  Deno.test(`next link: ${header} is refused`, () => {
    assertThrows(() => nextLink(header), SyntaxError, "it is not a link");
  });
}

const SIZE = 100_000;
const HOSTILE: readonly (readonly [name: string, header: string])[] = [
  ["white space", `</a>;${" ".repeat(SIZE)}"`],
  ["white space before a sign", `</a>; rel${" \t".repeat(SIZE / 2)}"`],
  ["white space after a sign", `</a>; rel=${" ".repeat(SIZE)}"`],
  ["white space at the beginning", `${" ".repeat(SIZE)}"`],
  ["semicolons", `</a>${";".repeat(SIZE)}`],
  ["semicolons apart", `</a>${"; ".repeat(SIZE / 2)}"`],
  ["parameters", `</a>${"; a=b".repeat(SIZE / 5)}"`],
  ["parameters without value", `</a>${" ; a ".repeat(SIZE / 5)}"`],
  ["relations", `</a>${"; rel".repeat(SIZE / 5)}"`],
  ["signs", `</a>; a${"=a".repeat(SIZE / 2)}"`],
  ["commas", `${",".repeat(SIZE)}`],
  ["commas in an address", `${"a,".repeat(SIZE / 2)}"`],
  ["links and then garbage", `${"</a>; rel=prev, ".repeat(SIZE / 16)}"`],
  ["bare links and then garbage", `${"/a; b, ".repeat(SIZE / 7)}"`],
  ["letters", `${"a".repeat(SIZE)}"`],
  ["a value that never ends", `</a>; rel="${"n".repeat(SIZE)}`],
  ["escapes that never end", `</a>; rel="${'\\"'.repeat(SIZE / 2)}`],
  ["values that never end", `</a>${'; a="b'.repeat(SIZE / 6)}`],
  ["angle brackets", `${"<".repeat(SIZE)}${">".repeat(SIZE)}`],
];

for (const [name, header] of HOSTILE) {
  Deno.test(`next link: 100 kB of ${name} are refused without delay`, () => {
    const started = performance.now();
    assertThrows(() => nextLink(header), SyntaxError);
    assert(performance.now() - started < 500);
  });
}

Deno.test("next link: a link 100 kB long, and one after 6000 others, are found", () => {
  const long = `/?after=${"x".repeat(SIZE)}`;
  assertEquals(nextLink(`${long}; rel="next"`) === long, true);
  const many = "</a>; rel=prev, ".repeat(6000);
  assertEquals(nextLink(`${many}<${TARGET}>; rel="next"`), TARGET);
});
