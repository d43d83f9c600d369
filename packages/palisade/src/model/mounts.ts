import { isAbsolute, posix, resolve } from 'node:path';
import type { Mount } from '../contracts/stack.ts';
import { type MapNode, type ScalarNode, child, textOf } from './node.ts';

/** What a host path is resolved against. */
export interface HostPaths {
  /** Absolute directory that relative paths start from. */
  readonly directory: string;
  /** What `~` stands for; undefined where it is not known, `~` then stays. */
  readonly home: string | undefined;
}

const windowsDrive = /^[A-Za-z]:[\\/]/;
const windowsShare = /^\\\\/;

/** The absolute form of a host path: `~` resolved, Windows paths left alone. */
export const hostPath = (path: string, { directory, home }: HostPaths): string => {
  if (windowsDrive.test(path) || windowsShare.test(path)) return path;
  if (path === '~' || path.startsWith('~/')) return home === undefined ? path : resolve(home, path.slice(2));
  return isAbsolute(path) ? resolve(path) : resolve(directory, path);
};

/** True where the source of a short mount is a host path rather than the name of a volume. */
const isHostPath = (source: string): boolean =>
  /^[./~]/.test(source) || windowsDrive.test(source) || windowsShare.test(source);

/** Splits at colons, not at the one of a Windows drive. */
const split = (text: string): readonly string[] => {
  const parts: string[] = [];
  let rest = text;
  while (rest !== '') {
    const from = windowsDrive.test(rest) ? 2 : 0;
    const colon = rest.indexOf(':', from);
    if (colon < 0) return [...parts, rest];
    parts.push(rest.slice(0, colon));
    rest = rest.slice(colon + 1);
  }
  return parts;
};

const propagations = new Set(['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave']);
const types = ['bind', 'volume', 'tmpfs', 'npipe', 'cluster', 'image'] as const;

/** A path in the container without the slash at its end. */
const containerPath = (path: string): string =>
  path.startsWith('/') ? posix.normalize(path).replace(/(?<=.)\/$/, '') : path;

/** A mount in short syntax; undefined where it is none. Source: Compose specification, “volumes: short syntax”. */
export const shortMount = (node: ScalarNode, paths: HostPaths): Mount | undefined => {
  const [first, second, options = '', ...more] = split(textOf(node) ?? '');
  if (first === undefined || first === '' || more.length > 0) return undefined;
  if (second === undefined)
    return { at: node.at, type: 'volume', target: containerPath(first), readOnly: false, syntax: 'short' };
  if (second === '') return undefined;
  const words = options.split(',');
  const propagation = words.find((word) => propagations.has(word));
  return {
    at: node.at,
    type: isHostPath(first) ? (first.startsWith('\\\\.\\pipe\\') ? 'npipe' : 'bind') : 'volume',
    source: isHostPath(first) ? hostPath(first, paths) : first,
    target: containerPath(second),
    readOnly: words.includes('ro') || words.includes('readonly'),
    ...(propagation === undefined ? {} : { propagation }),
    syntax: 'short',
  };
};

/** A mount in long syntax; undefined where it is none. Source: Compose specification, “volumes: long syntax”. */
export const longMount = (node: MapNode, paths: HostPaths): Mount | undefined => {
  const type = types.find((candidate) => candidate === textOf(child(node, 'type')));
  const target = textOf(child(node, 'target'));
  const source = textOf(child(node, 'source'));
  if (type === undefined || target === undefined) return undefined;
  const readOnly = child(node, 'read_only');
  const propagation = textOf(child(node, 'bind', 'propagation'));
  return {
    at: node.at,
    type,
    ...(source === undefined || source === '' ? {} : { source: type === 'bind' ? hostPath(source, paths) : source }),
    target: containerPath(target),
    readOnly: /^(?:true|yes|on|y|1)$/i.test(textOf(readOnly) ?? ''),
    ...(propagation === undefined ? {} : { propagation }),
    syntax: 'long',
  };
};
