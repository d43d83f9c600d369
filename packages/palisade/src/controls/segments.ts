import type { Service, Stack } from '../contracts/stack.ts';
import { type Calls, callsOf, isDataStore } from './calls.ts';
import { isVault } from './servers.ts';

/** One network of the hardened posture. */
export interface Segment {
  readonly name: string;
  /** True where nothing outside of the project is to be reached. */
  readonly internal: boolean;
  readonly members: readonly string[];
}

/** Nodes of one cluster differ in a number: `redis-1` and `redis-2` are both `redis`. */
const stemOf = ({ name }: Service): string => name.replace(/[-_.]?\d+$/, '') || name;

/** Data stores that belong together: nodes of one cluster, which call each other although no variable says so. */
const clusterOf = (stack: Stack, service: Service): readonly Service[] =>
  [...stack.services.values()].filter(
    (other) => other.kind === service.kind && stemOf(other) === stemOf(service) && isDataStore(stack, other),
  );

/** True for a service whose networks the project decides. */
export const isConnected = ({ networkMode }: Service): boolean =>
  networkMode === undefined || networkMode.value === 'bridge';

const connects = (calls: Calls, a: string, b: string): boolean =>
  calls.get(a)?.has(b) === true || calls.get(b)?.has(a) === true;

interface Cluster {
  readonly stem: string;
  readonly members: readonly string[];
  /** Services outside of the cluster that call it, or that it calls; Vault aside. */
  readonly partners: readonly string[];
}

const clustersOf = (stack: Stack, services: readonly Service[], calls: Calls): readonly Cluster[] =>
  [...Map.groupBy(services, (service) => `${service.kind} ${stemOf(service)}`).values()].map((nodes) => {
    const members = nodes.map(({ name }) => name);
    const partners = [...stack.services.values()]
      .filter((other) => isConnected(other) && !isVault(other) && !members.includes(other.name))
      .map(({ name }) => name)
      .filter((name) => members.some((member) => connects(calls, name, member)));
    return { stem: nodes[0] === undefined ? '' : stemOf(nodes[0]), members, partners };
  });

/** Names that mean something else already. */
const takenNames = new Set(['app-network', 'database-network']);

const ownName = (clusters: readonly Cluster[]): string => {
  const stems = [...new Set(clusters.map(({ stem }) => stem))].join('-');
  return takenNames.has(`${stems}-network`) ? `${stems}-data-network` : `${stems}-network`;
};

/**
 * Clusters with the same partners share a network; the first one is the `database-network`. A cluster that nobody calls
 * has a network of its own, or none where its nodes meet on Vault's already.
 */
const dataSegments = (clusters: readonly Cluster[], onVault: readonly string[]): readonly Segment[] => {
  const placed = clusters.filter(
    ({ partners, members }) => partners.length > 0 || !members.every((member) => onVault.includes(member)),
  );
  const groups = [
    ...Map.groupBy(placed, ({ partners, stem }) => (partners.length > 0 ? partners.join('\0') : `\0${stem}`)).values(),
  ];
  const first = groups.find((group) => (group[0]?.partners.length ?? 0) > 0) ?? groups[0];
  return groups.map((group) => ({
    name: group === first ? 'database-network' : ownName(group),
    internal: true,
    members: [...new Set([...group.flatMap(({ members }) => members), ...(group[0]?.partners ?? [])])],
  }));
};

/**
 * The networks that the calls between services ask for, and no more. Each data store meets its callers on an internal
 * network. Vault has one network for the data stores and one for everything else, so that it is not the place where
 * the two meet. Everything that stores no data meets on the application's network, the only one with a way out unless
 * Vault publishes a port: a port of a container on internal networks alone is never bound.
 */
export const segmentsOf = (stack: Stack): readonly Segment[] => {
  const calls = callsOf(stack);
  const services = [...stack.services.values()].filter(isConnected);
  const vaults = services.filter(isVault);
  const data = services.filter((service) => isDataStore(stack, service));
  const rest = services.filter((service) => !isVault(service) && !isDataStore(stack, service));
  const vaultNames = vaults.map(({ name }) => name);
  const clientsOfVault = (tier: readonly Service[]): readonly string[] =>
    tier.map(({ name }) => name).filter((name) => vaultNames.some((vault) => connects(calls, name, vault)));
  const dataClients = clientsOfVault(data);
  const appClients = clientsOfVault(rest);
  const isPublished = vaults.some(({ ports }) => ports.length > 0);
  return [
    {
      name: 'vault-database',
      internal: true,
      members: dataClients.length === 0 ? [] : [...vaultNames, ...dataClients],
    },
    {
      name: 'vault-app',
      internal: !isPublished,
      members:
        vaultNames.length > 0 && (appClients.length > 0 || isPublished || dataClients.length === 0)
          ? [...vaultNames, ...appClients]
          : [],
    },
    ...dataSegments(clustersOf(stack, data, calls), dataClients),
    { name: 'app-network', internal: false, members: rest.map(({ name }) => name) },
  ].filter(({ members }) => members.length > 0);
};

/** True where the calls of the project explain that one service reaches the other, or a node of its cluster. */
export const mayReach = (stack: Stack, calls: Calls, service: Service, other: Service): boolean =>
  [other, ...clusterOf(stack, other)].some(({ name }) => name === service.name || connects(calls, service.name, name));
