/** Where does a `Link` header lead? As RFC 8288 has it, and as the SIEM API writes it: without `<>`. */

// One link: where to, its parameters, and a comma or the end. No two of these can match the same
// white space in turn, so that no header takes more than one pass. A bare target ends where its
// parameters begin.
const TARGET = /\s*(?:<([^<>]*)>|([^\s;<>",](?:[^\s;<>"]*(?=\s*;)|[^\s;<>"]*(?<!,))))/y;
const PARAMETER = /\s*;\s*([^\s;,="]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?/y;
const END = /\s*(?:,|$)/y;

/**
 * The target of the link with `rel="next"` in a `Link` header; undefined where there is none.
 * Throws SyntaxError where the header cannot be read.
 */
export function nextLink(header: string): string | undefined {
  let at = 0;
  const take = (pattern: RegExp) => {
    pattern.lastIndex = at;
    const found = pattern.exec(header);
    if (found !== null) at = pattern.lastIndex;
    return found;
  };
  let next: string | undefined;
  while (at < header.length) {
    const [, bracketed, bare] = take(TARGET) ?? [];
    const target = bracketed ?? bare;
    let relation: string | undefined;
    for (let found = take(PARAMETER); found !== null; found = take(PARAMETER)) {
      const [, name = "", quoted, plain = ""] = found;
      if (name.toLowerCase() === "rel") relation ??= quoted ?? plain;
    }
    if (target === undefined || take(END) === null) throw new SyntaxError("it is not a link");
    if (relation?.toLowerCase().split(/\s+/).includes("next")) next ??= target;
  }
  return next;
}
