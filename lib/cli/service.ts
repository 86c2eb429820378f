/** Which service is asked, and for which organisation? */

import type { Environment } from "../base/environment.ts";
import { usageFailure } from "../base/errors.ts";
import { isLoopback } from "../base/loopback.ts";
import { quoted } from "../base/text.ts";
import type { ApiName } from "../events/selection.ts";
import type { CredentialsFile } from "./credentials.ts";
import { choice } from "./values.ts";

const DEFAULT_API_URL = "https://api.cirrusidentity.com/logs/v1";

/** The service and the organisation. */
export interface ServiceOptions {
  readonly api: ApiName;
  /** SIEM API: the address that is called. Log API v1: what comes before `/orgLogs`. */
  readonly apiUrl: string;
  /** The service as positions name it: one name for each way of writing the same address. */
  readonly address: string;
  readonly orgUrl: string | undefined;
}

/** A value, and how messages call the place where it stands. */
interface Found {
  readonly text: string;
  readonly from: string;
}

/** What the options say, else the file, else the environment. Throws Failure (usage). */
export function serviceOptions(
  { apiUrl, orgUrl, api }: { [name in "apiUrl" | "orgUrl" | "api"]: string | undefined },
  file: CredentialsFile | undefined,
  env: Environment,
): ServiceOptions {
  const found = (option: string, text: string | undefined, name: "API_URL" | "ORG_URL") => {
    if (text !== undefined) return { text, from: option };
    const setting = file?.settings(name);
    if (setting) return { text: setting, from: `${name} in ${quoted(file!.path)}` };
    const variable = env(name);
    return variable ? { text: variable, from: `${name} of the environment` } : undefined;
  };
  const address = found("--apiurl", apiUrl, "API_URL") ?? { text: DEFAULT_API_URL, from: "" };
  const service = serviceAt(address, api);
  return { ...service, orgUrl: organisation(found("--orgurl", orgUrl, "ORG_URL"), service.api) };
}

/** The demonstration, which has an address of its own, that it finds out as it begins. */
export function demoOptions(api: string | undefined, orgUrl: string | undefined): ServiceOptions {
  const service = serviceAt({ text: DEFAULT_API_URL, from: "" }, api);
  const found = orgUrl === undefined ? undefined : { text: orgUrl, from: "--orgurl" };
  return { ...service, address: "demo", orgUrl: organisation(found, service.api) };
}

/** An "@", however it is written, or a colon in the host that no port follows. */
const MAY_HOLD_PASSWORD = /[@\uFF20]|%40|:\/\/[^/[]*:(?!\d*(?:\/|$))/i;

/** The API, the address to call, and the address as positions name it. */
function serviceAt(
  { text, from }: Found,
  apiName: string | undefined,
): Pick<ServiceOptions, "api" | "apiUrl" | "address"> {
  // Parsers find a password in more than is written as one, so what could hold one is not shown.
  const shown = MAY_HOLD_PASSWORD.test(text) ? "" : ` ${quoted(text)}`;
  const bad = (why: string) => usageFailure(`Cannot use ${from}${shown}: ${why}`);
  if (text.includes("@")) throw bad('credentials do not belong in it, nor does an "@"');
  if (!URL.canParse(text)) throw bad("it is not a URL");
  const url = new URL(text);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isLoopback(url.hostname))) {
    throw bad("it must begin with https:// (http:// is for this host only)");
  }
  if (/[?#]/.test(url.href)) throw bad("it must end with the path");
  const whole = url.href.replace(/\/+$/, "");
  const guess = /\/(logs\/v1|orgLogs)$/.test(whole) ? "log" : "siem";
  const api = choice<ApiName>("api", apiName, ["siem", "log"]) ?? guess;
  const address = api === "log" ? whole.replace(/\/orgLogs$/, "") : whole;
  return { api, apiUrl: api === "log" ? address : url.href, address };
}

/** The organisation, to the letter. Log API v1 answers 422 to one that is no address. */
function organisation(found: Found | undefined, api: ApiName): string | undefined {
  if (found === undefined || api === "siem" || URL.canParse(found.text)) return found?.text;
  throw usageFailure(`Cannot use ${found.from} ${quoted(found.text)}: it is not a URL`);
}
