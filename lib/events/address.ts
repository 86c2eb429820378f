/** What is an IP address, and what a mail address? */

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
/** What an IPv6 address can be made of. */
const IPV6 = /^[0-9a-f:]*:[0-9a-f:.]*$/i;
const LONGEST_ADDRESS = "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255".length;

/**
 * Whether a text is an IPv4 or IPv6 address and nothing else. Not taken: leading zeros in IPv4 (some
 * programs read them as octal), and IPv6 with a zone (`fe80::1%eth0`), which means something on one host.
 */
export function isAddress(text: string): boolean {
  if (text.length > LONGEST_ADDRESS) return false;
  return IPV4.test(text) || IPV6.test(text) && URL.canParse(`http://[${text}]/`);
}

/**
 * Whether an address lies within a prefix such as `192.0.2.0/24` or `2001:db8::/32`, however the address
 * is written; undefined where the text is no such prefix. An IPv4 address in IPv6 form
 * (`::ffff:192.0.2.1`) is that IPv4 address.
 */
export function matcherOfPrefix(text: string): ((address: string) => boolean) | undefined {
  const [, network = "", digits = ""] = /^([^/]*)\/(\d{1,3})$/.exec(text) ?? [];
  const base = numberOf(network);
  if (base === undefined) return undefined;
  const length = Number(digits) + (IPV4.test(network) ? 128 - 32 : 0);
  if (length > 128) return undefined;
  const rest = BigInt(128 - length);
  const isAmongIpv4 = isIpv4(base) && length >= 128 - 32;
  return (address) => {
    const number = numberOf(address);
    return number !== undefined && isIpv4(number) === isAmongIpv4 &&
      number >> rest === base >> rest;
  };
}

/** `::ffff:0:0/96` (RFC 4291, 2.5.5.2). */
const IPV4_IN_IPV6 = 0xffffn << 32n;

function isIpv4(number: bigint): boolean {
  return number >> 32n === IPV4_IN_IPV6 >> 32n;
}

/** An IPv6 address as its number, and an IPv4 address as that of its IPv6 form; undefined for others. */
function numberOf(text: string): bigint | undefined {
  if (!isAddress(text)) return undefined;
  if (IPV4.test(text)) {
    return text.split(".").reduce((number, part) => number << 8n | BigInt(part), 0xffffn);
  }
  // In this form there are groups of hexadecimal digits, and "::" once at most.
  const [before = [], after = []] = new URL(`http://[${text}]/`).hostname.slice(1, -1).split("::")
    .map((part) => part === "" ? [] : part.split(":"));
  const zeros = Array<string>(8 - before.length - after.length).fill("0");
  return [...before, ...zeros, ...after]
    .reduce((number, group) => number << 16n | BigInt(`0x${group}`), 0n);
}

const MAIL = /^[\w!#$%&'*+\-/=?^`{|}~.]+@[a-z\d-]+(?:\.[a-z\d-]+)+$/i;
/** RFC 5321, 4.5.3.1: 64 octets before the sign and 255 after it. */
const LONGEST_MAIL_ADDRESS = 64 + 1 + 255;

/** Whether a text is a mail address in ASCII, with a domain that has a dot, and nothing else. */
export function isMailAddress(text: string): boolean {
  return text.length <= LONGEST_MAIL_ADDRESS && MAIL.test(text);
}
