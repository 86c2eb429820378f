/**
 * How is an event written in the words of another schema? A table says which field comes from where
 * (ecs.ts, ocsf.ts). For each kind of event the table becomes a list of steps, in which all that is the
 * same for every event of the kind is text already.
 */

import type { Page } from "../events/page.ts";
import { createReader, type Parts } from "./event_parts.ts";
import { createWriter, putByte, putBytes, type Writer } from "./json_writer.ts";
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

/** One field of the other schema, for events that belong to a row of its table of types. */
export interface Field<Row> {
  /** Its name, with dots. `NAME.*` stands for members that have the event's own names. */
  readonly name: string;
  /** Where it comes from, for the documentation. */
  readonly from: string;
  readonly same?: (row: Row, kind: Kind) => unknown;
  readonly put?: Put;
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
  put: Put,
  isIn?: Field<Row>["isIn"],
): Field<Row> {
  return { name, from, put, ...(isIn && { isIn }) };
}

/** What is done for an event, in order. */
interface Step {
  readonly does: "write" | "put" | "open" | "close";
  /** What is written; for `put` and `open` a name, which is taken back where nothing follows it. */
  readonly bytes: Uint8Array;
  readonly put: Put;
}

const OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d, NEWLINE = 0x0a;
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
      run(stepsFor(parts), { parts, ms: lastMs, isTimeAssumed }, to);
      putByte(to, NEWLINE);
    }
    return to.bytes.subarray(0, to.length);
  };
}

/** Each member is written with a comma before it; the first comma of an object becomes its brace. */
function run(steps: readonly Step[], event: Mapped, to: Writer): void {
  /** Where each open object's name and first member begin. */
  const opened = [to.length, to.length];
  for (let i = 0; i < steps.length; i++) {
    const { does, bytes, put } = steps[i]!;
    if (does === "write") {
      putBytes(to, bytes);
    } else if (does === "put") {
      const before = to.length;
      putBytes(to, bytes);
      const after = to.length;
      put(event, to);
      if (to.length === after) to.length = before;
    } else if (does === "open") {
      opened.push(to.length);
      putBytes(to, bytes);
      opened.push(to.length);
    } else {
      const first = opened.pop()!, before = opened.pop()!;
      if (to.length === first) {
        to.length = before;
      } else {
        to.bytes[first] = OPEN_OBJECT;
        putByte(to, CLOSE_OBJECT);
      }
    }
  }
}

/** A field, or fields whose names go on after a common beginning. */
type Node<Row> = Field<Row> | { readonly name: string; readonly inner: Node<Row>[] };

/** A step whose text is not yet bytes. */
type Draft = Omit<Step, "bytes"> & { readonly text: string };

function compile<Row>(fields: readonly Field<Row>[], row: Row, kind: Kind): readonly Step[] {
  const there = fields.filter(({ isIn }) => isIn === undefined || isIn(row, kind));
  const drafts = [...draftsOf(tree(there), row, kind), draft("close")];
  return joined(drafts).map(({ text, ...step }) => ({ ...step, bytes: encoder.encode(text) }));
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
        : [draft("open", name), ...inner, draft("close")];
    }
    if (node.put !== undefined) return [draft("put", node.name === "*" ? "" : name, node.put)];
    const value = node.same?.(row, kind);
    return value === undefined ? [] : [draft("write", name + JSON.stringify(value))];
  });
}

function draft(does: Step["does"], text = "", put: Put = () => {}): Draft {
  return { does, text, put };
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
