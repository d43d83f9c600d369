import { type Entry, type MapNode, type Node, type SequenceNode, asMapping, child, textOf } from './node.ts';

/**
 * Merges an override over a base: mappings key by key, sequences by appending, scalars by replacing, with the
 * exceptions of the Compose specification; `!reset` removes, `!override` replaces.
 * Source: Compose specification, “Merge”; identity of entries as in compose-go `override/uncity.go`.
 */
export const mergeNodes = (base: Node, over: Node, path: readonly string[] = []): Node => {
  if (over.tag === '!override') return over;
  const key = path.at(-1) ?? '';
  const inService = path.length === 3 && path[0] === 'services';
  if (inService && (key === 'command' || key === 'entrypoint')) return over;
  if (path[0] === 'services' && path[2] === 'healthcheck' && path[3] === 'test') return over;
  if (inService && key === 'build') return mergeMaps(buildMapping(base), buildMapping(over), path) ?? over;
  if (inService && key === 'logging') return mergeLogging(base, over, path);
  if (inService && (key === 'depends_on' || key === 'networks'))
    return mergeMaps(namesToMapping(base), namesToMapping(over), path) ?? over;
  if (isListOrMapping(path))
    return mergeMaps(asMapping(base, separatorsOf(key)), asMapping(over, separatorsOf(key)), path) ?? over;
  if (inService && scalarOrList.has(key)) return append(asList(base), asList(over), path);
  if (base.type === 'map' && over.type === 'map') return mergeMaps(base, over, path) ?? over;
  if (base.type === 'sequence' && over.type === 'sequence') return append(base, over, path);
  return over;
};

/** Removes everything tagged `!reset`, which takes effect inside a single file too. */
export const withoutResets = (node: Node): Node => {
  if (node.type === 'scalar') return node;
  if (node.type === 'sequence') {
    const items = node.items.filter(({ tag }) => tag !== '!reset').map(withoutResets);
    return items.every((item, index) => item === node.items[index]) && items.length === node.items.length
      ? node
      : { ...node, items };
  }
  let changed = false;
  const entries = new Map<string, Entry>();
  for (const [key, entry] of node.entries) {
    if (entry.value.tag === '!reset') {
      changed = true;
      continue;
    }
    const value = withoutResets(entry.value);
    changed ||= value !== entry.value;
    entries.set(key, value === entry.value ? entry : { ...entry, value });
  }
  return changed ? { ...node, entries } : node;
};

const scalarOrList = new Set(['dns', 'dns_opt', 'dns_search', 'env_file', 'tmpfs', 'label_file']);
const serviceMappings = new Set(['environment', 'labels', 'annotations', 'sysctls', 'extra_hosts']);

const isListOrMapping = (path: readonly string[]): boolean => {
  const key = path.at(-1) ?? '';
  if (path[0] !== 'services') return path.length === 3 && key === 'labels';
  if (path.length === 3) return serviceMappings.has(key);
  if (path.length === 4)
    return (path[2] === 'build' && (key === 'args' || key === 'labels')) || (path[2] === 'deploy' && key === 'labels');
  return false;
};

const separatorsOf = (key: string): string => (key === 'extra_hosts' ? '=:' : '=');

const mergeMaps = (base: Node | undefined, over: Node | undefined, path: readonly string[]): MapNode | undefined => {
  if (base?.type !== 'map' || over?.type !== 'map') return over?.type === 'map' ? over : undefined;
  const entries = new Map(base.entries);
  for (const [key, entry] of over.entries) {
    const before = entries.get(key);
    if (entry.value.tag === '!reset') entries.delete(key);
    else if (before === undefined) entries.set(key, entry);
    else entries.set(key, { keyAt: entry.keyAt, value: mergeNodes(before.value, entry.value, [...path, key]) });
  }
  return { type: 'map', at: over.at, entries };
};

const mergeLogging = (base: Node, over: Node, path: readonly string[]): Node => {
  const [before, after] = [textOf(child(base, 'driver')), textOf(child(over, 'driver'))];
  return before !== undefined && after !== undefined && before !== after ? over : (mergeMaps(base, over, path) ?? over);
};

/** `build: ./dir` as the mapping that it stands for. */
export const buildMapping = (node: Node): Node =>
  node.type === 'scalar'
    ? { type: 'map', at: node.at, entries: new Map([['context', { keyAt: node.at, value: node }]]) }
    : node;

/** `[a, b]` of depends_on or networks as a mapping with the names as keys. */
export const namesToMapping = (node: Node): Node => {
  if (node.type !== 'sequence') return node;
  const entries = new Map<string, Entry>();
  for (const item of node.items) {
    const name = textOf(item);
    if (name === undefined) continue;
    entries.set(name, {
      keyAt: item.at,
      value: { type: 'scalar', at: item.at, value: null, text: '', raw: '', interpolations: [] },
    });
  }
  return { type: 'map', at: node.at, entries };
};

/** A scalar or a list as a list. */
export const asList = (node: Node): SequenceNode =>
  node.type === 'sequence' ? node : { type: 'sequence', at: node.at, items: [node] };

const append = (base: SequenceNode, over: SequenceNode, path: readonly string[]): SequenceNode => {
  const items = [...base.items, ...over.items];
  return { type: 'sequence', at: base.at, items: uniqueBy(items, path) };
};

/** Of entries with equal identity the last one stays, at the first one's place. */
const uniqueBy = (items: readonly Node[], path: readonly string[]): readonly Node[] => {
  const identity = path.length === 3 && path[0] === 'services' ? identities[path[2] ?? ''] : undefined;
  if (identity === undefined) return items;
  const kept = new Map<string, Node>();
  let anonymous = 0;
  for (const item of items) kept.set(identity(item) ?? `\0${(anonymous += 1)}`, item);
  return [...kept.values()];
};

const mountTarget = (item: Node): string | undefined => {
  if (item.type === 'map') return textOf(child(item, 'target'));
  const text = textOf(item);
  if (text === undefined) return undefined;
  const parts = text.replace(/^[A-Za-z]:(?=[\\/])/, 'drive').split(':');
  return parts[1] ?? parts[0];
};

const fileTarget = (item: Node): string | undefined =>
  item.type === 'map' ? (textOf(child(item, 'target')) ?? textOf(child(item, 'source'))) : textOf(item);

const portIdentity = (item: Node): string | undefined => {
  if (item.type === 'map')
    return [
      textOf(child(item, 'host_ip')) ?? '',
      textOf(child(item, 'published')) ?? '',
      textOf(child(item, 'target')) ?? '',
      textOf(child(item, 'protocol')) ?? 'tcp',
    ].join('|');
  const text = textOf(item);
  if (text === undefined) return undefined;
  const [address, protocol = 'tcp'] = text.split('/');
  const [, host = '', published = '', target = ''] =
    /^(?:(\[.*\]|[^:]*):)?(?:([^:]*):)?([^:]*)$/.exec(address ?? '') ?? [];
  // With one colon only, what the first group took is the published port.
  const [ip, outer] = published === '' && /^[\d-]*$/.test(host) ? ['', host] : [host, published];
  return [ip.replace(/^\[|\]$/g, ''), outer, target, protocol].join('|');
};

const itself = (item: Node): string | undefined => textOf(item);

const identities: { readonly [key: string]: (item: Node) => string | undefined } = {
  ports: portIdentity,
  volumes: mountTarget,
  secrets: fileTarget,
  configs: fileTarget,
  expose: itself,
  cap_add: itself,
  cap_drop: itself,
  dns: itself,
  dns_search: itself,
  dns_opt: itself,
  security_opt: itself,
  links: itself,
  external_links: itself,
  tmpfs: itself,
  profiles: itself,
  group_add: itself,
  devices: itself,
};
