/** How do logins look to a person? `--format logins`: one line each, however many events it took. */

import { plural } from "../base/text.ts";
import { parsed } from "../events/events.ts";
import type { Login } from "../events/login.ts";
import { createLogins } from "../events/logins.ts";
import { localTime } from "../terminal/local_time.ts";
import { cellsOf, truncate } from "../terminal/width.ts";
import { coloured, columnsFor, lineOf, shortSpan, type Widths } from "./columns.ts";
import type { Layout, LayoutOptions } from "./layout.ts";
import { timeTitle } from "./table.ts";

type Column =
  | "began"
  | "clock"
  | "took"
  | "user"
  | "application"
  | "provider"
  | "address"
  | "steps"
  | "ended";

const TITLES: Readonly<Record<Exclude<Column, "began" | "clock">, string>> = {
  took: "Took",
  user: "User",
  application: "Application",
  provider: "Identity provider",
  address: "Client address",
  steps: "Steps",
  ended: "Ended",
};

/** As in a table; how it ended gets what is left, and stays to the last. */
const WIDTHS: Widths<Column> = [
  [
    180,
    { began: 19, took: 6, user: 26, application: 32, provider: 28, address: 25, steps: 24 },
  ],
  [
    146,
    { began: 19, took: 6, user: 24, application: 24, provider: 20, address: 15, steps: 18 },
  ],
  [118, { began: 19, took: 6, user: 22, application: 22, address: 15, steps: 17 }],
  [100, { began: 19, took: 6, user: 22, application: 20, steps: 17 }],
  [80, { began: 19, took: 6, user: 20, application: 20 }],
  [58, { clock: 8, user: 18, application: 18 }],
  [40, { clock: 8, user: 18 }],
  [0, { user: 8 }],
];

/** Makes the layout of a search; what is left is said at its end. */
export function createLoginsLayout(
  { screen, say, onLogin = () => {} }: LayoutOptions,
): Layout {
  const table = createLoginTable({ width: screen.columns(), colour: screen.colour });
  const encoder = new TextEncoder();
  let lines = "";
  const logins = createLogins((login) => {
    lines += table(login);
    onLogin(login);
  });
  const take = () => {
    const bytes = encoder.encode(lines);
    lines = "";
    return bytes;
  };
  return Object.assign(
    ({ events }: Parameters<Layout>[0]) => {
      logins.add(parsed(events));
      return take();
    },
    {
      end() {
        const { others, early } = logins.end();
        if (others > 0) {
          say(`Left out ${plural(others, "group")} of events that are no login, such as mails`);
        }
        if (early > 0) {
          say(
            `Ended ${
              plural(early, "login")
            } before their time, since too many were open at once: ` +
              "such a login may be in several lines",
          );
        }
        return take();
      },
    },
  );
}

/** Makes a function from a login to its line, the first time with a heading before it. */
export function createLoginTable(
  options: { width: number; colour: boolean; zone?: string },
): (login: Login) => string {
  const width = Math.max(1, Math.trunc(options.width));
  const time = localTime(options.zone);
  const columns = columnsFor<Column>(WIDTHS, width, "ended");
  let heading: string | undefined;
  return (login) => {
    const row = lineOf(columns, width, (column, width) => {
      if (column === "began") return time.format(login.from);
      if (column === "clock") return time.format(login.from).replace(/^.* /, "");
      return cellOf(login, column, width);
    });
    const line = `${coloured(row, options.colour ? COLOURS[login.end] : undefined)}\n`;
    if (heading !== undefined) return line;
    const from = Number.isNaN(login.from) ? Date.now() : login.from;
    heading = lineOf(
      columns,
      width,
      (column, width) =>
        column === "began" || column === "clock" ? timeTitle(width, time, from) : TITLES[column],
    );
    return `${heading}\n${line}`;
  };
}

const COLOURS = { succeeded: undefined, failed: "red", "no success": "yellow" } as const;

function cellOf(login: Login, column: keyof typeof TITLES, width: number): string {
  switch (column) {
    case "took":
      return Number.isNaN(login.from) ? "" : shortSpan(login.to - login.from);
    case "user":
      return login.user ?? "";
    case "application":
      return application(login, width);
    case "provider":
      return place(login.identityProvider);
    case "address":
      return login.address ?? "";
    case "steps":
      return stepsText(login.steps.slice(0, width));
    case "ended":
      return login.reason === undefined ? login.end : `${login.end}: ${login.reason}`;
  }
}

/** The first application, and how many more: `wiki.example.edu +2`. */
function application({ application, moreApplications }: Login, width: number): string {
  if (moreApplications === 0) return place(application);
  const more = ` +${moreApplications}`;
  return truncate(place(application), width - cellsOf(more)) + more;
}

/** An address of an application or identity provider, from its host on: there is little room. */
function place(text: string | undefined): string {
  return text?.replace(/^https?:\/\//i, "") ?? "";
}

/** `request x2 > success`. */
function stepsText(steps: readonly string[]): string {
  const runs: { name: string; count: number }[] = [];
  for (const name of steps) {
    const last = runs.at(-1);
    if (last?.name === name) last.count++;
    else runs.push({ name, count: 1 });
  }
  return runs.map(({ name, count }) => count === 1 ? name : `${name} x${count}`).join(" > ");
}
