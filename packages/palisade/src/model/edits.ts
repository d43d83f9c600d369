import type { ComposeEdit, ComposeValue } from '../contracts/change.ts';
import type { KeyPath, Location } from '../contracts/location.ts';
import type { Stack } from '../contracts/stack.ts';
import { canonicalJson } from '../support/canonical-json.ts';
import { valueDigest } from '../support/value-digest.ts';
import { inheritanceKey } from './loading.ts';
import { type Node, asMapping, child, isNothing, itemsOf, textOf, written } from './node.ts';
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
  /** What the service takes over from the one that it extends there. */
  readonly inherited: Node | undefined;
}

const partsOf = (stack: Stack, service: string): readonly Part[] =>
  originsOf(stack).documents.flatMap(({ file, root, role }): readonly Part[] => {
    const found = role === 'project' ? child(root, 'services', service) : undefined;
    const inherited = originsOf(stack).inherited.get(inheritanceKey(file, service));
    return found === undefined ? [] : [{ file, service: found, inherited }];
  });

/** The node at a path of keys and indices, through aliases and merge keys. */
const nodeAt = (node: Node | undefined, path: KeyPath): Node | undefined => {
  let current = node;
  for (const key of path) current = typeof key === 'number' ? itemsOf(current)[key] : child(current, key);
  return current;
};

const expectsOf = (node: Node | undefined): ComposeEdit['expects'] =>
  node === undefined ? { state: 'absent' } : { state: 'present', digest: valueDigest(written(node)) };

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
  const inherited = isCollection(value) && parts.some((part) => !isNothing(nodeAt(part.inherited, path)));
  const others = isCollection(value)
    ? holding.filter((part) => part !== target).flatMap((part) => removeFrom(part, name, path))
    : [];
  if (same(node, value) && (!inherited || node?.tag === '!override')) return others;
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
  const { root } = originsOf(stack);
  if (root !== undefined && nodeAt(child(root, 'services', name), path) === undefined) return [];
  return parts.flatMap((part) => {
    const base = nodeAt(part.inherited, path);
    if (base === undefined || isNothing(base)) return removeFrom(part, name, path);
    const node = nodeAt(part.service, path);
    if (base.type === 'scalar') {
      const neutral = neutralOf(base);
      return same(node, neutral) ? [] : [editOf(part.file, name, path, { op: 'set', value: neutral }, expectsOf(node))];
    }
    return node?.tag === '!reset' ? [] : [editOf(part.file, name, path, reset, expectsOf(node))];
  });
};

const reset: ComposeEdit['edit'] = { op: 'set', value: null, tag: '!reset' };

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
  const { root } = originsOf(stack);
  const left = child(asMapping(child(root, 'services', key, 'environment')), name);
  if (root !== undefined && left === undefined) return [];
  return parts.flatMap((part): Edits => {
    const node = child(part.service, 'environment');
    const base = child(asMapping(child(part.inherited, 'environment')), name);
    if (node?.type === 'sequence') {
      const index = indexOfName(node, name);
      const item = node.items[index];
      // In list syntax an inherited variable can only be made empty.
      const empty = `${name}=`;
      if (base !== undefined && item === undefined)
        return [editOf(part.file, key, ['environment'], { op: 'append', value: empty }, { state: 'absent' })];
      if (item === undefined || (base !== undefined && same(item, empty))) return [];
      const edit: ComposeEdit['edit'] = base === undefined ? { op: 'remove' } : { op: 'set', value: empty };
      return [editOf(part.file, key, ['environment', index], edit, expectsOf(item))];
    }
    const path = ['environment', name];
    const own = nodeAt(part.service, path);
    if (base === undefined) return removeFrom(part, key, path);
    return own?.tag === '!reset' ? [] : [editOf(part.file, key, path, reset, expectsOf(own))];
  });
};
