/** Are receipts of the stream that is asked for? */

import { usageFailure } from "./base/errors.ts";
import { quoted } from "./base/text.ts";
import type { Options } from "./cli/options.ts";
import type { Receipt } from "./position/receipt.ts";

/**
 * Throws Failure (usage) where receipts are of another stream. The credentials go to the address that the
 * person gave: receipts may have been changed.
 */
export function checkStream({ api, address, orgUrl }: Options, receipt: Receipt): void {
  const bad = (what: string, option: string, value: string) =>
    usageFailure(`Cannot ask again: the receipts are of ${what}; add ${option} ${quoted(value)}`);
  if (receipt.address !== address) {
    const where = `address ${quoted(receipt.address)}, this run is for ${quoted(address)}`;
    throw bad(where, "--apiurl", receipt.address);
  }
  if (receipt.api !== api) throw bad(`API ${quoted(receipt.api)}`, "--api", receipt.api);
  const { organisation } = receipt;
  if (organisation !== null && orgUrl !== undefined && organisation !== orgUrl) {
    throw bad(`organisation ${quoted(organisation)}`, "--orgurl", organisation);
  }
}
