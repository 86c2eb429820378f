import { assert, assertEquals } from "@std/assert";
import { EXIT } from "../../lib/base/errors.ts";
import { help, shortHelp } from "../../lib/cli/help.ts";
import { spellings } from "../../lib/cli/option.ts";
import { OPTIONS } from "../../lib/cli/option_table.ts";
import { LOG_VALUES, QUERY_KEYS } from "../../lib/events/selection.ts";
import { run } from "../client.ts";
import { joined, page, PAGES, section } from "./readme.ts";

const HELP = help();
const README = page("README.md");
const MAIN = await Deno.readTextFile(new URL("../../main.ts", import.meta.url));
const SHEBANG = MAIN.split("\n")[0]!.split(" ");

Deno.test("the README shows the help text as it is", () => {
  assert(README.includes("\n```\n" + HELP + "```\n"), `The README lacks this:\n${HELP}`);
});

Deno.test("--help prints the help text, which fits a terminal of 80 columns", async () => {
  assertEquals(await run(["--help"]), { code: 0, stdout: HELP, stderr: "" });
  assertEquals(HELP.split("\n").filter((line) => line.length > 79), []);
});

Deno.test("-h prints a short one, which fits a terminal of 80 columns and 24 lines", async () => {
  const { code, stdout, stderr } = await run(["-h"]);
  assertEquals({ code, stdout, stderr }, { code: 0, stdout: shortHelp(), stderr: "" });
  const lines = stdout.trimEnd().split("\n");
  // The shell's next prompt needs a line, too.
  assert(lines.length <= 23, `${lines.length} lines`);
  assertEquals(lines.filter((line) => line.length > 79), []);
  assertEquals(lines.filter((line) => /^ {2}-/.test(line)).length, 11);
  assert(stdout.includes("siem-client --help"));
});

Deno.test("every exit status is in the README and in the help text", () => {
  for (const status of Object.values(EXIT)) {
    assert(new RegExp(`\n\\| ${status} +\\| `).test(README), `${status}`);
    assert(new RegExp(`\\b${status}\\s[a-z]+`).test(HELP.slice(HELP.indexOf("Exit status"))));
  }
});

Deno.test("every option has its line in the help text, and there is no other", () => {
  const told = HELP.split("\n").flatMap((line) => /^ {2}(-.*?)(?: {2}|$)/.exec(line)?.[1] ?? []);
  const known = OPTIONS.map((option) =>
    spellings(option).join(", ") + (option.value === undefined ? "" : ` ${option.value}`)
  );
  assertEquals(told.sort(), known.sort());
});

Deno.test("the docs' ways to run the bundle keep the permissions of main.ts", () => {
  const permissions = SHEBANG.filter((flag) => flag.startsWith("--allow-")).join(" ");
  const commands = [...PAGES.values()].flatMap((text) => joined(text).split("\n"))
    .filter((line) => /deno (run|install -g) /.test(line) && line.includes("--allow-"));
  assertEquals(commands.length, 2);
  for (const command of commands) assert(command.includes(permissions), command);
});

Deno.test("task client runs main.ts as its first line does", async () => {
  const { tasks } = JSON.parse(
    await Deno.readTextFile(new URL("../../deno.json", import.meta.url)),
  );
  assertEquals(tasks.client.split(" "), [...SHEBANG.slice(SHEBANG.indexOf("deno")), "main.ts"]);
});

Deno.test("the README is short enough to be read", () => {
  const lines = README.trimEnd().split("\n").length;
  assert(lines <= 200, `${lines} lines`);
});

Deno.test("every link in README and docs leads to a page and a heading that are there", () => {
  const broken: string[] = [];
  for (const [path, text] of PAGES) {
    for (const [, target] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      const { pathname, hash } = new URL(target!, `file:///${path}`);
      const there = PAGES.get(pathname.slice(1));
      const found = pathname === "/LICENSE" ||
        there !== undefined && (hash === "" || anchors(there).includes(hash.slice(1)));
      if (!found) broken.push(`${path}: ${target}`);
    }
  }
  assertEquals(broken, []);
});

/** What GitHub makes of a page's headings. */
function anchors(text: string): string[] {
  return [...text.replaceAll(/^```.*?^```$/gms, "").matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-")
  );
}

Deno.test("the reference names every key of --query and every value that Log API v1 knows", () => {
  const query = section("docs/reference.md", "## Query");
  for (const word of [...QUERY_KEYS, ...Object.values(LOG_VALUES).flat()]) {
    assert(query.includes(`\`${word}\``), word);
  }
});
