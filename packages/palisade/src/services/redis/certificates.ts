import type { CertificateIssue } from '../../contracts/change.ts';
import type { ManagedSecret } from '../../contracts/service-kind.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { administrator } from './accounts.ts';
import { accountHolder, consumersOf } from './cluster.ts';
import { canHarden } from './harden.ts';
import { containerPort } from './posture.ts';

/** A certificate is renewed when a third of its life is left. */
const renewal = 1 / 3;

/** Random bytes of a generated password. */
const passwordLength = 32;

const clientOf = (name: string): CertificateIssue => ({
  kind: 'certificate-issue',
  service: name,
  role: `${name}-client`,
  usage: 'client',
  commonName: name,
  alternativeNames: [],
  directory: `certs/${name}/client`,
  expects: { remainingLife: renewal },
});

/**
 * The server's certificate; its client certificate, for the cluster bus, replication and the local client; and one for
 * every consumer that can hold it.
 */
export const certificates = (stack: Stack, service: Service): readonly CertificateIssue[] =>
  canHarden(stack, service)
    ? [
        {
          kind: 'certificate-issue',
          service: service.name,
          role: `${service.name}-server`,
          usage: 'server',
          commonName: service.name,
          alternativeNames: [service.name, 'localhost'],
          directory: `certs/${service.name}/server`,
          expects: { remainingLife: renewal },
        },
        clientOf(service.name),
        ...consumersOf(stack, service)
          .filter(({ kind }) => kind !== 'unknown')
          .map(({ name }) => clientOf(name)),
      ]
    : [];

/** Credentials of the server, which it reads at its start, and one account for every consumer, the same on all nodes. */
export const secrets = (stack: Stack, service: Service): readonly ManagedSecret[] =>
  canHarden(stack, service)
    ? [
        {
          path: service.name,
          fields: {
            username: { text: administrator },
            password: { generate: passwordLength },
            replication: { generate: passwordLength },
          },
          readers: [service.name],
        },
        ...(accountHolder(stack, service).name === service.name ? consumersOf(stack, service) : []).map(
          ({ name }): ManagedSecret => ({
            path: `${service.name}/${name}`,
            fields: {
              username: { text: name },
              password: { generate: passwordLength },
              host: { text: service.name },
              port: { text: String(containerPort(stack, service)) },
            },
            readers: [name],
          }),
        ),
      ]
    : [];
