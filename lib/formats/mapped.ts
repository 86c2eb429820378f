/**
 * How is an event written in the words of another schema? A table says which field comes from where
 * (ecs.ts, ocsf.ts). For each kind of event the table becomes a list of steps, in which all that is the
 * same for every event of the kind is text already.
 */

import type { Page } from "../events/page.ts";
import { createReader, type Parts, type Span } from "./event_parts.ts";
import { createWriter, putByte, putBytes, putToken, type Writer } from "./json_writer.ts";
import { createKinds, type Kind } from "./kinds.ts";
import { readTime } from "./times.ts";

/** An event on its way into another schema. */
export interface Mapped {
  readonly parts: Parts;
  /** When it happened, or the readable event before it in the page, or else 1970; in milliseconds. */
  readonly ms: number;
  /** Whether its own time stamp cannot be read. */
  readonly isTimeAssumed: boolean;
}

/** Writes what a field holds for an event; nothing where there is nothing to say. */
export type Put = (event: Mapped, to: Writer) => void;

/** A part of an event, or bytes of JSON; undefined where there is nothing to say. */
export type Value = Span | Uint8Array | undefined;

/** A field that holds a text, or a list with one. */
export interface Text {
  readonly pick: (parts: Parts) => Value;
  readonly isList: boolean;
}

/** One field of the other schema, for events that belong to a row of its table of types. */
export interface Field<Row> {
  /** Its name, with dots. `NAME.*` stands for members that have the event's own names. */
  readonly name: string;
  /** Where it comes from, for the documentation. */
  readonly from: string;
  readonly same?: (row: Row, kind: Kind) => unknown;
  readonly put?: Put;
  readonly text?: Text;
  /** Whether events of a kind can have it; all can where this is not there. */
  readonly isIn?: (row: Row, kind: Kind) => boolean;
}

/** A field that holds the same for all events of a kind; undefined: it is not there. */
export function same<Row>(
  name: string,
  from: string,
  value: (row: Row, kind: Kind) => unknown,
  isIn?: Field<Row>["isIn"],
): Field<Row> {
  return { name, from, same: value, ...(isIn && { isIn }) };
}

/** A field that is written for each event. */
export function each<Row>(
  name: string,
  from: string,
  how: Put | Text,
  isIn?: Field<Row>["isIn"],
): Field<Row> {
  const written = typeof how === "function" ? { put: how } : { text: how };
  return { name, from, ...written, ...(isIn && { isIn }) };
}

/** What is done for an event, in order. Of each sort the same members, since V8 makes faster code then. */
interface Step {
  readonly does: "write" | "text" | "list" | "put" | "object";
  /** What is written; a name is not, or is taken back, where nothing follows it. */
  readonly bytes: Uint8Array;
  readonly pick: Text["pick"];
  readonly put: Put;
  readonly inner: readonly Step[];
}

const OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d, OPEN_LIST = 0x5b, CLOSE_LIST = 0x5d, NEWLINE = 0x0a;
const encoder = new TextEncoder();

/** Makes the layout of a schema: one event a line. It depends on nothing but the page. */
export function createMappedLayout<Row>(
  fields: readonly Field<Row>[],
  rowOf: (kind: Kind) => Row,
): (page: Page) => Uint8Array {
  const read = createReader();
  const to = createWriter();
  const stepsFor = createKinds((kind) => compile(fields, rowOf(kind), kind));
  return ({ events: { bytes, spans } }) => {
    to.length = 0;
    let lastMs = 0;
    for (let i = 0; i < spans.length; i += 2) {
      const parts = read(bytes, spans[i]!, spans[i + 1]!);
      const ms = readTime(bytes, parts.fields.timeStampISO);
      const isTimeAssumed = Number.isNaN(ms);
      if (!isTimeAssumed) lastMs = ms;
      putMembers(stepsFor(parts), { parts, ms: lastMs, isTimeAssumed }, to);
      putByte(to, NEWLINE);
    }
    return to.bytes.subarray(0, to.length);
  };
}

/** Writes an object; nothing where it would be empty. */
function putMembers(steps: readonly Step[], event: Mapped, to: Writer): boolean {
  // Each member is written with a comma before it; the first one becomes the object's brace.
  const first = to.length;
  for (let i = 0; i < steps.length; i++) run(steps[i]!, event, to);
  if (to.length === first) return false;
  to.bytes[first] = OPEN_OBJECT;
  putByte(to, CLOSE_OBJECT);
  return true;
}

function run({ does, bytes, pick, put, inner }: Step, event: Mapped, to: Writer): void {
  const before = to.length;
  if (does === "write") {
    putBytes(to, bytes);
  } else if (does === "text") {
    const value = pick(event.parts);
    if (value === undefined) return;
    putBytes(to, bytes);
    putValue(to, event.parts, value);
  } else if (does === "list") {
    const value = pick(event.parts);
    if (value === undefined) return;
    putBytes(to, bytes);
    putByte(to, OPEN_LIST);
    putValue(to, event.parts, value);
    putByte(to, CLOSE_LIST);
  } else if (does === "put") {
    putBytes(to, bytes);
    const after = to.length;
    put(event, to);
    if (to.length === after) to.length = before;
  } else {
    putBytes(to, bytes);
    if (!putMembers(inner, event, to)) to.length = before;
  }
}

/** Writes a value. */
export function putValue(to: Writer, { bytes }: Parts, value: Span | Uint8Array): void {
  if (value instanceof Uint8Array) putBytes(to, value);
  else putToken(to, bytes, value.start, value.end);
}

/** A field, or fields whose names go on after a common beginning. */
type Node<Row> = Field<Row> | { readonly name: string; readonly inner: Node<Row>[] };

/** A step whose text is not yet bytes. */
type Draft = Omit<Step, "bytes" | "inner"> & { readonly text: string; readonly inner: Draft[] };

function compile<Row>(fields: readonly Field<Row>[], row: Row, kind: Kind): readonly Step[] {
  const there = fields.filter(({ isIn }) => isIn === undefined || isIn(row, kind));
  return stepsOf(draftsOf(tree(there), row, kind));
}

function stepsOf(drafts: readonly Draft[]): Step[] {
  return joined(drafts).map(({ does, text, pick, put, inner }) => ({
    does,
    bytes: encoder.encode(text),
    pick,
    put,
    inner: stepsOf(inner),
  }));
}

/** Puts fields with a common beginning together, in the order of the table. */
function tree<Row>(fields: readonly Field<Row>[], depth = 0): Node<Row>[] {
  const groups = Map.groupBy(fields, ({ name }) => name.split(".")[depth]!);
  return [...groups].map(([name, [first, ...more]]) =>
    first!.name.split(".").length === depth + 1
      ? { ...first!, name }
      : { name, inner: tree([first!, ...more], depth + 1) }
  );
}

function draftsOf<Row>(nodes: readonly Node<Row>[], row: Row, kind: Kind): Draft[] {
  return nodes.flatMap((node) => {
    const name = `,${JSON.stringify(node.name)}:`;
    if ("inner" in node) {
      const inner = draftsOf(node.inner, row, kind);
      // What begins with something that is always there needs no look at whether it is empty.
      return inner[0]?.does === "write"
        ? [
          draft("write", `${name}{${inner[0].text.slice(1)}`),
          ...inner.slice(1),
          draft("write", "}"),
        ]
        : [draft("object", name, { inner })];
    }
    const { put, text } = node;
    if (put !== undefined) return [draft("put", node.name === "*" ? "" : name, { put })];
    if (text !== undefined) return [draft(text.isList ? "list" : "text", name, text)];
    const value = node.same?.(row, kind);
    return value === undefined ? [] : [draft("write", name + JSON.stringify(value))];
  });
}

function draft(
  does: Step["does"],
  text: string,
  { pick = () => undefined, put = () => {}, inner = [] }: Partial<Omit<Draft, "does" | "text">> =
    {},
): Draft {
  return { does, text, pick, put, inner };
}

/** Texts that follow each other become one. */
function joined(drafts: readonly Draft[]): Draft[] {
  const all: Draft[] = [];
  for (const next of drafts) {
    const last = all.at(-1);
    if (last?.does !== "write" || next.does !== "write") all.push(next);
    else all[all.length - 1] = { ...last, text: last.text + next.text };
  }
  return all;
}
