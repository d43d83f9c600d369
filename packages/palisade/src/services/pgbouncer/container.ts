import type { ContainerCapability } from '../../contracts/service-kind.ts';
import { administrator, runtimeDirectory } from './configuration.ts';
import { parseList } from './ini.ts';
import { containerPort, hardenedEntrypoint, postureOf } from './posture.ts';

/** In a container: the console, with the account that only the container's own files tell. */
export const container: ContainerCapability = {
  reloadSignal: 'SIGHUP',
  client: (command, service, stack) => {
    const posture = postureOf(stack, service);
    const [first = 'pgbouncer'] = posture.state === 'known' ? parseList(posture.setting('admin_users').value) : [];
    const common = {
      PGHOST: 'localhost',
      PGHOSTADDR: '127.0.0.1',
      PGPORT: String(containerPort(stack, service)),
      PGDATABASE: 'pgbouncer',
      PGCONNECT_TIMEOUT: '5',
    };
    return {
      command,
      environment:
        hardenedEntrypoint(service) === undefined
          ? { ...common, PGUSER: first, PGSSLMODE: 'disable' }
          : {
              ...common,
              PGUSER: administrator(service),
              PGPASSFILE: `${runtimeDirectory(service)}/pgpass`,
              PGSSLMODE: 'verify-full',
              PGSSLROOTCERT: '/certs/ca.pem',
              PGSSLCERT: '/client-certs/cert.pem',
              PGSSLKEY: '/client-certs/key.pem',
            },
    };
  },
};
