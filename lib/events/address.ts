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

const MAIL = /^[\w!#$%&'*+\-/=?^`{|}~.]+@[a-z\d-]+(?:\.[a-z\d-]+)+$/i;
/** RFC 5321, 4.5.3.1: 64 octets before the sign and 255 after it. */
const LONGEST_MAIL_ADDRESS = 64 + 1 + 255;

/** Whether a text is a mail address in ASCII, with a domain that has a dot, and nothing else. */
export function isMailAddress(text: string): boolean {
  return text.length <= LONGEST_MAIL_ADDRESS && MAIL.test(text);
}
