/** Chance that can be repeated: one seed for a whole test run, named in the names of the tests. */

/** Given by SIEM_CLIENT_SEED to repeat a run, else new each time. */
export const SEED = Number(Deno.env.get("SIEM_CLIENT_SEED") ?? Math.floor(Math.random() * 2 ** 32));

/** Whole numbers from 0 up to but not including `below`, the same for the same seed. */
export function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let bits = Math.imul(state ^ state >>> 15, state | 1);
    bits ^= bits + Math.imul(bits ^ bits >>> 7, bits | 61);
    return ((bits ^ bits >>> 14) >>> 0) % below;
  };
}
