import { assertEquals } from "@std/assert";
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
