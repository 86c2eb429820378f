/** Which events are one login? Grouped as they come, late and out of order, in bounded memory. */

import { BinaryHeap } from "@std/data-structures/binary-heap";
import { clean } from "../base/text.ts";
import type { Event } from "./events.ts";
import { timeOf } from "./fields.ts";
import { type Login, loginOf, type Step, stepOf } from "./login.ts";

/** Where more lies between two events of one `correlationId`, they are not of one login. */
const MAX_PAUSE_MS = 10 * 60_000;
/** Events reach the log so late, at most, and in any order. */
const MAX_LATE_MS = 10 * 60_000;

/** Groups of events that wait for more. */
const MAX_OPEN = 100_000;
/** Steps in all of them, and in one. */
const MAX_STEPS = 500_000;
const MAX_STEPS_OF_ONE = 10_000;

const FEW = 8;
const MAX_TEXT_LENGTH = 500;
/** Different texts that are remembered. */
const MAX_TEXTS = 20_000;

/** What the events so far came to, apart from the logins. */
export interface Counts {
  /** Groups of events that are no login: none of them is about signing in. */
  readonly others: number;
  /** Groups that were ended before their time, since there were too many events to keep. */
  readonly early: number;
}

/** Logins in the making. */
export interface Logins {
  /** Takes events in the order of their arrival. */
  add(events: Iterable<Event>): void;
  /** Ends all that is open. */
  end(): Counts;
}

/** Events with one `correlationId` that follow each other; times are in milliseconds since 1970. */
interface Group {
  /** In the order of arrival. */
  readonly number: number;
  readonly id: string | undefined;
  first: number;
  last: number;
  /** The `last` that it lies in the heap with. */
  due: number;
  /** Empty where they are in another group now, or gone. */
  steps: Step[];
}

/**
 * Groups events; `found` gets each login once no event of it can come any more. That depends on nothing
 * but the events and their order, and on `now`: a time ahead of the clock moves nothing.
 */
export function createLogins(
  found: (login: Login) => void,
  now: () => number = Date.now,
): Logins {
  const open = new Map<string, Group[]>();
  const queue = new BinaryHeap<Group>((one, other) =>
    one.due - other.due || one.number - other.number
  );
  const textOf = createTexts();
  let number = 0;
  let [others, early] = [0, 0];
  /** Open groups, and the steps in them. */
  let [groups, steps] = [0, 0];
  /** How far the events have come; and the time of one that has none. */
  let [streamTime, lastTime] = [-Infinity, NaN];

  function add(event: Event, clock: number): void {
    const time = timeOf(event);
    if (!Number.isNaN(time)) lastTime = time;
    const ms = Number.isNaN(lastTime) ? 0 : lastTime;
    put(stepOf(event, ms, !Number.isNaN(time), textOf), idOf(event));
    if (ms <= clock && ms > streamTime) streamTime = ms;
    for (let next = queue.peek(); next !== undefined && isOver(next); next = queue.peek()) {
      close(queue.pop()!);
    }
    while (groups > MAX_OPEN || steps > MAX_STEPS || queue.length > 2 * MAX_OPEN) {
      if (close(queue.pop()!)) early++;
    }
  }

  function put(step: Step, id: string | undefined): void {
    const groupsOfId = id === undefined ? undefined : open.get(id);
    const near = groupsOfId?.filter(({ first, last }) =>
      step.ms >= first - MAX_PAUSE_MS && step.ms <= last + MAX_PAUSE_MS
    );
    const [group = begin(step.ms, id), ...absorbed] = near ?? [];
    // An array that grows by push has room for many; most groups have few steps.
    if (group.steps.length < FEW) group.steps = [...group.steps, step];
    else group.steps.push(step);
    steps++;
    group.first = Math.min(group.first, step.ms);
    group.last = Math.max(group.last, step.ms);
    for (const other of absorbed) absorb(group, other);
    if (group.steps.length >= MAX_STEPS_OF_ONE) {
      finish(group);
      early++;
    }
  }

  function begin(ms: number, id: string | undefined): Group {
    const group: Group = { number: number++, id, first: ms, last: ms, due: ms, steps: [] };
    queue.push(group);
    groups++;
    if (id !== undefined) {
      const same = open.get(id);
      if (same === undefined) open.set(id, [group]);
      else same.push(group);
    }
    return group;
  }

  function absorb(group: Group, other: Group): void {
    for (const step of other.steps) group.steps.push(step);
    group.first = Math.min(group.first, other.first);
    group.last = Math.max(group.last, other.last);
    remove(other);
  }

  function remove(group: Group): void {
    group.steps = [];
    groups--;
    const { id } = group;
    if (id === undefined) return;
    const left = open.get(id)!.filter((other) => other !== group);
    if (left.length === 0) open.delete(id);
    else open.set(id, left);
  }

  /** No event can be late enough, and near enough, to belong to it. */
  function isOver({ due }: Group): boolean {
    return due + MAX_PAUSE_MS + MAX_LATE_MS < streamTime;
  }

  /** Ends a group that was taken out of the heap, unless it goes on or is gone; whether it ended. */
  function close(group: Group): boolean {
    if (group.steps.length === 0) return false;
    if (group.last > group.due) {
      group.due = group.last;
      queue.push(group);
      return false;
    }
    finish(group);
    return true;
  }

  function finish(group: Group): void {
    const login = loginOf(group.steps);
    steps -= group.steps.length;
    remove(group);
    if (login === undefined) others++;
    else found(login);
  }

  return {
    add(events) {
      const clock = now();
      for (const event of events) add(event, clock);
    },
    end() {
      for (let next = queue.pop(); next !== undefined; next = queue.pop()) close(next);
      return { others, early };
    },
  };
}

/** `clean`, which remembers the texts that came last: most come again, and are then kept once. */
function createTexts(): (value: unknown) => string {
  const known = new Map<unknown, string>();
  return (value) => {
    const found = known.get(value);
    if (found !== undefined) return found;
    if (known.size >= MAX_TEXTS) known.clear();
    const text = clean(value);
    if (typeof value === "string" && value.length < MAX_TEXT_LENGTH) known.set(value, text);
    return text;
  };
}

function idOf({ correlationId }: Event): string | undefined {
  return typeof correlationId === "string" && correlationId !== "" ? correlationId : undefined;
}
