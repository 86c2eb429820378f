import { assertEquals, assertMatch } from "@std/assert";
import { Failure, Interrupted } from "../../lib/base/errors.ts";
import type { Notes } from "../../lib/terminal/notes.ts";
import { KEY, SECRET } from "../fake_api.ts";
import { collectedNotes } from "../notes.ts";

/** What notes wrote once they were used. */
function written(
  options: { verbose?: boolean; secrets?: readonly string[] },
  use: (notes: Notes) => void,
): string[] {
  const { notes, said } = collectedNotes(options);
  use(notes);
  return said;
}

Deno.test("say() writes a line after the program's name", () => {
  assertEquals(written({}, (notes) => notes.say("Cannot fly")), ["siem-client: Cannot fly\n"]);
});

Deno.test("debug() is silent without verbose", () => {
  assertEquals(written({}, (notes) => notes.debug("3 events")), []);
});

Deno.test("debug() speaks as say() does with verbose", () => {
  const texts = written({ verbose: true }, (notes) => notes.debug("3 events"));
  assertEquals(texts, ["siem-client: 3 events\n"]);
});

Deno.test("say() hides each secret wherever it stands", () => {
  const texts = written(
    { secrets: ["hunter2", "swordfish"] },
    (notes) => notes.say("hunter2, swordfish and again (hunter2)"),
  );
  assertEquals(texts, ["siem-client: ***, *** and again (***)\n"]);
});

Deno.test("debug() hides secrets too", () => {
  const texts = written(
    { verbose: true, secrets: ["hunter2"] },
    (notes) => notes.debug("GET /?password=hunter2"),
  );
  assertEquals(texts, ["siem-client: GET /?password=***\n"]);
});

Deno.test("say() hides a secret as a whole where another one is a part of it", () => {
  const texts = written(
    { secrets: ["word", "password"] },
    (notes) => notes.say("password word"),
  );
  assertEquals(texts, ["siem-client: *** ***\n"]);
});

Deno.test("say() takes a secret to the letter, not as a pattern", () => {
  const texts = written({ secrets: [".*$&"] }, (notes) => notes.say("a .*$& b"));
  assertEquals(texts, ["siem-client: a *** b\n"]);
});

Deno.test("an empty secret hides nothing", () => {
  assertEquals(written({ secrets: [""] }, (notes) => notes.say("plain")), ["siem-client: plain\n"]);
});

// Each form is written out, so that the test does not trust the code that it tests.
const FORMS = {
  "as it is": "S3cr+t/p=ss wörd",
  "in base64": "UzNjcit0L3A9c3Mgd8O2cmQ=",
  "in base64, with the key": "dGVzdC1rZXk6UzNjcit0L3A9c3Mgd8O2cmQ=",
  "in base64 without padding": "dGVzdC1rZXk6UzNjcit0L3A9c3Mgd8O2cmQ",
  "in base64, in a query": "dGVzdC1rZXk6UzNjcit0L3A9c3Mgd8O2cmQ%3D",
  "in a query": "S3cr%2Bt%2Fp%3Dss%20w%C3%B6rd",
  "in a query with small hexadecimal digits": "S3cr%2bt%2fp%3dss%20w%c3%b6rd",
  "in a form": "S3cr%2Bt%2Fp%3Dss+w%C3%B6rd",
  "in a path": "S3cr+t/p=ss%20w%C3%B6rd",
  "as UTF-8 that is read byte by byte": "S3cr+t/p=ss wÃ¶rd",
  "in a query that keeps the slash": "S3cr%2Bt/p%3Dss%20w%C3%B6rd",
  "in base64 for URLs": "UzNjcit0L3A9c3Mgd8O2cmQ",
  "in hexadecimal digits": "53336372 2b742f70 3d737320 77c3b6 7264".replaceAll(" ", ""),
  "in large hexadecimal digits": "533363722B742F703D73732077C3B67264",
  "in JSON that escapes the slash": "S3cr+t\\/p=ss w\\u00f6rd",
  "in JSON that escapes all": Array.from(
    "S3cr+t/p=ss wörd",
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  ).join(""),
  "in JavaScript": "\\x533cr\\u{2b}t/p=ss w\\xf6rd",
  "in HTML": "S3cr&#43;t&#x2F;p&#61ss&nbsp;w&#xf6;rd",
  "in a query of old": "S3cr%2Bt/p%3Dss%20w%u00F6rd",
  "taken apart": "S3cr+t/p=ss wo\u0308rd",
  "without the letter that was not understood": "S3cr+t/p=ss w??rd",
  "with a letter replaced": "S3cr+t/p=ss w\ufffdrd",
  "with what nobody sees in it": "S\u200b3c\u00adr+\u2060t/\ufe0fp=\u0000ss w\x1bör\ud800d",
  "with a line separator for its space": "S3cr+t/p=ss\u2028wörd",
};
for (const [where, form] of Object.entries(FORMS)) {
  Deno.test(`say() hides the secret ${where}`, () => {
    const texts = written({}, (notes) => {
      notes.addSecret({ key: KEY, secret: SECRET });
      notes.say(`before ${form} after`);
    });
    assertEquals(texts, ["siem-client: before *** after\n"]);
  });
}

Deno.test("say() hides a secret with quotes as JSON writes it", () => {
  const texts = written(
    { secrets: ['a"b\\c'] },
    (notes) => notes.say('it sent "a\\"b\\\\c"'),
  );
  assertEquals(texts, ['siem-client: it sent "***"\n']);
});

Deno.test("say() hides what HTML has names for, and what is not seen of a secret itself", () => {
  const texts = written(
    { secrets: [`<"a'&>`, "soft\u00adhyphen"] },
    (notes) => notes.say("&lt;&quot;a&apos;&amp;&gt; softhyphen soft\u00adhyphen"),
  );
  assertEquals(texts, ["siem-client: *** *** ***\n"]);
});

Deno.test("say() shows no part of a secret that was cut inside an escape", () => {
  for (const cut of ["S3c\\u00", "S3c&#x7", "S3c%", "S3c\\"]) {
    const texts = written({ secrets: [SECRET] }, (notes) => notes.say(`before ${cut}… after`));
    assertEquals(texts, ["siem-client: before ***… after\n"], cut);
  }
});

Deno.test("say() shows no part of a secret that a text was cut inside", () => {
  for (const length of [1, 5, SECRET.length - 1]) {
    const texts = written(
      { secrets: [SECRET] },
      (notes) => notes.say(`before ${SECRET.slice(0, length)}… after`),
    );
    assertEquals(texts, ["siem-client: before ***… after\n"]);
  }
  const encoded = written(
    { secrets: [SECRET] },
    (notes) => notes.say(`before ${encodeURIComponent(SECRET).slice(0, 9)}… after`),
  );
  assertEquals(encoded, ["siem-client: before ***… after\n"]);
});

Deno.test("a secret of thousands of characters is hidden, too", () => {
  const secret = "ä b".repeat(2000);
  const texts = written({ secrets: [secret] }, (notes) => {
    notes.say(`before ${secret} after`);
    notes.say(`before ${secret.slice(0, 3000)}…`);
  });
  assertEquals(texts, ["siem-client: before *** after\n", "siem-client: before ***…\n"]);
});

Deno.test("show() keeps lines and columns, and takes away what controls a terminal", () => {
  const texts = written({}, (notes) => notes.show("a   b\n  c\x1b[2J\n"));
  assertEquals(texts, ["a   b\n  c [2J\n"]);
});

Deno.test("sayError() shows where and why with verbose only, and nothing of that for a signal", () => {
  const error = new Failure("output", "Cannot write", { cause: new Error("disk\nfull") });
  assertEquals(written({}, (notes) => notes.sayError(error)), ["siem-client: Cannot write\n"]);
  const [text] = written({ verbose: true }, (notes) => notes.sayError(error));
  assertMatch(
    text!,
    /^siem-client: Cannot write\n {4}Failure: Cannot write\n {8}at [^]+\n {4}caused by Error: disk\n {4}full\n/,
  );
  const signal = new Interrupted("SIGTERM", 15);
  assertEquals(written({ verbose: true }, (notes) => notes.sayError(signal)), [
    "siem-client: Ended by SIGTERM\n",
  ]);
  assertEquals(written({}, (notes) => notes.sayError(new TypeError("x is y"))), [
    "siem-client: This is a bug in siem-client, please report it: x is y\n",
  ]);
});
