import type { Answer } from '../../../contracts/evidence.ts';
import type { Probe } from '../../../contracts/service-kind.ts';
import { error } from '../errors.ts';
import type { MongodbEvidence } from '../evidence.ts';
import { containerPort } from '../posture.ts';
import { fromInside } from './inside.ts';
import { type Network, overNetwork } from './network.ts';

/** Collects what a running server shows from the network and to its administrator. */
export const probe: Probe<'mongodb'> = {
  evidence: 'mongodb',
  collect: async (target, signal): Promise<MongodbEvidence> => {
    const { stack, service, exec } = target;
    const endpoint = target.endpoint(containerPort(stack, service));
    if (endpoint === undefined && exec === undefined)
      throw error('mongodb/not-reachable', { service: service.name, reason: 'no port and no client to ask through' });
    const unreachable: Answer<never> = { known: false, why: 'the port is not reachable from here' };
    const network: Network =
      endpoint === undefined
        ? {
            plaintext: unreachable,
            tlsVersions: unreachable,
            withoutCertificate: unreachable,
            withCertificate: unreachable,
            knownLogins: unreachable,
          }
        : await overNetwork(target, endpoint, signal);
    return { ...network, ...(await fromInside(target, signal)) };
  },
};
