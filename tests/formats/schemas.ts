/**
 * Are mapped events what the schemas say? OCSF's JSON Schema is checked by ajv, ECS's list of fields by a
 * few lines here. Both are the two projects' own data, which is not ours to copy: `.ci/run` says where they
 * are, and tests that need them are left out elsewhere.
 */

import { environment } from "../client.ts";

// Not written where it is imported: Deno 2.4 would look for the module's types in deno.lock.
const NODE_NET = "node:net";
const { isIP }: { isIP(text: string): number } = await import(NODE_NET);

/** The folder with the schemas. */
const schemas = Deno.env.get("SIEM_CLIENT_SCHEMAS");
/** The folder that npm installed ajv into. */
const tools = Deno.env.get("SIEM_CLIENT_PRISM");

/** For tests that need them. */
export const ECS = { ignore: schemas === undefined };
export const OCSF = { ignore: schemas === undefined || tools === undefined };

/** For Node: Deno 2.4 loads ajv only by way of deno.lock. */
const VALIDATE = `
  const Ajv = require("ajv");
  const fs = require("fs");
  const [schema, file] = process.argv.slice(1);
  const validate = new Ajv({ strict: false, allErrors: true })
    .compile(JSON.parse(fs.readFileSync(schema, "utf8")));
  const problems = [];
  let count = 0;
  for (const line of fs.readFileSync(file, "utf8").trimEnd().split("\\n")) {
    count++;
    if (validate(JSON.parse(line)) || problems.length >= 5) continue;
    const [{ instancePath, message, params }] = validate.errors;
    problems.push(instancePath + " " + message + " " + JSON.stringify(params) + ": " + line.slice(0, 500));
  }
  console.log(JSON.stringify({ count, problems }));
`;

/** What was found in lines of JSON. */
export interface Verdict {
  readonly count: number;
  readonly problems: readonly string[];
}

/** What ajv finds wrong with lines of OCSF; the first things. */
export async function ocsfProblems(lines: string): Promise<Verdict> {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, lines);
    const { stdout } = await new Deno.Command("node", {
      args: ["--eval", VALIDATE, `${schemas}/ocsf-1.8.0.schema.json`, file],
      cwd: tools!,
      clearEnv: true,
      env: environment(),
    }).output();
    return JSON.parse(new TextDecoder().decode(stdout));
  } finally {
    await Deno.remove(file);
  }
}

/** What the file of ECS fields says of one. */
interface EcsField {
  readonly type: string;
  readonly array?: boolean;
  readonly allowed?: readonly string[];
  readonly expectedEventTypes?: Readonly<Record<string, readonly string[]>>;
}

/** What is wrong with lines of ECS; the first things. */
export function ecsProblems(lines: string): Verdict {
  const { fields } = JSON.parse(Deno.readTextFileSync(`${schemas}/ecs-9.4.0.json`));
  const problems: string[] = [];
  const all = lines.trimEnd().split("\n");
  for (const line of all) {
    if (problems.length >= 5) break;
    const event = JSON.parse(line);
    for (const [name, value] of flattened(event)) {
      const problem = ecsProblem(fields[name], value);
      if (problem !== undefined) problems.push(`${name} ${problem}: ${line.slice(0, 500)}`);
    }
    const expected: EcsField["expectedEventTypes"] = fields["event.category"].expectedEventTypes;
    for (const category of event.event.category ?? []) {
      for (const type of event.event.type) {
        if (!expected![category]!.includes(type)) {
          problems.push(`${category} has no ${type}: ${line}`);
        }
      }
    }
    for (const name of ["@timestamp", "ecs.version", "event.original"]) {
      if (!flattened(event).some(([field]) => field === name)) problems.push(`no ${name}: ${line}`);
    }
    if (leaves(event.cirrus).some((leaf) => typeof leaf !== "string")) {
      problems.push(`a leaf under cirrus is no text: ${line}`);
    }
  }
  return { count: all.length, problems };
}

function ecsProblem(field: EcsField | undefined, value: unknown): string | undefined {
  if (field === undefined) return "is no field";
  if (Array.isArray(value) !== (field.array === true)) return "is a list, or should be one";
  for (const one of [value].flat()) {
    if (typeof one !== "string" || one === "") return "is no text";
    if (field.allowed !== undefined && !field.allowed.includes(one)) return `may not be ${one}`;
    if (field.type === "ip" && isIP(one) === 0) return "is no address";
    if (field.type === "date" && !ISO.test(one)) return "is no date";
    if (field.type === "date" && new Date(one).toISOString() !== one) return "is no date";
  }
  return undefined;
}

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Fields and their values, apart from those under `cirrus`. */
function flattened(value: object, prefix = ""): [name: string, value: unknown][] {
  return Object.entries(value).flatMap(([key, inner]): [string, unknown][] => {
    if (prefix === "" && key === "cirrus") return [];
    const isObject = typeof inner === "object" && inner !== null && !Array.isArray(inner);
    return isObject ? flattened(inner, `${prefix}${key}.`) : [[prefix + key, inner]];
  });
}

/** All values in another that hold no others. */
export function leaves(value: unknown): unknown[] {
  if (value === undefined) return [];
  return typeof value === "object" && value !== null
    ? Object.values(value).flatMap(leaves)
    : [value];
}
