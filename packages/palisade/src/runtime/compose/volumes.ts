import type { Stack } from '../../contracts/stack.ts';
import { error } from '../errors.ts';
import { succeed } from './engine.ts';
import { type Host, lookAt } from './host.ts';

type Call = (what: string, args: readonly string[]) => Promise<string>;

const caller =
  (host: Host, signal: AbortSignal): Call =>
  (what, args) =>
    succeed(what, host.engine.docker(args, { signal, timeout: host.bounds.create }));

/** Copies a volume to a new one, in a container without a network; owners, modes and times are kept. */
const copy = async (call: Call, image: string, from: string, to: string): Promise<void> => {
  await call(`copying the volume ${from}`, [
    ...'run --rm --pull never --network none --user 0:0 --entrypoint cp --mount'.split(' '),
    `type=volume,source=${from},target=/from,readonly`,
    '--mount',
    `type=volume,source=${to},target=/to`,
    image,
    '-a',
    '/from/.',
    '/to/',
  ]);
};

/**
 * Moves the named volumes of a service aside: an engine cannot rename one, so each is copied to a new one and removed.
 * Resolves to the names of the copies.
 *
 * @throws `runtime/not-running` where the service has no container, `compose/command-failed`
 */
export const setVolumesAside = async (host: Host, service: string, signal: AbortSignal): Promise<string> => {
  const container = (await lookAt(host, signal)).get(service);
  if (container === undefined) throw error('runtime/not-running', { service });
  const call = caller(host, signal);
  await call(`removing the container of ${service}`, ['rm', '--force', container.id]);
  const stamp = new Date(host.clock.now()).toISOString().replaceAll(/[:.]/g, '-').toLowerCase();
  const moved: string[] = [];
  for (const { type, source } of container.mounts) {
    if (type !== 'volume') continue;
    const aside = `${source}_set-aside-${stamp}`;
    await call(`making the volume ${aside}`, ['volume', 'create', aside]);
    await copy(call, container.image, source, aside);
    await call(`removing the volume ${source}`, ['volume', 'rm', source]);
    moved.push(aside);
  }
  return moved.join(', ');
};

/**
 * Copies volumes of a project to another one whose copies do not exist yet. Projects of the same name share their volumes,
 * so there is nothing to copy then. Resolves to the names of what was copied.
 *
 * @throws `compose/command-failed`
 */
export const copyVolumes = async (
  host: Host,
  to: Stack,
  volumes: readonly string[],
  signal: AbortSignal,
): Promise<readonly string[]> => {
  if (host.stack.name === to.name) return [];
  const call = caller(host, signal);
  const present = new Set((await call('listing the volumes', ['volume', 'ls', '--quiet'])).split('\n'));
  const copied: string[] = [];
  for (const volume of volumes) {
    const [old, fresh] = [`${host.stack.name}_${volume}`, `${to.name}_${volume}`];
    const image = [...to.services.values()].find(({ mounts }) =>
      mounts.some(({ type, source }) => type === 'volume' && source === volume),
    )?.image?.value.text;
    if (!present.has(old) || present.has(fresh) || image === undefined) continue;
    const labels = { project: to.name, volume };
    await call(`making the volume ${fresh}`, [
      'volume',
      'create',
      ...Object.entries(labels).flatMap(([name, value]) => ['--label', `com.docker.compose.${name}=${value}`]),
      fresh,
    ]);
    await copy(call, image, old, fresh);
    copied.push(volume);
  }
  return copied;
};

/** Removes a project's containers, networks and volumes, with all data. Throws `compose/command-failed`. */
export const discardProject = async (host: Host, signal: AbortSignal): Promise<void> => {
  const containers = await lookAt(host, signal);
  const own = [...containers.values()].filter(({ workingDirectory }) => workingDirectory === host.stack.directory);
  if (containers.size > own.length) return;
  await succeed(
    'docker compose down',
    host.engine.compose([...host.project, 'down', '--volumes', '--timeout', '5'], {
      signal,
      timeout: host.bounds.create,
      workingDirectory: host.stack.directory,
    }),
  );
};
