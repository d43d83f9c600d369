import type { CertificateIssue } from '../../contracts/change.ts';
import type { ManagedSecret } from '../../contracts/service-kind.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { consumersOf } from './consumers.ts';
import { administrator } from './image.ts';

/** A certificate is renewed when a third of its life is left. */
const renewal = 1 / 3;

/** Random bytes of a generated password. */
const passwordLength = 32;

/** The port of the server in its container. */
export const serverPort = 5432;

/** The server's certificate, and a client certificate for every consumer that can hold one. */
export const certificates = (stack: Stack, service: Service): readonly CertificateIssue[] => [
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
    .filter(({ hasIdentity, direct }) => hasIdentity && direct)
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
];

/** The administrator's password, for the first start alone, and one account for every consumer. */
export const secrets = (stack: Stack, service: Service): readonly ManagedSecret[] => [
  {
    path: service.name,
    fields: { username: { text: administrator(service) }, password: { generate: passwordLength } },
    readers: [service.name],
  },
  // The accounts of those that come through a pooler are kept under its name.
  ...consumersOf(stack, service)
    .filter(({ direct }) => direct)
    .map(({ name, database }): ManagedSecret => ({
      path: `${service.name}/${name}`,
      fields: {
        username: { text: name },
        password: { generate: passwordLength },
        host: { text: service.name },
        port: { text: String(serverPort) },
        database: { text: database },
      },
      readers: [name],
    })),
];
