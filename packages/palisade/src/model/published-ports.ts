import { isIPv6 } from 'node:net';
import type { ComposeEdit } from '../contracts/change.ts';
import type { Port, Service, Stack } from '../contracts/stack.ts';
import { appendToServiceKey, removeServiceItem, setServiceItem, setServiceKey } from './edits.ts';

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

/** The loopback address for an entry, as the default of a variable that renders empty. */
const loopbackFor = (port: Port, parts: readonly string[]): string => {
  const variable = /^\$\{([A-Za-z_][A-Za-z0-9_]*)(?::?-)?\}$/.exec(parts.slice(0, -2).join(':'))?.[1];
  return variable !== undefined && port.hostAddress === '' ? `\${${variable}:-127.0.0.1}` : '127.0.0.1';
};

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
  return [loopbackFor(port, parts), ...parts.slice(-2)].join(':');
};

const inBrackets = (address: string): string => (isIPv6(address) ? `[${address}]` : address);

/**
 * The host address of an entry as it is written, with its variables; the empty text where it has none. An address of the
 * long syntax, or one that shares a variable with other parts, is written out. With `loopback`, what stands for every
 * interface becomes the loopback address.
 */
export const addressText = (port: Port, loopback: boolean): string => {
  const parts = port.syntax === 'long' ? [] : partsOf(port.raw);
  if (loopback && isEveryInterface(port.hostAddress)) return loopbackFor(port, parts);
  return port.syntax === 'long' || hidesParts(port, parts)
    ? inBrackets(port.hostAddress)
    : parts.slice(0, -2).join(':');
};

/** Leads a mapping of one port to another port of the container; all else of it stays, its variables too. */
export const retarget = (stack: Stack, service: Service, port: Port, target: number): readonly ComposeEdit[] => {
  if (port.syntax === 'long')
    return setServiceKey(stack, service, ['ports', service.ports.indexOf(port), 'target'], target);
  const parts = partsOf(port.raw);
  const before =
    parts.length < 2 || hidesParts(port, parts) ? partsOf(rendered(port, inBrackets(port.hostAddress))) : parts;
  const entry = [...before.slice(0, -1), String(target)].join(':').replace(/^:(?=\d)/, '');
  return setServiceItem(stack, service, 'ports', port.at, entry);
};

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
  const appended = new Set<string>();
  const append = (entry: string): readonly ComposeEdit[] => {
    if (hasTls || appended.has(entry)) return [];
    appended.add(entry);
    return appendToServiceKey(stack, service, ['ports'], entry);
  };
  return service.ports.flatMap((port): readonly ComposeEdit[] => {
    if (port.protocol !== 'tcp' || port.target !== plain) return [];
    const exact = leadsTo(port, plain);
    if (exact && isOwnChoice(port, plain)) return movedChoice(stack, service, port, tls);
    const address = !exact || isEveryInterface(port.hostAddress) ? '127.0.0.1' : inBrackets(port.hostAddress);
    return [
      ...(exact ? removeServiceItem(stack, service, 'ports', port.at) : []),
      ...append(`${address}:${tls}:${tls}`),
    ];
  });
};

/**
 * The port of the host on which TLS is published once `leadToTls` is applied, the usual number preferred; undefined where
 * nothing is published, or the engine chooses.
 */
export const publishedTls = ({ ports }: Service, plain: number, tls: number): number | undefined => {
  const open = ports.filter(({ protocol }) => protocol === 'tcp');
  const existing = open.find(({ target }) => target === tls);
  if (existing !== undefined) return existing.published;
  const led = open.filter(({ target }) => target === plain);
  if (led.some((port) => !leadsTo(port, plain) || !isOwnChoice(port, plain))) return tls;
  return led.find(({ published }) => published !== undefined)?.published;
};
