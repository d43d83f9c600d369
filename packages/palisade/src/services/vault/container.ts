import type { ContainerCapability } from '../../contracts/service-kind.ts';
import { error } from './errors.ts';
import { apiPort } from './matching.ts';
import { awaitHealth, serving } from './health.ts';

/** In a container: a sealed server is ready, because who unseals it needs it running; `vault status` says the contrary. */
export const container: ContainerCapability = {
  ready: (target, signal) => {
    const endpoint = target.endpoint(target.service.name, apiPort);
    return endpoint === undefined
      ? Promise.reject(
          error('vault/not-ready', { service: target.service.name, why: 'its port is not reachable from here' }),
        )
      : awaitHealth(target.service.name, endpoint, serving, signal);
  },
  reloadSignal: 'SIGHUP',
};
