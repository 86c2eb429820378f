/** The one place that speaks to people: standard error. No secret gets past it. */

import type { LiveLine, Progress } from "./live.ts";

/** What is said to people during a run. */
export interface Notes {
  /** A line that matters to whoever runs the client. */
  say(text: string): void;
  /** A line for `-v`. */
  debug(text: string): void;
  /** The text with every secret in it replaced. To be done before a text is cut, too. */
  hide(text: string): string;
  /** News for the live line, where there is one. */
  progress(news: Progress): void;
}

/**
 * Makes notes that write to standard error, or through the live line there, each line after the
 * program's name. Every form in which a secret could show up in a message is replaced by `***`.
 */
export function createNotes(
  options: { verbose: boolean; secrets: readonly string[]; live?: LiveLine | undefined },
  write: (text: string) => void = options.live?.write ?? writeToStandardError,
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
    progress: (news) => options.live?.progress(news),
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

/** Writes to standard error, whether or not anybody reads it. */
export function writeToStandardError(text: string): void {
  const bytes = new TextEncoder().encode(text);
  try {
    for (let at = 0; at < bytes.length;) at += Deno.stderr.writeSync(bytes.subarray(at));
  } catch {
    // Nobody reads standard error: that must not keep events from being delivered.
  }
}
