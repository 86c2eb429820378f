/** One line on a terminal that says how a run comes along, and one about the whole of it at its end. */

/** News of a run. What is absent stays as it was. */
export interface Progress {
  /** Events delivered with one more page. */
  readonly events?: number;
  /** When the last event delivered happened, in milliseconds since 1970; NaN where unknown. */
  readonly reached?: number;
  /** What the run waits for where it is not the service; `""` for the service again. */
  readonly waiting?: string;
  /** Events are about to be written, perhaps to the same terminal. */
  readonly writing?: true;
}

/** The line while it lives. */
export interface LiveLine {
  /** Resolves when the line is out of the way, where events are about to be written. */
  progress(news: Progress): Promise<void>;
  /** Writes other text, which stays, above the line. */
  write(text: string): void;
  /** Ends the line; where it was ever seen, one line about the whole run takes its place. */
  end(): void;
}

/** Milliseconds: shorter runs need no line. */
const FIRST_SEEN = 1000;
const REFRESH = 200;

/** Starts a line. `columns` is asked anew each time, since terminals change their size. */
export function startLiveLine(
  write: (text: string) => Promise<void>,
  columns: () => number,
): LiveLine {
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  let events = 0;
  let pages = 0;
  let reached = "";
  let waiting = "";
  let writing = false;
  let everSeen = false;
  let seen = false;

  function draw(): void {
    if (writing || seconds() * 1000 < FIRST_SEEN) return;
    const speed = `${count(Math.round(events / seconds()))}/s`;
    const at = reached && `at ${reached}`;
    const wait = waiting || "waiting for the service";
    // One column stays free: a full line makes some terminals begin the next one.
    const room = columns() - 1;
    // As room gets short, these go: the speed, then the time, then what is not out of the ordinary.
    const line = [[total(), speed, at, wait], [total(), at, wait], [total(), wait]]
      .map((parts) => parts.filter(Boolean).join(", ")).find((text) => text.length <= room) ??
      (waiting || `${total()}, ${speed}`);
    write(`\r${line.slice(0, room)}\x1b[K`);
    seen = everSeen = true;
  }
  async function clear(): Promise<void> {
    if (!seen) return;
    seen = false;
    await write("\r\x1b[K");
  }
  const total = () => `${count(events)} events in ${count(pages)} page${pages === 1 ? "" : "s"}`;
  const timer = setInterval(draw, REFRESH);
  return {
    async progress(news) {
      if (news.events !== undefined) pages++;
      events += news.events ?? 0;
      const time = new Date(news.reached ?? NaN);
      if (!Number.isNaN(time.getTime())) reached = `${time.toISOString().slice(0, 19)}Z`;
      waiting = news.waiting ?? waiting;
      writing = news.writing ?? false;
      if (writing) await clear();
    },
    write(text) {
      clear();
      write(text);
    },
    end() {
      clearInterval(timer);
      clear();
      const upTo = reached ? `, up to ${reached}` : "";
      if (everSeen) write(`siem-client: ${total()}, ${seconds().toFixed(1)} s${upTo}\n`);
    },
  };
}

function count(n: number): string {
  return n.toLocaleString("en-US");
}
