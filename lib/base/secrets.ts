/** In which forms could a secret show up in a text, and how is it hidden there? */

import { encodeBase64 } from "@std/encoding/base64";
import { encodeHex } from "@std/encoding/hex";
import { endOf, type Spelling, spellingOf, withoutInvisible } from "./spellings.ts";
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

/**
 * Starts without any. A secret is found as it is, in base64 and in hexadecimal digits, with or without its
 * key, and each of its characters also as JSON, URLs, HTML and JavaScript escape it, composed or taken
 * apart (Unicode), as UTF-8 that was read byte by byte, or with what nobody sees in between. It is not
 * found where it was escaped twice, cut without an ellipsis, reversed or enciphered.
 */
export function createSecrets(): Secrets {
  const forms = new Map<string, readonly Spelling[]>();
  /** What the forms can begin with: nearly all of a text is passed over by that. */
  const beginnings = new Set(["%", "\\", "&"]);

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

/** The forms in which a secret could show up, but for how their characters are written. */
function formsOf({ key, secret }: Credentials): Set<string> {
  const composed = (["NFC", "NFD", "NFKC", "NFKD"] as const).map((form) => secret.normalize(form));
  const plain = [secret, JSON.stringify(secret).slice(1, -1), ...composed];
  const encoded = [secret, `${key}:${secret}`].flatMap((text) => {
    const bytes = new TextEncoder().encode(text);
    const base64 = encodeBase64(bytes);
    const forUrls = base64.replaceAll("+", "-").replaceAll("/", "_");
    // The padding is often left out.
    const both = [base64, forUrls].flatMap((form) => [form, form.replace(/=+$/, "")]);
    return [...both, encodeHex(bytes), encodeHex(bytes).toUpperCase()];
  });
  // A text that was made fit for one line has fewer spaces.
  const inOneLine = plain.map((text) => oneLine(text, Infinity));
  const visible = plain.map((text) => withoutInvisible(text));
  return new Set([...plain, ...encoded, ...inOneLine, ...visible]);
}
