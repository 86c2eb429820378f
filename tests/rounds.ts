/**
 * Runs so many real rounds of `--every` without waiting in between, and prints how many bytes the heap
 * holds after half of them and at the end. To be run with --v8-flags=--expose-gc.
 */

import { manyRounds } from "./many_rounds.ts";

const rounds = Number(Deno.args[0]);
await manyRounds(rounds, async (done) => {
  if (done !== rounds / 2 && done !== rounds) return;
  // What only the last round's promises hold is gone with the second.
  for (let i = 0; i < 2; i++) {
    (globalThis as unknown as { gc(): void }).gc();
    await new Promise((resolve) => setTimeout(resolve));
  }
  await Deno.stdout.write(new TextEncoder().encode(`${Deno.memoryUsage().heapUsed}\n`));
});
