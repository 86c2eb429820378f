/** Which keys of an object have a meaning? Found by their bytes, in one look each. */

import { foldedHash, isKey } from "../events/keys.ts";
import type { Members } from "../events/members.ts";

/** A key to look for in an object: what it is called, and what to look for in an object there. */
export interface Wanted {
  readonly key: Uint8Array;
  readonly hash: number;
  readonly name?: string;
  readonly inner?: WantedKeys;
}
/** By the last bits of their hashes; as large as is needed for no two to stand at one place. */
export type WantedKeys = readonly (Wanted | undefined)[];

const encoder = new TextEncoder();

/** Keys by themselves. With `outer`, names that begin so and may go on in objects: `saml_idp` is "idp" in "saml", too. */
export function wantedKeys(names: readonly string[], outer?: string): Map<string, Wanted> {
  const keys = new Map<string, Wanted>();
  const add = (key: string, found: Pick<Wanted, "name" | "inner">) => {
    keys.set(key, { key: encoder.encode(key), hash: foldedHash(key), ...found });
  };
  for (const name of names) {
    if (outer !== undefined && !name.startsWith(outer)) continue;
    const key = name.slice(outer?.length);
    add(key, { name });
    if (outer === undefined) continue;
    for (const { index } of key.matchAll(/_/g)) {
      const prefix = key.slice(0, index);
      add(prefix, { inner: placed(wantedKeys(names, `${outer}${prefix}_`)) });
    }
  }
  return keys;
}

/** The same, to be looked in by `wantedAt`. */
export function placed(keys: ReadonlyMap<string, Wanted>): WantedKeys {
  for (let size = 16;; size *= 2) {
    const table = Array<Wanted | undefined>(size).fill(undefined);
    for (const wanted of keys.values()) table[wanted.hash & size - 1] = wanted;
    if (table.filter((wanted) => wanted !== undefined).length === keys.size) return table;
  }
}

/** The key among `keys` that stands in a place of `bytes`; undefined where it is none of them. */
export function wantedAt(
  bytes: Uint8Array,
  { offsets, hashes }: Members,
  index: number,
  keys: WantedKeys,
  how: "exact" | "folded",
): Wanted | undefined {
  const hash = hashes[index]!;
  const wanted = keys[hash & keys.length - 1];
  if (wanted === undefined || wanted.hash !== hash) return undefined;
  const at = 4 * index;
  return isKey(bytes, offsets[at]!, offsets[at + 1]!, wanted.key, how) ? wanted : undefined;
}
