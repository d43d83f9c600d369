import type { CertificateIssue } from '../../contracts/change.ts';
import type { ManagedSecret } from '../../contracts/service-kind.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { clientCertificate, consumerAccount, passwordLength, serverCertificate } from '../../model/identities.ts';
import { administrator, consumersOf } from './consumers.ts';
import { canHarden } from './harden.ts';
import { containerPort } from './posture.ts';

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

/** The administrator's password, which the server reads at its start, and one account for every consumer. */
export const secrets = (stack: Stack, service: Service): readonly ManagedSecret[] =>
  canHarden(stack, service)
    ? [
        {
          path: service.name,
          fields: { username: { text: administrator.user }, password: { generate: passwordLength } },
          readers: [service.name],
        },
        ...consumersOf(stack, service).map(({ name, database }) =>
          consumerAccount(name, { server: service.name, port: containerPort(stack, service), database }),
        ),
      ]
    : [];
