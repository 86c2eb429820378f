/** What can be printed for an installation? `--generate` does it, and dist/build.ts writes it into files. */

import { usageFailure } from "../base/errors.ts";
import { quoted } from "../base/text.ts";
import { bashCompletion, fishCompletion, zshCompletion } from "./completions.ts";
import { manualPage } from "./manual_page.ts";
import { GENERATED } from "./option_table.ts";

type Generated = typeof GENERATED[number];

/** For each text the name of its file, which the program that reads it looks for. */
export const GENERATED_FILES: Readonly<Record<Generated, { name: string; text: () => string }>> = {
  man: { name: "siem-client.1", text: manualPage },
  bash: { name: "siem-client.bash", text: bashCompletion },
  zsh: { name: "_siem-client", text: zshCompletion },
  fish: { name: "siem-client.fish", text: fishCompletion },
};

/** The text that was asked for. Throws Failure (usage) where there is none of that name. */
export function generated(name: string): string {
  const known = GENERATED.find((known) => known === name);
  if (known !== undefined) return GENERATED_FILES[known].text();
  throw usageFailure(`Cannot use --generate ${quoted(name)}: it must be man, bash, zsh or fish`);
}
