/** In which forms could a secret show up? */

import { encodeBase64 } from "@std/encoding/base64";
/** A key and its secret, for HTTP Basic authentication. */
export interface Credentials {
  readonly key: string;
  readonly secret: string;
}

/** The forms in which the secret could show up in a message, but for those that URLs give it. */
export function secretForms({ key, secret }: Credentials): string[] {
  const escaped = JSON.stringify(secret).slice(1, -1);
  // The padding is often left out.
  const encoded = [secret, `${key}:${secret}`].map(encodeBase64);
  return [secret, escaped, ...encoded, ...encoded.map((text) => text.replace(/=+$/, ""))];
}
