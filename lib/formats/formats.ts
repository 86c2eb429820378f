/**
 * Which formats are there? A row for each. To add one: a file beside this one that makes it, and a row
 * here; the command line and the help take it from the table.
 */

import { count, type Event, type Events, parsed, slice } from "../events/events.ts";
import type { Page } from "../events/page.ts";
import { createIndentedJson, ndjsonInPlace } from "./json.ts";
import type { Layout, LayoutOptions } from "./layout.ts";
import type { Summary } from "./summary.ts";

/** A row of the table. */
export interface Format {
  /** As it is written after `--format`. */
  readonly name: string;
  /** What it is, for the help. */
  readonly help: string;
  /**
   * Options that it cannot be used with, alone or together, and why, in words that go on after
   * "Cannot use ...: ".
   */
  readonly notWith: {
    readonly "-c"?: string;
    readonly "--output"?: string;
    readonly "-c and --output"?: string;
  };
  /** Whether a search that stays can print it (`--every` without `-c`). */
  readonly stays?: true;
  /** Makes its layout for one run. */
  make(options: LayoutOptions): Layout | Promise<Layout>;
}

const ROWS_AT_ONCE = 250;
/** Of UTF-8, for a unit of UTF-16. */
const MAX_BYTES_PER_UNIT = 3;

const FOR_PEOPLE = "it is for people, and leaves things out";

export const FORMATS = [
  {
    name: "json",
    help: "indented",
    notWith: { "-c and --output": "a page that a crash cut off could come twice; use ndjson" },
    make() {
      const indented = createIndentedJson();
      return ({ events }) => indented(events);
    },
  },
  {
    name: "ndjson",
    help: "one event per line",
    notWith: {},
    stays: true,
    make: () => ({ events }) => ndjsonInPlace(events),
  },
  {
    name: "table",
    help: "for people",
    notWith: { "-c": FOR_PEOPLE, "--output": FOR_PEOPLE },
    stays: true,
    async make(options) {
      const isOneLogin = options.filters.some(({ key, not }) => key === "correlationid" && !not);
      if (isOneLogin) return (await import("./steps.ts")).createSteps(options);
      const { columns, colour } = options.screen;
      const width = columns();
      const { createTable } = await import("./table.ts");
      const table = createTable({ width, colour });
      return ({ events }: Page) => encodedRows(events, width, table);
    },
  },
  {
    name: "logins",
    help: "a line for each login",
    notWith: { "-c": FOR_PEOPLE, "--output": FOR_PEOPLE },
    stays: true,
    make: async (options) => (await import("./logins.ts")).createLoginsLayout(options),
  },
  {
    name: "csv",
    help: "for spreadsheets",
    notWith: { "-c": "every run would begin with a heading; use ndjson" },
    make: async (options) => (await import("./csv.ts")).createCsv(options),
  },
  {
    name: "ecs",
    help: "Elastic Common Schema",
    notWith: {},
    make: async () => (await import("./ecs.ts")).createEcs(),
  },
  {
    name: "ocsf",
    help: "OCSF 1.8.0",
    notWith: {},
    make: async () => (await import("./ocsf.ts")).createOcsf(),
  },
] as const satisfies readonly Format[];

/** The rows of a table as bytes, a few at a time: as text they take more memory. */
function encodedRows(
  events: Events,
  width: number,
  table: (events: Iterable<Event>) => string,
): Uint8Array {
  const encoder = new TextEncoder();
  // Memory that is not written to takes none.
  let rows = new ArrayBuffer((count(events) + ROWS_AT_ONCE) * (width + 32));
  let length = 0;
  for (let at = 0; at < count(events); at += ROWS_AT_ONCE) {
    const text = table(parsed(slice(events, at, at + ROWS_AT_ONCE)));
    const most = length + text.length * MAX_BYTES_PER_UNIT;
    if (most > rows.byteLength) rows = rows.transfer(most * 2);
    length += encoder.encodeInto(text, new Uint8Array(rows, length)).written;
  }
  return new Uint8Array(rows, 0, length);
}

/** The name of a format. */
export type FormatName = typeof FORMATS[number]["name"];

/** The row of a format. */
export function formatNamed(name: FormatName): Format {
  return FORMATS.find((format) => format.name === name)!;
}

/** The layout that a run needs: every page is counted in the summary, where there is one. */
export async function createLayout(
  name: FormatName,
  options: LayoutOptions,
  summary?: Summary,
): Promise<Layout> {
  const onLogin = summary && { onLogin: summary.addLogin };
  const layOut = await formatNamed(name).make({ ...options, ...onLogin });
  if (summary === undefined) return layOut;
  const counted = (page: Page) => {
    // Before the layout, which may be written over the events.
    summary.addPage(page.events);
    summary.beginsAt(page.next.begins);
    return layOut(page);
  };
  return Object.assign(counted, layOut.end && { end: layOut.end });
}
