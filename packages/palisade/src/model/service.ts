import type {
  Build,
  FileGrant,
  Healthcheck,
  Mount,
  NetworkAttachment,
  Port,
  ResourceLimits,
  Service,
} from '../contracts/stack.ts';
import type { Located, Location } from '../contracts/location.ts';
import type { Report } from './errors.ts';
import { parseImage } from './image.ts';
import { asList, buildMapping, namesToMapping } from './merge.ts';
import { type HostPaths, hostPath, longMount, shortMount } from './mounts.ts';
import {
  type Entry,
  type MapNode,
  type Node,
  asMapping,
  child,
  entriesOf,
  isNothing,
  itemsOf,
  located,
  printed,
  textOf,
} from './node.ts';
import { longPort, shortPort } from './ports.ts';
import { bytes, decimal, permissionBits, truth } from './quantities.ts';
import { splitWords } from './words.ts';

/** A service before its kind is known. */
export type PlainService = Omit<Service, 'kind' | 'kindReason' | 'active'>;

/** Reads one merged service. Entries that cannot be understood are reported and left out. */
export const readService = (name: string, entry: Entry, paths: HostPaths, report: Report): PlainService => {
  const node: MapNode = entry.value.type === 'map' ? entry.value : { type: 'map', at: entry.keyAt, entries: new Map() };
  const get = (...keys: readonly string[]): Node | undefined => child(node, ...keys);
  const image = texts(get('image'), parseImage);
  const build = readBuild(get('build'), paths);
  const command = readWords(get('command'));
  const entrypoint = readWords(get('entrypoint'));
  const healthcheck = readHealthcheck(get('healthcheck'));
  const logging = readLogging(get('logging'));
  return {
    name,
    at: entry.keyAt,
    profiles: itemsOf(get('profiles')).flatMap((item) => textOf(item) ?? []),
    ...optional('image', image),
    ...optional('build', build),
    ...optional('containerName', text(get('container_name'))),
    ...optional('command', command),
    ...optional('entrypoint', entrypoint),
    environment: readVariables(get('environment')),
    labels: readLabels(get('labels')),
    ports: readPorts(name, get('ports'), report),
    expose: listOfTexts(get('expose')),
    mounts: readMounts(name, get('volumes'), paths, report),
    tmpfs: listOfTexts(get('tmpfs')),
    networks: readAttachments(node, entry.keyAt),
    ...optional('networkMode', text(get('network_mode'))),
    dependsOn: readDependencies(get('depends_on')),
    links: listOfTexts(get('links')),
    secrets: readGrants(get('secrets'), (source) => `/run/secrets/${source}`),
    configs: readGrants(get('configs'), (source) => `/${source}`),
    ...optional('healthcheck', healthcheck),
    ...optional('restart', text(get('restart'))),
    limits: readLimits(node),
    ...optional('privileged', flag(get('privileged'))),
    ...optional('readOnly', flag(get('read_only'))),
    ...optional('user', text(get('user'))),
    capAdd: listOfTexts(get('cap_add')),
    capDrop: listOfTexts(get('cap_drop')),
    securityOpt: listOfTexts(get('security_opt')),
    ...optional('pid', text(get('pid'))),
    ...optional('ipc', text(get('ipc'))),
    ...optional('uts', text(get('uts'))),
    ...optional('usernsMode', text(get('userns_mode'))),
    ...optional('cgroupParent', text(get('cgroup_parent'))),
    devices: itemsOf(get('devices')).flatMap((item) => deviceText(item)),
    ulimits: readUlimits(get('ulimits')),
    ...optional('logging', logging),
    keys: new Map<string, Location>([...node.entries].map(([key, { value }]) => [key, value.at])),
  };
};

const optional = <Key extends string, T>(key: Key, value: T | undefined): { readonly [K in Key]?: T } => {
  const part: { [K in Key]?: T } = {};
  if (value !== undefined) part[key] = value;
  return part;
};

const texts = <T>(node: Node | undefined, parse: (value: string) => T | undefined): Located<T> | undefined => {
  const value = textOf(node);
  if (node === undefined || value === undefined) return undefined;
  const parsed = parse(value);
  return parsed === undefined ? undefined : located(parsed, node);
};

const text = (node: Node | undefined): Located<string> | undefined => texts(node, (value) => value);

const flag = (node: Node | undefined): Located<boolean> | undefined => texts(node, truth);

const listOfTexts = (node: Node | undefined): readonly Located<string>[] => {
  if (node === undefined || isNothing(node) || node.type === 'map') return [];
  return asList(node).items.flatMap((item) => text(item) ?? []);
};

const deviceText = (item: Node): readonly Located<string>[] => {
  if (item.type !== 'map') return [text(item) ?? []].flat();
  const parts = ['source', 'target', 'permissions'].flatMap((key) => textOf(child(item, key)) ?? []);
  return parts.length === 0 ? [] : [located(parts.join(':'), item)];
};

const readWords = (node: Node | undefined): Located<readonly string[]> | undefined => {
  if (node === undefined || isNothing(node) || node.type === 'map') return undefined;
  if (node.type === 'scalar') return located(splitWords(printed(node) ?? ''), node);
  return located(
    node.items.flatMap((item) => textOf(item) ?? []),
    { ...node, type: 'sequence' },
  );
};

/** Variables of `environment` or build arguments, in either syntax. A name without value stays null. */
export const readVariables = (node: Node | undefined): ReadonlyMap<string, Located<string | null>> =>
  new Map(
    entriesOf(asMapping(node)).flatMap(([name, { value }]): readonly [string, Located<string | null>][] =>
      value.type === 'scalar' ? [[name, located(printed(value), value)]] : [],
    ),
  );

const readLabels = (node: Node | undefined): ReadonlyMap<string, Located<string>> =>
  new Map(
    entriesOf(asMapping(node)).flatMap(([name, { value }]): readonly [string, Located<string>][] =>
      value.type === 'scalar' ? [[name, located(printed(value) ?? '', value)]] : [],
    ),
  );

const readBuild = (node: Node | undefined, paths: HostPaths): Located<Build> | undefined => {
  if (node === undefined || isNothing(node)) return undefined;
  const mapping = buildMapping(node);
  const context = textOf(child(mapping, 'context')) ?? '.';
  const remote = /^(?:[a-z+]+:\/\/|git@|github\.com\/)/.test(context);
  return {
    ...located(
      {
        context: remote ? context : hostPath(context, paths),
        dockerfile: textOf(child(mapping, 'dockerfile')) ?? 'Dockerfile',
        arguments: readVariables(child(mapping, 'args')),
      },
      node,
    ),
  };
};

const readPorts = (service: string, node: Node | undefined, report: Report): readonly Port[] =>
  itemsOf(node).flatMap((item) => {
    const port = item.type === 'map' ? longPort(item) : item.type === 'scalar' ? shortPort(item) : undefined;
    if (port === undefined) report('error', 'model/port-invalid', { service }, item.at);
    return port ?? [];
  });

const readMounts = (service: string, node: Node | undefined, paths: HostPaths, report: Report): readonly Mount[] =>
  itemsOf(node).flatMap((item) => {
    const mount =
      item.type === 'map' ? longMount(item, paths) : item.type === 'scalar' ? shortMount(item, paths) : undefined;
    if (mount === undefined) report('error', 'model/mount-invalid', { service }, item.at);
    return mount ?? [];
  });

/** The networks that a service joins; `default` where neither networks nor network_mode is written. */
const readAttachments = (service: MapNode, at: Location): readonly NetworkAttachment[] => {
  const node = child(service, 'networks');
  const attachments = entriesOf(node === undefined ? undefined : namesToMapping(node)).map(
    ([network, { keyAt, value }]) => ({
      at: keyAt,
      network,
      aliases: itemsOf(child(value, 'aliases')).flatMap((item) => textOf(item) ?? []),
      ...optional('ipv4Address', textOf(child(value, 'ipv4_address'))),
      ...optional('ipv6Address', textOf(child(value, 'ipv6_address'))),
    }),
  );
  if (attachments.length > 0 || !isNothing(child(service, 'network_mode'))) return attachments;
  return [{ at, network: 'default', aliases: [] }];
};

const readDependencies = (node: Node | undefined): ReadonlyMap<string, Located<string>> =>
  new Map(
    entriesOf(node === undefined ? undefined : namesToMapping(node)).map(([name, { keyAt, value }]) => {
      const condition = child(value, 'condition');
      const found = textOf(condition);
      return [
        name,
        condition === undefined || found === undefined
          ? { value: 'service_started', at: keyAt }
          : { ...located(found, condition), at: keyAt },
      ];
    }),
  );

const readGrants = (node: Node | undefined, place: (source: string) => string): readonly FileGrant[] =>
  itemsOf(node).flatMap((item): readonly FileGrant[] => {
    if (item.type !== 'map') {
      const source = textOf(item);
      return source === undefined ? [] : [{ at: item.at, source, target: place(source) }];
    }
    const source = textOf(child(item, 'source'));
    if (source === undefined) return [];
    const target = textOf(child(item, 'target'));
    const mode = child(item, 'mode');
    return [
      {
        at: item.at,
        source,
        // A secret's relative target is a name below /run/secrets; a config's is taken as it is.
        target: target === undefined ? place(source) : target.startsWith('/') ? target : place(target),
        ...optional('mode', mode?.type === 'scalar' ? permissionBits(mode.text) : undefined),
        ...optional('uid', textOf(child(item, 'uid'))),
        ...optional('gid', textOf(child(item, 'gid'))),
      },
    ];
  });

const readHealthcheck = (node: Node | undefined): Located<Healthcheck> | undefined => {
  if (node?.type !== 'map') return undefined;
  const test = child(node, 'test');
  const shell = textOf(test);
  const words =
    shell === undefined
      ? itemsOf(test).flatMap((item) => textOf(item) ?? [])
      : shell === 'NONE'
        ? ['NONE']
        : ['CMD-SHELL', shell];
  const disabled = truth(textOf(child(node, 'disable')) ?? '') === true || words[0] === 'NONE';
  return located({ disabled, test: words }, node);
};

const readLogging = (node: Node | undefined): Service['logging'] => {
  if (node?.type !== 'map') return undefined;
  const options = new Map(
    entriesOf(child(node, 'options')).flatMap(([key, { value }]): readonly [string, string][] => {
      const found = textOf(value);
      return found === undefined ? [] : [[key, found]];
    }),
  );
  return located({ ...optional('driver', textOf(child(node, 'driver'))), options }, node);
};

const positive = (value: string): number | undefined => {
  const number = decimal(value);
  return number !== undefined && number > 0 ? number : undefined;
};

const readLimits = (service: MapNode): ResourceLimits => {
  const limits = child(service, 'deploy', 'resources', 'limits');
  return {
    ...optional('memory', texts(child(limits, 'memory'), bytes) ?? texts(child(service, 'mem_limit'), bytes)),
    ...optional(
      'cpus',
      texts(child(limits, 'cpus'), positive) ?? texts(child(service, 'cpus'), positive) ?? quota(service),
    ),
    ...optional('pids', texts(child(limits, 'pids'), positive) ?? texts(child(service, 'pids_limit'), positive)),
  };
};

/** Cores from `cpu_quota` microseconds of every `cpu_period`, 100 000 where it is not written. */
const quota = (service: MapNode): Located<number> | undefined => {
  const period = decimal(textOf(child(service, 'cpu_period')) ?? '') ?? 100_000;
  return texts(child(service, 'cpu_quota'), (value) => {
    const microseconds = decimal(value);
    return microseconds !== undefined && microseconds > 0 && period > 0 ? microseconds / period : undefined;
  });
};

const readUlimits = (node: Node | undefined): Service['ulimits'] =>
  new Map(
    entriesOf(node).flatMap(([name, { value }]): readonly [string, Located<{ soft: number; hard: number }>][] => {
      const both = decimal(textOf(value) ?? '');
      const soft = both ?? decimal(textOf(child(value, 'soft')) ?? '');
      const hard = both ?? decimal(textOf(child(value, 'hard')) ?? '');
      return soft === undefined || hard === undefined ? [] : [[name, located({ soft, hard }, value)]];
    }),
  );
