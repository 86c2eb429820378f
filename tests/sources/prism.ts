/**
 * The vendor's own document about Log API v1, and two independent readers of it: Prism, which plays
 * a service made from it, and ajv, which checks answers. `.ci/run` provides all three, and says where
 * they are; the document is not ours to copy, and its readers are too many packages for deno.lock.
 */

import { environment } from "../client.ts";

const documentPath = Deno.env.get("SIEM_CLIENT_OPENAPI");
/** The folder that npm installed Prism and ajv into. */
const tools = Deno.env.get("SIEM_CLIENT_PRISM");

/** For tests that need them. */
export const CONTRACT = { ignore: documentPath === undefined || tools === undefined };

/** The parts of the document that tests look at. */
export interface Document {
  readonly servers: readonly [{ readonly url: string }];
  readonly paths: Readonly<Record<string, { readonly get: Operation }>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, { readonly enum?: readonly string[] }>>;
  };
}

interface Operation {
  readonly parameters?: readonly { readonly name: string }[];
  readonly responses: Readonly<
    Record<string, { readonly content: { readonly "application/json": Described } }>
  >;
}

interface Described {
  readonly schema?: unknown;
  readonly example?: unknown;
}

/** Reads the document. */
export function readDocument(): Document {
  return JSON.parse(Deno.readTextFileSync(documentPath!));
}

/** What the document says about the answer to a path, by its status. */
export function described(document: Document, path: string, status: number): Described {
  const response = document.paths[path]?.get.responses[status];
  if (response === undefined) throw new Error(`The document has no ${status} for ${path}`);
  return response.content["application/json"];
}

/** An answer to be checked. */
export interface Answer {
  /** As the document names it. */
  readonly path: string;
  readonly status: number;
  readonly body: unknown;
}

/** For Node: Deno 2.4 loads ajv only by way of deno.lock. Strict, so no keyword is passed over. */
const CHECK = `
  const { Ajv2020 } = require("ajv/dist/2020");
  const ajv = new Ajv2020({ allErrors: true });
  require("ajv-formats").default(ajv);
  const { document, answers } = JSON.parse(require("fs").readFileSync(0, "utf8"));
  // What there is around the schemas.
  ajv.addVocabulary(Object.keys(document));
  ajv.addSchema(document, "document");
  const problems = answers.flatMap(({ path, status, body }) => {
    const operation = "paths/" + path.replaceAll("/", "~1") + "/get";
    const content = "responses/" + status + "/content/application~1json";
    const validate = ajv.getSchema("document#/" + operation + "/" + content + "/schema");
    return validate(body) ? [] : [status + " of " + path + ": " + ajv.errorsText(validate.errors)];
  });
  console.log(JSON.stringify(problems));
`;

/** Says what is wrong with answers, by the schemas that the document has for them. */
export async function schemaProblems(
  document: Document,
  answers: readonly Answer[],
): Promise<string[]> {
  const node = new Deno.Command("node", {
    args: ["--eval", CHECK],
    cwd: tools!,
    clearEnv: true,
    env: environment(),
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const [{ stdout }] = await Promise.all([
    node.output(),
    new Blob([JSON.stringify({ document, answers })]).stream().pipeTo(node.stdin),
  ]);
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** A request that came, and what Prism made up for it. */
export interface Exchange {
  /** As the document names it. */
  readonly path: string;
  readonly parameters: URLSearchParams;
  readonly status: number;
  readonly body: string;
}

/** One client's way to Prism. */
export interface Front extends AsyncDisposable {
  readonly apiUrl: string;
  readonly exchanges: Exchange[];
  /** What there was in requests that the document does not allow. */
  readonly violations: string[];
  /** Says, given how many requests came before, what Prism is asked for: `Prefer` (RFC 7240). */
  prefer: (path: string, index: number) => string;
  /**
   * Says of a token that was given here, and sent so many times before, whether nothing comes after it: Prism
   * knows no end, and a service repeats the token there.
   */
  isEnd: (timesSent: number) => boolean;
}

/** Prism while it runs. */
export interface Prism extends AsyncDisposable {
  front(prefer: Front["prefer"]): Front;
}

/** Starts Prism on a free port of this host. */
export async function startPrism(document: Document): Promise<Prism> {
  const script = `${tools}/node_modules/@stoplight/prism-cli/dist/index.js`;
  const process = new Deno.Command("node", {
    args: [script, "mock", "--host", "127.0.0.1", "--port", "0", documentPath!],
    clearEnv: true,
    env: environment(),
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const output = process.stdout.pipeThrough(new TextDecoderStream());
  const origin = await printedAddress(output);
  // Else it would be held up as soon as the pipe is full.
  const drained = output.pipeTo(new WritableStream());
  return {
    front: (prefer) => startFront(document, origin, prefer),
    async [Symbol.asyncDispose]() {
      process.kill();
      await Promise.all([process.status, drained]);
    },
  };
}

async function printedAddress(output: ReadableStream<string>): Promise<string> {
  let text = "";
  for await (const chunk of output.values({ preventCancel: true })) {
    text += chunk;
    const [, address] = /Prism is listening on (http:\S+)\s/.exec(text) ?? [];
    if (address !== undefined) return address;
  }
  throw new Error(`Prism does not start: ${text}`);
}

/**
 * Prism knows nothing of the path in the document's `servers`, does not mind parameters that are empty
 * or not declared, and is told what to answer by a header: so requests go through here.
 */
function startFront(document: Document, origin: string, prefer: Front["prefer"]): Front {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, answer);
  const root = document.servers[0].url;
  /** How often each token that was given here has come back. */
  const given = new Map<string, number>();
  const front: Front = {
    apiUrl: `http://127.0.0.1:${server.addr.port}${root}`,
    exchanges: [],
    violations: [],
    prefer,
    isEnd: () => true,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
  return front;

  async function answer(request: Request): Promise<Response> {
    const { pathname, search, searchParams: parameters } = new URL(request.url);
    const path = pathname.startsWith(root) ? pathname.slice(root.length) : pathname;
    const complain = (what: string) =>
      front.violations.push(`${request.method} ${pathname}${search}: ${what}`);
    const declared = document.paths[path]?.get.parameters?.map(({ name }) => name) ?? [];
    for (const name of new Set(parameters.keys())) {
      if (!declared.includes(name)) complain(`${name} is not in the document`);
      const values = parameters.getAll(name);
      if (values.length > 1) complain(`${name} is there more than once`);
      if (values.includes("")) complain(`${name} is empty`);
    }
    if (request.body !== null) complain("it has a body");
    const token = parameters.get("nextToken");
    const sent = given.get(token ?? "");
    if (token !== null && sent !== undefined) {
      given.set(token, sent + 1);
      if (front.isEnd(sent)) {
        const end = { ref: request.url, next: null, nextToken: token, count: 0, logEvents: [] };
        front.exchanges.push({ path, parameters, status: 200, body: JSON.stringify(end) });
        return Response.json(end);
      }
    }
    const headers = new Headers(request.headers);
    headers.set("prefer", front.prefer(path, front.exchanges.length));
    const { method } = request;
    const response = await fetch(`${origin}${path}${search}`, { method, headers });
    const body = await response.text();
    const type = response.headers.get("content-type") ?? "";
    // Prism's own answers, such as to a path that is not in the document, are of that type.
    if (type === "application/problem+json") complain(body);
    const violations = response.headers.get("sl-violations");
    if (violations?.includes('"request"')) complain(violations);
    front.exchanges.push({ path, parameters, status: response.status, body });
    const [, next] = /"nextToken":"([^"]+)"/.exec(body) ?? [];
    if (next !== undefined && !given.has(next)) given.set(next, 0);
    return new Response(body, { status: response.status, headers: { "content-type": type } });
  }
}
