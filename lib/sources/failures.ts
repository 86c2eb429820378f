/** What does a failed call mean, may it succeed later, and what should a person do about it? */

import * as z from "zod/mini";
import { CallFailure, type FailureKind } from "../base/errors.ts";
import { describe, oneLine } from "../base/text.ts";
import type { Call } from "./call.ts";
import { optionOf } from "./parameters.ts";

/** Whether the same call may succeed later. A 5xx that is not known is as a 500 (RFC 9110, section 15). */
function isTemporary(status: number): boolean {
  if (status >= 500) return status !== 501 && status !== 505;
  return status === 408 || status === 425 || status === 429;
}

/**
 * Whether the service does not take what it was asked for, such as a cursor: no repetition will change that.
 * Other statuses are about the credentials, or such as 404 rather about the address.
 */
export function isRefusal(error: unknown): error is CallFailure {
  return error instanceof CallFailure && [400, 410, 422].includes(error.status ?? 0);
}

/** What an answer other than 2xx means. Without a page so far, it may not be the service that answers. */
export function refusal(
  { method, url }: Call,
  response: Response,
  bytes: Uint8Array,
  { hide, hasPage }: { hide: (text: string) => string; hasPage: boolean },
): CallFailure {
  const { status } = response;
  const details = {
    retryable: isTemporary(status),
    status,
    retryAfter: response.headers.get("retry-after") ?? undefined,
  };
  const { text, options } = whatItSays(bytes);
  const detail = oneLine(hide(text), 300);
  const said = `${status}${detail === "" ? "" : ` "${detail}"`}`;
  const failure = (kind: FailureKind, message: string) => new CallFailure(kind, message, details);
  const location = response.headers.get("location");
  if (location !== null && status >= 300 && status < 400) {
    const target = oneLine(hide(location), 200);
    const why = `it redirects to "${target}", and credentials go nowhere but to --apiurl`;
    return unusable(url, why, details);
  }
  if (status === 401) {
    const why = `it refused the credentials (${said}); check the API key and its secret; ` +
      "a new one takes up to 15 minutes to work";
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
  const advice = status === 404 && !hasPage
    ? "; is --apiurl right, and is it the API that --api names?"
    : options.length > 0
    ? `; check ${options.join(", ")}`
    : "";
  return unusable(url, `${method} gave ${said}${advice}`, details);
}

const ValidationErrors = z.array(z.object({ loc: z.array(z.unknown()), msg: z.string() }));
/** Names that services give to what an error says of itself. */
const ErrorBody = z.object({
  detail: z.optional(z.unknown()),
  message: z.optional(z.unknown()),
  error: z.optional(z.unknown()),
});

/** What an error says of itself, with the parameters it names, and the options that those are from. */
function whatItSays(bytes: Uint8Array): { text: string; options: string[] } {
  const nothing = { text: "", options: [] };
  try {
    const { detail, message, error } = ErrorBody.parse(JSON.parse(new TextDecoder().decode(bytes)));
    const { data: invalid } = ValidationErrors.safeParse(detail);
    if (invalid !== undefined) {
      const text = invalid.map(({ loc, msg }) => `${loc.at(-1)}: ${msg}`).join("; ");
      const options = invalid.map(({ loc }) => optionOf(loc.at(-1)));
      return { text, options: [...new Set(options.filter((option) => option !== undefined))] };
    }
    const text = [detail, message, error].find((one) => typeof one === "string" && one !== "");
    return text === undefined ? nothing : { text: String(text), options: [] };
  } catch {
    return nothing;
  }
}

/** What a call passes on its way to an answer. */
type PartOfWay = "proxy" | "certificates" | "service";

/** What to do about a failed call, by what the runtime says of it, and where on its way it failed. */
const ADVICE: readonly (readonly [
  pattern: RegExp,
  part: PartOfWay,
  advice: string,
  retryable: boolean,
])[] = [
  [
    /Expired|NotValidYet/,
    "certificates",
    "either it has run out, or the clock of this host is wrong",
    false,
  ],
  [
    /certificate|CA file/i,
    "certificates",
    "behind a proxy that inspects TLS, name the file of its certificate in DENO_CERT, or have the " +
    "system trust it (DENO_TLS_CA_STORE=system)",
    false,
  ],
  [
    /^Requests to port \d+ are blocked/,
    "service",
    "the runtime calls no service at this port; correct --apiurl",
    false,
  ],
  [/proxy auth/, "proxy", "write HTTPS_PROXY as http://USER:PASSWORD@HOST:PORT", false],
  [
    /unsuccessful tunnel/,
    "proxy",
    "the proxy that HTTPS_PROXY names does not let this host through",
    true,
  ],
  [
    /dns error/,
    "service",
    "is the name right, and does this host need a proxy (HTTPS_PROXY)?",
    true,
  ],
  [
    /tcp connect error/,
    "service",
    "is --apiurl right, and does this host need a proxy (HTTPS_PROXY)? If it has one, does that run?",
    true,
  ],
];

/** What the runtime says of an answer in HTTP that has a wrong header or status. */
const BAD_HEAD = /invalid (HTTP header|HTTP status-code|content-length) parsed$|head is too large$/;

/** Why fetch failed: whatever happens, it throws a TypeError with the reason somewhere inside. */
export function failedFetch(url: URL, error: unknown): CallFailure {
  const inner = error instanceof Error ? error.cause ?? error : error;
  const message = inner instanceof Error ? inner.message : String(inner);
  const detail = describe(
    message.replace(/^error sending request.*?\): |^Fetch failed: /s, "").replace(
      /^client error \(Connect\): /,
      "",
    )
      // The runtime repeats the innermost reason.
      .replace(/(: .+)\1$/s, "$1"),
  );
  if (BAD_HEAD.test(detail)) {
    const why = `its head is not as HTTP has it (${detail.replace(/^.*: /, "")})`;
    return unusable(url, why, { retryable: true, cause: error });
  }
  const [, , advice, retryable] = ADVICE.find(([pattern]) => pattern.test(detail)) ?? [];
  const why = advice === undefined ? detail : `${detail}; ${advice}`;
  return unreachable(url, why, { retryable: retryable ?? true, cause: error });
}

/** Where on its way a call failed that brought no answer that can be used. */
export function partOfWay({ message }: CallFailure): PartOfWay {
  return ADVICE.find(([, , advice]) => message.includes(advice))?.[1] ?? "service";
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

/** The time of the run was over before an answer was there. */
export class DeadlinePassed extends CallFailure {
  constructor(url: URL) {
    const message = `Cannot get an answer from ${withoutQuery(url)} before the --budget is used up`;
    super("unreachable", message, { retryable: false });
  }
}

/** The service asked not to be called before a moment; `when` is its text. */
export function tooEarly(url: URL, when: string, retryAt: number): CallFailure {
  const message = `Cannot get an answer from ${withoutQuery(url)}: it wants no call before ${when}`;
  return new CallFailure("unreachable", message, { retryable: false, retryAt });
}

/** The address as messages name it: what it asks for may be long. */
function withoutQuery(url: URL): string {
  return `${url.origin}${url.pathname}`;
}
