import type { CertificateIssue } from '../../contracts/change.ts';
import type { ManagedSecret } from '../../contracts/service-kind.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { administrator, consumersOf } from './consumers.ts';
import { canHarden } from './harden.ts';
import { containerPort } from './posture.ts';

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

/** The administrator's password, which the server reads at its start, and one account for every consumer. */
export const secrets = (stack: Stack, service: Service): readonly ManagedSecret[] =>
  canHarden(stack, service)
    ? [
        {
          path: service.name,
          fields: { username: { text: administrator.user }, password: { generate: passwordLength } },
          readers: [service.name],
        },
        ...consumersOf(stack, service).map(({ name, database }): ManagedSecret => ({
          path: `${service.name}/${name}`,
          fields: {
            username: { text: name },
            password: { generate: passwordLength },
            host: { text: service.name },
            port: { text: String(containerPort(stack, service)) },
            database: { text: database },
          },
          readers: [name],
        })),
      ]
    : [];
