/** Web links as HTTP headers carry them (RFC 8288), and as the SIEM API writes them: without `<>`. */

/** One link: where to, and then its parameters. A bare target ends where its parameters begin. */
const LINK =
  /\s*(?:<([^<>]*)>|([^\s;<>",][^\s;<>"]*))((?:\s*;\s*[^\s;,="]+(?:\s*=\s*(?:"(?:[^"\\]|\\.)*"|[^\s;,"]*))?)*)\s*(?:,|$)/y;
const RELATION = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]*))/i;

/**
 * The target of the link with `rel="next"` in a `Link` header; undefined where there is none.
 * Throws SyntaxError where the header cannot be read.
 */
export function nextLink(header: string): string | undefined {
  let next: string | undefined;
  for (let at = 0; at < header.length;) {
    LINK.lastIndex = at;
    const [, bracketed, bare, parameters = ""] = LINK.exec(header) ?? [];
    const target = bracketed ?? bare;
    if (target === undefined) throw new SyntaxError("it is not a link");
    const [, quoted, plain = ""] = RELATION.exec(parameters) ?? [];
    if ((quoted ?? plain).toLowerCase().split(/\s+/).includes("next")) next ??= target;
    at = LINK.lastIndex;
  }
  return next;
}
