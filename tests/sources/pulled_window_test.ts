/** How is a file brought into memory? A large event that comes in small pieces is looked at few times. */

import { assert, assertEquals } from "@std/assert";
import { createWindow } from "../../lib/sources/pulled_window.ts";

Deno.test("an event of 32 MiB out of a pipe is looked at a few times, not at each piece", async () => {
  let left = 32 * 1024 * 1024;
  const window = createWindow({
    read(buffer) {
      const count = Math.min(left, 4096, buffer.length);
      left -= count;
      return Promise.resolve(count === 0 ? null : count);
    },
  });
  let looks = 0;
  for (; !window.atEnd; looks++) await window.more();
  assertEquals(window.bytes.length, 32 * 1024 * 1024);
  // 64 KiB come piece by piece, then there is twice as much each time.
  assert(looks < 40, `${looks} looks`);
});
