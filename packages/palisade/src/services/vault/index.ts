import type { ServiceKind } from '../../contracts/service-kind.ts';
import { certificatesOf } from './certificates.ts';
import { container } from './container.ts';
import './evidence.ts';
import { harden } from './harden.ts';
import { account, apiPort, clusterPort, matches } from './matching.ts';
import { process } from './process.ts';
import { tokensInStack } from './tokens.ts';

/** HashiCorp Vault and OpenBao, the two servers of the Vault API. */
export const kind: ServiceKind = {
  id: 'vault',
  title: 'Vault and OpenBao',
  matches,
  ports: { api: apiPort, cluster: clusterPort },
  storesData: true,
  // IPC_LOCK would let the server lock its memory. With raft storage it must not: the database is mapped into memory, and
  // locking it takes as much real memory as there is data, so both projects ask for disable_mlock = true there (OpenBao
  // has dropped locking altogether). Swap is kept away by memswap_limit instead, which needs no capability.
  capabilities: [],
  account,
  writablePaths: ['/tmp'],
  // Loaded when it is first called: an assessment of the files asks no server.
  probes: [
    {
      evidence: 'vault',
      collect: async (target, signal) => (await import('./probe/collect.ts')).collect(target, signal),
    },
  ],
  process,
  container,
  harden,
  writtenCredentials: (stack) => ({ tokens: tokensInStack(stack).map(({ token }) => token) }),
  certificates: certificatesOf,
};
