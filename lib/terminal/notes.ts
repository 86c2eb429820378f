/** The one place that speaks to people: standard error. No secret gets past it. */

import { writeAll } from "../base/files.ts";
import type { LiveLine, Progress } from "./live_line.ts";

/** What is said to people during a run. */
export interface Notes {
  /** A line that matters to whoever runs the client. */
  say(text: string): void;
  /** A line for `-v`. */
  debug(text: string): void;
  /** The text with every secret in it replaced. To be done before a text is cut, too. */
  hide(text: string): string;
  /** News for the live line, where there is one; resolves when it is in the state that follows. */
  progress(news: Progress): Promise<void>;
}

/**
 * Makes notes that write to standard error, or through the live line there, each line after the
 * program's name. Every form in which a secret could show up in a message is replaced by `***`.
 */
export function createNotes(
  options: { verbose: boolean; secrets: readonly string[]; live?: LiveLine | undefined },
  write: (text: string) => unknown = options.live?.write ?? writeToStandardError,
): Notes {
  // Longest first: a form that contains another one has to go before it.
  const hidden = options.secrets.filter((text) => text !== "").sort((a, b) => b.length - a.length);
  const pattern = new RegExp(hidden.map(spellings).join("|") || "(?!)", "gu");
  const hide = (text: string) => text.replace(pattern, "***");
  const say = (text: string) => write(`siem-client: ${hide(text)}\n`);
  return {
    say,
    debug: (text) => options.verbose ? say(text) : undefined,
    hide,
    progress: (news) => options.live?.progress(news) ?? Promise.resolve(),
  };
}

/**
 * A pattern for a text as it stands and URL-encoded in every way: which characters are encoded, with
 * which digits, and whether a space is a plus differs from one encoder to the next.
 */
function spellings(text: string): string {
  return Array.from(text, (character) => {
    const bytes = Array.from(
      new TextEncoder().encode(character),
      (byte) => byte.toString(16).padStart(2, "0"),
    );
    const encoded = bytes.map((byte) =>
      `%${byte.replace(/[a-f]/g, (d) => `[${d}${d.toUpperCase()}]`)}`
    );
    // Headers are read byte by byte, so a character of several bytes comes as several.
    const forms = [
      `\\u{${character.codePointAt(0)!.toString(16)}}`,
      encoded.join(""),
      bytes.map((byte) => `\\u{${byte}}`).join(""),
    ];
    return `(?:${forms.join("|")}${character === " " ? "|\\+" : ""})`;
  }).join("");
}

const LONGEST_WAIT = 1000;
let written: Promise<void> = Promise.resolve();

/**
 * Writes to standard error after what was written before; resolves when that is done or has failed.
 * Not synchronously: where nobody reads standard error, that would stop the run and its signals.
 */
export function writeToStandardError(text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  // A failure must not keep events from being delivered.
  written = written.then(() => writeAll(Deno.stderr, bytes)).catch(() => {});
  return written;
}

/** Resolves when all that was said is written, or does not seem to be read. */
export function allSaid(): Promise<void> {
  const tooLong = new Promise<void>((resolve) => setTimeout(resolve, LONGEST_WAIT));
  return Promise.race([written, tooLong]);
}
