import type { Service, Stack } from '../../contracts/stack.ts';
import { settingsOf, busPort, valueOf } from './posture.ts';

/** Nodes of one cluster differ in a number: `redis-1` and `redis-2` are both `redis`. */
const stemOf = (name: string): string => name.replace(/[-_.]?\d+$/, '') || name;

/** The nodes of a server's cluster, itself among them, in a stable order; none where it is no part of one. */
export const clusterOf = (stack: Stack, service: Service): readonly Service[] =>
  busPort(stack, service) === undefined
    ? []
    : [...stack.services.values()]
        .filter(
          (other) =>
            other.kind === 'redis' &&
            stemOf(other.name) === stemOf(service.name) &&
            busPort(stack, other) !== undefined,
        )
        .toSorted((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));

/** The server that a replica follows; undefined for one that follows nobody of the stack. */
export const primaryOf = (stack: Stack, service: Service): Service | undefined => {
  const host = valueOf(settingsOf(stack, service)('replicaof'), '')?.split(' ')[0] ?? '';
  return stack.services.get(host);
};

/** Servers that take data from this one, or may have to: its replicas, and the other nodes of its cluster. */
export const replicasOf = (stack: Stack, service: Service): readonly Service[] => {
  const followers = [...stack.services.values()].filter(
    (other) => other.kind === 'redis' && primaryOf(stack, other)?.name === service.name,
  );
  return [...clusterOf(stack, service).filter(({ name }) => name !== service.name), ...followers];
};

/** True where the server logs in to another one to replicate from it. */
export const replicates = (stack: Stack, service: Service): boolean =>
  clusterOf(stack, service).length > 0 || primaryOf(stack, service) !== undefined;

/** Hash slots of a cluster. Source: Redis cluster specification. */
const slots = 16_384;

/** The slots that a node of a new cluster takes: an equal share by its place. */
export const slotRange = (place: number, nodes: number): readonly [first: number, last: number] => [
  Math.floor((slots * place) / nodes),
  Math.floor((slots * (place + 1)) / nodes) - 1,
];

/** Names of the services that call a server or a node of its cluster, each once, in the order of the stack. */
export const consumersOf = (stack: Stack, service: Service): readonly Service[] => {
  const cluster = clusterOf(stack, service).map(({ name }) => name);
  const nodes = cluster.length === 0 ? [service.name] : cluster;
  const inside = new Set([...nodes, ...replicasOf(stack, service).map(({ name }) => name)]);
  const names = new Set(
    stack.edges.filter(({ from, to }) => nodes.includes(to) && !inside.has(from)).map(({ from }) => from),
  );
  return [...stack.services.values()].filter(({ name }) => names.has(name));
};

/** The server under whose path the account of a consumer is kept: a cluster has one account, with its first node. */
export const accountHolder = (stack: Stack, service: Service): Service => clusterOf(stack, service)[0] ?? service;
