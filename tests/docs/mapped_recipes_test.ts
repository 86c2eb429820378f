/** The recipes for events in ECS and OCSF: do their settings fit the lines that the client writes? */

import { assert, assertEquals } from "@std/assert";
import { run } from "../client.ts";
import { leaves } from "../formats/schemas.ts";
import { blocks, ini, section, yaml } from "./readme.ts";

const TWO_HOURS = ["--demo", "--api", "siem", "--since", "2h"];

async function demo(format: string): Promise<string[]> {
  const { code, stdout, stderr } = await run([...TWO_HOURS, "--format", format]);
  assertEquals([code, stderr], [0, ""]);
  return stdout.trimEnd().split("\n");
}

const ecs = await demo("ecs");
const ocsf = await demo("ocsf");

interface Mapping {
  readonly type?: string;
  readonly dynamic?: boolean;
  readonly properties?: Readonly<Record<string, Mapping>>;
}

for (const path of ["docs/siem/elastic-ecs.md", "docs/siem/opensearch.md"]) {
  Deno.test(`${path}: the index template takes what is under cirrus, and types what is no keyword`, () => {
    const { template } = JSON.parse(blocks(path, "## Index template", "json")[0]);
    const { cirrus, ...others } = template.mappings.properties as Record<string, Mapping>;
    assertEquals(cirrus!.dynamic, false);
    const flat = path.includes("elastic") ? "flattened" : "flat_object";
    assertEquals(
      [cirrus!.properties!["log_data"], cirrus!.properties!["other"]].map((one) => one!.type),
      [
        flat,
        flat,
      ],
    );
    for (const line of ecs) {
      for (const [name, value] of Object.entries(JSON.parse(line).cirrus)) {
        const type = cirrus!.properties![name]?.type;
        assertEquals(type, typeof value === "object" ? flat : "keyword", name);
      }
    }
    if (path.includes("elastic")) return;
    const event = JSON.parse(ecs.find((line) => line.includes('"client":'))!);
    assertEquals(others["client"]!.properties!["ip"]!.type, "ip");
    assertEquals(others["source"]!.properties!["ip"]!.type, "ip");
    assertEquals(others["related"]!.properties!["ip"]!.type, "ip");
    assert(leaves(event).every((leaf) => typeof leaf === "string"));
  });
}

Deno.test("Filebeat: the file and its renamed ones, over its own fields, an id by place", () => {
  const path = "docs/siem/elastic-ecs.md";
  const [config] = yaml(path, "## Filebeat") as [{
    "filebeat.inputs": [{
      paths: string[];
      parsers: [{ ndjson: { target: string; overwrite_keys: boolean } }];
      "prospector.scanner.fingerprint": { length: number };
    }];
    "output.elasticsearch": { index: string };
  }];
  const [input] = config["filebeat.inputs"];
  assert(
    section(path, "## Write the file").includes(` --output ${input.paths[0]!.slice(0, -1)}\n`),
  );
  assertEquals([input.parsers[0].ndjson.target, input.parsers[0].ndjson.overwrite_keys], [
    "",
    true,
  ]);
  const { length } = input["prospector.scanner.fingerprint"];
  assertEquals(new Set(ecs.map((line) => line.slice(0, length))).size, ecs.length);
  const { index_patterns } = JSON.parse(blocks(path, "## Index template", "json")[0]);
  const [pattern] = index_patterns;
  assert(config["output.elasticsearch"].index.startsWith(pattern.slice(0, -1)));
  // As Filebeat reads it in JSON.
  for (const line of ecs) {
    assert(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(JSON.parse(line)["@timestamp"]));
  }
});

Deno.test("Splunk: one event per line, at its own time, and files told apart by 256 bytes", () => {
  const heading = "## Forwarder, indexers and search heads";
  const path = "docs/siem/splunk-ocsf.md";
  const [inputs, props] = blocks(path, heading, "ini").map(ini);
  const [monitor] = Object.values(inputs!);
  const [type] = monitor!["sourcetype"]!;
  const setting = (name: string) => props![type!]![name]![0]!;
  assertEquals(setting("TIME_FORMAT"), "%s%3N");
  for (const line of ocsf) {
    const prefix = new RegExp(setting("TIME_PREFIX")).exec(line)!;
    const ahead = line.slice(prefix.index + prefix[0].length)
      .slice(0, Number(setting("MAX_TIMESTAMP_LOOKAHEAD")));
    assertEquals(parseInt(ahead), JSON.parse(line).time);
  }
  assertEquals(new Set(ocsf.map((line) => line.slice(0, 256))).size, ocsf.length);
});

Deno.test("lines are as long as the recipes say: three times their event, and three and a half", () => {
  const factor = (lines: string[], original: (line: string) => string) =>
    lines.join("").length / lines.map(original).join("").length;
  const inEcs = factor(ecs, (line) => JSON.parse(line).event.original);
  const inOcsf = factor(ocsf, (line) => JSON.parse(line).raw_data);
  assert(inEcs > 2.7 && inEcs < 3.7, `${inEcs}`);
  assert(inOcsf > 3.5 && inOcsf < 5, `${inOcsf}`);
});
