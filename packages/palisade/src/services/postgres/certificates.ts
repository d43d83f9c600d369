import type { CertificateIssue } from '../../contracts/change.ts';
import type { ManagedSecret } from '../../contracts/service-kind.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { clientCertificate, consumerAccount, passwordLength, serverCertificate } from '../../model/identities.ts';
import { consumersOf } from './consumers.ts';
import { administrator } from './image.ts';

/** The port of the server in its container. */
export const serverPort = 5432;

/** The server's certificate, and a client certificate for every consumer that can hold one. */
export const certificates = (stack: Stack, service: Service): readonly CertificateIssue[] => [
  serverCertificate(service.name),
  ...consumersOf(stack, service)
    .filter(({ hasIdentity, direct }) => hasIdentity && direct)
    .map(({ name }) => clientCertificate(name)),
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
    .map(({ name, database }) => consumerAccount(name, { server: service.name, port: serverPort, database })),
];
