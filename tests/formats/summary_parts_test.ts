import { assertEquals } from "@std/assert";
import { createTimes } from "../../lib/formats/event_time.ts";
import { timeOf } from "../../lib/events/fields.ts";
import { eventAt, type Events } from "../../lib/events/events.ts";
import { splitEvents, TOP_LEVEL } from "../../lib/events/split.ts";
import { countedOf, createCounter } from "../../lib/formats/summary_parts.ts";
import { SEED, seeded } from "../chance.ts";
import { hostileEvent, hostileEvents } from "../hostile.ts";

const counted = createCounter();

function assertSame(events: Events, text: (index: number) => string): void {
  for (let i = 0; i < events.spans.length / 2; i++) {
    assertEquals(counted(events, i), countedOf(eventAt(events, i)!), text(i).slice(0, 1000));
  }
}

function eventsOf(texts: readonly string[]): Events {
  return splitEvents(new TextEncoder().encode(`[${texts.join(",\n")}]`), TOP_LEVEL).events;
}

Deno.test(`of bytes the same is counted as of the events in them (seed ${SEED})`, () => {
  const below = seeded(SEED);
  const pick = (...list: readonly string[]) => list[below(list.length)]!;
  const value = () =>
    pick(
      '"a@example.edu"',
      '" "',
      '""',
      '"192.0.2.1"',
      '"::1"',
      '"\\u0061\\/"',
      '"\\ud83d"',
      '"é"',
    );
  const other = () =>
    pick("null", "true", "1.50", "-0", "[]", '["x"]', "{}", '{"client_ip":"::2"}');
  const some = () => below(4) === 0 ? other() : value();
  const member = (name: string) => `"${name}"${pick(":", ": ")}${some()}`;
  const members = (...names: readonly string[]) =>
    Array.from({ length: below(5) }, () => member(pick(...names)));
  const data = () =>
    `{${
      members(
        "eppn",
        "EPPN",
        "user",
        "mail",
        "Mail",
        "uid",
        "u\\u0069d",
        "cas",
        "cas_client_ip",
        "x",
      )
    }}`;
  const event = () => {
    const time = pick(
      "2026-11-01T10:20:30Z",
      "2026-11-01T10:20:30.5Z",
      "2026-11-01T10:20:30.123456+01:00",
      "2026-11-01T24:00:00Z",
      "2026-02-30T10:20:30Z",
      "2026-11-01T10:20:61Z",
      "2026-11-01 10:20:30+00:00",
      "2026-11-01T10:20:30",
    );
    const list = [
      ...members("service", "logType", "logSubtype", "clientIP", "clientip", "username"),
      ...below(3) > 0 ? [`"timeStampISO":"${time}"`] : members("timeStampISO"),
      ...below(5) > 0 ? [`"logData":${data()}`] : [],
      ...below(5) === 0 ? [`"${pick("logData", "logdata", "log\\u0044ata")}":${data()}`] : [],
      ...below(9) === 0 ? [member("logData")] : [],
    ];
    return `{${list.sort(() => below(2) - 1).join(pick(",", ", "))}}`;
  };
  const texts = Array.from({ length: 20_000 }, event);
  assertSame(eventsOf(texts), (index) => texts[index]!);
});

Deno.test(`of events that nobody would want the same is counted, too (seed ${SEED})`, () => {
  const below = seeded(SEED);
  const events = [...Array.from({ length: 5000 }, () => hostileEvent(below)), ...hostileEvents()];
  const texts = events.flatMap((event) => {
    try {
      return [JSON.stringify(event)];
    } catch {
      // Deno 2.4 cannot write the deepest of them.
      return [];
    }
  });
  assertSame(eventsOf(texts), (index) => texts[index]!);
});

Deno.test(`a time that is told by its bytes is what Date makes of it (seed ${SEED})`, () => {
  const below = seeded(SEED);
  const timeAt = createTimes();
  const digits = (count: number) => String(below(10 ** count)).padStart(count, "0");
  const few = (most: number) => String(below(most)).padStart(2, "0");
  const ends = ["Z", "Z", "+00:00", "+0000", "-00:00", "+01:00", "z", "", "Zulu", "5", ".Z"];
  for (let i = 0; i < 100_000; i++) {
    const day = `${["2024", "2026", "0000", "9999"][below(4)]}-${few(14)}-${few(33)}`;
    const fraction = below(2) === 0 ? "" : `.${digits(1 + below(9))}`;
    const zone = ends[below(ends.length)]!;
    const text = `${day}${"TTT t"[below(5)]}${few(25)}:${few(61)}:${few(62)}${fraction}${zone}`;
    const cut = below(20) === 0 ? text.slice(0, below(text.length)) : text;
    const bytes = new TextEncoder().encode(`"${cut}"7`);
    assertEquals(timeAt(bytes, 1, bytes.length - 2), timeOf({ timeStampISO: cut }), cut);
  }
});
