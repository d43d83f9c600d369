import type { CertificateIssue } from '../../contracts/change.ts';
import type { ManagedSecret } from '../../contracts/service-kind.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { clientCertificate, consumerAccount, passwordLength, serverCertificate } from '../../model/identities.ts';
import { administrator } from './accounts.ts';
import { accountHolder, consumersOf } from './cluster.ts';
import { canHarden } from './harden.ts';
import { containerPort } from './posture.ts';

/**
 * The server's certificate; its client certificate, for the cluster bus, replication and the local client; and one for
 * every consumer that can hold it.
 */
export const certificates = (stack: Stack, service: Service): readonly CertificateIssue[] =>
  canHarden(stack, service)
    ? [
        serverCertificate(service.name),
        clientCertificate(service.name),
        ...consumersOf(stack, service)
          .filter(({ kind }) => kind !== 'unknown')
          .map(({ name }) => clientCertificate(name)),
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
        ...(accountHolder(stack, service).name === service.name ? consumersOf(stack, service) : []).map(({ name }) =>
          consumerAccount(name, { server: service.name, port: containerPort(stack, service) }),
        ),
      ]
    : [];
