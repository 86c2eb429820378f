/** How is SHA-256 made bit by bit, or without waiting? Web Crypto wants all bytes at once, and a wait for each. */

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
