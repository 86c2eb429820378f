/** Is an address one of this host itself? */

/** Whether a host's name, as `URL` has it, stands for this host alone. */
export function isLoopback(hostname: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}
