/** Which version of the client is this, and what does it run in? */

import project from "../../deno.json" with { type: "json" };

/** This client's version, written once, in deno.json. */
export const VERSION: string = project.version;

/** What `--version` prints: this client, the runtime inside, and what it was built for. */
export const VERSION_LINE =
  `siem-client ${VERSION} (Deno ${Deno.version.deno}, ${Deno.build.target})\n`;
