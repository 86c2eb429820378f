/** Are receipts of the stream that is asked for? */

import { usageFailure } from "./base/errors.ts";
import { quoted } from "./base/text.ts";
import type { Options } from "./cli/options.ts";
import type { Receipt } from "./position/receipt.ts";

/**
 * Throws Failure (usage) where receipts are of another stream; `beginning` is that of its message, up to the
 * word for them. The credentials go to the address that the person gave: receipts may have been changed.
 */
export function checkStream(
  { api, address, orgUrl, demo }: Options,
  receipt: Receipt,
  beginning: string,
): void {
  const bad = (what: string, remedy: string) =>
    usageFailure(`${beginning} are of ${what}; ${remedy}`);
  const add = (option: string, value: string) => `add ${option} ${quoted(value)}`;
  if (receipt.address !== address) {
    const where = `address ${quoted(receipt.address)}, this run is for ${quoted(address)}`;
    const remedy = receipt.address === "demo"
      ? "add --demo"
      : demo
      ? "leave --demo out"
      : add("--apiurl", receipt.address);
    throw bad(where, remedy);
  }
  if (receipt.api !== api) {
    throw bad(`API ${quoted(receipt.api)}`, add("--api", receipt.api));
  }
  const { organisation } = receipt;
  if (organisation !== null && orgUrl !== undefined && organisation !== orgUrl) {
    throw bad(`organisation ${quoted(organisation)}`, add("--orgurl", organisation));
  }
}
