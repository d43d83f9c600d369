import type { ServiceKind } from '../../contracts/service-kind.ts';
import { Secret } from '../../support/secret.ts';
import { certificates, secrets } from './certificates.ts';
import { container } from './container.ts';
import './evidence.ts';
import { harden } from './harden.ts';
import { imageAccount, isOfficialImage, matches } from './image.ts';
import { writtenLogins } from './known-passwords.ts';
import { processCapability } from './process.ts';
import { statements } from './statements.ts';

/** Redis and Valkey, single servers and clusters, in the official images. */
export const kind: ServiceKind = {
  id: 'redis',
  title: 'Redis',
  matches,
  ports: { redis: 6379, bus: 16_379 },
  storesData: true,
  // Started as the account of its own, the image needs none; only as root it changes owners and accounts.
  capabilities: [],
  accountOf: (service) => (isOfficialImage(service) ? imageAccount(service) : undefined),
  writablePaths: ['/tmp'],
  // Loaded when they are first called: an assessment of the files asks no server.
  probes: [
    {
      evidence: 'redis',
      collect: async (target, signal) => (await import('./probe.ts')).probe.collect(target, signal),
    },
  ],
  process: processCapability,
  container,
  harden,
  writtenCredentials: (stack, service) => ({
    logins: writtenLogins(stack, service).map(({ user, password }) => ({
      username: user,
      password: new Secret(password),
    })),
  }),
  secrets,
  certificates,
  statements,
  applyStatement: async (...args) => (await import('./apply-statement.ts')).applyStatement(...args),
};
