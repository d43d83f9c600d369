import type { CertificateIssue } from '../../contracts/change.ts';
import type { ManagedSecret } from '../../contracts/service-kind.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { consumersOf } from './consumers.ts';
import { containerPort } from './posture.ts';

/** A certificate is renewed when a third of its life is left. */
const renewal = 1 / 3;

/** Random bytes of a generated password. */
const passwordLength = 32;

const identityOf = (service: string, usage: 'server' | 'client', names: readonly string[]): CertificateIssue => ({
  kind: 'certificate-issue',
  service,
  role: `${service}-${usage}`,
  usage,
  commonName: service,
  alternativeNames: names,
  directory: `certs/${service}/${usage}`,
  expects: { remainingLife: renewal },
});

/** The pooler's identity towards clients and towards PostgreSQL, and one for every consumer of a known kind. */
export const certificates = (stack: Stack, service: Service): readonly CertificateIssue[] => [
  identityOf(service.name, 'server', [service.name, 'localhost']),
  identityOf(service.name, 'client', []),
  ...consumersOf(stack, service)
    .filter(({ name }) => stack.services.get(name)?.kind !== 'unknown')
    .map(({ name }) => identityOf(name, 'client', [])),
];

/**
 * One account for every consumer, which nobody else reads: the pooler asks PostgreSQL for its verifier, and never learns
 * the password. The pooler's own account is PostgreSQL's to declare, as that of any consumer.
 */
export const secrets = (stack: Stack, service: Service): readonly ManagedSecret[] =>
  consumersOf(stack, service).map(({ name, database }) => ({
    path: `${service.name}/${name}`,
    fields: {
      username: { text: name },
      password: { generate: passwordLength },
      host: { text: service.name },
      port: { text: String(containerPort(stack, service)) },
      database: { text: database },
    },
    readers: [name],
  }));
