import { assert, assertEquals } from "@std/assert";
import { available, temporaryFolder } from "../client.ts";
import { blocks, page } from "./readme.ts";

Deno.test({
  name: "systemd rates the exposure of the docs' service as the docs say",
  ignore: !await available("systemd-analyze"),
  async fn() {
    await using folder = temporaryFolder();
    const [service] = blocks("docs/run.md", "## systemd timer", "ini");
    await Deno.writeTextFile(folder.path("siem-client.service"), service);
    const analyze = async (...args: string[]) => {
      const { code, stdout, stderr } = await new Deno.Command("systemd-analyze", { args }).output();
      assertEquals([code, new TextDecoder().decode(stderr)], [0, ""]);
      return new TextDecoder().decode(stdout);
    };
    const text = await analyze("security", "--offline=true", folder.path("siem-client.service"));
    const [, figure] = /exposure level for siem-client\.service: ([\d.]+) /.exec(text) ?? [];
    const [, stated, version] = /an\s+exposure\s+of\s+([\d.]+) \(systemd\s+(\d+)/.exec(
      page("docs/run.md"),
    ) ?? [];
    assert(stated !== undefined, "The docs state none");
    const [, here] = /^systemd (\d+)/.exec(await analyze("--version")) ?? [];
    // Each version knows other dangers.
    if (here === version) assertEquals(figure, stated);
    else assert(Number(figure) < 2, `${figure} by systemd ${here}`);
  },
});
