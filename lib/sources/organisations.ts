/** Which organisations are the credentials for? Log API v1 tells. */

import * as z from "zod/mini";
import { CallFailure, Failure } from "../base/errors.ts";
import { oneLine } from "../base/text.ts";
import { ask } from "./ask.ts";
import type { Service } from "./service.ts";

const OrgUrls = z.object(
  { orgUrls: z.array(z.string(), "they are not a list") },
  "it is not an object",
);

/** How many are listed in a message. */
const MAX_LISTED = 20;

/**
 * The one organisation that the credentials are for. Throws Failure where they are for several
 * (usage) or none (refused), and what `ask` throws.
 */
export async function onlyOrganisation(service: Service, apiUrl: string): Promise<string> {
  const orgUrls = await organisations(service, apiUrl);
  const [only] = orgUrls;
  if (only === undefined) {
    throw new Failure("refused", "Cannot pull events: the credentials are for no organisation");
  }
  if (orgUrls.length === 1) return only;
  const message = "Cannot choose an organisation: the credentials are for several, name one with " +
    `--orgurl: ${listed(orgUrls)}`;
  throw new Failure("usage", message);
}

/** An organisation's refusal (403) with what it leaves open: which ones the credentials are for. */
export async function withPermitted(
  service: Service,
  apiUrl: string,
  error: unknown,
): Promise<unknown> {
  if (!(error instanceof CallFailure) || error.status !== 403) return error;
  const orgUrls = await organisations({ ...service, retries: 0 }, apiUrl).catch(() => []);
  if (orgUrls.length === 0) return error;
  const message = `${error.message}; these credentials are for ${listed(orgUrls)}`;
  return new CallFailure("refused", message, { retryable: false, status: 403, cause: error });
}

async function organisations(service: Service, apiUrl: string): Promise<string[]> {
  const url = new URL(`${apiUrl}/orgUrls`);
  return (await ask(service, { method: "GET", url }, { shape: OrgUrls })).body.orgUrls;
}

function listed(orgUrls: readonly string[]): string {
  const shown = orgUrls.slice(0, MAX_LISTED).map((text) => `"${oneLine(text, 200)}"`).join(", ");
  const left = orgUrls.length - MAX_LISTED;
  return left > 0 ? `${shown} and ${left} more` : shown;
}
