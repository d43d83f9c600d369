import type { ContainerCapability } from '../../contracts/service-kind.ts';
import { containerPort } from './container-port.ts';
import { error } from './errors.ts';

/**
 * In a container: ready is what answers over TCP. On an empty volume the image first starts a server on its socket alone,
 * fills it, and stops it again; a health check that asks the socket takes that one for the service.
 */
export const container: ContainerCapability = {
  ready: async ({ stack, service, exec }, signal) => {
    const port = String(containerPort(stack, service));
    const { exitCode, stdout, stderr } = await exec(['pg_isready', '--host=127.0.0.1', `--port=${port}`], '', signal);
    if (exitCode !== 0)
      throw error('postgres/not-reachable', { service: service.name, reason: `${stdout}${stderr}`.trim() });
  },
  reloadSignal: 'SIGHUP',
};
