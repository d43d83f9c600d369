import type { CertificateIssue } from '../../contracts/change.ts';
import type { ManagedSecret } from '../../contracts/service-kind.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { clientCertificate, consumerAccount, serverCertificate } from '../../model/identities.ts';
import { consumersOf } from './consumers.ts';
import { containerPort } from './posture.ts';

/** The pooler's identity towards clients and towards PostgreSQL, and one for every consumer of a known kind. */
export const certificates = (stack: Stack, service: Service): readonly CertificateIssue[] => [
  serverCertificate(service.name),
  clientCertificate(service.name),
  ...consumersOf(stack, service)
    .filter(({ name }) => stack.services.get(name)?.kind !== 'unknown')
    .map(({ name }) => clientCertificate(name)),
];

/**
 * One account for every consumer, which nobody else reads: the pooler asks PostgreSQL for its verifier, and never learns
 * the password. The pooler's own account is PostgreSQL's to declare, as that of any consumer.
 */
export const secrets = (stack: Stack, service: Service): readonly ManagedSecret[] =>
  consumersOf(stack, service).map(({ name, database }) =>
    consumerAccount(name, { server: service.name, port: containerPort(stack, service), database }),
  );
