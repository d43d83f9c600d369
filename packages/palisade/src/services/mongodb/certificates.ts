import type { CertificateIssue } from '../../contracts/change.ts';
import type { ManagedSecret } from '../../contracts/service-kind.ts';
import type { Service, Stack } from '../../contracts/stack.ts';
import { accountHolder, administrator, consumersOf, databaseOf, membersOf } from './consumers.ts';
import { canHarden } from './harden.ts';
import { containerPort, replicaSet } from './posture.ts';

/** A certificate is renewed when a third of its life is left. */
const renewal = 1 / 3;

/** Random bytes of a generated password. */
const passwordLength = 32;

/** Random bytes of the key of a replica set; as text at most the 1024 characters that mongod takes. */
const memberKeyLength = 96;

const clientOf = (name: string): CertificateIssue => ({
  kind: 'certificate-issue',
  service: name,
  role: `${name}-client`,
  usage: 'client',
  commonName: name,
  alternativeNames: [],
  directory: `certs/${name}/client`,
  expects: { remainingLife: renewal },
});

/** The server's certificate; its client certificate, for other members and the local client; one for every consumer. */
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
        clientOf(service.name),
        ...consumersOf(stack, service)
          .filter(({ kind }) => kind !== 'unknown')
          .map(({ name }) => clientOf(name)),
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
        ...consumersOf(stack, service).map((consumer): ManagedSecret => ({
          path: `${service.name}/${consumer.name}`,
          fields: {
            username: { text: consumer.name },
            password: { generate: passwordLength },
            host: { text: service.name },
            port: { text: String(containerPort(stack, service)) },
            database: { text: databaseOf(stack, service, consumer) },
          },
          readers: [consumer.name],
        })),
      ]
    : [];
