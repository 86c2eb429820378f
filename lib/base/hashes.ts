/**
 * How is SHA-256 made? By Web Crypto of bytes that are all there; bit by bit, or without waiting, by Node's
 * module, which takes long to load.
 */

/** SHA-256 over bytes; they are copied at once. */
export async function sha256(bytes: Uint8Array): Promise<Uint8Array> {
  // The type says that this memory is shared with no other thread, which the bytes' own type does not.
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>));
}

/** Not written where it is imported: Deno 2.4 would look for the module's types in deno.lock. */
const NODE_CRYPTO = "node:crypto";

/** What is used of Node's module. */
interface NodeCrypto {
  createHash(algorithm: "sha256"): Hash;
}

/** A digest that is made bit by bit. */
export interface Hash {
  update(bytes: Uint8Array): Hash;
  copy(): Hash;
  digest(encoding: "hex"): string;
}

/** Loads what makes SHA-256 digests: it takes as long as all the rest, and is for runs that need many. */
export async function loadHashes(): Promise<() => Hash> {
  const { createHash }: NodeCrypto = await import(NODE_CRYPTO);
  return () => createHash("sha256");
}
