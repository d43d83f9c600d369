import type { ServiceKind } from '../../contracts/service-kind.ts';
import { certificates } from './certificates.ts';
import './evidence.ts';
import { harden, isHardened } from './harden.ts';
import { imageAccount, isOfficialImage, isUnprivilegedImage, matches } from './matching.ts';
import { processCapability } from './process.ts';

/** nginx, as a gateway in front of other services or as a server of files. */
export const kind: ServiceKind = {
  id: 'nginx',
  title: 'nginx',
  matches,
  ports: { http: 80, https: 443 },
  storesData: false,
  // As its own account on unprivileged ports it needs none.
  capabilities: [],
  accountOf: (service) =>
    isHardened(service) || isUnprivilegedImage(service) || isOfficialImage(service) ? imageAccount : undefined,
  writablePaths: ['/tmp', '/var/cache/nginx', '/run'],
  probes: [
    {
      evidence: 'nginx',
      collect: async (target, signal) => (await import('./probe/collect.ts')).probe.collect(target, signal),
    },
  ],
  process: processCapability,
  container: { reloadSignal: 'SIGHUP' },
  harden,
  certificates,
};
