/** Reads times as the agents do: strptime as Splunk and Fluent Bit have it, and layouts of Go. */

const DIRECTIVES: Readonly<Record<string, string>> = {
  "%Y": "(?<year>\\d{4})",
  "%m": "(?<month>\\d\\d)",
  "%d": "(?<day>\\d\\d)",
  "%H": "(?<hour>\\d\\d)",
  "%M": "(?<minute>\\d\\d)",
  "%S": "(?<second>\\d\\d)",
  "%3N": "(?<fraction>\\d{3})",
  "%:z": "(?<zone>[+-]\\d\\d:\\d\\d)",
  "%z": "(?<zone>Z|[+-]\\d\\d:?\\d\\d)",
};

/** The moment that a whole text names, in milliseconds since 1970; undefined where it is not of the format. */
export function momentBy(format: string, text: string): number | undefined {
  const pattern = format.replaceAll(/%(?:\d?N|:?.)|[^%]/g, (part) => {
    if (part.length > 1 && !(part in DIRECTIVES)) throw new Error(`No test knows what ${part} is`);
    return DIRECTIVES[part] ?? part.replace(/[.+]/, "\\$&");
  });
  const found = new RegExp(`^${pattern}$`).exec(text)?.groups;
  if (found === undefined) return undefined;
  const { year, month, day, hour, minute, second, fraction = "0", zone } = found;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction}${zone}`);
}

/** The same by a layout of Go, which takes a fraction of a second whether the layout has one or not. */
export function momentByLayout(layout: string, text: string): number | undefined {
  const format = layout.replace("2006", "%Y").replace("01", "%m").replace("02", "%d")
    .replace("15", "%H").replace("04", "%M").replace("05", "%S").replace("Z07:00", "%z");
  const [fraction = ""] = /\.\d+/.exec(text) ?? [];
  const moment = momentBy(format, text.replace(fraction, ""));
  return moment === undefined ? undefined : moment + Number(`0${fraction}`) * 1000;
}
