/** Does the fast way through files find exactly what the plain way finds, however the JSON is written? */

import { assertEquals } from "@std/assert";
import { SEED, seeded } from "../chance.ts";
import { matcher } from "../../lib/events/filter.ts";
import type { Filter, QueryKey } from "../../lib/events/selection.ts";
import { only } from "../../lib/events/events.ts";
import { EventFinder } from "../../lib/sources/pulled_events.ts";
import { needleOf } from "../../lib/sources/pulled_needle.ts";
import { createWindow } from "../../lib/sources/pulled_window.ts";

const chance = seeded(SEED);
const one = <T>(list: readonly T[]): T => list[chance(list.length)]!;

/** Near to each other, so that parts of one are in another. */
const VALUES = [
  "amara@example.edu",
  "amara@example.ed",
  "mara@example.edu",
  'Doe, "Jane"',
  "Zoë Brontë",
  "http://sp.example.edu/a/b?x=<1>&y",
  "back\\slash",
  "192.0.2.17",
  "192.0.2.1",
  "\\u0061mara@example.edu",
  "tab\there",
  "😀 smile",
  "idp",
  "é",
];
const KEYS: readonly QueryKey[] = ["tenant", "service", "clientip", "correlationid", "user"];

/** A string as JSON, in one of the ways there are to write each of its characters. */
function written(text: string): string {
  const escapes = one([0, 0, 1, 3]);
  const escaped = (unit: string) => {
    const digits = unit.charCodeAt(0).toString(16).padStart(4, "0");
    return `\\u${chance(2) === 0 ? digits : digits.toUpperCase()}`;
  };
  const units = text.split("").map((unit) => {
    if (escapes > 0 && chance(8) < escapes) return escaped(unit);
    if (unit === "/") return one(["/", "\\/"]);
    if (/[^ -~]/.test(unit)) return unit < " " ? escaped(unit) : unit;
    return unit === '"' || unit === "\\" ? `\\${unit}` : unit;
  });
  // Half of a pair that is written in two ways is no character.
  const whole = units.join("");
  return /[\ud800-\udfff]/.test(whole) ? JSON.stringify(text) : `"${whole}"`;
}

function event(): string {
  const [colon, comma] = one([[":", ","], [": ", ", "]]) as [string, string];
  const fields = ["tenant", "service", "clientIP", "correlationId"]
    .map((name) => `"${name}"${colon}${written(one(VALUES))}`);
  const more = one([`[${written(one(VALUES))}]`, written(one(VALUES)), "1.50", "{}", "null"]);
  return `{${[...fields, `"logData"${colon}{"eppn"${colon}${more}}`].join(comma)}}`;
}

const NO_EVENTS = [
  "",
  "x",
  "[1",
  "{",
  '{"a":1',
  "\0",
  '{"tenant":"amara@example.edu"',
  "{}}",
  "\\u00",
];

/** Lines, some of which are no events; and some in arrays, on one line or on many. */
function text(): string {
  const part = () => {
    const events = Array.from({ length: 1 + chance(6) }, event);
    if (chance(4) === 0) return `[\n    ${events.join(",\n    ")}\n]`;
    if (chance(4) === 0) return `[${events.join(", ")}]`;
    const withFlaws = events.flatMap((text) => chance(10) === 0 ? [one(NO_EVENTS), text] : [text]);
    return withFlaws.join(one(["\n", "\r\n", "\n\n"]));
  };
  return Array.from({ length: 1 + chance(8) }, part).join("\n") + one(["\n", ""]);
}

/** What is found, in blocks of any size. */
async function found(bytes: Uint8Array, filters: readonly Filter[], isFast: boolean) {
  const matches = matcher({ filters, until: undefined }, undefined);
  const finder = new EventFinder(isFast ? needleOf(filters) : undefined);
  let at = 0;
  const window = createWindow({
    read(buffer) {
      if (at === bytes.length) return Promise.resolve(null);
      const count = Math.min(bytes.length - at, buffer.length, 1 + chance(700));
      buffer.set(bytes.subarray(at, at += count));
      return Promise.resolve(count);
    },
  }, 64 + chance(2000));
  const events: string[] = [];
  while (!window.atEnd) {
    await window.more();
    const taken = finder.take(window);
    const chosen = matches === undefined ? taken : only(taken, matches);
    for (let i = 0; i < chosen.spans.length; i += 2) {
      const event = chosen.bytes.slice(chosen.spans[i], chosen.spans[i + 1]);
      events.push(new TextDecoder().decode(event));
    }
  }
  return { events, cutOff: finder.flaws.isCutOff };
}

/** What is there, by JSON.parse alone, in text without flaws. */
function parsed(lines: readonly string[], filters: readonly Filter[]): string[] {
  const matches = matcher({ filters, until: undefined }, undefined)!;
  return lines.filter((line) => matches(JSON.parse(line)));
}

function filters(): Filter[] {
  return Array.from({ length: 1 + chance(2) }, () => {
    const filter = { key: one(KEYS), value: one(VALUES) };
    return chance(4) === 0 ? { ...filter, not: true } : filter;
  });
}

Deno.test(`the fast way finds what JSON.parse finds (seed ${SEED})`, async () => {
  for (let round = 0; round < 300; round++) {
    const lines = Array.from({ length: 40 }, event);
    const bytes = new TextEncoder().encode(`${lines.join("\n")}\n`);
    const asked = filters();
    const { events } = await found(bytes, asked, true);
    assertEquals(events, parsed(lines, asked), JSON.stringify(asked));
  }
});

Deno.test(`the fast way finds what the slow way finds, flaws or not (seed ${SEED})`, async () => {
  for (let round = 0; round < 1000; round++) {
    const bytes = new TextEncoder().encode(text());
    const asked = filters();
    const slow = await found(bytes, asked, false);
    assertEquals(await found(bytes, asked, true), slow, JSON.stringify(asked));
    const all = await found(bytes, [], false);
    assertEquals(await found(bytes, [], false), all);
  }
});

Deno.test(`bytes that are torn at random never end in an error (seed ${SEED})`, async () => {
  for (let round = 0; round < 500; round++) {
    const bytes = new TextEncoder().encode(text());
    for (let i = 0; i < 3; i++) bytes[chance(bytes.length)] = chance(256);
    const asked = filters();
    const slow = await found(bytes, asked, false);
    assertEquals((await found(bytes, asked, true)).events, slow.events, JSON.stringify(asked));
  }
});
