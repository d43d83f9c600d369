import type { Change, ComposeValue } from '../contracts/change.ts';
import type { Network, NetworkAttachment, Service, Stack } from '../contracts/stack.ts';
import { removeServiceKey, setServiceKey, setTopLevelKey } from '../model/index.ts';
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
export const clusterOf = (stack: Stack, service: Service): readonly Service[] =>
  [...stack.services.values()].filter(
    (other) => other.kind === service.kind && stemOf(other) === stemOf(service) && isDataStore(stack, other),
  );

/** True for a service whose networks the project decides. */
const isConnected = ({ networkMode }: Service): boolean => networkMode === undefined || networkMode.value === 'bridge';

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
    name: group === first ? 'database-network' : `${[...new Set(group.map(({ stem }) => stem))].join('-')}-network`,
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

const definition = (segment: Segment, existing: Network | undefined): ComposeValue | undefined => {
  if (existing === undefined || existing.implicit) return segment.internal ? { internal: true } : { driver: 'bridge' };
  return undefined;
};

const networkChanges = (stack: Stack, segments: readonly Segment[]): readonly Change[] =>
  segments.flatMap((segment) => {
    const existing = stack.networks.get(segment.name);
    const value = definition(segment, existing);
    if (value !== undefined) return setTopLevelKey(stack, ['networks', segment.name], value);
    return segment.internal && existing?.internal === false
      ? setTopLevelKey(stack, ['networks', segment.name, 'internal'], true)
      : [];
  });

const isExternal = (stack: Stack, { network }: NetworkAttachment): boolean =>
  stack.networks.get(network)?.external === true;

/**
 * The `networks` of a service: names where that says all. Aliases move along; a fixed address stays with an external
 * network and goes with a replaced one, whose subnet it came from.
 */
const attachments = (stack: Stack, service: Service, names: readonly string[]): ComposeValue => {
  const kept = service.networks.filter((attachment) => isExternal(stack, attachment));
  const aliases = [
    ...new Set(service.networks.filter((attachment) => !isExternal(stack, attachment)).flatMap((each) => each.aliases)),
  ];
  const fixed = kept.some(({ ipv4Address, ipv6Address }) => ipv4Address !== undefined || ipv6Address !== undefined);
  if (aliases.length === 0 && !fixed && kept.every((attachment) => attachment.aliases.length === 0))
    return [...names, ...kept.map(({ network }) => network)];
  return Object.fromEntries([
    ...names.map((name): [string, ComposeValue] => [name, aliases.length === 0 ? {} : { aliases }]),
    ...kept.map((attachment): [string, ComposeValue] => [
      attachment.network,
      {
        ...(attachment.aliases.length === 0 ? {} : { aliases: [...attachment.aliases] }),
        ...(attachment.ipv4Address === undefined ? {} : { ipv4_address: attachment.ipv4Address }),
        ...(attachment.ipv6Address === undefined ? {} : { ipv6_address: attachment.ipv6Address }),
      },
    ]),
  ]);
};

const serviceChanges = (stack: Stack, segments: readonly Segment[]): readonly Change[] =>
  [...stack.services.values()].filter(isConnected).flatMap((service) => {
    const names = segments.filter(({ members }) => members.includes(service.name)).map(({ name }) => name);
    const present = service.networks.filter((each) => !isExternal(stack, each)).map(({ network }) => network);
    if (names.length === present.length && names.every((name) => present.includes(name))) return [];
    return [
      ...setServiceKey(stack, service.name, ['networks'], attachments(stack, service, names)),
      ...(service.networkMode === undefined ? [] : removeServiceKey(stack, service.name, ['network_mode'])),
      ...readdressed(stack, service),
    ];
  });

/** A person has to look where other settings repeat an address that is given up. */
const readdressed = (stack: Stack, service: Service): readonly Change[] =>
  service.networks.flatMap((attachment) => {
    const address = attachment.ipv4Address ?? attachment.ipv6Address;
    if (address === undefined || isExternal(stack, attachment)) return [];
    const users = [...stack.services.values()].flatMap(({ name, environment }) =>
      [...environment].flatMap(([variable, { value }]) => (value === address ? [`${variable} of ${name}`] : [])),
    );
    return users.length === 0
      ? []
      : [
          {
            kind: 'manual',
            instructions: `${service.name} gives up its fixed address ${address}: make ${users.join(', ')} name the service instead.`,
          } as const,
        ];
  });

/** The edits that put every service into its segments: one coherent set, the same for every finding that asks for it. */
export const segmentation = (stack: Stack): readonly Change[] => {
  const known = remembered.get(stack);
  if (known !== undefined) return known;
  const segments = segmentsOf(stack);
  const changes = [...networkChanges(stack, segments), ...serviceChanges(stack, segments)];
  remembered.set(stack, changes);
  return changes;
};

/** A stack never changes, and every finding asks for its segmentation. */
const remembered = new WeakMap<Stack, readonly Change[]>();

/** True where the calls of the project explain that one service reaches the other, or a node of its cluster. */
export const mayReach = (stack: Stack, calls: Calls, service: Service, other: Service): boolean =>
  [other, ...clusterOf(stack, other)].some(({ name }) => name === service.name || connects(calls, service.name, name));
