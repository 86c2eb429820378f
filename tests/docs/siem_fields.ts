/**
 * docs/siem/fields.md, made from the tables of lib/formats/ecs.ts and ocsf.ts, so that it says what the code
 * does. After a change of these:
 *
 *     deno run --allow-read --allow-write tests/docs/siem_fields.ts
 */

import { ECS_FIELDS, ECS_TYPES } from "../../lib/formats/ecs.ts";
import { MAX_LEVEL } from "../../lib/formats/json_writer.ts";
import type { TypeRow } from "../../lib/formats/kinds.ts";
import type { Field } from "../../lib/formats/mapped.ts";
import { OCSF_TYPES, ocsfFields, ocsfNames } from "../../lib/formats/ocsf.ts";

export const PATH = new URL("../../docs/siem/fields.md", import.meta.url);

const INTRODUCTION = `# Fields in ECS and OCSF

<!-- Made by tests/docs/siem_fields.ts from the tables in lib/formats/ecs.ts and ocsf.ts. -->

\`--format ecs\` writes events in the words of the Elastic Common Schema 9.4 (every field used here
exists since 8.11), \`--format ocsf\` in those of OCSF 1.8.0. Both write one event per line. How to
feed a SIEM with them: [Elastic](elastic-ecs.md), [OpenSearch](opensearch.md),
[AWS Security Lake](security-lake.md), [Splunk](splunk-ocsf.md).

## What to know first

- \`event.original\` and \`raw_data\` hold the exact bytes of the event. Nothing of it is left out: what
  the schema has no word for is under \`cirrus\` or \`unmapped\`. There, every value is a text, so that
  a field which is a number in one event and a text in the next breaks no index.
- The vendor documents the meaning of few types: those with "yes" below. The others are taken from
  their names, with care. Where a name is not clear, the outcome is \`unknown\`, or the class is 0.
- **No failure is documented.** A login that went wrong may show as a request without a success
  under the same \`correlationId\`, and as nothing else. A rule that counts failures may count none.
- Not documented, but assumed: fields that say why something failed (\`reason\`, \`error\`, \`message\`
  ...) or who gets a mail; that \`saml_idp\` may also be \`{"saml": {"idp": ...}}\`; that under CAS
  \`cas_client_ip\` is the browser, and \`clientIP\` may be the application's server.
- Names of fields in \`logData\` are matched in any case. Of a list, the first text counts.
- The service fills \`user\` with the IP address where it knows nobody. That is no user name. OCSF
  requires a user and an application all the same: what is not known is called \`unknown\` there.
- Of a key that is there twice, the last value counts. Half of a surrogate pair becomes U+FFFD. What
  is nested deeper than ${MAX_LEVEL} levels is a text of its JSON. If \`logData\` is no object, it is under
  \`value\`.
- A time stamp that cannot be read is kept as it is. The time is then that of the event before it in
  the page, or 1970, and \`cirrus.time_assumed\` or \`metadata.labels\` says so.
- A mail (\`sending\`) without a recipient that is a mail address is class 0 in OCSF.
`;

/** The text of the page. */
export function fieldsPage(): string {
  return [
    INTRODUCTION,
    "## ECS: types\n",
    table(
      ["logType", "logSubtype", "event.category", "event.type", "event.outcome", "documented"],
      [
        ...ECS_TYPES.map((row) => [
          ...typeCells(row),
          row.category,
          row.types.replace(" ", ", "),
          row.outcome ?? "",
          row.documented ? "yes" : "",
        ]),
        ["anything else", "", "", "", "unknown", ""],
      ],
    ),
    "## ECS: fields\n",
    fieldsTable(ECS_FIELDS),
    "## OCSF: types\n",
    table(
      ["logType", "logSubtype", "class", "activity", "status", "protocol", "documented"],
      [
        ...OCSF_TYPES.map((row) => {
          const { className, activity, status, protocol } = ocsfNames(row);
          return [
            ...typeCells(row),
            `${row.class} ${className}`,
            `${row.activity} ${activity}`,
            `${row.status} ${status}`,
            protocol === undefined ? "" : `${row.protocol} ${protocol}`,
            row.documented ? "yes" : "",
          ];
        }),
        ["anything else", "", "0 Base Event", "0 Unknown", "0 Unknown", "", ""],
      ],
    ),
    "## OCSF: fields\n",
    fieldsTable(ocsfFields(() => "")),
  ].join("\n");
}

function typeCells({ logType = "any", subtypes }: TypeRow): string[] {
  return [logType, subtypes.replaceAll(" ", ", ")];
}

function fieldsTable<Row>(fields: readonly Field<Row>[]): string {
  return table(
    ["field", "from"],
    fields.map(({ name, from, same }) => {
      // A constant looks at nothing.
      const value = () => `constant: \`${JSON.stringify((same as () => unknown)())}\``;
      return [`\`${name}\``, from === "constant" ? value() : from];
    }),
  );
}

/** As `deno fmt` lays it out. */
function table(titles: readonly string[], rows: readonly string[][]): string {
  const widths = titles.map((title, i) =>
    Math.max(title.length, ...rows.map((row) => row[i]!.length))
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |\n`;
  return line(titles) + line(widths.map((width) => "-".repeat(width))) + rows.map(line).join("");
}

if (import.meta.main) await Deno.writeTextFile(PATH, fieldsPage());
