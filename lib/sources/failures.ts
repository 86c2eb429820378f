/** What does a failed call mean, will it heal, and what should a person do about it? */

import * as z from "zod/mini";
import { CallFailure, type FailureKind } from "../base/errors.ts";
import { describe, oneLine } from "../base/text.ts";
import type { Call } from "./call.ts";

/** Statuses that may heal by themselves. */
const TRANSIENT: readonly number[] = [408, 425, 429, 500, 502, 503, 504];

/** What an answer other than 2xx means. */
export function refusal(
  { method, url }: Call,
  response: Response,
  bytes: Uint8Array,
  hide: (text: string) => string,
): CallFailure {
  const { status } = response;
  const details = {
    retryable: TRANSIENT.includes(status),
    status,
    retryAfter: response.headers.get("retry-after") ?? undefined,
  };
  const detail = detailOf(bytes, hide);
  const said = `${status}${detail === "" ? "" : ` "${detail}"`}`;
  const failure = (kind: FailureKind, message: string) => new CallFailure(kind, message, details);
  const location = response.headers.get("location");
  if (location !== null && status >= 300 && status < 400) {
    const target = oneLine(hide(location), 200);
    const why = `it redirects to "${target}", and credentials go nowhere but to --apiurl`;
    return unusable(url, why, details);
  }
  if (status === 401) {
    const why = `it refused the credentials (${said}); check the API key and its secret`;
    return failure("refused", `Cannot sign in at ${withoutQuery(url)}: ${why}`);
  }
  if (status === 403) {
    const why =
      `it does not let these credentials read this organisation (${said}); check --orgurl, ` +
      "which has to match exactly, to the trailing slash";
    return failure("refused", `Cannot read events at ${withoutQuery(url)}: ${why}`);
  }
  if (details.retryable) {
    return failure("unreachable", `Cannot get an answer from ${withoutQuery(url)}: ${said}`);
  }
  return unusable(url, `${method} gave ${said}`, details);
}

const ValidationError = z.object({ loc: z.array(z.unknown()), msg: z.string() });
const ErrorBody = z.object({ detail: z.union([z.string(), z.array(ValidationError)]) });

/** What an error body says of itself: `detail`, with the parameters it names, else nothing. */
function detailOf(bytes: Uint8Array, hide: (text: string) => string): string {
  try {
    const { detail } = ErrorBody.parse(JSON.parse(new TextDecoder().decode(bytes)));
    const text = typeof detail === "string"
      ? detail
      : detail.map(({ loc, msg }) => `${loc.at(-1)}: ${msg}`).join("; ");
    return oneLine(hide(text), 300);
  } catch {
    return "";
  }
}

/** What to do about a failed call, by what the runtime says of it. */
const ADVICE: readonly (readonly [pattern: RegExp, advice: string, retryable: boolean])[] = [
  [/Expired|NotValidYet/, "either it has run out, or the clock of this host is wrong", false],
  [
    /certificate|CA file/i,
    "behind a proxy that inspects TLS, name the file of its certificate in DENO_CERT, or have the " +
    "system trust it (DENO_TLS_CA_STORE=system)",
    false,
  ],
  [/proxy auth/, "write HTTPS_PROXY as http://USER:PASSWORD@HOST:PORT", false],
  [/unsuccessful tunnel/, "the proxy that HTTPS_PROXY names does not let this host through", true],
  [/dns error/, "is the name right, and does this host need a proxy (HTTPS_PROXY)?", true],
  [
    /tcp connect error/,
    "is --apiurl right, and does this host need a proxy (HTTPS_PROXY), or is the one it names away?",
    true,
  ],
];

/** Why fetch failed: whatever happens, it throws a TypeError with the reason somewhere inside. */
export function failedFetch(url: URL, error: unknown): CallFailure {
  const inner = error instanceof Error ? error.cause ?? error : error;
  const message = inner instanceof Error ? inner.message : String(inner);
  const detail = describe(
    message.replace(/^error sending request.*?\): /s, "").replace(/^client error \(Connect\): /, "")
      // The runtime repeats the innermost reason.
      .replace(/(: .+)\1$/s, "$1"),
  );
  const [, advice, retryable] = ADVICE.find(([pattern]) => pattern.test(detail)) ?? [];
  const why = advice === undefined ? detail : `${detail}; ${advice}`;
  return unreachable(url, why, { retryable: retryable ?? true, cause: error });
}

/** No answer came. */
export function unreachable(
  url: URL,
  why: string,
  details: { retryable: boolean; cause?: unknown } = { retryable: true },
): CallFailure {
  return new CallFailure("unreachable", `Cannot reach ${withoutQuery(url)}: ${why}`, details);
}

/** An answer came, but nothing can be done with it. */
export function unusable(
  url: URL,
  why: string,
  details: ConstructorParameters<typeof CallFailure>[2],
): CallFailure {
  return new CallFailure(
    "unusable",
    `Cannot use the answer of ${withoutQuery(url)}: ${why}`,
    details,
  );
}

/** The address as messages name it: what it asks for may be long. */
function withoutQuery(url: URL): string {
  return `${url.origin}${url.pathname}`;
}
