import { isIPv6 } from 'node:net';
import { visibleUpTo } from '../support/visible-text.js';

/** Who sends a request, and from where. */
export interface Requester {
  /** What the option `identifyUser` returns; null when nobody is logged in or the user has no name. */
  readonly user: string | null;
  /** As the application sees it, behind its trusted proxies; null when the connection is gone. */
  readonly address: string | null;
}

/** What Node, Express and Fastify say of a request's origin. */
export interface AddressedRequest {
  readonly ip?: unknown;
  readonly socket?: { readonly remoteAddress?: string };
}

/** In characters. Behind a trusted proxy the address is whatever a header says. */
const LONGEST_ADDRESS = 64;
const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** The address of a request; Express and Fastify apply their proxy settings in `ip`. */
export function addressOf({ ip, socket }: AddressedRequest): string | null {
  const address = typeof ip === 'string' ? ip : socket?.remoteAddress;
  return address === undefined ? null : visibleUpTo(LONGEST_ADDRESS, address.replace(MAPPED_IPV4, '$1'));
}

/** What counts as one address: the first 64 bits for IPv6, since a client usually has all addresses below them. */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  // "::" stands for zeros, and may reach into the first four groups.
  const more = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros =
    tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - groups.length - more.length) }, () => '0');
  const four = [...groups, ...zeros, ...more].slice(0, 4);
  return `${four.map((group) => Number.parseInt(group, 16).toString(16)).join(':')}::/64`;
}
