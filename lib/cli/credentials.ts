/** With which key and secret? From the command line, a private file, or the environment. */

import type { Environment } from "../base/environment.ts";
import { Failure, usageFailure } from "../base/errors.ts";
import type { Credentials } from "../base/secrets.ts";
import { describe, quoted } from "../base/text.ts";

/** Either the credentials, or the path of the file that holds them. */
export type CredentialsSource = Credentials | { readonly file: string };

/**
 * Where the credentials come from: both options, else the file, else option by option what the
 * command line does not say from the environment, as the published client does.
 * Throws Failure (usage) where one is missing, or half of a pair would meet half of another.
 */
export function credentialsSource(
  keyOption: string | undefined,
  secretOption: string | undefined,
  file: string | undefined,
  env: Environment,
): CredentialsSource {
  if (file !== undefined && !(keyOption && secretOption)) {
    if (!keyOption && !secretOption) return { file };
    const [half, other] = keyOption ? ["--apikey", "--apisecret"] : ["--apisecret", "--apikey"];
    throw usageFailure(`Cannot use ${half} with --credentials: add ${other}, or leave it out`);
  }
  return whole(keyOption || env("API_KEY"), secretOption || env("API_SECRET"), {
    key: "no --apikey, and no API_KEY in the environment (or name a file with --credentials)",
    secret:
      "no --apisecret, and no API_SECRET in the environment (or name a file with --credentials)",
  });
}

/**
 * Reads a file of `API_KEY=` and `API_SECRET=` lines.
 * Throws Failure (usage) where it cannot be read, lacks one, or others can read it.
 */
export async function readCredentials(path: string): Promise<Credentials> {
  const bad = (why: string, cause?: unknown) =>
    new Failure("usage", `Cannot use --credentials ${quoted(path)}: ${why}`, { cause });
  let text: string;
  try {
    const { isFile, mode, gid, size } = await Deno.stat(path);
    if (!isFile) throw bad("it is not a plain file");
    // systemd's LoadCredential= leaves a file that shows as readable by root's group.
    const others = gid === 0 ? 0o037 : 0o077;
    // Windows has no such modes, whatever it shows.
    if (Deno.build.os !== "windows" && ((mode ?? 0) & others) !== 0) {
      throw bad(`others can read it: chmod 600 ${quoted(path)}`);
    }
    if (size > LARGEST_FILE) throw bad("it is too large to be one");
    text = await Deno.readTextFile(path);
  } catch (error) {
    throw error instanceof Failure ? error : bad(describe(error), error);
  }
  return whole(valueOf(text, "API_KEY"), valueOf(text, "API_SECRET"), {
    key: `no API_KEY= line in ${quoted(path)}`,
    secret: `no API_SECRET= line in ${quoted(path)}`,
  });
}

const LARGEST_FILE = 64 * 1024;

/**
 * The value of the last line `NAME=value`, as systemd reads an EnvironmentFile: to the end of the line,
 * `#` included, and without quotes around it. Windows may begin the file with a byte order mark.
 * (node:util has parseEnv only from Deno 2.5 on, and it cuts a value at `#`.)
 */
function valueOf(text: string, name: string): string | undefined {
  const lines = [...text.matchAll(new RegExp(`^\\uFEFF?[ \\t]*${name}[ \\t]*=(.*)$`, "gm"))];
  return lines.at(-1)?.[1]?.trim().replace(/^(["'])(.*)\1$/, "$2");
}

/** A whole pair that HTTP Basic (RFC 7617) can send. An empty one counts as missing. */
function whole(
  key: string | undefined,
  secret: string | undefined,
  missing: Credentials,
): Credentials {
  if (!key) throw usageFailure(`Cannot sign in: ${missing.key}`);
  if (!secret) throw usageFailure(`Cannot sign in: ${missing.secret}`);
  if (key.includes(":")) throw usageFailure("Cannot sign in: the API key has a colon in it");
  if (/\p{Cc}/u.test(key + secret)) {
    const why = "a line break or another control character is in the API key or secret";
    throw usageFailure(`Cannot sign in: ${why}`);
  }
  return { key, secret };
}
