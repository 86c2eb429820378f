/** What does the file of `--credentials` say? */

import type { SettingName } from "../base/environment.ts";
import { Failure } from "../base/errors.ts";
import { dirname } from "../base/files.ts";
import { describe, quoted } from "../base/text.ts";

/** The settings of a file, as the environment would give them. */
export type Settings = (name: SettingName) => string | undefined;

const MAX_BYTES = 64 * 1024;

/**
 * Reads a file of lines such as `API_KEY=value`, as systemd reads an EnvironmentFile: each value to the
 * end of its line, `#` included, and without quotes around it; the last line of a name counts. A line may
 * begin with `export`, as for a shell, and the file with a byte order mark, as on Windows.
 * (node:util has parseEnv only from Deno 2.5 on, and it cuts a value at `#`.)
 * Throws Failure (usage) where it cannot be read, or others can read it.
 */
export function readSettings(path: string): Settings {
  let text: string;
  try {
    text = textOf(readPrivately(path));
  } catch (error) {
    const why = error instanceof Unusable ? error.message : describe(error);
    const isMissing = error instanceof Deno.errors.NotFound;
    const remedy = isMissing ? "; make it, with the lines API_KEY=... and API_SECRET=..." : "";
    const message = `Cannot use --credentials ${quoted(path)}: ${why}${remedy}`;
    throw new Failure("usage", message, { cause: error });
  }
  return (name) => {
    const lines = [
      ...text.matchAll(new RegExp(`^[ \\t]*(?:export[ \\t]+)?${name}[ \\t]*=(.*)$`, "gm")),
    ];
    return lines.at(-1)?.[1]?.trim().replace(/^(["'])(.*)\1$/, "$2");
  };
}

/** Why a file is not used, apart from what the system says. */
class Unusable extends Error {}

/** The bytes of a file that nobody else can read. */
function readPrivately(path: string): Uint8Array {
  const { isFile, mode, gid, size } = Deno.statSync(path);
  if (!isFile) throw new Unusable("it is not a plain file");
  // Windows has no such modes, whatever it shows.
  if (Deno.build.os !== "windows" && mode !== null) {
    // systemd's LoadCredential= leaves a file that shows as readable by root's group.
    const others = mode & (gid === 0 ? 0o037 : 0o077);
    const isMounted = (mode & 0o222) === 0;
    if (others !== 0 && !(isMounted && isClosed(dirname(Deno.realPathSync(path))))) {
      // Nobody can change the mode of what is mounted so that it can only be read.
      throw new Unusable(
        isMounted
          ? "others can read it: mount it with mode 0400, or give only its owner access to its folder"
          : `others can read it: chmod 600 ${quoted(path)}`,
      );
    }
  }
  if (size > MAX_BYTES) throw new Unusable("it is too large to be one");
  return Deno.readFileSync(path);
}

/** Whether others have no access to a folder, and so to none of its files. */
function isClosed(folder: string): boolean {
  const { mode } = Deno.statSync(folder);
  return mode !== null && (mode & 0o077) === 0;
}

/** The text of a file in UTF-8, without its byte order mark. */
function textOf(bytes: Uint8Array): string {
  if (isUtf16(bytes)) throw new Unusable("it is UTF-16: save it as UTF-8");
  if (bytes.includes(0)) throw new Unusable("it is not text: a byte of it is 0");
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Unusable("it is not UTF-8: save it as UTF-8");
  }
}

/** By its byte order mark; without one, most units have a 0 in the same half. */
function isUtf16(bytes: Uint8Array): boolean {
  if (["255,254", "254,255"].includes(String(bytes.slice(0, 2)))) return true;
  const zeros = [0, 1].map((half) =>
    bytes.filter((byte, at) => byte === 0 && at % 2 === half).length
  );
  return Math.max(...zeros) > bytes.length / 4;
}
