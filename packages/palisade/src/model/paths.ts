import { type HostPaths, hostPath, shortMount } from './mounts.ts';
import { type Entry, type MapNode, type Node, type ScalarNode, child, textOf } from './node.ts';

/**
 * Makes the relative paths of a service absolute, for a service that comes from a file in another directory: build
 * context, env_file, bind mounts. Positions and raw texts stay.
 */
export const absoluteService = (service: MapNode, paths: HostPaths): MapNode =>
  mapEntries(service, (key, value) => {
    if (key === 'build')
      return value.type === 'scalar'
        ? absoluteContext(value, paths)
        : mapInside(value, 'context', (context) => absoluteContext(context, paths));
    if (key === 'env_file') return eachItem(value, (item) => inMapping(item, 'path', (path) => absolute(path, paths)));
    if (key === 'volumes') return eachItem(value, (item) => absoluteMount(item, paths));
    return value;
  });

/** Makes the relative paths of a whole project absolute: its services, secrets and configs. */
export const absoluteResources = (project: MapNode, paths: HostPaths): MapNode =>
  mapEntries(project, (section, value) => {
    if (value.type !== 'map') return value;
    if (section === 'services')
      return mapEntries(value, (_, service) => (service.type === 'map' ? absoluteService(service, paths) : service));
    if (section === 'secrets' || section === 'configs')
      return mapEntries(value, (_, source) => mapInside(source, 'file', (file) => absolute(file, paths)));
    return value;
  });

const absolute = (node: Node, paths: HostPaths): Node => {
  const path = textOf(node);
  return node.type === 'scalar' && path !== undefined ? withText(node, hostPath(path, paths)) : node;
};

const absoluteContext = (node: Node, paths: HostPaths): Node =>
  /^(?:[a-z+]+:\/\/|git@|github\.com\/)/.test(textOf(node) ?? '') ? node : absolute(node, paths);

const absoluteMount = (node: Node, paths: HostPaths): Node => {
  if (node.type === 'map')
    return textOf(child(node, 'type')) === 'bind' ? mapInside(node, 'source', (path) => absolute(path, paths)) : node;
  if (node.type !== 'scalar') return node;
  const mount = shortMount(node, paths);
  const written = textOf(node) ?? '';
  if (mount?.type !== 'bind' || mount.source === undefined) return node;
  const end = written.indexOf(':', /^[A-Za-z]:[\\/]/.test(written) ? 2 : 0);
  return withText(node, `${mount.source}${written.slice(end)}`);
};

const withText = (node: ScalarNode, text: string): ScalarNode => ({ ...node, value: text, text });

const mapEntries = (node: MapNode, change: (key: string, value: Node) => Node): MapNode => ({
  ...node,
  entries: new Map<string, Entry>(
    [...node.entries].map(([key, entry]) => [key, { ...entry, value: change(key, entry.value) }]),
  ),
});

const mapInside = (node: Node, key: string, change: (value: Node) => Node): Node =>
  node.type === 'map' ? mapEntries(node, (name, value) => (name === key ? change(value) : value)) : node;

const inMapping = (node: Node, key: string, change: (value: Node) => Node): Node =>
  node.type === 'map' ? mapInside(node, key, change) : change(node);

const eachItem = (node: Node, change: (item: Node) => Node): Node =>
  node.type === 'sequence' ? { ...node, items: node.items.map(change) } : change(node);
