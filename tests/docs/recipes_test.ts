/**
 * The recipes of docs/siem/ for agents that cannot be run here: their syntax, and whatever they say about
 * the client's file and the events in it, checked on what the client itself writes.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { parse } from "../../lib/cli/command_line.ts";
import { run } from "../client.ts";
import { blocks, commandLines, ini, joined, page, section, words, yaml } from "./readme.ts";
import { momentBy, momentByLayout } from "./times.ts";

/** The file that the cron line writes. */
const FILE = "/var/log/siem-client/cirrus.jsonl";

const lines = (await Promise.all(["log", "siem"].map(async (api) => {
  const { code, stdout } = await run(["--demo", "--api", api, "--since", "1h", "--format=ndjson"]);
  assertEquals(code, 0);
  return stdout;
}))).join("").trimEnd().split("\n");
const events: readonly Record<string, unknown>[] = lines.map((line) => JSON.parse(line));
const times = events.map((event) => event["timeStampISO"] as string);

Deno.test("every command line in the code of README and docs is understood", () => {
  const commands = commandLines();
  assert(commands.length >= 33, `${commands.length} were found`);
  for (const command of commands) {
    try {
      const setting = (name: string) => name.endsWith("_URL") ? undefined : "made-up";
      parse(command, setting, Date.parse("2100-01-01T00:00:00Z"), () => setting);
    } catch (cause) {
      throw new Error(`siem-client ${command.join(" ")}`, { cause });
    }
  }
});

Deno.test("the recipes read the file that cron and systemd write", () => {
  const ways = [["README.md", "## Continuous"]].concat(
    ["## cron", "## systemd timer", "## A service that stays"].map((way) => ["docs/run.md", way]),
  ) as [string, string][];
  for (const way of ways) assertMatch(section(...way), new RegExp(` --output ${FILE}\\n`));
});

Deno.test("a file is known by its first 256 bytes or its first line, since no two begin alike", () => {
  const perApi = lines.slice(0, lines.length / 2);
  assertEquals(new Set(perApi.map((line) => line.slice(0, 256))).size, perApi.length);
  assert(perApi.every((line) => line.length >= 256), "a file of one event would be held back");
});

Deno.test("Splunk: one event per line, at its own time, from the sourcetype of the input", () => {
  const [inputs, outputs, props] = blocks(
    "docs/siem/splunk.md",
    "# Splunk universal forwarder",
    "ini",
  ).map(ini);
  const monitor = inputs![`monitor://${FILE}*`]!;
  assert(monitor !== undefined, "the input reads another file");
  assertEquals(
    ["", ".1", "-20260131", ".1.gz"].map((suffix) => {
      return new RegExp(monitor["blacklist"]![0]!).test(FILE + suffix);
    }),
    [false, false, false, true],
  );
  assertEquals(outputs!["tcpout"], { useACK: ["true"] });
  const type = props![monitor["sourcetype"]![0]!]!;
  const setting = (name: string) => type[name]?.[0] ?? "";
  assertEquals(setting("SHOULD_LINEMERGE"), "false");
  assertEquals([setting("KV_MODE"), type["INDEXED_EXTRACTIONS"]], ["json", undefined]);
  for (const name of ["LINE_BREAKER", "EVENT_BREAKER"]) {
    const broken = lines.join("\n").split(new RegExp(setting(name)));
    assertEquals(broken.filter((_, i) => i % 2 === 0), lines);
  }
  for (const [i, line] of lines.entries()) {
    const prefix = new RegExp(setting("TIME_PREFIX")).exec(line)!;
    const ahead = line.slice(prefix.index + prefix[0].length)
      .slice(0, Number(setting("MAX_TIMESTAMP_LOOKAHEAD")));
    const [time = ""] = ahead.split('"');
    assertEquals(time, times[i]);
    assertEquals(momentBy(setting("TIME_FORMAT"), time), Date.parse(times[i]!));
  }
});

Deno.test("Filebeat: the file and its renamed ones, the event's time, an id by place", () => {
  const [config] = yaml("docs/siem/elastic.md", "# Filebeat and Elastic Agent") as [{
    "filebeat.inputs": [{
      type: string;
      paths: string[];
      "prospector.scanner.exclude_files": [string];
      "prospector.scanner.fingerprint": unknown;
      parsers: unknown;
      processors: [
        { timestamp: { field: string; layouts: string[]; test: string[] } },
        { fingerprint: unknown },
      ];
    }];
  }];
  const [input] = config["filebeat.inputs"];
  assertEquals([input.type, input.paths], ["filestream", [`${FILE}*`]]);
  assert(new RegExp(input["prospector.scanner.exclude_files"][0]).test(`${FILE}.2.gz`));
  const fingerprint = { enabled: true, offset: 0, length: 256 };
  assertEquals(input["prospector.scanner.fingerprint"], fingerprint);
  assertEquals(input.parsers, [{ ndjson: { target: "cirrus", add_error_key: true } }]);
  const [{ timestamp }, id] = input.processors;
  assertEquals(timestamp.field, "cirrus.timeStampISO");
  for (const time of [...times, ...timestamp.test]) {
    const read = timestamp.layouts.map((layout) => momentByLayout(layout, time));
    assert(read.includes(Date.parse(time)), time);
  }
  const fields = ["log.file.fingerprint", "log.offset"];
  assertEquals(id.fingerprint, { fields, target_field: "@metadata._id" });
});

Deno.test("Vector: the file, the event's time, and a sink for Kafka that is acknowledged", () => {
  const [recipe] = yaml("docs/siem/vector.md", "# Vector") as [{
    sources: { cirrus: { include: string[]; exclude: string[]; max_line_bytes: number } };
    transforms: { cirrus_events: { inputs: string[]; source: string } };
  }];
  const { include, exclude, max_line_bytes } = recipe.sources.cirrus;
  const gz = `${FILE.slice(0, FILE.lastIndexOf("/"))}/*.gz`;
  assertEquals([include, exclude], [[`${FILE}*`], [gz]]);
  assert(max_line_bytes > 102_400);
  const { inputs, source } = recipe.transforms.cirrus_events;
  assert(inputs.every((name) => name in recipe.sources));
  const [, field, format] = /parse_timestamp!\(\.cirrus\.(\w+), format: "(.+)"\)/.exec(source) ??
    [];
  // That is RFC 3339, in the words of Rust's chrono.
  assertEquals([field, format], ["timeStampISO", "%+"]);
  for (const time of times) assertMatch(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/);
  const [{ sinks }] = yaml("docs/siem/kafka.md", "# Kafka, through Vector") as [{
    sinks: { kafka: Record<string, unknown> & { inputs: string[]; key_field: string } };
  }];
  assert(sinks.kafka.inputs.every((name) => name in recipe.transforms));
  assertEquals(sinks.kafka["acknowledgements"], { enabled: true });
  assertEquals(sinks.kafka["message_timeout_ms"], 0);
  assertEquals(sinks.kafka["buffer"], undefined);
  const key = sinks.kafka.key_field.replace("cirrus.", "");
  assert(events.every((event) => typeof event[key] === "string"), key);
});

Deno.test("Fluent Bit: the file alone, the event's time, and nothing that is given up", () => {
  const [config] = yaml("docs/siem/fluent-bit.md", "# Fluent Bit") as [{
    service: Record<string, unknown>;
    parsers: [{ name: string; format: string; time_key: string; time_format: string }];
    pipeline: { inputs: [Record<string, unknown>]; outputs: [Record<string, unknown>] };
  }];
  const [parser] = config.parsers;
  const [input] = config.pipeline.inputs;
  const [output] = config.pipeline.outputs;
  assertEquals([input["name"], input["path"]], ["tail", FILE]);
  assertEquals([input["parser"], parser.format], [parser.name, "json"]);
  assertEquals(output["match"], input["tag"]);
  assertEquals([input["storage.type"], config.service["storage.sync"]], ["filesystem", "full"]);
  assertEquals([input["skip_long_lines"], output["retry_limit"]], [true, "no_limits"]);
  assertMatch(`${input["db"]} ${config.service["storage.path"]}`, /^\/\S+ \/\S+$/);
  for (const [i, event] of events.entries()) {
    const time = event[parser.time_key] as string;
    assertEquals(momentBy(parser.time_format, time), Date.parse(times[i]!));
  }
});

Deno.test("Sentinel: rule, table and transformation name the same columns and real fields", () => {
  const path = "docs/siem/sentinel.md";
  const { properties } = JSON.parse(blocks(path, "# Microsoft Sentinel", "json")[0]) as {
    properties: {
      streamDeclarations: Record<string, { columns: { name: string; type: string }[] }>;
      dataSources: { logFiles: [{ streams: string[]; filePatterns: string[]; format: string }] };
      destinations: { logAnalytics: [{ name: string }] };
      dataFlows: [
        { streams: string[]; destinations: string[]; outputStream: string; transformKql: string },
      ];
    };
  };
  const [source] = properties.dataSources.logFiles;
  const [flow] = properties.dataFlows;
  assertEquals([source.format, source.filePatterns], ["text", [FILE]]);
  const streams = Object.keys(properties.streamDeclarations);
  assertEquals([source.streams, flow.streams], [streams, streams]);
  assertEquals(flow.destinations, properties.destinations.logAnalytics.map(({ name }) => name));

  const [, table = "", list = ""] = / --name (\w+_CL) --columns (.*)/
    .exec(joined(page(path))) ?? [];
  const columns = words(list).map((column) => column.split("="));
  assertEquals(flow.outputStream, `Custom-${table}`);
  const [from, ...steps] = flow.transformKql.split(" | ");
  assertEquals(from, "source");
  const projected = steps.at(-1)!.replace("project ", "").split(/, (?=\w+ = )/)
    .map((column) => column.split(" = ") as [string, string]);
  assertEquals(projected.map(([name]) => name), columns.map(([name]) => name));
  for (const [name, value] of projected) {
    const type = columns.find(([column]) => column === name)![1];
    const [, made = OTHERS[value.split("(")[0]!]] = /^to(\w+)\(/.exec(value) ?? [];
    assertEquals(type, made, name);
  }
  const fields = [...flow.transformKql.matchAll(/\bd\.(\w+)/g)].map(([, field]) => field!);
  assert(fields.includes("timeStampISO"));
  for (const field of fields) assert(events.every((event) => field in event), field);
  // "yyMMdd HH:mm:ss" begins a record wherever it stands.
  assertEquals(lines.filter((line) => /\d{6} \d\d:\d\d:\d\d/.test(line)), []);
});

/** The types of what the transformation makes other than by `todatetime` and its like. */
const OTHERS: Readonly<Record<string, string>> = {
  t: "datetime",
  iif: "datetime",
  d: "dynamic",
  hash_sha256: "string",
};
