/** Over which connection does the next call go? */

/** The runtime's own connections, and others where those are dead. */
export interface Connection extends Disposable {
  /** What to call with; undefined for the runtime's own connections. */
  readonly client: Deno.HttpClient | undefined;
  /**
   * Has the next call make a new connection. The runtime gives an HTTP/2 connection to every call to a
   * host, also where no byte has come over it for minutes.
   */
  renew(): void;
}

/** Starts with the runtime's own; making others would take part of a short run. */
export function createConnection(): Connection {
  let client: Deno.HttpClient | undefined;
  return {
    get client() {
      return client;
    },
    renew() {
      client?.close();
      client = Deno.createHttpClient({});
    },
    [Symbol.dispose]() {
      client?.close();
      client = undefined;
    },
  };
}
