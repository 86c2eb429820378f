/** What time is it for the reader, and in which time zone? */

/** Moments as people in one time zone write them. */
export interface LocalTime {
  /** The zone's name, such as `Europe/Berlin`; absent where TZ gives it none, as in `TZ=XYZ5`. */
  readonly zone: string | undefined;
  /** How far the zone is from Greenwich at a moment, such as `GMT+2`. */
  offset(ms: number): string;
  /** `YYYY-MM-DD HH:MM:SS`; empty for NaN. */
  format(ms: number): string;
}

/** Time in a zone, by default in that of this machine. */
export function localTime(zone?: string): LocalTime {
  // Sweden's usual form of a date and a time is the one of ISO 8601.
  const isoClock = new Intl.DateTimeFormat("sv-SE", {
    timeZone: zone,
    dateStyle: "short",
    timeStyle: "medium",
  });
  const offsets = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "shortOffset" });
  // Its type does not say so, but for some zones it is undefined.
  const name: string | undefined = isoClock.resolvedOptions().timeZone;
  return {
    zone: name === "Etc/Unknown" ? undefined : name,
    offset: (ms) =>
      offsets.formatToParts(ms).find(({ type }) => type === "timeZoneName")?.value ?? "",
    format: (ms) => Number.isNaN(ms) ? "" : isoClock.format(ms),
  };
}
