/** How do tests serve https? With a certificate for this host that an authority of their own signed. */

import { fromFileUrl } from "@std/path/from-file-url";

function data(name: string): string {
  return fromFileUrl(new URL(`testdata/${name}`, import.meta.url));
}

/** The path of the authority's certificate: who trusts it, as by DENO_CERT, trusts `serveTls`. */
export const AUTHORITY = data("authority.pem");

/** Serves https on a free port of this host, until it is disposed of. */
export async function serveTls(
  handler: (request: Request) => Response | Promise<Response>,
): Promise<Deno.HttpServer<Deno.NetAddr>> {
  const [cert, key] = await Promise.all(
    [data("loopback.pem"), data("loopback.key")].map((path) => Deno.readTextFile(path)),
  );
  return Deno.serve(
    { hostname: "127.0.0.1", port: 0, cert: cert!, key: key!, onListen() {} },
    handler,
  );
}
