import type { Callers } from '../../contracts/runtime.ts';
import { error } from '../errors.ts';
import { type Host, lookAt } from './host.ts';
import { engineNetworks } from './networks.ts';

const single = (address: string): string => `${address}/${address.includes(':') ? 128 : 32}`;

/** Where calls come from in the network of the host, and from a container to itself. */
const loopback = ['127.0.0.0/8', '::1/128'];

/**
 * The addresses from which calls arrive at a running container. Another service calls from the subnets of the networks that
 * both join. What this machine sends to a published port, or over the bridge, comes from the machine's own address in one
 * of the container's networks.
 *
 * @throws `runtime/not-running`
 */
export const callersOf = async (host: Host, service: string, signal: AbortSignal): Promise<Callers> => {
  const container = (await lookAt(host, signal)).get(service);
  if (container?.status !== 'running') throw error('runtime/not-running', { service });
  const networks = [
    ...(
      await engineNetworks(
        host.engine,
        container.attachments.map(({ engineName }) => engineName),
        { signal, timeout: host.bounds.question },
      )
    ).values(),
  ];
  return {
    services: new Map(
      [...host.stack.services.values()].map(({ name, networks: joined, networkMode }) => [
        name,
        networkMode?.value === 'host'
          ? [...loopback, ...networks.flatMap(({ gateways }) => gateways.map(single))]
          : networks
              .filter(({ ofProject }) => joined.some(({ network }) => network === ofProject))
              .flatMap(({ subnets }) => subnets),
      ]),
    ),
    machine: [...loopback, ...networks.flatMap(({ gateways }) => gateways.map(single))],
  };
};
