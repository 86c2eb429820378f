/** Does every schema take what is mapped, whatever the events are like? */

import { assert, assertEquals } from "@std/assert";
import { ECS_TYPES } from "../../lib/formats/ecs.ts";
import { OCSF_TYPES } from "../../lib/formats/ocsf.ts";
import { demoEvents } from "../../lib/sources/demo_events.ts";
import { SEED, seeded } from "../chance.ts";
import { hostileTexts, madeUpEvent, mappedLines } from "./mapped.ts";
import { ECS, ecsProblems, OCSF, ocsfProblems } from "./schemas.ts";

const NOW = Date.parse("2026-11-26T12:00:00Z");

/** Made when they are asked for, since not every machine has the schemas. */
const SETS: Readonly<Record<string, () => string[]>> = {
  "the demonstration's eight days"() {
    const [first, end] = [demoEvents.first(NOW), demoEvents.end(NOW)];
    return Array.from({ length: end - first }, (_, i) => demoEvents.at(first + i).text);
  },
  "an event for each row of the tables"() {
    return [...ECS_TYPES, ...OCSF_TYPES].flatMap(({ logType = "oidc", subtypes }) =>
      subtypes.split(" ").flatMap((logSubtype) =>
        [{}, { eppn: "ana@example.edu", mail: "ana@example.edu", reason: "why" }].map((logData) =>
          JSON.stringify({ logType, logSubtype, service: "idp", clientIP: "192.0.2.1", logData })
        )
      )
    );
  },
  [`10,000 made-up events [seed ${SEED}]`]() {
    const below = seeded(SEED);
    return Array.from({ length: 10_000 }, () => madeUpEvent(below));
  },
  "hostile events": hostileTexts,
};

for (const [name, make] of Object.entries(SETS)) {
  Deno.test({
    ...OCSF,
    name: `OCSF: ajv finds nothing wrong with ${name}`,
    async fn() {
      const events = make();
      assertEquals(await ocsfProblems(mappedLines("ocsf", events)), {
        count: events.length,
        problems: [],
      });
    },
  });
  Deno.test({
    ...ECS,
    name: `ECS: nothing is wrong with ${name}`,
    fn() {
      const events = make();
      const { count, problems } = ecsProblems(mappedLines("ecs", events));
      assertEquals([count, problems], [events.length, []]);
    },
  });
}

Deno.test({
  ...ECS,
  name: "ECS: the check finds what is wrong",
  fn() {
    const good = JSON.parse(
      mappedLines("ecs", [SETS["an event for each row of the tables"]!()[1]!]),
    );
    const bad = [
      { ...good, event: { ...good.event, category: ["iam"], type: ["start"] } },
      { ...good, event: { ...good.event, outcome: "good" } },
      { ...good, event: { ...good.event, original: undefined } },
      { ...good, user: { nmae: "ana" } },
      { ...good, client: { ip: "somewhere" } },
      { ...good, related: { ip: "192.0.2.1" } },
      { ...good, "@timestamp": "2026-02-30T00:00:00.000Z" },
      { ...good, cirrus: { n: 1 } },
    ];
    assertEquals(ecsProblems(JSON.stringify(good)).problems, []);
    for (const event of bad) assert(ecsProblems(JSON.stringify(event)).problems.length > 0);
  },
});
