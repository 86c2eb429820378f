/** How is the status written: in JSON, for people, and for Prometheus? */

import { printable, printableJson } from "./base/text.ts";
import { DAY, instantAt, spanText } from "./base/time.ts";
import type { Position } from "./position/position.ts";
import type { ReceiptsReach } from "./receipts_reach.ts";
import { localTime } from "./terminal/local_time.ts";

/** What is known of a stream. Spans are in milliseconds, moments in milliseconds since 1970. */
export interface Status {
  /** Path of the position file. */
  readonly path: string;
  readonly isFound: boolean;
  /** Undefined where there is none, or it is the published client's. */
  readonly position: Position | undefined;
  /** The time in the cursor. */
  readonly cursor: number | undefined;
  /** Up to when everything that had reached the log has been delivered. */
  readonly reached: number | undefined;
  /** How long ago that was; undefined where it is not known. */
  readonly lag: number | undefined;
  /** Until the service deletes the events at the position. */
  readonly retentionLeft: number | undefined;
  /** Undefined where they are not asked about. */
  readonly receipts: ReceiptsReach | undefined;
  /** Whether a run has got an answer since the stream was begun. */
  readonly isBegun: boolean;
}

/** One line of JSON. Its names are promised (docs/operate.md). */
export function jsonStatus(
  { path, isFound, position, cursor, reached, lag, retentionLeft, receipts }: Status,
): string {
  const report = {
    position: path,
    found: isFound,
    api: position?.api ?? null,
    address: position?.address ?? null,
    organisation: position?.organisation ?? null,
    saved: position?.saved ?? null,
    caughtUp: position?.caughtUp ?? null,
    lastEvent: position?.lastEvent ?? null,
    cursorTime: timeOrNull(cursor),
    reached: timeOrNull(reached),
    lagSeconds: lag === undefined ? null : Math.round(lag / 1000),
    retentionDaysLeft: retentionLeft === undefined ? null : daysOf(retentionLeft),
    ...(receipts && {
      receipts: receipts.path,
      receiptsSince: timeOrNull(receipts.since),
      receiptsHead: receipts.head ?? null,
      receiptsRefused: receipts.refusal ?? null,
    }),
  };
  return `${printableJson(report)}\n`;
}

/** Days, cut to tenths. */
function daysOf(ms: number): number {
  return Math.floor(ms / DAY * 10) / 10;
}

function timeOrNull(ms: number | undefined): string | null {
  return ms === undefined ? null : instantAt(ms)?.text ?? null;
}

const API_NAMES = { log: "Log API v1", siem: "SIEM API" };
const TITLE_WIDTH = 12;

/**
 * A few lines for people, with times in this host's zone. `exceeded` is the span that the stream was not
 * to be further behind than, where it is.
 */
export function peopleStatus(
  { path, isFound, position, reached, lag, retentionLeft, receipts }: Status,
  now: number,
  exceeded: number | undefined,
): string {
  const time = localTime();
  const at = (ms: number | undefined) => {
    if (ms === undefined || Number.isNaN(ms)) return "not known";
    const place = time.zone === "UTC" ? "UTC" : time.offset(ms);
    return `${time.format(ms)} ${place}, ${
      ms > now ? "ahead of this host's clock" : ago(now - ms)
    }`;
  };
  const rows: [title: string, text: string][] = [["Position", path]];
  if (!isFound) {
    rows.push(["", "is not there: no run with -c has saved one yet, or the path is wrong"]);
  } else if (position === undefined) {
    rows.push(["", "is of the published client, and does not say how far it is"]);
  } else {
    rows.push(["Stream", `${API_NAMES[position.api]}, ${position.address}`]);
    if (position.organisation !== null) rows.push(["", position.organisation]);
    rows.push(["Delivered", reached === undefined ? "not known" : `all up to ${at(reached)}`]);
    rows.push(["Last event", at(Date.parse(position.lastEvent ?? ""))]);
    const end = position.caughtUp === true
      ? "no events were left"
      : position.caughtUp === false
      ? "events were left"
      : "";
    rows.push(["Last saved", [at(Date.parse(position.saved)), end].filter(Boolean).join("; ")]);
    if (retentionLeft !== undefined) rows.push(["Time left", timeLeft(retentionLeft)]);
  }
  if (receipts !== undefined) {
    const { since, refusal } = receipts;
    const reach = since === undefined ? "none yet" : `from ${at(since)} on`;
    rows.push(["Receipts", refusal === undefined ? reach : refusal]);
  }
  if (exceeded !== undefined) {
    const behind = lag === undefined
      ? "how far it is behind is not known"
      : `${spanText(lag)} behind`;
    rows.push(["TOO LATE", `${behind}; at most ${spanText(exceeded)} is asked for`]);
  }
  return rows.map(([title, text]) => `${title.padEnd(TITLE_WIDTH)}${printable(text)}\n`).join("");
}

function timeLeft(ms: number): string {
  return ms < 0
    ? "none: the service may have deleted events that were not pulled"
    : `the service deletes the next events in ${daysOf(ms)} days`;
}

function ago(ms: number): string {
  return `${spanText(ms)} ago`;
}

/**
 * The text format of Prometheus (its documentation, "Exposition formats"), version 0.0.4, all gauges. What
 * is not known is left out.
 */
export function prometheusStatus(status: Status): string {
  const label = `position="${escaped(status.path)}"`;
  return gaugesOf(status).map(([name, help, value]) => {
    if (value === undefined || Number.isNaN(value)) return "";
    const sample = value === Infinity ? "+Inf" : `${value}`;
    return `# HELP siem_client_${name} ${help}\n# TYPE siem_client_${name} gauge\n` +
      `siem_client_${name}{${label}} ${sample}\n`;
  }).join("");
}

/** The lag is endless where it is not known, so that whoever watches it is told. */
function gaugesOf(
  { isFound, position, reached, lag, retentionLeft, receipts, isBegun }: Status,
): [name: string, help: string, value: number | undefined][] {
  const seconds = (ms: number | undefined) => ms === undefined ? undefined : Math.round(ms / 1000);
  const secondsOf = (text: string | undefined) => seconds(Date.parse(text ?? ""));
  const isCaughtUp = position?.caughtUp;
  return [
    ["position_found", "Whether there is a position.", isFound ? 1 : 0],
    [
      "lag_seconds",
      "How long ago everything that had reached the log was delivered; +Inf where that is not known.",
      seconds(lag) ?? Infinity,
    ],
    [
      "last_success_timestamp_seconds",
      "When a run last had an answer and saved the position, with new events or without.",
      isBegun ? secondsOf(position?.saved) : undefined,
    ],
    [
      "caught_up",
      "Whether that run got all that there was.",
      isCaughtUp === undefined ? undefined : Number(isCaughtUp),
    ],
    [
      "reached_timestamp_seconds",
      "Up to when everything that had reached the log has been delivered.",
      seconds(reached),
    ],
    [
      "last_event_timestamp_seconds",
      "When the last event before the position happened.",
      secondsOf(position?.lastEvent),
    ],
    [
      "retention_left_seconds",
      "Time until the service deletes the events at the position.",
      seconds(retentionLeft),
    ],
    [
      "receipts_since_timestamp_seconds",
      "When the first event happened that the receipts tell of.",
      seconds(receipts?.since),
    ],
    [
      "receipts_fit",
      "Whether a run would go on with the receipts.",
      receipts && Number(receipts.refusal === undefined),
    ],
  ];
}

/** The value of a label. */
function escaped(text: string): string {
  return printable(text).replaceAll("\\", "\\\\").replaceAll('"', '\\"');
}
