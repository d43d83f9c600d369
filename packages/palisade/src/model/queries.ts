import { join, resolve } from 'node:path';
import type { Resource } from '../contracts/control.ts';
import type { Location } from '../contracts/location.ts';
import type { ProjectFile, Service, Stack } from '../contracts/stack.ts';
import { shownPath } from './relative.ts';

/** The services that start with the active profiles, in the order of the file. */
export const activeServices = (stack: Stack): readonly Service[] =>
  [...stack.services.values()].filter(({ active }) => active);

/** The services of a kind, inactive ones too. */
export const servicesOfKind = (stack: Stack, kind: string): readonly Service[] =>
  [...stack.services.values()].filter((service) => service.kind === kind);

/** A service as what a finding is about. */
export const serviceResource = ({ name }: Pick<Service, 'name'>): Resource => ({ type: 'service', name });

/** The place of an offset in a file's text. */
export const locationAt = (file: Pick<ProjectFile, 'path' | 'text'>, offset: number): Location => {
  const before = (file.text ?? '').slice(0, offset);
  return {
    file: file.path,
    line: before.split('\n').length,
    column: before.length - (before.lastIndexOf('\n') + 1) + 1,
  };
};

/** The place of the first line that fits; its column is that of the first character that is no white space. */
export const locateLine = (
  file: Pick<ProjectFile, 'path' | 'text'>,
  wanted: RegExp | ((line: string) => boolean),
): Location | undefined => {
  if (file.text === undefined) return undefined;
  // A global expression remembers where it stopped; a copy without that flag does not.
  const pattern = wanted instanceof RegExp ? new RegExp(wanted.source, wanted.flags.replace(/[gy]/g, '')) : undefined;
  const fits = (line: string): boolean =>
    pattern === undefined ? typeof wanted === 'function' && wanted(line) : pattern.test(line);
  for (const [index, content] of file.text.split('\n').entries()) {
    const line = content.replace(/\r$/, '');
    if (fits(line)) return { file: file.path, line: index + 1, column: line.search(/\S|$/) + 1 };
  }
  return undefined;
};

/** The absolute host path of a path in a service's container: through bind mounts, secrets and configs. */
export const hostPathOf = (stack: Stack, service: Service, containerPath: string): string | undefined => {
  const places: { readonly target: string; readonly source: string }[] = [];
  for (const mount of service.mounts)
    if (mount.type === 'bind' && mount.source !== undefined)
      places.push({ target: mount.target, source: mount.source });
  for (const [grants, sources] of [
    [service.secrets, stack.secrets],
    [service.configs, stack.configs],
  ] as const)
    for (const { source, target } of grants) {
      const file = sources.get(source)?.file;
      if (file !== undefined) places.push({ target, source: file });
    }
  const path = resolve('/', containerPath);
  const within = places
    .map(({ target, source }) => ({ target: resolve('/', target), source }))
    .filter(({ target }) => path === target || path.startsWith(target === '/' ? '/' : `${target}/`));
  const [closest] = within.toSorted((a, b) => b.target.length - a.target.length);
  return closest === undefined ? undefined : join(closest.source, path.slice(closest.target.length));
};

/** The project's file that a service sees at a path in its container; undefined where none is mounted there. */
export const mountedFile = (stack: Stack, service: Service, containerPath: string): ProjectFile | undefined => {
  const path = hostPathOf(stack, service, containerPath);
  return path === undefined ? undefined : stack.files.get(shownPath(stack.directory, path));
};
