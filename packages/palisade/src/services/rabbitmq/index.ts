import type { ServiceKind } from '../../contracts/service-kind.ts';
import { Secret } from '../../support/secret.ts';
import { certificates, secrets } from './certificates.ts';
import { container } from './container.ts';
import './evidence.ts';
import { harden } from './harden.ts';
import { imageAccount, isOfficialImage, matches } from './image.ts';
import { writtenPasswords } from './known-passwords.ts';
import { processCapability } from './process.ts';
import { statements } from './statements.ts';

/** RabbitMQ as a single node, in the official images. */
export const kind: ServiceKind = {
  id: 'rabbitmq',
  title: 'RabbitMQ',
  matches,
  ports: { amqp: 5672, amqps: 5671, management: 15_672, 'management-tls': 15_671, epmd: 4369, distribution: 25_672 },
  storesData: true,
  // Started as the account of its own, the image needs none; only as root it changes owners and accounts.
  capabilities: [],
  accountOf: (service) => (isOfficialImage(service) ? imageAccount(service) : undefined),
  writablePaths: ['/tmp', '/var/log/rabbitmq'],
  // Loaded when they are first called: an assessment of the files asks no server.
  probes: [
    {
      evidence: 'rabbitmq',
      collect: async (target, signal) => (await import('./probe.ts')).probe.collect(target, signal),
    },
  ],
  process: processCapability,
  container,
  harden,
  writtenCredentials: (stack, service) => ({
    logins: writtenPasswords(stack, service).map(({ user, password }) => ({
      username: user,
      password: new Secret(password),
    })),
  }),
  secrets,
  certificates,
  statements,
  applyStatement: async (...args) => (await import('./apply-statement.ts')).applyStatement(...args),
};
