/** Answers that cost more than their length lets one think. All are valid. */

const TIME = '"timeStampISO":"2026-11-01T00:00:00Z"';
const encoder = new TextEncoder();

/** So many bytes at most: `open`, `unit` again and again, `close`. */
function filled(bytes: number, open: string, unit: string, close: string): Uint8Array {
  const body = new Uint8Array(bytes);
  const [first, middle, last] = [open, unit, close].map((text) => encoder.encode(text));
  body.set(first!);
  let at = first!.length;
  for (; at + middle!.length + last!.length <= bytes; at += middle!.length) body.set(middle!, at);
  body.set(last!, at);
  return body.subarray(0, at + last!.length);
}

/** One event with very many fields, under names of which no two are the same. */
function fields(bytes: number, open: string, close: string): Uint8Array {
  const parts: string[] = [];
  for (let length = open.length + close.length, n = 0;; n++) {
    const part = `"k${n}":${n % 10},`;
    length += part.length;
    if (length > bytes) break;
    parts.push(part);
  }
  return encoder.encode(open + parts.join("") + close);
}

/** By kind: a body for the SIEM API of nearly so many bytes. */
export const HOSTILE_BODIES: Readonly<Record<string, (bytes: number) => Uint8Array>> = {
  "many tiny events": (bytes) =>
    filled(Math.min(bytes, 2_000_000), "[", '{"logData":"x"},', `{${TIME}}]`),
  "empty lists": (bytes) => filled(bytes, `[{${TIME},"logData":[`, "[],", "1]}]"),
  "empty objects": (bytes) => filled(bytes, `[{${TIME},"logData":[`, "{},", "1]}]"),
  "very many fields": (bytes) => fields(bytes, `[{"logData":{`, `"z":1},${TIME}}]`),
  "very many fields of its own": (bytes) => fields(bytes, "[{", `${TIME}}]`),
  "deep nesting": (bytes) => {
    const depth = Math.floor(bytes / 6) - 20;
    const text = `[{${TIME},"logData":${'{"a":'.repeat(depth)}1${"}".repeat(depth)}}]`;
    return encoder.encode(text);
  },
  "one huge text": (bytes) => filled(bytes, `[{${TIME},"logData":{"eppn":"`, "x", '"}}]'),
  "one huge text of escapes": (bytes) =>
    filled(bytes, `[{${TIME},"logData":{"eppn":"`, "\\u0001", '"}}]'),
  "large events": (bytes) =>
    filled(bytes, "[", `{${TIME},"logData":[${"[],".repeat(300_000)}1]},`, `{${TIME}}]`),
  "a list on level 60": (bytes) => {
    const event = `{${TIME},"logData":${"[".repeat(60)}${"1,".repeat(9000)}1${"]".repeat(60)}},`;
    return filled(bytes, "[", event, `{${TIME}}]`);
  },
};

/** Serves one page, and then an empty one. */
export function serveOnce(body: Uint8Array) {
  const options = { hostname: "127.0.0.1", port: 0, onListen() {} };
  return Deno.serve(options, ({ url }) => {
    const isFirst = !new URL(url).searchParams.has("after");
    const headers = { link: '<?after=1>; rel="next"' };
    return new Response(isFirst ? body as Uint8Array<ArrayBuffer> : "[]", { headers });
  });
}
