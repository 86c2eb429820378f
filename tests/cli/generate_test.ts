/** What `--generate` prints, in the hands of the programs that it is for. */

import { assert, assertEquals } from "@std/assert";
import { spellings } from "../../lib/cli/option.ts";
import { GENERATED, OPTIONS } from "../../lib/cli/option_table.ts";
import { assertSays, available, environment, run, temporaryFolder } from "../client.ts";

type Folder = ReturnType<typeof temporaryFolder>;

/** Whether there is a program that makes terminals. That of macOS has other options. */
const hasTerminals = Deno.build.os === "linux" && await available("script");

for (const what of GENERATED) {
  Deno.test(`--generate ${what} prints every option on standard output`, async () => {
    const { code, stdout, stderr } = await run(["--generate", what]);
    assertEquals({ code, stderr }, { code: 0, stderr: "" });
    const text = stdout.replaceAll("\\-", "-");
    assertEquals(OPTIONS.filter(({ name }) => !text.includes(name)), []);
  });
}

Deno.test("--generate knows no other text", async () => {
  const { code, stdout, stderr } = await run(["--generate", "powershell"]);
  assertEquals({ code, stdout }, { code: 2, stdout: "" });
  assertSays(stderr, 'Cannot use --generate "powershell": it must be man, bash, zsh or fish');
});

Deno.test({
  name: "mandoc has nothing to say on the manual page",
  ignore: !await available("mandoc"),
  async fn() {
    await using folder = temporaryFolder();
    const path = await written(folder, "man");
    const { code, stdout, stderr } = await new Deno.Command("mandoc", {
      args: ["-Tlint", "-Wwarning", path],
    }).output();
    const decoder = new TextDecoder();
    assertEquals([code, decoder.decode(stdout), decoder.decode(stderr)], [0, "", ""]);
  },
});

/** What is typed before the tabulator key, and some of what has to be offered. */
const QUESTIONS: readonly (readonly [typed: string, offered: readonly string[]])[] = [
  ["siem-client -", OPTIONS.flatMap(spellings)],
  ["siem-client -c --li", ["--limit"]],
  ["siem-client --format ", ["json", "ndjson", "table"]],
  ["siem-client --format=", ["json", "ndjson", "table"]],
  ["siem-client -c --api ", ["log", "siem"]],
  ["siem-client --output ", ["events 1.jsonl", "others.jsonl"]],
  ["siem-client -o ", ["events 1.jsonl", "others.jsonl"]],
  ["siem-client --summary ", ["events 1.jsonl", "others.jsonl"]],
];

Deno.test({
  name: "bash offers options, values and files",
  ignore: !hasTerminals || !await available("bash"),
  async fn() {
    await using folder = temporaryFolder();
    await filesIn(folder);
    const script = await written(folder, "bash");
    const settings = [
      "show-all-if-ambiguous on",
      "completion-query-items 0",
      "page-completions off",
    ];
    await assertOffered(folder, "bash --norc --noprofile -i", [
      ...settings.map((setting) => `bind 'set ${setting}'`),
      `source ${script}`,
    ]);
  },
});

Deno.test({
  name: "zsh offers options, values and files",
  ignore: !hasTerminals || !await available("zsh"),
  async fn() {
    await using folder = temporaryFolder();
    await filesIn(folder);
    await written(folder, "zsh");
    await assertOffered(folder, "zsh -f -i", [
      "unset zle_bracketed_paste; unsetopt prompt_cr prompt_sp",
      "LISTMAX=1000",
      `fpath=(${folder.path("")} $fpath)`,
      `autoload -U compinit && compinit -u -d ${folder.path("dump")}`,
    ]);
  },
});

Deno.test({
  name: "fish offers options, values and files",
  ignore: !await available("fish"),
  async fn() {
    await using folder = temporaryFolder();
    await filesIn(folder);
    const script = await written(folder, "fish");
    for (const [typed, offered] of QUESTIONS) {
      const { stdout, stderr } = await new Deno.Command("fish", {
        args: ["--no-config", "-c", `source ${script}; complete -C '${typed}'`],
        cwd: folder.path("files"),
        env: { HOME: folder.path("") },
      }).output();
      const decoder = new TextDecoder();
      assertEquals(decoder.decode(stderr), "");
      const candidates = decoder.decode(stdout).split("\n").map((line) => line.split("\t")[0]!);
      // It gives the whole word back.
      const words = candidates.map((candidate) => candidate.replace(/^--[\w-]+=/, ""));
      assertEquals(offered.filter((word) => !words.includes(word)), [], typed);
    }
  },
});

/** Writes one of the texts under the name that its reader looks for. */
async function written(folder: Folder, what: typeof GENERATED[number]): Promise<string> {
  const { stdout } = await run(["--generate", what]);
  const path = folder.path(what === "zsh" ? "_siem-client" : `siem-client.${what}`);
  await Deno.writeTextFile(path, stdout);
  return path;
}

async function filesIn(folder: Folder): Promise<void> {
  await Deno.mkdir(folder.path("files"));
  for (const name of ["events 1.jsonl", "others.jsonl"]) {
    await Deno.writeTextFile(folder.path(`files/${name}`), "");
  }
}

/** Asks a shell on a terminal of its own each question with the tabulator key. */
async function assertOffered(folder: Folder, shell: string, setup: readonly string[]) {
  const child = new Deno.Command("script", {
    args: ["--quiet", "--flush", "--command", shell, "/dev/null"],
    cwd: folder.path("files"),
    clearEnv: true,
    env: environment({ TERM: "dumb", PS1: "", HOME: folder.path("") }),
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const writer = child.stdin.getWriter();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  /** Types something; resolves to what is on the screen when that has come. */
  const screenAfter = async (text: string, sign: RegExp) => {
    await writer.write(new TextEncoder().encode(text));
    let screen = "";
    while (!sign.test(screen)) {
      const { done, value } = await reader.read();
      assert(!done, `The shell ended: ${screen}`);
      screen += value;
    }
    return screen;
  };
  await screenAfter(
    [...setup, "stty cols 200 rows 200", "PS1='READ''Y> '", ""].join("\n"),
    /READY> $/,
  );
  for (const [typed, offered] of QUESTIONS) {
    // The line is taken back, since the shell is not to run it.
    const screen = await screenAfter(`${typed}\t\x15echo D''ONE\n`, /DONE\s+READY> $/);
    assertEquals(offered.filter((word) => !holds(screen, word)), [], `${typed}: ${screen}`);
  }
  await writer.write(new TextEncoder().encode("exit\n"));
  await writer.close();
  await reader.cancel();
  await child.status;
}

/** Whether a screen shows a word, and not only a longer one that holds it. */
function holds(screen: string, word: string): boolean {
  const pattern = word.replaceAll(/[.-]/g, "\\$&").replaceAll(" ", "\\\\? ");
  return new RegExp(`(?<![\\w-])${pattern}(?![\\w-])`).test(screen);
}
