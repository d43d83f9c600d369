import { error } from '../errors.ts';
import { succeed } from './engine.ts';
import { type Host, lookAt } from './host.ts';

/**
 * Moves the named volumes of a service aside: an engine cannot rename one, so each is copied to a new one, in a container
 * of the service's own image without a network, and emptied by removing it. Resolves to the names of the copies.
 *
 * @throws `runtime/not-running` where the service has no container, `compose/command-failed`
 */
export const setVolumesAside = async (host: Host, service: string, signal: AbortSignal): Promise<string> => {
  const container = (await lookAt(host, signal)).get(service);
  if (container === undefined) throw error('runtime/not-running', { service });
  const call = (what: string, args: readonly string[]): Promise<string> =>
    succeed(`${what} of ${service}`, host.engine.docker(args, { signal, timeout: host.bounds.create }));
  await call('removing the container', ['rm', '--force', container.id]);
  const stamp = new Date(host.clock.now()).toISOString().replaceAll(/[:.]/g, '-').toLowerCase();
  const moved: string[] = [];
  for (const { type, source } of container.mounts) {
    if (type !== 'volume') continue;
    const aside = `${source}_set-aside-${stamp}`;
    await call('making a volume', ['volume', 'create', aside]);
    await call('copying a volume', [
      ...'run --rm --network none --user 0:0 --entrypoint cp --mount'.split(' '),
      `type=volume,source=${source},target=/from,readonly`,
      '--mount',
      `type=volume,source=${aside},target=/aside`,
      container.image,
      '-a',
      '/from/.',
      '/aside/',
    ]);
    await call('removing a volume', ['volume', 'rm', source]);
    moved.push(aside);
  }
  return moved.join(', ');
};
