/** Notes that keep what they were told. */

import { createNotes, type Notes } from "../lib/terminal/notes.ts";

/** Notes for a test, and the lines that were said to them. */
export function collectedNotes({ verbose = false, secrets = [] as readonly string[] } = {}): {
  notes: Notes;
  said: string[];
} {
  const said: string[] = [];
  const write = (text: string) => Promise.resolve(void said.push(text));
  const notes = createNotes({ write, flush: () => Promise.resolve() });
  for (const secret of secrets) notes.addSecret({ key: "", secret });
  notes.start({ verbose });
  return { notes, said };
}
