import type { ServiceKind } from '../../contracts/service-kind.ts';
import { Secret } from '../../support/secret.ts';
import { certificates, secrets } from './certificates.ts';
import { writtenLogins } from './consumers.ts';
import { container } from './container.ts';
import './evidence.ts';
import { harden } from './harden.ts';
import { imageAccount, isOfficialImage, matches } from './image.ts';
import { processCapability } from './process.ts';
import { statements } from './statements.ts';

/** MySQL and MariaDB, in the official images. */
export const kind: ServiceKind = {
  id: 'mysql',
  title: 'MySQL and MariaDB',
  matches,
  ports: { mysql: 3306 },
  storesData: true,
  // Started as the account of its own, the images need none; only as root they change owners and accounts.
  capabilities: [],
  accountOf: (service) => (isOfficialImage(service) ? imageAccount : undefined),
  writablePaths: ['/var/run/mysqld', '/tmp'],
  // Loaded when they are first called: an assessment of the files asks no server.
  probes: [
    {
      evidence: 'mysql',
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
