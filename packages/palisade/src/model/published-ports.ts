import { isIPv6 } from 'node:net';
import type { ComposeEdit } from '../contracts/change.ts';
import type { Port, Service, Stack } from '../contracts/stack.ts';
import { appendToServiceKey, removeServiceItem, setServiceKey } from './edits.ts';

/** True for a host address that stands for every interface: none, `0.0.0.0`, `::`. */
export const isEveryInterface = (address: string): boolean =>
  address === '' || /^0(?:\.0){0,3}$/.test(address) || (isIPv6(address) && /^[0:]+$/.test(address));

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

const rendered = ({ published, publishedEnd, target, targetEnd, protocol }: Port, address = '127.0.0.1'): string => {
  const host = published === undefined ? '' : `${published}${publishedEnd === published ? '' : `-${publishedEnd}`}`;
  const container = `${target}${targetEnd === target ? '' : `-${targetEnd}`}`;
  return `${address}:${host}:${container}${protocol === 'tcp' ? '' : `/${protocol}`}`;
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

const inBrackets = (address: string): string => (isIPv6(address) ? `[${address}]` : address);

/** A short entry with the address that it has, or the loopback address where it has none. */
const withAddress = (port: Port): string =>
  isEveryInterface(port.hostAddress)
    ? onLoopback(port)
    : hidesParts(port, partsOf(port.raw))
      ? rendered(port, inBrackets(port.hostAddress))
      : port.raw;

/** True for a mapping of exactly one port. */
const leadsTo = ({ target, targetEnd, protocol }: Port, port: number): boolean =>
  target === port && targetEnd === port && protocol === 'tcp';

/** True where the port of the host is the user's own choice: another number than that of the server, a variable, or the engine's. */
const isOwnChoice = ({ published, interpolations }: Port, port: number): boolean =>
  published !== port || interpolations.length > 0;

const movedChoice = (stack: Stack, service: Service, port: Port, tls: number): readonly ComposeEdit[] =>
  port.syntax === 'long'
    ? setServiceKey(stack, service, ['ports', service.ports.indexOf(port), 'target'], tls)
    : [
        ...removeServiceItem(stack, service, 'ports', port.at),
        ...appendToServiceKey(
          stack,
          service,
          ['ports'],
          [...partsOf(withAddress(port)).slice(0, -1), String(tls)].join(':'),
        ),
      ];

/**
 * Leads what is published of a plain port to the TLS port that takes its place. A port of the host that the user has chosen, and
 * an address, stay; the usual number of the plain port becomes the usual one of the other, once. Nothing listens behind the plain
 * port any more, so that no mapping of it is left; a range may lead to other ports too, and stays. What was open on every interface is
 * on loopback then.
 */
export const leadToTls = (stack: Stack, service: Service, plain: number, tls: number): readonly ComposeEdit[] => {
  const hasTls = service.ports.some(({ target }) => target === tls);
  return service.ports.flatMap((port): readonly ComposeEdit[] => {
    if (port.protocol !== 'tcp' || port.target !== plain) return [];
    const exact = leadsTo(port, plain);
    if (exact && isOwnChoice(port, plain)) return movedChoice(stack, service, port, tls);
    const address = !exact || isEveryInterface(port.hostAddress) ? '127.0.0.1' : inBrackets(port.hostAddress);
    return [
      ...(exact ? removeServiceItem(stack, service, 'ports', port.at) : []),
      ...(hasTls ? [] : appendToServiceKey(stack, service, ['ports'], `${address}:${tls}:${tls}`)),
    ];
  });
};
