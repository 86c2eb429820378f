/** The one place that speaks to people: standard error. No secret gets past it. */

/** What is said to people during a run. */
export interface Notes {
  /** A line that matters to whoever runs the client. */
  say(text: string): void;
  /** A line for `-v`. */
  debug(text: string): void;
}

/**
 * Makes notes that write to standard error, each line after the program's name. Every form in which
 * a secret could show up in a message is replaced by `***`.
 */
export function createNotes(
  options: { verbose: boolean; secrets: readonly string[] },
  write: (text: string) => void = writeToStandardError,
): Notes {
  // Longest first: a form that contains another one has to go before it.
  const hidden = options.secrets.filter((text) => text !== "").sort((a, b) => b.length - a.length);
  const say = (text: string) => {
    const clean = hidden.reduce((line, secret) => line.replaceAll(secret, "***"), text);
    write(`siem-client: ${clean}\n`);
  };
  return { say, debug: (text) => options.verbose ? say(text) : undefined };
}

function writeToStandardError(text: string): void {
  const bytes = new TextEncoder().encode(text);
  try {
    for (let at = 0; at < bytes.length;) at += Deno.stderr.writeSync(bytes.subarray(at));
  } catch {
    // Nobody reads standard error: that must not keep events from being delivered.
  }
}
