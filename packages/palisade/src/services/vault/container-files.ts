import { isAbsolute, posix, resolve } from 'node:path';

import type { Location } from '../../contracts/location.ts';
import type { ProjectFile, Service, Stack } from '../../contracts/stack.ts';
import { shownPath } from '../../model/relative.ts';

/** A file of the project where a service sees it. */
export interface ContainerFile {
  /** Path in the container. */
  readonly path: string;
  readonly file: ProjectFile;
  /** The mount or grant that brings it there. */
  readonly at: Location;
}

/** Where files of the host appear in the container: bind mounts and `configs`, each with the absolute host path. */
const bindings = (
  stack: Stack,
  service: Service,
): readonly { readonly host: string; readonly target: string; readonly at: Location }[] => [
  ...service.mounts.flatMap(({ type, source, target, at }) =>
    type === 'bind' && source !== undefined && isAbsolute(source)
      ? [{ host: source, target: posix.normalize(target).replace(/(?<=.)\/$/, ''), at }]
      : [],
  ),
  ...service.configs.flatMap(({ source, target, at }) => {
    const host = stack.configs.get(source)?.file;
    return host === undefined ? [] : [{ host, target, at }];
  }),
];

/** Every file of the project that the service sees through a mount or config. */
export const containerFiles = (stack: Stack, service: Service): readonly ContainerFile[] =>
  bindings(stack, service).flatMap(({ host, target, at }) => {
    const root = shownPath(stack.directory, resolve(host));
    return [...stack.files.values()].flatMap((file): ContainerFile[] => {
      if (file.path === root) return [{ path: target, file, at }];
      return file.path.startsWith(`${root}/`) ? [{ path: `${target}${file.path.slice(root.length)}`, file, at }] : [];
    });
  });
