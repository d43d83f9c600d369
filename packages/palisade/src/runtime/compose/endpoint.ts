import type { Endpoint } from '../../contracts/runtime.ts';
import type { Container } from './container.ts';

/** The address to call from this machine for a port that is bound to an address of it. */
const callable = (hostAddress: string): string =>
  hostAddress === '0.0.0.0' ? '127.0.0.1' : hostAddress === '::' ? '::1' : hostAddress;

/** Loopback first, and of the same kind IPv4 first: every probe of this machine can use that. */
const rank = ({ host }: Endpoint): number => (host === '127.0.0.1' ? 0 : host === '::1' ? 1 : 2);

/**
 * Where a container port answers from this machine: on the port that is published for it, else on the container's own
 * address, which the machine that runs the engine reaches over the bridge, internal networks included. Undefined where
 * the container does not run or has neither.
 */
export const endpointOf = (container: Container, containerPort: number): Endpoint | undefined => {
  if (container.status !== 'running') return undefined;
  const published = container.published
    .filter((port) => port.containerPort === containerPort)
    .map(({ hostAddress, hostPort }) => ({ host: callable(hostAddress), port: hostPort }))
    .toSorted((a, b) => rank(a) - rank(b));
  const [first] = published;
  if (first !== undefined) return first;
  if (container.host.NetworkMode === 'host') return { host: '127.0.0.1', port: containerPort };
  const address = container.attachments.find((attachment) => attachment.address !== undefined)?.address;
  return address === undefined ? undefined : { host: address, port: containerPort };
};

/** The ports of a container of which something is known: published, or exposed by the image or the project. */
export const knownPorts = ({ published, exposed }: Container): readonly number[] =>
  [...new Set([...published.map(({ containerPort }) => containerPort), ...exposed])].toSorted((a, b) => a - b);
