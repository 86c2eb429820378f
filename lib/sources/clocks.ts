/** Does this host's clock agree with the service's? Ages such as `--since 1h` are counted by it. */

import { spanText } from "../base/time.ts";
import { MAX_SKEW_MS } from "../position/reached.ts";
import type { RetryOptions } from "./retry.ts";

/** Makes what is told the `Date` of each answer, and says once if the clock of this host is wrong. */
export function compareClocks(
  { notes, timing }: Pick<RetryOptions, "notes" | "timing">,
): (date: string | null) => void {
  let said = false;
  return (date) => {
    const remark = clockRemark(timing.now() - Date.parse(date ?? ""));
    if (said || remark === undefined) return;
    said = true;
    notes.say(remark);
  };
}

/** What to say of a clock that is so many milliseconds ahead; undefined where it is about right. */
export function clockRemark(skew: number): string | undefined {
  if (!(Math.abs(skew) > MAX_SKEW_MS)) return undefined;
  const where = skew > 0 ? "ahead of" : "behind";
  return `The clock of this host is ${spanText(Math.abs(skew))} ${where} the service's`;
}
