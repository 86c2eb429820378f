/** Would events go into a file that the position is kept in? */

import { usageFailure } from "../base/errors.ts";
import { dirname } from "../base/files.ts";

/** Throws Failure (usage) where events would go into a file that the position is kept in or by. */
export async function refuseSamePath(output: string, position: string): Promise<void> {
  const real = async (path: string) => {
    const found = await Deno.realPath(path).catch(async () => {
      const folder = await Deno.realPath(dirname(path)).catch(() => dirname(path));
      return `${folder}/${path.replace(/^.*[/\\]/s, "")}`;
    });
    // There, as a rule, names that differ only in case are one file.
    return ["windows", "darwin"].includes(Deno.build.os) ? found.toLowerCase() : found;
  };
  const files = ["", ".lock", ".new"].map((suffix) => real(position + suffix));
  if (!(await Promise.all(files)).includes(await real(output))) return;
  throw usageFailure(
    `Cannot use --output "${output}": the position is kept there; name another file`,
  );
}
