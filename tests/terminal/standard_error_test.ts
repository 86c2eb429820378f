/** What happens to messages that nobody reads? */

import { assert, assertEquals } from "@std/assert";
import { textQueue } from "../../lib/terminal/standard_error.ts";

/** A reader that takes nothing until it is told to. */
function sleepingReader() {
  const { promise: awake, resolve: wake } = Promise.withResolvers<void>();
  let read = "";
  const write = async (bytes: Uint8Array) => {
    await awake;
    read += new TextDecoder().decode(bytes);
    return bytes.length;
  };
  return { reader: { write }, wake, read: () => read };
}

Deno.test("texts come in their order, and flush() waits for the last", async () => {
  const { reader, wake, read } = sleepingReader();
  const queue = textQueue(reader);
  for (const text of ["a", "b", "c"]) queue.write(text);
  assertEquals(read(), "");
  wake();
  await queue.flush();
  assertEquals(read(), "abc");
});

Deno.test("flush() does not wait for ever", async () => {
  const { reader, wake, read } = sleepingReader();
  const queue = textQueue(reader);
  const written = queue.write("a");
  await queue.flush();
  assertEquals(read(), "");
  wake();
  await written;
});

Deno.test("what nobody reads is kept up to 1 MiB, and then it says how much is missing", async () => {
  const { reader, wake, read } = sleepingReader();
  const queue = textQueue(reader);
  const line = `${"x".repeat(1023)}\n`;
  for (let i = 0; i < 2000; i++) queue.write(line);
  wake();
  await queue.flush();
  queue.write("later\n");
  await queue.flush();
  const kept = read().split(line).length - 1;
  assert(kept > 1000 && kept <= 1024, `${kept} lines were kept`);
  assertEquals(read().slice(-50).split("\n").slice(-3), [
    `siem-client: ${2000 - kept} messages left out here`,
    "later",
    "",
  ]);
});

Deno.test("a reader that has gone does not keep events from being delivered", async () => {
  const queue = textQueue({ write: () => Promise.reject(new Deno.errors.BrokenPipe("gone")) });
  await queue.write("a");
  await queue.flush();
});
