import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The workspace's root directory. */
export const workspace = join(import.meta.dirname, '..', '..', '..', '..', '..');

/** What survives a run: images and layers, so that a second run is quick. */
export const cacheDirectory = join(workspace, '.cache', 'containers');

/** Where `npm test` puts Compose v2 (tools/setup/compose.ts). */
const composePlugins = join(workspace, '.cache', 'tools', 'compose', 'cli-plugins');

/**
 * Where the sockets and the marks of a running engine lie. Not below the workspace: the path of a Unix socket may have 107
 * bytes (unix(7)), and a workspace may be deeper than that.
 */
export const stateDirectory = join(
  '/tmp',
  `palisade-engine-${createHash('sha256').update(workspace).digest('hex').slice(0, 8)}`,
);

const inState = (name: string): string => join(stateDirectory, name);

/** The files by which the tests and the keeper of the engine find each other. */
export const marks = {
  /** One file for each process that uses the engine, named by its process id; holds its start time. */
  holders: inState('holders'),
  /** Held by the one keeper; holds its process id and start time. */
  keeper: inState('keeper'),
  /** There while the engine answers. */
  ready: inState('ready'),
  /** Why the engine could not be started. */
  failed: inState('failed'),
  configuration: inState('daemon.json'),
  log: inState('dockerd.log'),
  socket: inState('docker.sock'),
} as const;

/** The first file of that name on PATH and where Debian puts servers. */
export const programOf = (name: string): string | undefined =>
  [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin', '/usr/bin']
    .filter((directory) => directory !== '')
    .map((directory) => join(directory, name))
    .find((path) => existsSync(path));

/** Debian's own client first: another one that is earlier on PATH may speak an API that the engine does not. */
export const dockerClient = (): string =>
  existsSync('/usr/bin/docker') ? '/usr/bin/docker' : (programOf('docker') ?? 'docker');

/** Compose v2, or undefined where it is not installed. */
export const composeProgram = (): string | undefined =>
  [join(composePlugins, 'docker-compose'), '/usr/libexec/docker/cli-plugins/docker-compose'].find((path) =>
    existsSync(path),
  );

/**
 * Directory of the plug-ins for `DOCKER_CONFIG`, so that nothing of the user's own configuration (contexts, credentials) is
 * read.
 */
export const dockerConfiguration = join(composePlugins, '..');
