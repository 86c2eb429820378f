/** Of which kind is an event? By its service, type and subtype; what each kind needs is made once. */

import { createMemo } from "./memo.ts";
import { type Parts, type Span, textOf } from "./event_parts.ts";

/** What decides to which row of a table of types an event belongs, and is the same for all of a kind. */
export interface Kind {
  /** Undefined where the event has none, or one that is no text. */
  readonly service: string | undefined;
  readonly logType: string | undefined;
  readonly logSubtype: string | undefined;
  /** Whether a field names somebody whom a mail goes to. */
  readonly hasRecipient: boolean;
}

const MAX_KEY_BYTES = 200;

/** Makes a function that finds what `make` made for the kind of an event. */
export function createKinds<Thing>(make: (kind: Kind) => Thing): (parts: Parts) => Thing {
  const key = new Uint8Array(MAX_KEY_BYTES);
  let current: Parts;
  const made = createMemo(() => make(kindOf(current)));
  return (parts) => {
    const { bytes, fields: { service, logType, logSubtype }, recipient } = parts;
    let length = 0;
    key[length++] = recipient === undefined ? 0x30 : 0x31;
    for (const span of [service, logType, logSubtype]) {
      if (span !== undefined) {
        if (length + span.end - span.start >= MAX_KEY_BYTES) return make(kindOf(parts));
        for (let at = span.start; at < span.end; at++) key[length++] = bytes[at]!;
      }
      // Within a string JSON has no such byte.
      key[length++] = 0;
    }
    current = parts;
    return made(key, 0, length);
  };
}

function kindOf({ bytes, fields, recipient }: Parts): Kind {
  const text = (span: Span | undefined) => span && textOf(bytes, span);
  return {
    service: text(fields.service),
    logType: text(fields.logType),
    logSubtype: text(fields.logSubtype),
    hasRecipient: recipient !== undefined,
  };
}

/** What rows of all tables of types have in common. */
export interface TypeRow {
  /** Undefined: any type. */
  readonly logType?: string;
  /** With blanks between them. */
  readonly subtypes: string;
  /** Whether the vendor documents the meaning; else it is taken from the names, with care. */
  readonly documented?: true;
}

/** The row of a kind; undefined where the table has none. */
export function rowOf<Row extends TypeRow>(
  rows: readonly Row[],
  { logType, logSubtype }: Kind,
): Row | undefined {
  if (logSubtype === undefined) return undefined;
  return rows.find((row) =>
    (row.logType === undefined || row.logType === logType) &&
    row.subtypes.split(" ").includes(logSubtype)
  );
}
