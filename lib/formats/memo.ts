/** What was found out about a text before? Told by its bytes, since reading them anew takes longer. */

/** So many texts are kept, unless it is said; then it begins anew. */
const MAX_TEXTS = 2000;
const MAX_TEXT_BYTES = 200;

/** Says something about bytes from `start` to `end`. */
type Find<Found> = (bytes: Uint8Array, start: number, end: number) => Found;

/** Makes a function that says what `find` says, and asks it once for the same bytes. */
export function createMemo<Found>(find: Find<Found>, maxTexts: number = MAX_TEXTS): Find<Found> {
  const known = new Map<number, { readonly bytes: Uint8Array; readonly found: Found }>();
  return (bytes, start, end) => {
    let hash = end - start;
    if (hash > MAX_TEXT_BYTES) return find(bytes, start, end);
    for (let at = start; at < end; at++) hash = Math.imul(hash, 31) + bytes[at]! | 0;
    const last = known.get(hash);
    if (last !== undefined && isSame(last.bytes, bytes, start, end)) return last.found;
    const found = find(bytes, start, end);
    if (known.size >= maxTexts) known.clear();
    known.set(hash, { bytes: bytes.slice(start, end), found });
    return found;
  };
}

function isSame(known: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (known.length !== end - start) return false;
  for (let i = 0; i < known.length; i++) if (known[i] !== bytes[start + i]) return false;
  return true;
}
