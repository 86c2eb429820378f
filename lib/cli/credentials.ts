/** With which key and secret? From the command line, a private file, or the environment. */

import type { Environment } from "../base/environment.ts";
import { usageFailure } from "../base/errors.ts";
import type { Credentials } from "../base/secrets.ts";
import { quoted } from "../base/text.ts";
import type { Settings } from "./credentials_file.ts";

/** A file of settings, and where it lies. */
export interface CredentialsFile {
  readonly path: string;
  readonly settings: Settings;
}

/**
 * The credentials: both options, else the file, else option by option what the command line does not
 * say from the environment, as the published client does.
 * Throws Failure (usage) where one is missing, or half of a pair would meet half of another.
 */
export function credentialsFrom(
  keyOption: string | undefined,
  secretOption: string | undefined,
  file: CredentialsFile | undefined,
  env: Environment,
): Credentials {
  if (file !== undefined && !(keyOption && secretOption)) {
    if (keyOption || secretOption) {
      const [half, other] = keyOption ? ["--apikey", "--apisecret"] : ["--apisecret", "--apikey"];
      throw usageFailure(`Cannot use ${half} with --credentials: add ${other}, or leave it out`);
    }
    return wholePair(file.settings("API_KEY"), file.settings("API_SECRET"), {
      key: `no API_KEY= line in ${quoted(file.path)}`,
      secret: `no API_SECRET= line in ${quoted(file.path)}`,
    });
  }
  return wholePair(keyOption || env("API_KEY"), secretOption || env("API_SECRET"), {
    key: "no --apikey, and no API_KEY in the environment (or name a file with --credentials)",
    secret:
      "no --apisecret, and no API_SECRET in the environment (or name a file with --credentials)",
  });
}

/** A whole pair that HTTP Basic (RFC 7617) can send. An empty one counts as missing. */
function wholePair(
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
  // The runtime puts this character where an argument was not UTF-8.
  if (/\uFFFD/.test(key + secret)) {
    throw usageFailure("Cannot sign in: the API key or secret is not UTF-8");
  }
  return { key, secret };
}
