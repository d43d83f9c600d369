import type { ComposeEdit, ComposeValue } from '../contracts/change.ts';
import type { KeyPath, Location } from '../contracts/location.ts';
import type { Stack } from '../contracts/stack.ts';
import { canonicalJson } from '../support/canonical-json.ts';
import { type MapNode, type Node, asMapping, child, entriesOf, isNothing, itemsOf, textOf, written } from './node.ts';
import { originsOf } from './origins.ts';

/** A service by its name or as the stack holds it. */
export type ServiceName = string | { readonly name: string };

type Edits = readonly ComposeEdit[];

type Scalar = string | number | boolean | null;

const nameOf = (service: ServiceName): string => (typeof service === 'string' ? service : service.name);

/** One file's definition of a service. */
interface Part {
  readonly file: string;
  readonly service: Node;
  readonly root: MapNode;
}

const partsOf = (stack: Stack, service: string): readonly Part[] =>
  originsOf(stack).documents.flatMap(({ file, root, role }): readonly Part[] => {
    const found = role === 'project' ? child(root, 'services', service) : undefined;
    return found === undefined ? [] : [{ file, service: found, root }];
  });

/** The node at a path of keys and indices, through aliases and merge keys. */
const nodeAt = (node: Node | undefined, path: KeyPath): Node | undefined => {
  let current = node;
  for (const key of path) current = typeof key === 'number' ? itemsOf(current)[key] : child(current, key);
  return current;
};

const expectsOf = (node: Node | undefined): ComposeEdit['expects'] =>
  node === undefined ? { state: 'absent' } : { state: 'present', json: canonicalJson(written(node)) };

const same = (node: Node | undefined, value: ComposeValue): boolean =>
  node !== undefined && canonicalJson(written(node)) === canonicalJson(value);

const editOf = (
  file: string,
  service: string,
  path: KeyPath,
  edit: ComposeEdit['edit'],
  expects: ComposeEdit['expects'],
): ComposeEdit => ({ kind: 'compose-edit', file, path: ['services', service, ...path], edit, expects });

/** The length of the longest beginning of a path that a node has. */
const reach = (node: Node, path: KeyPath): number => {
  let length = 0;
  while (length < path.length && nodeAt(node, path.slice(0, length + 1)) !== undefined) length += 1;
  return length;
};

/** Of several parts the one that knows most of a path, the last one of equals. */
const nearest = (parts: readonly Part[], path: KeyPath): Part | undefined =>
  parts.reduce<Part | undefined>(
    (best, part) => (best === undefined || reach(part.service, path) >= reach(best.service, path) ? part : best),
    undefined,
  );

/** The part and its own index of an item that stands at an index of the merged list. */
const placeOfIndex = (
  stack: Stack,
  service: string,
  parts: readonly Part[],
  path: KeyPath,
): { readonly part: Part; readonly path: KeyPath } | undefined => {
  const depth = path.findIndex((key) => typeof key === 'number');
  const list = path.slice(0, depth);
  const merged = nodeAt(child(originsOf(stack).root, 'services', service), path.slice(0, depth + 1));
  for (const part of parts.toReversed()) {
    const items = itemsOf(nodeAt(part.service, list));
    const index = merged === undefined ? (path[depth] ?? 0) : items.findIndex(({ at }) => isSamePlace(at, merged.at));
    if (typeof index === 'number' && index >= 0 && index < items.length)
      return { part, path: [...list, index, ...path.slice(depth + 1)] };
  }
  return undefined;
};

const isSamePlace = (a: Location, b: Location): boolean =>
  a.file === b.file && a.line === b.line && a.column === b.column;

const isCollection = (value: ComposeValue): value is Exclude<ComposeValue, Scalar> =>
  typeof value === 'object' && value !== null;

/** The places of a value's parts: of its items or keys, or its own. */
const places = (node: Node): readonly Location[] =>
  node.type === 'scalar'
    ? [node.at]
    : node.type === 'sequence'
      ? node.items.map(({ at }) => at)
      : [...node.entries.values()].map(({ keyAt }) => keyAt);

/** True where a value of the merged service comes from what it extends, so that its own files cannot take it away. */
const isInherited = (stack: Stack, service: string, parts: readonly Part[], path: KeyPath): boolean => {
  if (!parts.some((part) => child(part.service, 'extends') !== undefined)) return false;
  const merged = nodeAt(child(originsOf(stack).root, 'services', service), path);
  if (merged === undefined) return false;
  const own = parts.flatMap((part) => {
    const node = nodeAt(part.service, path);
    return node === undefined ? [] : places(node);
  });
  return places(merged).some((place) => !own.some((each) => isSamePlace(each, place)));
};

/**
 * Edits that give a key of a service a value. Indices in the path count in the merged list (`service.ports[1]`). A value
 * that comes through an alias or merge key gets a key of its own in the service. A list or mapping replaces what every
 * file of the project says about the service.
 */
export const setServiceKey = (stack: Stack, service: ServiceName, path: KeyPath, value: ComposeValue): Edits => {
  const name = nameOf(service);
  const parts = partsOf(stack, name);
  const [first, second] = path;
  const inMapping = (first === 'environment' || first === 'labels') && path.length === 2;
  if (inMapping && typeof second === 'string' && !isCollection(value))
    return setInMapping(stack, name, first, second, value);
  if (path.some((key) => typeof key === 'number')) {
    const place = placeOfIndex(stack, name, parts, path);
    if (place === undefined) return [];
    const node = nodeAt(place.part.service, place.path);
    return same(node, value) ? [] : [editOf(place.part.file, name, place.path, { op: 'set', value }, expectsOf(node))];
  }
  const holding = parts.filter((part) => nodeAt(part.service, path) !== undefined);
  const target = holding.at(-1) ?? nearest(parts, path);
  if (target === undefined) return [];
  const node = nodeAt(target.service, path);
  const inherited = isCollection(value) && isInherited(stack, name, parts, path);
  const others = isCollection(value)
    ? holding.filter((part) => part !== target).flatMap((part) => removeFrom(part, name, path))
    : [];
  if (same(node, value) && !inherited) return others;
  const edit: ComposeEdit['edit'] = { op: 'set', value, ...(inherited ? { tag: '!override' } : {}) };
  return [...others, editOf(target.file, name, path, edit, expectsOf(node))];
};

/** Edits that add a value to a list of a service, none where the list has it. A single value becomes a list. */
export const appendToServiceKey = (stack: Stack, service: ServiceName, path: KeyPath, value: ComposeValue): Edits => {
  const name = nameOf(service);
  const parts = partsOf(stack, name);
  const merged = nodeAt(child(originsOf(stack).root, 'services', name), path);
  const has = (node: Node | undefined): boolean =>
    node?.type === 'scalar' ? same(node, value) : itemsOf(node).some((item) => same(item, value));
  if (has(merged) || parts.some((part) => has(nodeAt(part.service, path)))) return [];
  const target = parts.findLast((part) => nodeAt(part.service, path) !== undefined) ?? nearest(parts, path);
  if (target === undefined) return [];
  const node = nodeAt(target.service, path);
  if (node?.type === 'map' && typeof value === 'string') {
    const [, key = value, text] = /^([^=]*)=(.*)$/s.exec(value) ?? [];
    const inner = text ?? (path[0] === 'depends_on' ? { condition: 'service_started' } : null);
    return child(node, key) === undefined ? setServiceKey(stack, name, [...path, key], inner) : [];
  }
  return [editOf(target.file, name, path, { op: 'append', value }, { state: 'absent' })];
};

/**
 * Edits that take a key of a service, or an item of a list, away in every file. What a merge key or `extends` brings is
 * overridden by its neutral value (`false`, the empty text, the empty list), or by `!reset` where only that helps.
 */
export const removeServiceKey = (stack: Stack, service: ServiceName, path: KeyPath): Edits => {
  const name = nameOf(service);
  const parts = partsOf(stack, name);
  if (path.some((key) => typeof key === 'number')) {
    const place = placeOfIndex(stack, name, parts, path);
    if (place === undefined) return [];
    const node = nodeAt(place.part.service, place.path);
    return node === undefined ? [] : [editOf(place.part.file, name, place.path, { op: 'remove' }, expectsOf(node))];
  }
  const edits = parts.flatMap((part) => removeFrom(part, name, path));
  const last = parts.at(-1);
  if (last === undefined || !isInherited(stack, name, parts, path)) return edits;
  const merged = nodeAt(child(originsOf(stack).root, 'services', name), path);
  const neutral = merged?.type === 'scalar' ? neutralOf(merged) : null;
  if (merged?.type === 'scalar' && same(merged, neutral)) return edits;
  const edit: ComposeEdit['edit'] = {
    op: 'set',
    value: neutral,
    ...(merged?.type === 'scalar' ? {} : { tag: '!reset' }),
  };
  const expects = expectsOf(nodeAt(last.service, path));
  return [...edits.filter(({ file }) => file !== last.file), editOf(last.file, name, path, edit, expects)];
};

const removeFrom = (part: Part, service: string, path: KeyPath): Edits => {
  const node = nodeAt(part.service, path);
  if (node === undefined) return [];
  const last = path.at(-1);
  const holder = nodeAt(part.service, path.slice(0, -1));
  const merged = holder?.type === 'map' && typeof last === 'string' ? holder.merged?.get(last) : undefined;
  // Unfolding a whole service's merge key would repeat all of it; a neutral value says the same in one line.
  if (merged === undefined || path.length > 1)
    return [editOf(part.file, service, path, { op: 'remove' }, expectsOf(node))];
  const value = neutralOf(node);
  return same(node, value) ? [] : [editOf(part.file, service, path, { op: 'set', value }, expectsOf(node))];
};

/** The value of a key that means the same to Compose as no key. */
const neutralOf = (node: Node): ComposeValue => {
  if (node.type === 'sequence') return [];
  if (node.type === 'map') return {};
  if (typeof node.value === 'boolean' || node.value === 'true') return false;
  return typeof node.value === 'number' ? 0 : node.value === null ? null : '';
};

/** Edits that give an item of a list of a service, found by its place in the file, another value. */
export const setServiceItem = (
  stack: Stack,
  service: ServiceName,
  key: string,
  at: Location,
  value: ComposeValue,
): Edits => atItem(stack, service, key, at, (path) => setServiceKey(stack, service, path, value));

/** Edits that take an item of a list of a service, found by its place in the file, away. */
export const removeServiceItem = (stack: Stack, service: ServiceName, key: string, at: Location): Edits =>
  atItem(stack, service, key, at, (path) => removeServiceKey(stack, service, path));

const atItem = (
  stack: Stack,
  service: ServiceName,
  key: string,
  at: Location,
  then: (path: KeyPath) => Edits,
): Edits => {
  const items = itemsOf(child(originsOf(stack).root, 'services', nameOf(service), key));
  const index = items.findIndex((item) => isSamePlace(item.at, at));
  return index < 0 ? [] : then([key, index]);
};

/** Edits that give a top-level key a value: `['networks', 'data', 'internal']`. */
export const setTopLevelKey = (stack: Stack, path: KeyPath, value: ComposeValue): Edits => {
  const documents = originsOf(stack).documents.filter(({ role }) => role === 'project');
  const target = documents.reduce<(typeof documents)[number] | undefined>((best, each) => {
    const [mine, others] = [reach(each.root, path), best === undefined ? -1 : reach(best.root, path)];
    return mine > others || (mine === others && mine > 0) ? each : best;
  }, undefined);
  if (target === undefined) return [];
  const node = nodeAt(target.root, path);
  if (same(node, value)) return [];
  return [{ kind: 'compose-edit', file: target.file, path, edit: { op: 'set', value }, expects: expectsOf(node) }];
};

/** Edits that give an environment variable of a service a value, in the syntax (mapping or list) that it has. */
export const setEnvironment = (stack: Stack, service: ServiceName, name: string, value: Scalar): Edits =>
  setInMapping(stack, nameOf(service), 'environment', name, value);

const setInMapping = (stack: Stack, service: string, key: string, name: string, value: Scalar): Edits => {
  const parts = partsOf(stack, service);
  const holds = (part: Part): boolean => child(asMapping(child(part.service, key)), name) !== undefined;
  const target = parts.findLast(holds) ?? nearest(parts, [key]);
  if (target === undefined) return [];
  const node = child(target.service, key);
  const current = child(asMapping(node), name);
  if (current !== undefined && textOfWritten(current) === (value === null ? null : String(value))) return [];
  if (node?.type !== 'sequence')
    return [editOf(target.file, service, [key, name], { op: 'set', value }, expectsOf(nodeAt(node, [name])))];
  const line = value === null ? name : `${name}=${String(value)}`;
  const index = indexOfName(node, name);
  if (index < 0) return [editOf(target.file, service, [key], { op: 'append', value: line }, { state: 'absent' })];
  return [editOf(target.file, service, [key, index], { op: 'set', value: line }, expectsOf(node.items[index]))];
};

const textOfWritten = (node: Node): string | null => {
  const value = written(node);
  return value === null || typeof value === 'object' ? null : String(value);
};

const indexOfName = (node: Node, name: string): number =>
  itemsOf(node).findIndex((item) => {
    const text = textOf(item);
    return text === name || text?.startsWith(`${name}=`) === true;
  });

/** Edits that take an environment variable away from every file's definition of a service. */
export const removeEnvironment = (stack: Stack, service: ServiceName, name: string): Edits => {
  const key = nameOf(service);
  const parts = partsOf(stack, key);
  const edits = parts.flatMap((part) => {
    const node = child(part.service, 'environment');
    if (node?.type !== 'sequence') return removeFrom(part, key, ['environment', name]);
    const index = indexOfName(node, name);
    const item = node.items[index];
    return item === undefined
      ? []
      : [editOf(part.file, key, ['environment', index], { op: 'remove' }, expectsOf(item))];
  });
  const last = parts.at(-1);
  const merged = asMapping(child(originsOf(stack).root, 'services', key, 'environment'));
  const left = entriesOf(merged).find(([each]) => each === name)?.[1];
  const own = parts.some((part) => {
    const entry = entriesOf(asMapping(child(part.service, 'environment'))).find(([each]) => each === name)?.[1];
    return entry !== undefined && left !== undefined && isSamePlace(entry.keyAt, left.keyAt);
  });
  if (last === undefined || left === undefined || own || isNothing(left.value)) return edits;
  // Only what the service extends still has it.
  const path = ['environment', name];
  if (child(last.service, 'environment')?.type === 'sequence') return edits;
  return [...edits, editOf(last.file, key, path, { op: 'set', value: null, tag: '!reset' }, { state: 'absent' })];
};
