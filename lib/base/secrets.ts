/** In which forms could a secret show up in a text, and how is it hidden there? */

import { encodeBase64 } from "@std/encoding/base64";
import { oneLine } from "./text.ts";

/** A key and its secret, for HTTP Basic authentication. */
export interface Credentials {
  readonly key: string;
  readonly secret: string;
}

/** The secrets that are known so far. */
export interface Secrets {
  /** From now on, the secret of these is hidden; an empty one is none. */
  add(credentials: Credentials): void;
  /**
   * The text with `***` where a secret stood, in any of its forms; also where a text was cut inside
   * one and an ellipsis stands for the rest.
   */
  hide(text: string): string;
}

/** Starts without any. */
export function createSecrets(): Secrets {
  const forms = new Set<string>();
  let pattern = /(?!)/gu;
  return {
    add(credentials) {
      if (credentials.secret === "") return;
      for (const form of formsOf(credentials)) forms.add(form);
      // The longest first: a form that contains another one has to be tried before it.
      const sorted = [...forms].filter(Boolean).sort((a, b) => b.length - a.length);
      pattern = new RegExp(sorted.map(patternOf).join("|"), "gu");
    },
    hide: (text) => text.replace(pattern, "***"),
  };
}

/** The forms in which a secret could show up, but for those that URLs give it. */
function formsOf({ key, secret }: Credentials): string[] {
  const escaped = JSON.stringify(secret).slice(1, -1);
  // The padding is often left out.
  const encoded = [secret, `${key}:${secret}`].map(encodeBase64);
  const plain = [secret, escaped, ...encoded, ...encoded.map((text) => text.replace(/=+$/, ""))];
  // A text that was made fit for one line has fewer spaces.
  return [...plain, ...plain.map((text) => oneLine(text, Infinity))];
}

/**
 * A pattern for a text, or for its first characters before an ellipsis. Each character may stand as it
 * is or URL-encoded: which ones are, with which digits, and whether a space is a plus differs from one
 * encoder to the next.
 */
function patternOf(text: string): string {
  const [first, ...others] = Array.from(text, (character) => {
    const bytes = Array.from(
      new TextEncoder().encode(character),
      (byte) => byte.toString(16).padStart(2, "0"),
    );
    const encoded = bytes.map((byte) =>
      `%${byte.replace(/[a-f]/g, (d) => `[${d}${d.toUpperCase()}]`)}`
    );
    return [
      `\\u{${character.codePointAt(0)!.toString(16)}}`,
      encoded.join(""),
      // Headers are read byte by byte, so a character of several bytes comes as several.
      bytes.map((byte) => `\\u{${byte}}`).join(""),
      ...(character === " " ? ["\\+"] : []),
    ].join("|");
  });
  return `(?:${first})${others.map((spelled) => `(?:${spelled}|(?=…))`).join("")}`;
}
