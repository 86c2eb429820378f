/** README and docs/ as tests read them: their sections, blocks of code, and the client's command lines. */

import { assert } from "@std/assert";
import { walk } from "@std/fs/walk";
import { fromFileUrl } from "@std/path/from-file-url";
import { parseAll } from "@std/yaml/parse-all";

const ROOT = fromFileUrl(new URL("../../", import.meta.url));

/** Every page by its path from the root of the repository, such as "docs/siem/vector.md". */
export const PAGES: ReadonlyMap<string, string> = await readPages();

async function readPages(): Promise<Map<string, string>> {
  const paths = ["README.md"];
  for await (const { path } of walk(`${ROOT}docs`, { includeDirs: false, exts: [".md"] })) {
    paths.push(path.slice(ROOT.length).replaceAll("\\", "/"));
  }
  const texts = paths.sort().map(async (path) =>
    [path, await Deno.readTextFile(ROOT + path)] as const
  );
  return new Map(await Promise.all(texts));
}

/** The text of a page. */
export function page(path: string): string {
  const text = PAGES.get(path);
  assert(text !== undefined, `There is no ${path}`);
  return text;
}

/** What stands in a page below a heading, up to the next one. */
export function section(path: string, heading: string): string {
  const lines = page(path).split("\n");
  const start = lines.indexOf(heading);
  assert(start >= 0, `${path} has no heading "${heading}"`);
  // In a block of code, "#" begins a comment.
  let code = false;
  const end = lines.findIndex((line, i) => {
    if (line.startsWith("```")) code = !code;
    return i > start && !code && /^#+ /.test(line);
  });
  return lines.slice(start + 1, end < 0 ? undefined : end).join("\n");
}

/** The fenced blocks of a language below a heading of a page, in their order. */
export function blocks(path: string, heading: string, language: string): [string, ...string[]] {
  const [first, ...others] = [...section(path, heading).matchAll(/^```(\w+)\n(.*?)^```$/gms)]
    .flatMap(([, name, code]) => name === language ? [code!] : []);
  assert(first !== undefined, `${path} has no ${language} under "${heading}"`);
  return [first, ...others];
}

/** What stands in the docs, and what here. */
export type Change = readonly [from: string, to: string];

/** A text with other addresses and paths; each has to be there. */
export function replaced(text: string, ...changes: readonly Change[]): string {
  return changes.reduce((text, [from, to]) => {
    assert(text.includes(from), `The docs' lines lack ${from}`);
    return text.replaceAll(from, to);
  }, text);
}

/** The documents of the YAML below a heading of a page. */
export function yaml(path: string, heading: string): unknown[] {
  return blocks(path, heading, "yaml").flatMap((text) => parseAll(text));
}

/**
 * The sections of an INI file, each name with all its values. Like systemd and Splunk, it takes a
 * line for a comment where it begins with `#`, and everything after the first `=` for the value.
 */
export function ini(text: string): Record<string, Record<string, string[]>> {
  const sections: Record<string, Record<string, string[]>> = {};
  let section: Record<string, string[]> | undefined;
  for (const line of text.split("\n").filter((line) => !/^(#|\s*$)/.test(line))) {
    const [, title] = /^\[(.+)\]$/.exec(line) ?? [];
    const [, name, value] = /^(\w+) *= *(.*)$/.exec(line) ?? [];
    if (title !== undefined) section = sections[title] = {};
    else if (name !== undefined && section !== undefined) (section[name] ??= []).push(value!);
    else throw new Error(`This line is not INI: ${line}`);
  }
  return sections;
}

/** What the client is given in each block of code of all pages, whatever starts it there. */
export function commandLines(): string[][] {
  const code = [...PAGES.values()]
    .flatMap((text) => text.match(/^( *```.*?^ *```$|( {4}.*\n)+)/gms) ?? []).join("\n");
  // systemd fills this in.
  const filled = joined(code).replaceAll("${ORG_URL}", "https://www.example.edu/");
  const started = /(?:(?<!-[og] )\bsiem-client(?:\.js|\.exe)?"?|\btask client) +(-.*)/g;
  const shell = [...filled.matchAll(started)]
    // Behind it comes what happens to its output, or, in the help text, a description.
    .map(([, options]) => words(options!.split(/ \| | \d?>| {3}/)[0]!));
  const plist = /<key>ProgramArguments<\/key>.*?<\/array>/s.exec(code)![0];
  const launchd = [...plist.matchAll(/<string>(.*?)<\/string>/g)].slice(1).map(([, word]) => word!);
  return [...shell, launchd, containerOf(yaml("docs/scale.md", "## Kubernetes")).args];
}

/** A text with the lines that a shell takes for one in one line. */
export function joined(text: string): string {
  return text.replaceAll(/ \\\n +/g, " ");
}

/** The words of a shell's line. */
export function words(line: string): string[] {
  return line.match(/(?:"[^"]*"|[^\s"])+/g)!.map((word) => word.replaceAll('"', ""));
}

/** What the tests look at in the CronJob. */
export interface CronJob {
  readonly kind: "CronJob";
  readonly spec: {
    readonly concurrencyPolicy: string;
    readonly jobTemplate: {
      readonly spec: {
        readonly completions: number;
        readonly parallelism: number;
        readonly backoffLimit: number;
        readonly template: {
          readonly spec: {
            readonly restartPolicy: string;
            readonly securityContext: {
              readonly runAsUser: number;
              readonly runAsGroup: number;
              readonly fsGroup: number;
              readonly fsGroupChangePolicy: string;
            };
            readonly containers: readonly [Container];
            readonly volumes: readonly Volume[];
          };
        };
      };
    };
  };
}
interface Container {
  readonly args: string[];
  readonly env?: unknown;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}
interface Volume {
  readonly name: string;
  readonly persistentVolumeClaim?: { readonly claimName: string };
  readonly secret?: { readonly secretName: string; readonly defaultMode: number };
}

export function cronJobOf(documents: readonly unknown[]): CronJob {
  return documents.find((document) => (document as CronJob).kind === "CronJob") as CronJob;
}

export function containerOf(documents: readonly unknown[]): Container {
  return cronJobOf(documents).spec.jobTemplate.spec.template.spec.containers[0];
}
