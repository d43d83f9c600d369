import { posix } from 'node:path';
import type { KeyPath } from '../../contracts/location.ts';
import { error } from '../errors.ts';

/** A relative path in its shortest form. Throws `engine/path-outside-project` where it leads out of the project. */
export const projectPath = (path: string): string => {
  const short = posix.normalize(path);
  if (posix.isAbsolute(short) || short === '.' || short === '..' || short.startsWith('../') || short.includes('\0'))
    throw error('engine/path-outside-project', { path });
  return short;
};

/** True where `path` lies below `ancestor`. */
export const isBelow = (path: string, ancestor: string): boolean => path.startsWith(`${ancestor}/`);

/** Orders texts by code unit, so that the order is the same on every machine. */
export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Orders file paths part by part: a directory goes before what is in it. */
export const comparePaths = (a: string, b: string): number => compareKeyPaths(a.split('/'), b.split('/'));

/** Orders key paths part by part: parents before children, indices by number. */
export const compareKeyPaths = (a: KeyPath, b: KeyPath): number => {
  for (const [index, part] of a.entries()) {
    const other = b[index];
    if (other === undefined) return 1;
    if (part === other) continue;
    if (typeof part === 'number' && typeof other === 'number') return part - other;
    return compareText(String(part), String(other));
  }
  return a.length - b.length;
};

/** The part of `path` below `ancestor`, the empty path where they are equal; undefined where it is not below. */
export const relativeKeyPath = (path: KeyPath, ancestor: KeyPath): KeyPath | undefined =>
  ancestor.every((part, index) => part === path[index]) ? path.slice(ancestor.length) : undefined;
