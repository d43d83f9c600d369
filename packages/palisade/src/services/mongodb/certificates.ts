import type { CertificateIssue } from '../../contracts/change.ts';
import type { ManagedSecret } from '../../contracts/service-kind.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { clientCertificate, consumerAccount, passwordLength, serverCertificate } from '../../model/identities.ts';
import { accountHolder, administrator, consumersOf, databaseOf, membersOf } from './consumers.ts';
import { canHarden } from './harden.ts';
import { containerPort, replicaSet } from './posture.ts';

/** Random bytes of the key of a replica set; as text at most the 1024 characters that mongod takes. */
const memberKeyLength = 96;

/** The server's certificate; its client certificate, for other members and the local client; one for every consumer. */
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

/** The administrator's password and the key of the members, which these alone read, and one account for every consumer. */
export const secrets = (stack: Stack, service: Service): readonly ManagedSecret[] =>
  canHarden(stack, service) && accountHolder(stack, service).name === service.name
    ? [
        {
          path: service.name,
          fields: {
            username: { text: administrator },
            password: { generate: passwordLength },
            ...(replicaSet(stack, service) === undefined ? {} : { member: { generate: memberKeyLength } }),
          },
          readers: membersOf(stack, service).map(({ name }) => name),
        },
        ...consumersOf(stack, service).map((consumer) =>
          consumerAccount(consumer.name, {
            server: service.name,
            port: containerPort(stack, service),
            database: databaseOf(stack, service, consumer),
          }),
        ),
      ]
    : [];
