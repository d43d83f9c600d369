import type { CertificateIssue } from '../../contracts/change.ts';
import type { ManagedSecret } from '../../contracts/service-kind.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { administrator } from './accounts.ts';
import { tlsPort } from './configuration.ts';
import { consumersOf } from './consumers.ts';
import { canHarden } from './harden.ts';

/** A certificate is renewed when a third of its life is left. */
const renewal = 1 / 3;

/** Random bytes of a generated password. */
const passwordLength = 32;

/** The server's certificate, and a client certificate for every consumer that can hold one. */
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
        ...consumersOf(stack, service)
          .filter(({ hasIdentity }) => hasIdentity)
          .map(({ name }): CertificateIssue => ({
            kind: 'certificate-issue',
            service: name,
            role: `${name}-client`,
            usage: 'client',
            commonName: name,
            alternativeNames: [],
            directory: `certs/${name}/client`,
            expects: { remainingLife: renewal },
          })),
      ]
    : [];

/**
 * The cookie of the node, which it reads at its start, the login of people to the management interface, and one user for every
 * consumer. `database` is the vhost, under the name that consumers know from their other servers.
 */
export const secrets = (stack: Stack, service: Service): readonly ManagedSecret[] =>
  canHarden(stack, service)
    ? [
        {
          path: service.name,
          fields: {
            username: { text: administrator },
            password: { generate: passwordLength },
            cookie: { generate: passwordLength },
          },
          readers: [service.name],
        },
        ...consumersOf(stack, service).map(({ name, vhost }): ManagedSecret => ({
          path: `${service.name}/${name}`,
          fields: {
            username: { text: name },
            password: { generate: passwordLength },
            host: { text: service.name },
            port: { text: String(tlsPort) },
            database: { text: vhost },
          },
          readers: [name],
        })),
      ]
    : [];
