import type { Service, Stack } from '../contracts/stack.ts';
import { callsOf, isDataStore } from './calls.ts';
import { configurationLines } from './mounted-files.ts';
import { isPooler, isVault } from './servers.ts';

/** Services that are one in the networks: the nodes of a cluster, or a service by itself. */
export interface Unit {
  /** The service's name, or what the names of a cluster's nodes have in common. */
  readonly label: string;
  readonly members: readonly string[];
  /** Of an application the files do not show every call; of the others they do. */
  readonly role: 'vault' | 'store' | 'pooler' | 'application';
}

/** What the project declares between two services, from the first one's side. */
export type Relation = 'calls' | 'answers' | 'nothing';

/** True for a service whose networks the project decides. */
export const isConnected = ({ networkMode }: Service): boolean =>
  networkMode === undefined || networkMode.value === 'bridge';

/** Nodes of one cluster differ in a number: `redis-1` and `redis-2` are both `redis`. */
const stemOf = (name: string): string => name.replace(/[-_.]?\d+$/, '') || name;

const roleOf = (stack: Stack, service: Service): Unit['role'] =>
  isVault(service) ? 'vault' : isPooler(service) ? 'pooler' : isDataStore(stack, service) ? 'store' : 'application';

/** Words of those who are nodes of a cluster; what its nodes call each other by may stand nowhere, or in a program that sets it up. */
const clusterWords =
  /\breplset\b|replica[-_]?set|cluster[-_]enabled["'\s:=]+(?:yes|true)|\bwsrep|galera|group[-_]replication|cluster_formation/i;

const speaksOfCluster = (stack: Stack, name: string): boolean => {
  const service = stack.services.get(name);
  if (service === undefined) return false;
  return [
    [...(service.entrypoint?.value ?? []), ...(service.command?.value ?? [])].join(' '),
    ...[...service.environment].map(([variable, { value }]) => `${variable}=${value ?? ''}`),
    ...configurationLines(stack, service).map(({ text }) => text),
  ].some((text) => clusterWords.test(text));
};

/** Stores of one kind that are all nodes of a cluster are one where their names do not tell which belong together. */
const joinClusters = (stack: Stack, units: readonly Unit[]): readonly Unit[] => {
  const kindOf = ({ members: [first = ''] }: Unit): string => {
    const service = stack.services.get(first);
    return service?.kind === 'unknown' ? (service.image?.value.repository ?? first) : (service?.kind ?? '');
  };
  const nodes = units.filter(
    ({ role, members }) => role === 'store' && members.some((name) => speaksOfCluster(stack, name)),
  );
  return [...Map.groupBy(nodes, kindOf).values()].reduce<readonly Unit[]>((rest, alike) => {
    const [first] = alike;
    if (first === undefined || alike.length === 1 || alike.every(({ members }) => members.length > 1)) return rest;
    const joined: Unit = { ...first, members: alike.flatMap(({ members }) => members) };
    return rest.flatMap((unit) => (unit === first ? [joined] : alike.includes(unit) ? [] : [unit]));
  }, units);
};

const findUnits = (stack: Stack): readonly Unit[] => {
  const groups = Map.groupBy([...stack.services.values()].filter(isConnected), (service) => {
    const role = roleOf(stack, service);
    // Only what stores data makes clusters; two workers are two programs.
    return role === 'vault' || role === 'store' ? `${service.kind} ${stemOf(service.name)}` : ` ${service.name}`;
  });
  const units = [...groups.values()].flatMap((services): readonly Unit[] => {
    const [first] = services;
    if (first === undefined) return [];
    const label = services.length === 1 ? first.name : stemOf(first.name);
    return [{ label, members: services.map(({ name }) => name), role: roleOf(stack, first) }];
  });
  return joinClusters(stack, units);
};

/** The service in whose network another one is: itself, or the one that `network_mode: service:…` names. */
const hostOf = (stack: Stack, name: string): string => {
  let host = name;
  // No chain is longer than there are services; one that leads in a circle is refused by Compose.
  for (let step = 0; step < stack.services.size; step++) {
    const next = /^service:(.+)$/.exec(stack.services.get(host)?.networkMode?.value ?? '')?.[1];
    if (next === undefined) return host;
    host = next;
  }
  return host;
};

interface Declared {
  readonly units: readonly Unit[];
  readonly unitOf: ReadonlyMap<string, Unit>;
  readonly calls: ReadonlyMap<Unit, ReadonlySet<Unit>>;
}

const declare = (stack: Stack): Declared => {
  const units = findUnits(stack);
  const ofMember = new Map(units.flatMap((unit) => unit.members.map((member): [string, Unit] => [member, unit])));
  const unitOf = new Map(
    [...stack.services.keys()].flatMap((name): [string, Unit][] => {
      const unit = ofMember.get(hostOf(stack, name));
      return unit === undefined ? [] : [[name, unit]];
    }),
  );
  const calls = new Map(units.map((unit) => [unit, new Set<Unit>(unit.members.length > 1 ? [unit] : [])]));
  for (const [from, called] of callsOf(stack))
    for (const to of called) {
      const [caller, callee] = [unitOf.get(from), unitOf.get(to)];
      if (caller !== undefined && callee !== undefined && (caller !== callee || caller.members.length > 1))
        calls.get(caller)?.add(callee);
    }
  return { units, unitOf, calls };
};

/** A stack never changes, and every pair of services asks. */
const remembered = new WeakMap<Stack, Declared>();

const declaredIn = (stack: Stack): Declared => {
  const known = remembered.get(stack);
  if (known !== undefined) return known;
  const declared = declare(stack);
  remembered.set(stack, declared);
  return declared;
};

/** The units of a project, in the order of its services; without those on no network of the project. */
export const unitsOf = (stack: Stack): readonly Unit[] => declaredIn(stack).units;

/** The unit of a service; undefined for one that is on no network of the project. */
export const unitOf = (stack: Stack, service: string): Unit | undefined => declaredIn(stack).unitOf.get(service);

/** True where the first unit calls the second. A cluster calls itself. */
export const unitCalls = (stack: Stack, from: Unit, to: Unit): boolean =>
  declaredIn(stack).calls.get(from)?.has(to) === true;

/**
 * What the project declares between two services: the calls that `callsOf` reads from its files, where the nodes of a
 * cluster are one, because they call each other, and clients of one are sent on to the others, although no text says so.
 */
export const relationOf = (stack: Stack, from: string, to: string): Relation => {
  const [caller, callee] = [unitOf(stack, from), unitOf(stack, to)];
  if (caller === undefined || callee === undefined) {
    // One that is on no network of the project, the host's among them, has its calls all the same.
    const calls = callsOf(stack);
    return calls.get(from)?.has(to) === true ? 'calls' : calls.get(to)?.has(from) === true ? 'answers' : 'nothing';
  }
  return unitCalls(stack, caller, callee) ? 'calls' : unitCalls(stack, callee, caller) ? 'answers' : 'nothing';
};

/**
 * True where two units may share a network: one calls the other, or both are applications, whose calls to each other no
 * file has to show.
 */
export const mayMeet = (stack: Stack, a: Unit, b: Unit): boolean =>
  a === b || (a.role === 'application' && b.role === 'application') || unitCalls(stack, a, b) || unitCalls(stack, b, a);
