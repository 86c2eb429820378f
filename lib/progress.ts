/** How far has this run come, and what of that is saved? */

import type { Options } from "./cli/options.ts";
import type { Position } from "./position/position.ts";
import type { PositionFile } from "./position/position_file.ts";
import type { Notes } from "./terminal/notes.ts";

/** The position as it becomes while a run goes on. */
export interface Progress {
  position(): Position;
  /** Whether this run has saved it, or with `-x` would have. */
  isSaved(): boolean;
  /** Changes it; it is saved with the next change that is. */
  set(changes: Partial<Position>): void;
  /** Changes it, and saves it; with `-x` it is not saved. Throws Failure (position). */
  save(changes: Partial<Position>): Promise<void>;
}

/** Makes it from the position that a run begins with. */
export function createProgress(
  file: PositionFile,
  first: Position,
  { position: path, output, once }: Options,
  notes: Notes,
): Progress {
  let position = first;
  let isSaved = false;
  const set = (changes: Partial<Position>) => position = { ...position, ...changes };
  return {
    position: () => position,
    isSaved: () => isSaved,
    set,
    async save(changes) {
      set(changes);
      const isRedirected = output === undefined && position.output !== undefined;
      set({ redirected: isRedirected || undefined });
      if (!once) await file.save(position);
      isSaved = true;
      if (!once && changes.cursor !== undefined) notes.debug(`saved ${changes.cursor} to ${path}`);
    },
  };
}
