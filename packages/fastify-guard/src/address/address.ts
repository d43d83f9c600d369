import { BlockList, isIP } from 'node:net';
import { GuardError } from '../errors.ts';

const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** An address in one spelling: IPv4 inside IPv6 as IPv4, no zone, lower case; `undefined` for what is none. */
export const normalAddress = (text: string): string | undefined => {
  const bare = text.trim().split('%', 1)[0] ?? '';
  const family = isIP(bare);
  if (family === 0) return undefined;
  if (family === 4) return bare;
  const canonical = new URL(`http://[${bare}]`).hostname.slice(1, -1);
  const inner = mapped.exec(bare)?.[1] ?? /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical);
  if (typeof inner === 'string') return inner;
  if (inner === null) return canonical;
  const [high, low] = [Number.parseInt(inner[1] ?? '0', 16), Number.parseInt(inner[2] ?? '0', 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join('.');
};

/**
 * What is counted as one client: an IPv4 address, or the /64 of an IPv6 address, because whoever has one address of it has all
 * 2^64. Source: RFC 6177, RFC 7421.
 */
export const clientPrefix = (address: string): string => {
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  const groups = [...before, ...Array.from({ length: zeros }, () => '0'), ...after];
  return `${groups.slice(0, 4).join(':')}::/64`;
};

/** Says of an address whether it is a proxy of ours. */
export type IsProxy = (address: string) => boolean;

const wrong = (text: string): GuardError =>
  new GuardError('guard/option-invalid', `proxies: ${JSON.stringify(text)} is no address and no network of some`);

/**
 * Reads the named proxies: addresses and networks (`10.1.0.0/16`, `fd00::1`). Nothing stands for "all": whoever may say
 * X-Forwarded-For may be anybody.
 */
export const readProxies = (proxies: readonly string[]): IsProxy => {
  const list = new BlockList();
  for (const text of proxies) {
    const [network = '', bits, ...more] = text.split('/');
    const family = isIP(network);
    const length = bits === undefined ? (family === 4 ? 32 : 128) : /^\d+$/.test(bits) ? Number(bits) : 0;
    // A network this wide is a mistake, or the wish to trust everybody.
    if (family === 0 || more.length > 0 || length < 8 || length > (family === 4 ? 32 : 128)) throw wrong(text);
    list.addSubnet(network, length, family === 4 ? 'ipv4' : 'ipv6');
  }
  return (address) => list.check(address, address.includes(':') ? 'ipv6' : 'ipv4');
};

/**
 * The address of the client: what the peer, a proxy of ours, wrote last into X-Forwarded-For, and from there on to the left for as long
 * as that is a proxy of ours too, since only what our own proxies wrote is true. Stops at text that is no address. The peer itself
 * where `forwarded` is undefined: none was sent, or by somebody who is not believed.
 */
export const clientAddress = (peer: string, forwarded: string | undefined, isProxy: IsProxy): string => {
  let address = normalAddress(peer) ?? 'unknown';
  for (const hop of forwarded?.split(',').toReversed() ?? []) {
    const next = normalAddress(hop);
    if (next === undefined) return address;
    address = next;
    if (!isProxy(address)) return address;
  }
  return address;
};
