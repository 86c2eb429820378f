/** How does one login look, step by step? A table in the order of time, with the time between the steps. */

import { count, type Event, eventAt } from "../events/events.ts";
import { timeOf } from "../events/fields.ts";
import type { Layout, LayoutOptions } from "./layout.ts";
import { createTable } from "./table.ts";

/** Events that are put in order, and their bytes, at most; of more each so many are. */
const MAX_HELD = 1000;
const MAX_HELD_BYTES = 8 * 1024 * 1024;

/** Makes the layout of a search, which writes at its end; one that stays writes each page. */
export function createSteps({ screen, stays }: LayoutOptions): Layout {
  const table = createTable({ width: screen.columns(), colour: screen.colour, pauses: true });
  const encoder = new TextEncoder();
  let held: Event[] = [];
  let bytes = 0;
  const take = () => {
    const text = table(held.sort((one, other) => order(timeOf(one), timeOf(other))));
    held = [];
    bytes = 0;
    return text;
  };
  return Object.assign(
    ({ events }: Parameters<Layout>[0]) => {
      let text = "";
      for (let i = 0; i < count(events); i++) {
        held.push(eventAt(events, i)!);
        bytes += events.spans[2 * i + 1]! - events.spans[2 * i]!;
        if (held.length >= MAX_HELD || bytes > MAX_HELD_BYTES) text += take();
      }
      return encoder.encode(stays ? text + take() : text);
    },
    { end: () => encoder.encode(take()) },
  );
}

/** What has no time comes first, where it is seen. */
function order(one: number, other: number): number {
  const [a, b] = [one, other].map((ms) => Number.isNaN(ms) ? -Infinity : ms);
  return a === b ? 0 : a! < b! ? -1 : 1;
}
