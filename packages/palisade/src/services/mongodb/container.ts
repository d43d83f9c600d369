import type { ContainerCapability, Reload } from '../../contracts/service-kind.ts';
import { listeningScript } from '../../support/listening.ts';
import { administerOne } from './administer.ts';
import { runtimeDirectory } from './configuration.ts';
import { error } from './errors.ts';
import { containerPort, hardenedEntrypoint, settingsOf, valueOf } from './posture.ts';

/** Puts certificate and key together again where the init script has put them, each in one step and for its account alone. */
const joinFiles = (directory: string): string =>
  `set -eu; umask 077; cd ${directory}
join() { cat "$1/cert.pem" "$1/key.pem" > "$2.new"; chmod 0400 "$2.new"; mv -f -- "$2.new" "$2"; }
join /certs server.pem
join /client-certs client.pem`;

/**
 * Has mongod take its certificates anew for the connections that come; those that are there stay. Source: MongoDB manual,
 * `rotateCertificates` (since 5.0). FerretDB has no such command, and is started anew instead. Throws `mongodb/command-failed`.
 */
const reload: Reload = async ({ stack, service, exec }, signal) => {
  if (hardenedEntrypoint(service) !== undefined) {
    const { exitCode, stderr } = await exec(['sh', '-c', joinFiles(runtimeDirectory(service))], '', signal);
    if (exitCode !== 0)
      throw error('mongodb/command-failed', {
        service: service.name,
        command: 'putting certificate and key together',
        reason: stderr.trim().slice(-300),
      });
  }
  const command = { rotateCertificates: 1 };
  await administerOne(exec, service, containerPort(stack, service), { database: 'admin', command }, signal);
};

const onLoopbackAlone = /^(?:127\.0\.0\.1|::1|localhost)(?:,(?:127\.0\.0\.1|::1|localhost))*$/;

/**
 * In a container: mongosh gets the administrator's password from a file of the container's memory, by its own program. On an
 * empty volume the image first starts a server on loopback and stops it again, so ready is what listens beside loopback.
 */
export const container: ContainerCapability = {
  ready: async ({ stack, service, exec }, signal) => {
    const port = containerPort(stack, service);
    const bound =
      hardenedEntrypoint(service) === undefined ? valueOf(settingsOf(stack, service)('net.bindIp'), '') : '';
    const script = listeningScript(port, !onLoopbackAlone.test(bound ?? ''));
    const { exitCode, stderr } = await exec(['sh', '-c', script], '', signal);
    if (exitCode !== 0)
      throw error('mongodb/not-reachable', {
        service: service.name,
        reason: stderr.trim() || `nothing listens on port ${port} yet`,
      });
  },
  reload,
};
