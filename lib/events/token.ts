/** Which moment does a token of Log API v1 stand for? */

/**
 * A token for a moment: a version 7 UUID (RFC 9562) whose other bits are zero. Unchecked against the
 * live service: its one published token is of this kind, with the time when its event arrived.
 */
export function tokenAt(ms: number): string {
  const digits = ms.toString(16).padStart(12, "0");
  return `${digits.slice(0, 8)}-${digits.slice(8)}-7000-8000-000000000000`;
}

/** The time in a token, in milliseconds since 1970; undefined where it is no version 7 UUID. */
export function timeOfToken(token: string): number | undefined {
  const [, high, low] = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/i
    .exec(token) ?? [];
  return high === undefined ? undefined : parseInt(`${high}${low}`, 16);
}

/** A token made here has bits that a token of the service has by a chance of 2^-74 only. */
export function isMade(token: string): boolean {
  return token.endsWith("-7000-8000-000000000000");
}
