import type { Port } from '../contracts/stack.ts';
import { type MapNode, type ScalarNode, child, printed, textOf } from './node.ts';

type Protocol = Port['protocol'];

const isProtocol = (text: string): text is Protocol => text === 'tcp' || text === 'udp' || text === 'sctp';

/** `8000` or `8000-8010`; undefined where a number is no port or the range runs backwards. */
const range = (text: string): { readonly first: number; readonly last: number } | undefined => {
  const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
  const [low, high] = [Number(first), Number(last)];
  return low <= high && high <= 65_535 ? { first: low, last: high } : undefined;
};

/**
 * Splits `[ADDRESS:][PUBLISHED:]TARGET` from the right; an IPv6 address stands in brackets, or bare in front of two
 * more parts as Docker allows it.
 */
const split = (text: string): { readonly address: string; readonly published: string; readonly target: string } => {
  const lastColon = text.lastIndexOf(':');
  const target = text.slice(lastColon + 1);
  if (lastColon < 0) return { address: '', published: '', target };
  const rest = text.slice(0, lastColon);
  if (rest.endsWith(']')) return { address: rest.slice(1, -1), published: '', target };
  const colon = rest.lastIndexOf(':');
  const published = rest.slice(colon + 1);
  const address = colon < 0 ? '' : rest.slice(0, colon).replace(/^\[(.*)\]$/, '$1');
  // `127.0.0.1::80` has an empty published port; `127.0.0.1:80` is no valid entry and fails as a range.
  return { address, published, target };
};

/** A port entry in short syntax; undefined where it is none. Source: Compose specification, “ports: short syntax”. */
export const shortPort = (node: ScalarNode): Port | undefined => {
  const whole = printed(node);
  if (whole === null) return undefined;
  const [address = '', protocol = 'tcp', ...more] = whole.toLowerCase().split('/');
  if (more.length > 0 || !isProtocol(protocol)) return undefined;
  const parts = split(address);
  const target = range(parts.target);
  const published = parts.published === '' ? undefined : range(parts.published);
  if (target === undefined || target.first === 0 || (parts.published !== '' && published === undefined))
    return undefined;
  // A range of host ports may stand for a single container port: the engine picks one.
  if (
    published !== undefined &&
    target.first !== target.last &&
    published.last - published.first !== target.last - target.first
  )
    return undefined;
  return {
    at: node.at,
    target: target.first,
    targetEnd: target.last,
    ...(published === undefined || published.first === 0
      ? {}
      : { published: published.first, publishedEnd: published.last }),
    hostAddress: parts.address,
    protocol,
    syntax: 'short',
    raw: node.raw,
    interpolations: node.interpolations,
  };
};

/** A port entry in long syntax; undefined where it is none. Source: Compose specification, “ports: long syntax”. */
export const longPort = (node: MapNode): Port | undefined => {
  const target = range(textOf(child(node, 'target')) ?? '');
  const publishedNode = child(node, 'published');
  const publishedText = textOf(publishedNode) ?? '';
  const published = publishedText === '' ? undefined : range(publishedText);
  const protocol = (textOf(child(node, 'protocol')) ?? 'tcp').toLowerCase();
  if (target === undefined || target.first === 0 || !isProtocol(protocol)) return undefined;
  if (publishedText !== '' && published === undefined) return undefined;
  const addressNode = child(node, 'host_ip');
  return {
    at: node.at,
    target: target.first,
    targetEnd: target.last,
    ...(published === undefined || published.first === 0
      ? {}
      : { published: published.first, publishedEnd: published.last }),
    hostAddress: (textOf(addressNode) ?? '').replace(/^\[(.*)\]$/, '$1'),
    protocol,
    syntax: 'long',
    raw: publishedNode?.type === 'scalar' ? publishedNode.raw : '',
    interpolations: [publishedNode, addressNode].flatMap((part) =>
      part?.type === 'scalar' ? part.interpolations : [],
    ),
  };
};
