import project from "../deno.json" with { type: "json" };

/** This client's version, written once, in deno.json. */
export const VERSION: string = project.version;
