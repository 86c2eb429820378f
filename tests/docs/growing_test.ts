/** The ways of docs/ beyond one host, run as far as they can be run here. */

import { assert, assertEquals } from "@std/assert";
import { parse } from "../../lib/cli/command_line.ts";
import { readSettings } from "../../lib/cli/credentials_file.ts";
import { available, isRoot, run, temporaryFolder } from "../client.ts";
import { blocks, containerOf, cronJobOf, ini, words, yaml } from "./readme.ts";
import { KEY, numbered, ORG_URL, SECRET, startFakeApi } from "../fake_api.ts";

const manifest = yaml("docs/scale.md", "## Kubernetes");
const job = cronJobOf(manifest).spec;
const pod = job.jobTemplate.spec.template.spec;
const { args, env, volumeMounts } = containerOf(manifest);

Deno.test("systemd units: each instance has credentials, position and output of its own", () => {
  const [unit] = blocks("docs/scale.md", "## Several organisations with systemd", "ini").map(ini);
  const { LoadCredential, ExecStart, EnvironmentFile } = unit!["Service"]!;
  assertEquals([LoadCredential![0], ExecStart![0]], ["", ""], "the template's own are kept");
  const own = "urn:the:organisation:of:this:instance";
  const command = ExecStart![1]!.replace("${ORG_URL}", own);
  const asked = parse(
    words(command).slice(1),
    () => undefined,
    Date.now(),
    () => (name) => name.endsWith("_URL") ? undefined : "made-up",
  );
  assert(asked.kind === "pull" && asked.options.continuous);
  const { position, output, orgUrl } = asked.options;
  for (const name of [LoadCredential![1], EnvironmentFile![0], position, output]) {
    assert(name!.includes("%i"), name);
  }
  assertEquals(orgUrl, own);
});

Deno.test({
  name: "systemd understands the units, the timer and the template",
  ignore: !await available("systemd-analyze"),
  async fn() {
    await using folder = temporaryFolder();
    const [service, timer] = blocks("docs/run.md", "## systemd timer", "ini");
    const [organisation] = blocks("docs/scale.md", "## Several organisations with systemd", "ini");
    const write = (name: string, text: string) =>
      // The program has to exist for this.
      Deno.writeTextFile(
        folder.path(name),
        text.replace("/usr/local/bin/siem-client", "/bin/true"),
      );
    for (const name of ["siem-client", "siem-client@"]) {
      await write(`${name}.service`, service);
      await write(`${name}.timer`, timer!);
    }
    await Deno.mkdir(folder.path("siem-client@.service.d"));
    await write("siem-client@.service.d/organisation.conf", organisation);
    // The service that stays is the same with a few lines of its own, and without the timer.
    const [stay] = blocks("docs/run.md", "## A service that stays", "ini");
    await Deno.mkdir(folder.path("stay.service.d"));
    await write("stay.service", service);
    await write("stay.service.d/stay.conf", stay);
    await write("stay.timer", timer!);
    for (const name of ["siem-client", "siem-client@example", "stay"]) {
      for (const kind of ["service", "timer"]) {
        const { code, stderr } = await new Deno.Command("systemd-analyze", {
          args: ["verify", folder.path(`${name}.${kind}`)],
          env: { SYSTEMD_UNIT_PATH: `${folder.path("")}:` },
        }).output();
        assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
      }
    }
  },
});

Deno.test("CronJob: one run at a time, what lasts on the claim, the secret in no argument", () => {
  assertEquals(job.concurrencyPolicy, "Forbid");
  const { completions, parallelism, backoffLimit } = job.jobTemplate.spec;
  assertEquals([completions, parallelism, backoffLimit, pod.restartPolicy], [1, 1, 0, "Never"]);

  const files: string[] = [];
  const asked = parse(args, () => undefined, Date.now(), (path) => {
    files.push(path);
    return (name) => name.endsWith("_URL") ? undefined : "made-up";
  });
  assert(asked.kind === "pull" && asked.options.continuous);
  const { position, output } = asked.options;
  assertEquals(files.length, 1, "the secret is not read from a file");
  assertEquals([env, args.filter((word) => /^--api(key|secret)/.test(word))], [undefined, []]);
  const volumeAt = (path: string) => {
    const mount = volumeMounts.find(({ mountPath }) => path.startsWith(`${mountPath}/`));
    return pod.volumes.find(({ name }) => name === mount?.name);
  };
  const claims = manifest.filter((one) =>
    (one as { kind: string }).kind === "PersistentVolumeClaim"
  ).map((one) => (one as { metadata: { name: string } }).metadata.name);
  for (const path of [position, output!]) {
    assertEquals(claims, [volumeAt(path)?.persistentVolumeClaim?.claimName]);
  }
  assert(volumeAt(files[0]!)?.secret !== undefined);
});

Deno.test({
  name: "CronJob: its command runs twice on volumes as Kubernetes makes them",
  // Only root can give files to any group.
  ignore: Deno.build.os === "windows" || !isRoot(),
  async fn() {
    await using folder = temporaryFolder();
    await using api = startFakeApi({ events: numbered(7) });
    const [data, secret] = ["/data", "/run/siem-client"]
      .map((path) => folder.path(path.replaceAll("/", "")));
    // A volume belongs to fsGroup, which may write it; a secret is links to files that it may read.
    await Deno.mkdir(data!);
    await Deno.chown(data!, null, pod.securityContext.fsGroup);
    await Deno.chmod(data!, 0o2770);
    await Deno.mkdir(`${secret}/..1`, { recursive: true });
    const file = `${secret}/..1/api.env`;
    await Deno.writeTextFile(file, `API_KEY=${KEY}\nAPI_SECRET=${SECRET}\n`);
    await Deno.chown(file, null, pod.securityContext.fsGroup);
    const mode = pod.volumes.find((volume) => volume.secret)!.secret!.defaultMode;
    await Deno.chmod(file, mode | 0o440);
    await Deno.symlink("..1", `${secret}/..data`);
    await Deno.symlink("..data/api.env", `${secret}/api.env`);
    const settings = readSettings(`${secret}/api.env`);
    assertEquals([settings("API_KEY"), settings("API_SECRET")], [KEY, SECRET]);

    const mapped = args.map((word) =>
      word.replace("=/data/", `=${data}/`).replace("=/run/siem-client/", `=${secret}/`)
    );
    assert(mapped.includes(`--orgurl=${ORG_URL}`));
    for (const more of [numbered(5, 7), []]) {
      const { code, stderr } = await run([...mapped, "--apiurl", api.logUrl, "--since", "1d"]);
      assertEquals([code, stderr], [0, ""]);
      api.events.push(...more);
    }
    const text = await Deno.readTextFile(`${data}/cirrus.jsonl`);
    assertEquals(text, api.events.map((event) => `${event.text}\n`).join(""));
  },
});

Deno.test({
  name: "kubectl knows every field of the manifest's CronJob",
  ignore: !await knowsCronJobs(),
  async fn() {
    await using folder = temporaryFolder();
    // It reads the job into its own types and writes them out again, without what they do not have.
    const [text] = blocks("docs/scale.md", "## Kubernetes", "yaml");
    const path = folder.path("job.yaml");
    await Deno.writeTextFile(path, text.slice(text.indexOf("apiVersion: batch/v1")));
    const { code, stdout, stderr } = await new Deno.Command("kubectl", {
      args: ["set", "env", "--local", "-o", "json", "-f", path, "A=b"],
    }).output();
    const decoder = new TextDecoder();
    assertEquals([code, decoder.decode(stderr)], [0, ""]);
    assertEquals(lacking(cronJobOf(manifest), JSON.parse(decoder.decode(stdout))), []);
  },
});

/** Whether kubectl is there, and from version 1.21 on. */
async function knowsCronJobs(): Promise<boolean> {
  if (!await available("kubectl")) return false;
  const args = ["version", "--client", "--output=json"];
  const { stdout } = await new Deno.Command("kubectl", { args }).output();
  const [, minor] = /"minor": "(\d+)/.exec(new TextDecoder().decode(stdout)) ?? [];
  return Number(minor) >= 21;
}

/** The paths of what is in one value and not in the other. */
function lacking(one: unknown, other: unknown, path = ""): string[] {
  if (typeof one !== "object" || one === null) return one === other ? [] : [path];
  return Object.entries(one).flatMap(([key, value]) =>
    lacking(value, (other as Record<string, unknown> | undefined)?.[key], `${path}/${key}`)
  );
}

Deno.test({
  name: "Kafka's client knows the options that Vector hands to it",
  ignore: !await available("kcat"),
  async fn() {
    const [{ sinks }] = yaml("docs/siem/kafka.md", "# Kafka, through Vector") as [{
      sinks: {
        kafka: {
          topic: string;
          message_timeout_ms: number;
          librdkafka_options: Record<string, string>;
        };
      };
    }];
    const { topic, message_timeout_ms, librdkafka_options } = sinks.kafka;
    const options = { "message.timeout.ms": `${message_timeout_ms}`, ...librdkafka_options };
    const child = new Deno.Command("kcat", {
      // The library brings a broker of its own, on loopback, and puts its address in the place of this.
      args: ["-P", "-q", "-b", "broker", "-t", topic, "-X", "test.mock.num.brokers=1"]
        .concat(Object.entries(options).flatMap(([name, value]) => ["-X", `${name}=${value}`])),
      stdin: "piped",
      stderr: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode('{"n":1}\n'));
    await writer.close();
    const { code, stderr } = await child.output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
  },
});
