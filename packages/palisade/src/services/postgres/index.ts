import type { ServiceKind } from '../../contracts/service-kind.ts';
import { Secret } from '../../support/secret.ts';
import { certificates, secrets, serverPort } from './certificates.ts';
import { writtenLogins } from './consumers.ts';
import { container } from './container.ts';
import './evidence.ts';
import { canHarden, harden } from './harden.ts';
import { imageAccount, matches } from './image.ts';
import { processCapability } from './process.ts';
import { statements } from './statements.ts';

/** PostgreSQL, in the official image and those made from it. */
export const kind: ServiceKind = {
  id: 'postgres',
  title: 'PostgreSQL',
  matches,
  ports: { postgres: serverPort },
  storesData: true,
  // Started as the account of its own, the image needs none; only as root it changes owners and accounts.
  capabilities: [],
  accountOf: (service) => (canHarden(service) ? imageAccount(service) : undefined),
  writablePaths: ['/var/run/postgresql', '/tmp'],
  // Loaded when they are first called: an assessment of the files asks no server and starts none.
  probes: [
    {
      evidence: 'postgres',
      collect: async (target, signal) => (await import('./probe.ts')).collect(target, signal),
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
