import { join, posix } from 'node:path';
import type { Service, Stack } from '../../contracts/stack.ts';
import { sha256 } from '../../support/files.ts';

/** One container path that is something else here. */
export interface MountPoint {
  /** Absolute, normal path in the container. */
  readonly target: string;
  /** Absolute path on the host. */
  readonly host: string;
  /** `private` is what lives and ends with the service: tmpfs and writable paths. */
  readonly origin: 'bind' | 'file' | 'volume' | 'private';
  readonly readOnly: boolean;
  /** Name of the volume, where it is a named one. */
  readonly volume?: string;
}

/** Where the parts of a run lie below its data directory. */
export interface Places {
  /** The directories that services have in common. */
  readonly services: string;
  readonly volumes: string;
  readonly logs: string;
  readonly copies: string;
  readonly mirrors: string;
  /** Of one service: its root, and what its kind writes for it. Owned by its account, mode 0700. */
  readonly service: (service: string) => string;
  /** What stands for the container's root directory. */
  readonly root: (service: string) => string;
  /** Copies of files that the service's account could not reach where they are; it can read and not change them. */
  readonly staged: (service: string) => string;
  /** Programs and libraries that the service's account could not reach where they are. */
  readonly mirror: (service: string) => string;
  readonly volume: (volume: string) => string;
  readonly log: (service: string) => string;
}

/** A name as one path segment; names that could leave the directory become their digest. */
const segment = (name: string): string =>
  /^[A-Za-z0-9][A-Za-z0-9_.-]{0,100}$/.test(name) ? name : `n-${sha256(name).slice(0, 24)}`;

/** The places of a data directory. */
export const placesIn = (dataDirectory: string): Places => {
  const services = join(dataDirectory, 'services');
  const volumes = join(dataDirectory, 'volumes');
  const logs = join(dataDirectory, 'logs');
  const copies = join(dataDirectory, 'copies');
  const mirrors = join(dataDirectory, 'mirrors');
  const service = (name: string): string => join(services, segment(name));
  return {
    services,
    volumes,
    logs,
    copies,
    mirrors,
    service,
    root: (name) => join(service(name), 'root'),
    staged: (name) => join(copies, segment(name)),
    mirror: (name) => join(mirrors, segment(name)),
    volume: (name) => join(volumes, segment(name)),
    log: (name) => join(logs, `${segment(name)}.log`),
  };
};

/** An absolute container path without `.`, `..`, doubled and trailing slashes. */
export const normalTarget = (path: string): string => {
  const normal = posix.normalize(`/${path}`).replace(/^\/+/, '/');
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal;
};

/**
 * What the service's container would have mounted, longest target first: binds, volumes, secrets and configs, tmpfs, and
 * the paths that its kind has to write to. A mount that the Compose file names wins over the kind's.
 */
export const mountPointsOf = (
  stack: Stack,
  service: Service,
  places: Places,
  writablePaths: readonly string[],
): readonly MountPoint[] => {
  const root = places.root(service.name);
  const ownPlace = (target: string): MountPoint => ({
    target,
    host: join(root, target),
    origin: 'private',
    readOnly: false,
  });
  const points = [
    ...service.mounts.map(({ type, source, target: written, readOnly }): MountPoint => {
      const target = normalTarget(written);
      if (type === 'bind' && source !== undefined) return { target, host: source, origin: 'bind', readOnly };
      if (type === 'volume' && source !== undefined)
        return { target, host: places.volume(source), origin: 'volume', readOnly, volume: source };
      return ownPlace(target);
    }),
    ...[
      ...service.secrets.map((grant) => ({ grant, sources: stack.secrets, directory: '/run/secrets' })),
      ...service.configs.map((grant) => ({ grant, sources: stack.configs, directory: '/' })),
    ].map(({ grant, sources, directory }): MountPoint => {
      const target = normalTarget(posix.resolve(directory, grant.target));
      const file = sources.get(grant.source)?.file;
      return file === undefined ? ownPlace(target) : { target, host: file, origin: 'file', readOnly: true };
    }),
    ...service.tmpfs.map(({ value }) => ownPlace(normalTarget(value.split(':')[0] ?? value))),
    ...writablePaths.map((path) => ownPlace(normalTarget(path))),
  ];
  const first = new Map<string, MountPoint>();
  for (const point of points) if (point.target !== '/' && !first.has(point.target)) first.set(point.target, point);
  return [...first.values()].toSorted((a, b) => b.target.length - a.target.length || (a.target < b.target ? -1 : 1));
};

/** Host path of a container path: through the mount with the longest target, else below what stands for the root. */
export const hostPath = (containerPath: string, points: readonly MountPoint[], root: string): string => {
  const path = normalTarget(containerPath);
  const point = points.find(({ target }) => path === target || path.startsWith(`${target}/`));
  return point === undefined ? join(root, path) : join(point.host, path.slice(point.target.length));
};
