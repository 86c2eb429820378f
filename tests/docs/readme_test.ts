import { assert, assertEquals } from "@std/assert";
import { EXIT } from "../../lib/base/errors.ts";
import { HELP } from "../../lib/cli/help.ts";
import { run } from "../client.ts";

const README = await Deno.readTextFile(new URL("../../README.md", import.meta.url));

Deno.test("the README shows the help text as it is", () => {
  assert(README.includes("\n```\n" + HELP + "```\n"), `The README lacks this:\n${HELP}`);
});

Deno.test("--help prints the help text, which fits a terminal of 80 columns", async () => {
  assertEquals(await run(["--help"]), { code: 0, stdout: HELP, stderr: "" });
  assertEquals(HELP.split("\n").filter((line) => line.length > 79), []);
});

Deno.test("every exit status is in the README and in the help text", () => {
  for (const status of Object.values(EXIT)) {
    assert(new RegExp(`\n\\| ${status} +\\| `).test(README), `${status}`);
    assert(new RegExp(`\\b${status}\\s[a-z]+`).test(HELP.slice(HELP.indexOf("Exit status"))));
  }
});

Deno.test("every option in the help text is known, and every known one is in the help text", async () => {
  const source = await Deno.readTextFile(new URL("../../lib/cli/option_table.ts", import.meta.url));
  const [, flags = "", single = ""] = /FLAGS = \[(.*?)\].*?SINGLE = \[(.*?)\]/s.exec(source) ?? [];
  const known = [...`${flags} ${single} "query"`.matchAll(/"([\w-]+)"/g)].map(([, name]) =>
    name!.length === 1 ? `-${name}` : `--${name}`
  );
  const told = HELP.split("\n").flatMap((line) => /^ {2}(-.*?)(?: {2}|$)/.exec(line)?.[1] ?? [])
    .flatMap((options) => options.match(/(?<= |^)--?[\w-]+/g) ?? []);
  assertEquals(told.filter((option) => !/^-[hV]$/.test(option)).sort(), known.sort());
});

Deno.test("the README's ways to run the bundle keep the permissions of main.ts", async () => {
  const [shebang = ""] = (await Deno.readTextFile(new URL("../../main.ts", import.meta.url))).split(
    "\n",
  );
  const permissions = shebang.split(" ").filter((flag) => flag.startsWith("--allow-")).join(" ");
  const commands = README.replaceAll(/ \\\n +/g, " ").split("\n")
    .filter((line) => /deno (run|install -g) /.test(line) && line.includes("--allow-"));
  assertEquals(commands.length, 2);
  for (const command of commands) assert(command.includes(permissions), command);
});
