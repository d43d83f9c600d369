import type { ContainerCapability } from '../../contracts/service-kind.ts';
import { runtimeDirectory } from './configuration.ts';
import { administrator } from './consumers.ts';
import { hardenedEntrypoint } from './posture.ts';

const clients = /^(?:mysql|mariadb)(?:-?(?:admin|dump))?$/;

/**
 * In a container: a client on the server's socket as the administrator. The hardened posture has its password in a file of
 * the container's memory; the development posture in the container's own environment, from where the client takes it.
 */
export const container: ContainerCapability = {
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
