import type { ContainerCapability } from '../../contracts/service-kind.ts';
import { listeningScript } from '../../support/listening.ts';
import { runtimeDirectory } from './configuration.ts';
import { administrator } from './consumers.ts';
import { error } from './errors.ts';
import { containerPort, hardenedEntrypoint } from './posture.ts';
import { reload } from './reload.ts';

const clients = /^(?:mysql|mariadb)(?:-?(?:admin|dump))?$/;

/**
 * In a container: a client on the server's socket as the administrator. The hardened posture has its password in a file of
 * the container's memory; the development posture in the container's own environment, from where the client takes it. On an
 * empty volume the image first starts a server on its socket alone and stops it again, so ready is what listens on the port.
 */
export const container: ContainerCapability = {
  ready: async ({ stack, service, exec }, signal) => {
    const port = containerPort(stack, service);
    const { exitCode, stderr } = await exec(['sh', '-c', listeningScript(port)], '', signal);
    if (exitCode !== 0)
      throw error('mysql/not-reachable', {
        service: service.name,
        reason: stderr.trim() || `nothing listens on port ${port} yet`,
      });
  },
  reload,
  client: (command, service) => {
    const [name = 'mysql', ...args] = command;
    if (!clients.test(name)) return { command };
    return hardenedEntrypoint(service) === undefined
      ? {
          command: [
            '/bin/sh',
            '-c',
            'MYSQL_PWD=${MARIADB_ROOT_PASSWORD:-${MYSQL_ROOT_PASSWORD:-}}; export MYSQL_PWD; exec "$0" "$@"',
            name,
            `--user=${administrator.user}`,
            ...args,
          ],
        }
      : { command: [name, `--defaults-extra-file=${runtimeDirectory(service)}/client.cnf`, ...args] };
  },
};
