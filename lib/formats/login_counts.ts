/** How many logins were there, and how many of them succeeded? A part of `--summary`. */

import { clean, plural } from "../base/text.ts";
import type { Login } from "../events/login.ts";
import { cellsOf, pad, truncatePath } from "../terminal/width.ts";
import { createTally, percent, type Tally } from "./tally.ts";

/** Counts of logins in the making. */
export interface LoginCounts {
  add(login: Login): void;
  /** No lines where there were no logins. */
  lines(options: Room): string[];
}

/** How many cells a line may have, and what is used on names before they are cut. */
interface Room {
  readonly width: number;
  readonly hide: (text: string) => string;
}

const MAX_ROWS = 10;
const MAX_NAME_LENGTH = 120;
const TITLES = ["Logins", "Succeeded", "Without"];
const DIGITS = 9;

/** Makes counts of logins, by application and by identity provider; in bounded memory. */
export function createLoginCounts(): LoginCounts {
  const ends = { succeeded: 0, failed: 0, "no success": 0 };
  const applications = createCounts("Application");
  const providers = createCounts("Identity provider");
  return {
    add({ end, application, identityProvider }) {
      ends[end]++;
      applications.add(application, end === "succeeded");
      providers.add(identityProvider, end === "succeeded");
    },
    lines(options) {
      const { succeeded, failed } = ends;
      const all = succeeded + failed + ends["no success"];
      if (all === 0) return [];
      return [
        "",
        `${plural(all, "login")}: ${succeeded} succeeded (${percent(succeeded, all)}), ` +
        `${failed} failed, ${ends["no success"]} without success`,
        ...applications.lines(options),
        ...providers.lines(options),
      ];
    },
  };
}

function createCounts(title: string) {
  const all: Tally = createTally();
  const succeeded: Tally = createTally();
  return {
    add(name: string | undefined, success: boolean): void {
      const key = clean(name, MAX_NAME_LENGTH) || "(not said)";
      all.add(key);
      if (success) succeeded.add(key);
    },
    lines({ width, hide }: Room): string[] {
      const { rows, others } = all.top(MAX_ROWS);
      const named = rows.map(([key, count]) => {
        const successes = Math.min(count, succeeded.count(key));
        return [hide(key), count, successes, count - successes] as const;
      });
      const longest = Math.max(...[title, ...named.map(([name]) => name)].map(cellsOf));
      const room = Math.max(1, Math.min(longest, width - TITLES.length * (DIGITS + 1)));
      const line = (name: string, numbers: readonly (string | number)[]) =>
        [pad(truncatePath(name, room), room), ...numbers.map((one) => `${one}`.padStart(DIGITS))]
          .join(" ");
      const lines = named.map(([name, ...numbers]) => line(name, numbers));
      return ["", line(title, TITLES), ...lines, ...(others === "" ? [] : [others])];
    },
  };
}
