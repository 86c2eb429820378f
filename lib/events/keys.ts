/** Which key is that, and what does a string say? Told by bytes that `splitEvents` has checked. */

const BACKSLASH = 0x5c, SMALL_U = 0x75, SMALL_D = 0x64, SEVEN = 0x37;

const encoder = new TextEncoder();
/** A string may begin with U+FEFF, which is no byte order mark there. */
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Capital letters as small ones, and a dot as an underscore. */
export const FOLDED = Uint8Array.from({ length: 256 }, (_, byte) => {
  if (byte === 0x2e) return 0x5f;
  return byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
});

/** A number for a key, the same for keys that differ only in case or have a dot for an underscore. */
export function foldedHash(key: string): number {
  let hash = 0;
  for (const byte of encoder.encode(key)) hash = Math.imul(hash, 31) + FOLDED[byte]! | 0;
  return hash;
}

/** Whether the key whose bytes lie from `start` to `end` is another, to the letter or as it is folded. */
export function isKey(
  bytes: Uint8Array,
  start: number,
  end: number,
  key: Uint8Array,
  how: "exact" | "folded",
): boolean {
  if (end - start !== key.length) {
    // Escapes make a key longer.
    if (end - start < key.length || !hasEscape(bytes, start, end)) return false;
    const text = encoder.encode(stringText(bytes, start, end));
    return text.length === key.length && isKey(text, 0, text.length, key, how);
  }
  for (let i = 0; i < key.length; i++) {
    const one = bytes[start + i]!, other = key[i]!;
    if (one !== other && (how === "exact" || FOLDED[one] !== FOLDED[other])) return false;
  }
  return true;
}

/** Whether keys at two places are the same, however they are escaped. */
export function isSameKey(
  bytes: Uint8Array,
  start: number,
  end: number,
  otherStart: number,
  otherEnd: number,
): boolean {
  let at = start;
  if (otherEnd - otherStart === end - start) {
    while (at < end && bytes[at] === bytes[otherStart + at - start]) at++;
    if (at === end) return true;
  }
  if (!hasEscape(bytes, start, end) && !hasEscape(bytes, otherStart, otherEnd)) return false;
  return stringText(bytes, start, end) === stringText(bytes, otherStart, otherEnd);
}

/** Whether there is a backslash. */
function hasEscape(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (bytes[at] === BACKSLASH) return true;
  return false;
}

/** Whether there is an escape that may be half of a character: \uD800 to \uDFFF. */
export function hasHalf(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    if (bytes[at] === BACKSLASH && isHalf(bytes, ++at)) return true;
  }
  return false;
}

/** Whether what follows a backslash makes half of a character. */
export function isHalf(bytes: Uint8Array, at: number): boolean {
  return bytes[at] === SMALL_U && (bytes[at + 1]! | 0x20) === SMALL_D && bytes[at + 2]! > SEVEN;
}

/** The text of a string token whose bytes lie from `start` to `end`; a lone surrogate in it is U+FFFD. */
export function stringText(bytes: Uint8Array, start: number, end: number): string {
  const text = decoder.decode(bytes.subarray(start, end));
  return text.includes("\\") ? JSON.parse(`"${text}"`).toWellFormed() : text;
}
