/** What is asked of the service in one call? */

/** One call. The address decides where the credentials go: it has to be made from `--apiurl`. */
export interface Call {
  readonly method: "GET" | "POST";
  readonly url: URL;
  readonly body?: string;
}
