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
  const forms = new Map<string, readonly Spelling[]>();
  /** What the forms can begin with: nearly all of a text is passed over by that. */
  const beginnings = new Set(["%"]);

  function* ends(text: string, start: number): Generator<number> {
    if (!beginnings.has(text[start]!)) return;
    for (const form of forms.values()) yield endOf(form, text, start);
  }
  return {
    add(credentials) {
      if (credentials.secret === "") return;
      for (const form of formsOf(credentials)) {
        if (form === "") continue;
        const spellings = Array.from(form, spellingOf);
        forms.set(form, spellings);
        for (const spelled of spellings[0]!.plain) beginnings.add(spelled[0]!);
      }
    },
    hide(text) {
      let hidden = "";
      let kept = 0;
      for (let at = 0; at < text.length;) {
        const end = Math.max(at, ...ends(text, at));
        if (end > at) {
          hidden += `${text.slice(kept, at)}***`;
          kept = end;
        }
        at = Math.max(end, at + 1);
      }
      return hidden + text.slice(kept);
    },
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

/** How a character may stand in a text. */
interface Spelling {
  readonly plain: readonly string[];
  /** URL-encoded, with small digits; which characters are encoded differs from one encoder to the next. */
  readonly encoded: string;
}

function spellingOf(character: string): Spelling {
  const bytes = Array.from(new TextEncoder().encode(character));
  return {
    // Headers are read byte by byte, so a character of several bytes comes as several.
    plain: [character, String.fromCharCode(...bytes), ...(character === " " ? ["+"] : [])],
    encoded: bytes.map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join(""),
  };
}

/**
 * Where a form that begins at `start` ends; before the ellipsis where the text was cut inside it; at
 * `start` where it does not stand there. (Not a regular expression: V8 refuses one for a long secret, in
 * a message that holds it.)
 */
function endOf(form: readonly Spelling[], text: string, start: number): number {
  let ends = [start];
  for (const { plain, encoded } of form) {
    const next = new Set<number>();
    let cut = start;
    for (const at of ends) {
      const lower = text[at] === "%" ? text.slice(at, at + encoded.length).toLowerCase() : "";
      for (const spelled of new Set([...plain, encoded])) {
        const found = spelled === encoded ? lower : text.slice(at, at + spelled.length);
        if (found === spelled) next.add(at + spelled.length);
        const shown = found.indexOf(ELLIPSIS);
        if (shown >= 0 && spelled.startsWith(found.slice(0, shown))) cut = at + shown;
      }
      if (text[at] === ELLIPSIS) cut = at;
    }
    if (next.size === 0) return cut;
    ends = [...next];
  }
  return Math.max(...ends);
}

const ELLIPSIS = "…";
