/**
 * Where does a JSON token end? As strict as `JSON.parse` over strict UTF-8, on bytes: all that JSON
 * gives a meaning to is ASCII. Each function throws SyntaxError where there is no such token.
 */

const QUOTE = 0x22, BACKSLASH = 0x5c, MINUS = 0x2d, PLUS = 0x2b, POINT = 0x2e;
const ZERO = 0x30, NINE = 0x39, LARGE_E = 0x45, SMALL_E = 0x65, SMALL_U = 0x75;

/** Bytes that mean themselves within a string: ASCII, but for controls, quote and backslash. */
const PLAIN = new Uint8Array(256).fill(1, 0x20, 0x80);
PLAIN[QUOTE] = PLAIN[BACKSLASH] = 0;

/** What may follow a backslash. */
const ESCAPES = new Set([...'"\\/bfnrtu'].map((letter) => letter.charCodeAt(0)));

/** By first byte. */
const WORDS = new Map(["true", "false", "null"].map((word) => [word.charCodeAt(0), word]));

/** The offset after the string that begins at `start`. */
export function afterString(bytes: Uint8Array, start: number): number {
  // Apart from the loop below, since V8 makes slower code of this one beside calls.
  const at = afterPlain(bytes, start + 1);
  return bytes[at] === QUOTE ? at + 1 : afterRest(bytes, at);
}

function afterRest(bytes: Uint8Array, start: number): number {
  let at = start;
  while (bytes[at] !== QUOTE) {
    at = bytes[at] === BACKSLASH ? afterEscape(bytes, at) : afterCharacter(bytes, at);
    at = afterPlain(bytes, at);
  }
  return at + 1;
}

/** The offset of the first byte from `start` on that does not stand for itself in a string. */
export function afterPlain(bytes: Uint8Array, start: number): number {
  let at = start;
  while (PLAIN[bytes[at]!] === 1) at++;
  return at;
}

/** The offset after the number, `true`, `false` or `null` that begins at `start`. */
export function afterBare(bytes: Uint8Array, start: number): number {
  const word = WORDS.get(bytes[start]!);
  if (word === undefined) return afterNumber(bytes, start);
  for (let i = 1; i < word.length; i++) {
    if (bytes[start + i] !== word.charCodeAt(i)) throw new SyntaxError("not a value");
  }
  return start + word.length;
}

function afterNumber(bytes: Uint8Array, start: number): number {
  let at = bytes[start] === MINUS ? start + 1 : start;
  at = bytes[at] === ZERO ? at + 1 : afterDigits(bytes, at);
  if (bytes[at] === POINT) at = afterDigits(bytes, at + 1);
  if (bytes[at] !== SMALL_E && bytes[at] !== LARGE_E) return at;
  at++;
  return afterDigits(bytes, bytes[at] === PLUS || bytes[at] === MINUS ? at + 1 : at);
}

function afterDigits(bytes: Uint8Array, start: number): number {
  let at = start;
  while (isDigit(bytes[at]!)) at++;
  if (at === start) throw new SyntaxError("not a value");
  return at;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

function afterEscape(bytes: Uint8Array, start: number): number {
  const letter = bytes[start + 1]!;
  if (!ESCAPES.has(letter)) throw new SyntaxError("not an escape");
  if (letter !== SMALL_U) return start + 2;
  for (let at = start + 2; at < start + 6; at++) {
    const byte = bytes[at]!;
    const isHex = isDigit(byte) || (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66;
    if (!isHex) throw new SyntaxError("not an escape");
  }
  return start + 6;
}

/** What is allowed is from RFC 3629, section 4: no surrogates, nothing longer than it has to be. */
function afterCharacter(bytes: Uint8Array, start: number): number {
  const lead = bytes[start]!;
  if (!(lead >= 0xc2 && lead <= 0xf4)) throw new SyntaxError("not UTF-8, or a control character");
  const end = start + (lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4);
  const second = bytes[start + 1]!;
  const lowest = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const highest = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (!(second >= lowest && second <= highest)) throw new SyntaxError("not UTF-8");
  for (let at = start + 2; at < end; at++) {
    if ((bytes[at]! & 0xc0) !== 0x80) throw new SyntaxError("not UTF-8");
  }
  return end;
}
