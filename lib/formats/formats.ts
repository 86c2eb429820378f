/** How do pages look? Exact bytes for programs, a table for people, and an overview after a search. */

import { parsed } from "../events/events.ts";
import type { Page } from "../events/page.ts";
import { type Format, layOut } from "./json.ts";
import { createSummary } from "./summary.ts";
import { createTable } from "./table.ts";
import type { Terminal } from "../terminal/terminal.ts";

/** The look of a run's output. */
export interface View {
  /** A page's text, in memory that the next call may use again; its events are no more, see `layOut`. */
  text(page: Page): Uint8Array;
  /** What is said of all pages together; empty where nothing was asked for. */
  overview(): string;
}

/** Makes the view that was asked for. */
export function createView(
  { format, summary }: { format: Format | "table"; summary: boolean },
  screen: Terminal,
): View {
  const width = screen.columns();
  const { colour } = screen;
  const all = summary ? createSummary() : undefined;
  const table = format === "table" ? createTable({ width, colour }) : undefined;
  return {
    text(page) {
      if (all !== undefined || table !== undefined) {
        const events = parsed(page.events);
        all?.add(events);
        if (table !== undefined) return new TextEncoder().encode(table(events));
      }
      return layOut(page.events, format === "ndjson" ? "ndjson" : "json");
    },
    overview: () => all?.text({ width: Math.min(width, WIDEST_OVERVIEW) }) ?? "",
  };
}

const WIDEST_OVERVIEW = 100;
