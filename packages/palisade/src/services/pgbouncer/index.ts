import type { ServiceKind } from '../../contracts/service-kind.ts';
import { certificates, secrets } from './certificates.ts';
import { container } from './container.ts';
import './evidence.ts';
import { harden } from './harden.ts';
import { defaultPort, imageAccount, isKnownImage, matches } from './image.ts';
import { processCapability } from './process.ts';

/** PgBouncer, the connection pooler in front of PostgreSQL. */
export const kind: ServiceKind = {
  id: 'pgbouncer',
  title: 'PgBouncer',
  matches,
  ports: { postgres: defaultPort },
  storesData: false,
  capabilities: [],
  accountOf: (service) => (isKnownImage(service) ? imageAccount : undefined),
  // Without a socket, a log file and a process id file it writes nothing.
  writablePaths: [],
  // Loaded when it is first called: an assessment of the files asks no server.
  probes: [
    {
      evidence: 'pgbouncer',
      collect: async (target, signal) => (await import('./probe.ts')).collect(target, signal),
    },
  ],
  process: processCapability,
  container,
  harden,
  secrets,
  certificates,
};
