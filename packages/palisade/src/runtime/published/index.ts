import { connect } from 'node:net';
import type { Endpoint, Runtime, ServiceStatus } from '../../contracts/runtime.ts';
import type { Port, Service, Stack } from '../../contracts/stack.ts';
import { mapConcurrently } from '../../support/concurrency.ts';
import { error } from '../errors.ts';

/** Milliseconds for one connection. */
const CONNECT = 2000;

/** The address to call from this host: loopback where a port is published on every interface. */
const callable = (hostAddress: string): string => {
  const address = hostAddress.replace(/^\[(.*)\]$/, '$1');
  return address === '' || address === '0.0.0.0' ? '127.0.0.1' : address === '::' ? '::1' : address;
};

/** Where one published port entry makes a container port answer; undefined where it does not cover it. */
const endpointOf = (port: Port, containerPort: number): Endpoint | undefined =>
  port.protocol === 'tcp' &&
  port.published !== undefined &&
  // A single container port with a range of host ports is on one of them, and only the engine knows which.
  (port.publishedEnd ?? port.published) - port.published === port.targetEnd - port.target &&
  containerPort >= port.target &&
  containerPort <= port.targetEnd
    ? { host: callable(port.hostAddress), port: port.published + containerPort - port.target }
    : undefined;

const endpointsOf = (service: Service): ServiceStatus['endpoints'] =>
  service.ports.flatMap((port) =>
    Array.from({ length: port.targetEnd - port.target + 1 }, (_, index) => port.target + index).flatMap(
      (containerPort) => {
        const endpoint = endpointOf(port, containerPort);
        return endpoint === undefined ? [] : [{ ...endpoint, containerPort }];
      },
    ),
  );

const accepts = ({ host, port }: Endpoint): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port });
    const settle = (accepted: boolean): void => {
      socket.destroy();
      resolve(accepted);
    };
    socket.setTimeout(CONNECT, () => settle(false));
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
  });

const refuse = (operation: string, service?: string): Promise<never> =>
  Promise.reject(error('runtime/read-only', { operation, ...(service === undefined ? {} : { service }) }));

const statusOf = async (service: Service): Promise<ServiceStatus> => {
  const endpoints = endpointsOf(service);
  if (endpoints.length === 0)
    return { service: service.name, state: 'left-out', detail: 'it publishes no TCP port on this host', endpoints };
  for (const endpoint of endpoints)
    if (await accepts(endpoint)) return { service: service.name, state: 'running', endpoints };
  const tried = endpoints.map(({ host, port }) => `${host}:${port}`).join(', ');
  return { service: service.name, state: 'stopped', detail: `nothing accepts connections on ${tried}`, endpoints };
};

/**
 * Looks at a stack that something else runs on this host, through the ports that its Compose file publishes. It reads
 * only: starting, stopping and running programs are refused with `runtime/read-only`. A service without a published TCP
 * port cannot be seen at all and is left out.
 */
export const createPublishedRuntime = ({ stack }: { readonly stack: Stack }): Runtime => {
  return {
    kind: 'compose',
    stack,
    endpoint: (name, containerPort) => {
      const found = stack.services.get(name)?.ports.map((port) => endpointOf(port, containerPort)) ?? [];
      return found.find((endpoint) => endpoint !== undefined);
    },
    status: () =>
      mapConcurrently(
        [...stack.services.values()].filter(({ active }) => active),
        4,
        statusOf,
      ),
    up: () => refuse('starting services'),
    down: () => refuse('stopping services'),
    exec: (service) => refuse('running a program beside', service),
    reload: (service) => refuse('a reload', service),
    restart: (service) => refuse('a restart', service),
    setAside: (service) => refuse('setting aside the state', service),
  };
};
