import type { ServiceKind } from '../../contracts/service-kind.ts';
import { Secret } from '../../support/secret.ts';
import { certificates, secrets } from './certificates.ts';
import { container } from './container.ts';
import './evidence.ts';
import { harden } from './harden.ts';
import { imageAccount, isOfficialImage, matches } from './matching.ts';
import { processCapability } from './process/capability.ts';
import { statements } from './statements.ts';
import { writtenLogins } from './written-logins.ts';

/** MongoDB in its official image: single servers and replica sets. As a process of the host, FerretDB stands in for it. */
export const kind: ServiceKind = {
  id: 'mongodb',
  title: 'MongoDB',
  matches,
  ports: { mongodb: 27_017 },
  storesData: true,
  // Started as the account of its own, the image needs none; only as root it changes owners and accounts.
  capabilities: [],
  accountOf: (service) => (isOfficialImage(service) ? imageAccount : undefined),
  writablePaths: ['/tmp', '/data/configdb'],
  // Loaded when they are first called: an assessment of the files asks no server.
  probes: [
    {
      evidence: 'mongodb',
      collect: async (target, signal) => (await import('./probe/probe.ts')).probe.collect(target, signal),
    },
  ],
  process: processCapability,
  container,
  harden,
  writtenCredentials: (stack, service) => ({
    logins: writtenLogins(stack, service).map(({ username, password }) => ({
      username,
      password: new Secret(password),
    })),
  }),
  secrets,
  certificates,
  statements,
  applyStatement: async (...args) => (await import('./apply-statement.ts')).applyStatement(...args),
};
