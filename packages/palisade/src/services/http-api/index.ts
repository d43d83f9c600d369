import type { ServiceKind } from '../../contracts/service-kind.ts';
import { certificates } from './certificates.ts';
import './evidence.ts';
import { harden, imageAccount } from './harden.ts';
import { httpPort, httpsPort, matches } from './matching.ts';
import { processCapability } from './process.ts';
import { auditKeyOf, isReferenceApi, issuesTokens, signingKeysOf } from './reference-api.ts';

/** Applications that serve HTTP: services built from sources, told by weak hints. */
export const kind: ServiceKind = {
  id: 'http-api',
  title: 'HTTP application',
  matches,
  ports: { http: httpPort, https: httpsPort },
  storesData: false,
  capabilities: [],
  accountOf: (service) => (isReferenceApi(service) ? imageAccount : undefined),
  writablePaths: ['/tmp'],
  // Loaded when it is first called: an assessment of the files asks no server.
  probes: [
    {
      evidence: 'http',
      collect: async (target, signal) => (await import('./probe/collect.ts')).collect(target, signal),
    },
  ],
  container: { reloadSignal: 'SIGHUP' },
  process: processCapability,
  harden,
  certificates,
  vaultRights: (stack, service) =>
    isReferenceApi(service)
      ? [
          { kind: 'signing', service: service.name, key: auditKeyOf(service) },
          ...(issuesTokens(stack, service)
            ? [{ kind: 'own-entry', service: service.name, path: signingKeysOf(service) } as const]
            : []),
        ]
      : [],
};
