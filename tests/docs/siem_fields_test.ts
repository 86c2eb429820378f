import { assertEquals } from "@std/assert";
import { fieldsPage, PATH } from "./siem_fields.ts";

Deno.test("docs/siem/fields.md says what the tables of ecs and ocsf say", async () => {
  assertEquals(await Deno.readTextFile(PATH), fieldsPage());
});
