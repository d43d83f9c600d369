import { isIPv6 } from 'node:net';
import type { Port, Service } from '../contracts/stack.ts';
import { isGateway } from './servers.ts';

/** True for a host address that stands for every interface: none, `0.0.0.0`, `::`. */
export const isEveryInterface = (address: string): boolean =>
  address === '' || /^0(?:\.0){0,3}$/.test(address) || (isIPv6(address) && /^[0:]+$/.test(address));

/** True for a published port by which the outside world is meant to come in: 80 and 443 of the gateway. */
export const isWayIn = (service: Service, { published }: Port): boolean =>
  isGateway(service) && (published === 80 || published === 443);

/** How a port is spoken of: `5432`, `53/udp`, `8000-8010`. */
export const portName = ({ published, publishedEnd, target, targetEnd, protocol }: Port): string => {
  const first = published ?? target;
  const last = publishedEnd ?? targetEnd;
  return `${first}${last === first || published === undefined ? '' : `-${last}`}${protocol === 'tcp' ? '' : `/${protocol}`}`;
};

/** Splits an entry at its colons, not at those of a variable (`${A:-b}`) or of an address in brackets. */
const partsOf = (entry: string): readonly string[] => {
  const parts = [''];
  let depth = 0;
  for (const character of entry) {
    if (character === '{' || character === '[') depth += 1;
    if (character === '}' || character === ']') depth -= 1;
    if (character === ':' && depth === 0) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts;
};

const rendered = ({ published, publishedEnd, target, targetEnd, protocol }: Port): string => {
  const host = published === undefined ? '' : `${published}${publishedEnd === published ? '' : `-${publishedEnd}`}`;
  const container = `${target}${targetEnd === target ? '' : `-${targetEnd}`}`;
  return `127.0.0.1:${host}:${container}${protocol === 'tcp' ? '' : `/${protocol}`}`;
};

/** True for an entry in which one variable holds more than one part: `${SQL:-0.0.0.0:13306}:3306`. */
const hidesParts = (port: Port, parts: readonly string[]): boolean =>
  (port.hostAddress !== '' && parts.length < 3) || (port.published !== undefined && parts.length < 2);

/**
 * A short entry as it reads with the loopback address in front. Variables stay where they are: a variable for the
 * address that renders empty (`${BIND:-}:443:443`) gets the loopback address as its default. An entry whose variables
 * hold more than one part is written out.
 */
export const onLoopback = (port: Port): string => {
  const parts = partsOf(port.raw);
  if (hidesParts(port, parts)) return rendered(port);
  if (parts.length === 1) return `127.0.0.1::${port.raw}`;
  if (parts.length === 2) return `127.0.0.1:${port.raw}`;
  const address = parts.slice(0, -2).join(':');
  const variable = /^\$\{([A-Za-z_][A-Za-z0-9_]*)(?::?-)?\}$/.exec(address)?.[1];
  const kept = variable !== undefined && port.hostAddress === '' ? `\${${variable}:-127.0.0.1}` : '127.0.0.1';
  return [kept, ...parts.slice(-2)].join(':');
};
