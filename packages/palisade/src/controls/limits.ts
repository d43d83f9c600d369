import type { ComposeEdit, ComposeValue } from '../contracts/change.ts';
import type { KeyPath, Location } from '../contracts/location.ts';
import type { Service, Stack } from '../contracts/stack.ts';
import { setServiceKey } from '../model/index.ts';
import { isDataStore } from './calls.ts';
import { isVault } from './servers.ts';

/** What a service may take of the host. */
export type LimitName = 'memory' | 'cpus' | 'pids';

const limitNames: readonly LimitName[] = ['memory', 'cpus', 'pids'];

const shortKeys: { readonly [Name in LimitName]: string } = { memory: 'mem_limit', cpus: 'cpus', pids: 'pids_limit' };

/**
 * Where a limit is written: beside the ones that the service has. Compose refuses the same limit in both places, and
 * `pids_limit` beside `deploy.resources.limits`.
 */
const limitPath = (service: Service, name: LimitName): KeyPath =>
  limitNames.some((each) => service.keys.has(shortKeys[each])) && !limitNames.some((each) => isDeployed(service, each))
    ? [shortKeys[name]]
    : ['deploy', 'resources', 'limits', name];

/** True for a limit that stands in `deploy.resources.limits`. */
const isDeployed = ({ keys, limits }: Service, name: LimitName): boolean => {
  const at = limits[name]?.at;
  const short = keys.get(shortKeys[name]);
  return at !== undefined && (short === undefined || short.line !== at.line || short.file !== at.file);
};

/**
 * Ceilings that stop a runaway service and hinder none that is well. One processor, because an engine refuses more
 * than its host has; twice the memory and processes for what stores data, which has a process or thread a connection.
 */
const ceiling = (name: LimitName, storesData: boolean): ComposeValue => {
  if (name === 'cpus') return '1.0';
  if (name === 'memory') return storesData ? '2G' : '1G';
  return storesData ? 1024 : 512;
};

/** Where a limit that limits nothing is written: `pids_limit: -1`. */
export const limitPlace = ({ at, keys, limits }: Service, name: LimitName): Location =>
  limits[name]?.at ?? keys.get(shortKeys[name]) ?? at;

/** The edits that set a limit. */
export const limit = (stack: Stack, service: Service, name: LimitName): readonly ComposeEdit[] =>
  setServiceKey(
    stack,
    service.name,
    limitPath(service, name),
    ceiling(name, isDataStore(stack, service) || isVault(service)),
  );
