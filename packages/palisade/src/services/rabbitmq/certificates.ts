import type { CertificateIssue } from '../../contracts/change.ts';
import type { ManagedSecret } from '../../contracts/service-kind.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { clientCertificate, consumerAccount, passwordLength, serverCertificate } from '../../model/identities.ts';
import { administrator } from './accounts.ts';
import { tlsPort } from './configuration.ts';
import { consumersOf } from './consumers.ts';
import { canHarden } from './harden.ts';

/** The server's certificate, and a client certificate for every consumer that can hold one. */
export const certificates = (stack: Stack, service: Service): readonly CertificateIssue[] =>
  canHarden(stack, service)
    ? [
        serverCertificate(service.name),
        ...consumersOf(stack, service)
          .filter(({ hasIdentity }) => hasIdentity)
          .map(({ name }) => clientCertificate(name)),
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
        ...consumersOf(stack, service).map(({ name, vhost }) =>
          consumerAccount(name, { server: service.name, port: tlsPort, database: vhost }),
        ),
      ]
    : [];
