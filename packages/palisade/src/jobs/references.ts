import { isAbsolute, relative, sep } from 'node:path';
import type { Location } from '../contracts/location.ts';
import type { Stack } from '../contracts/stack.ts';

/** A path of the project that leads out of it, and would lead elsewhere from another directory. */
export interface Departure {
  readonly path: string;
  readonly at: Location;
}

const leaves = (directory: string, path: string): boolean => {
  const way = relative(directory, path);
  return way === '..' || way.startsWith(`..${sep}`);
};

/**
 * Paths outside of the project that its files write relative to themselves: build contexts and bind mounts such as
 * `../api`. Absolute ones are the same from everywhere.
 */
export const departures = (stack: Stack): readonly Departure[] => {
  const found: Departure[] = [];
  const look = (path: string | undefined, at: Location): void => {
    if (path === undefined || !isAbsolute(path) || !leaves(stack.directory, path)) return;
    const line = stack.sources.get(at.file)?.split('\n')[at.line - 1] ?? '';
    if (/(?:^|[\s"'=:-])\.\.(?:\/|\s|"|'|$)/.test(line) || /\.\.\//.test(line)) found.push({ path, at });
  };
  for (const service of stack.services.values()) {
    look(service.build?.value.context, service.build?.at ?? service.at);
    for (const mount of service.mounts) if (mount.type === 'bind') look(mount.source, mount.at);
  }
  return found;
};
