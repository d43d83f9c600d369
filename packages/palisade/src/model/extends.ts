import { dirname, resolve } from 'node:path';
import { mergeNodes } from './merge.ts';
import { type Entry, type MapNode, type Node, child, entriesOf, textOf } from './node.ts';
import { absoluteService } from './paths.ts';
import { type Loading, type Scope, inheritanceKey, readComposeFile } from './loading.ts';
import { shownPath } from './relative.ts';

/** Resolves `extends` of every service in a document, over chains and other files. */
export const extendServices = async (
  document: MapNode,
  path: string,
  scope: Scope,
  loading: Loading,
): Promise<MapNode> => {
  const services = child(document, 'services');
  if (services?.type !== 'map' || !entriesOf(services).some(([, { value }]) => child(value, 'extends') !== undefined))
    return document;
  const files = new Map<string, MapNode | undefined>([[path, document]]);
  const resolved = new Map<string, Entry>();
  for (const [name, entry] of services.entries) {
    const value = await extended(name, entry.value, { path, document, files, scope, loading }, []);
    resolved.set(name, { ...entry, value });
  }
  const entries = new Map(document.entries);
  const section = entries.get('services');
  if (section !== undefined) entries.set('services', { ...section, value: { ...services, entries: resolved } });
  return { ...document, entries };
};

interface Place {
  readonly path: string;
  readonly document: MapNode;
  readonly files: Map<string, MapNode | undefined>;
  readonly scope: Scope;
  readonly loading: Loading;
}

const extended = async (name: string, service: Node, place: Place, chain: readonly string[]): Promise<Node> => {
  const wish = child(service, 'extends');
  if (service.type !== 'map' || wish === undefined) return service;
  const entries = new Map(service.entries);
  entries.delete('extends');
  const own: MapNode = { ...service, entries };
  const { loading, scope } = place;
  const here = inheritanceKey(shownPath(loading.directory, place.path), name);
  if (chain.includes(here)) {
    loading.report('error', 'model/extends-cycle', { chain: [...chain, here].join(' → ') }, wish.at);
    return own;
  }
  const base = textOf(wish) ?? textOf(child(wish, 'service'));
  const named = textOf(child(wish, 'file'));
  if (base === undefined) {
    loading.report(
      'error',
      'model/value-invalid',
      { key: `services.${name}.extends`, expected: 'the name of a service' },
      wish.at,
    );
    return own;
  }
  const path = named === undefined ? place.path : resolve(dirname(place.path), named);
  const document = named === undefined ? place.document : await fileAt(path, place, wish);
  if (document === undefined) return own;
  const found = child(document, 'services', base);
  if (found === undefined) {
    loading.report(
      'error',
      'model/extends-missing',
      { service: base, file: shownPath(loading.directory, path) },
      wish.at,
    );
    return own;
  }
  const whole = await extended(base, found, { ...place, path, document }, [...chain, here]);
  const elsewhere = dirname(path) !== scope.directory && path !== place.path;
  const from =
    elsewhere && whole.type === 'map'
      ? absoluteService(whole, { directory: dirname(path), home: loading.home })
      : whole;
  loading.inherited.set(here, from);
  return mergeNodes(from, own, ['services', name]);
};

const fileAt = async (path: string, place: Place, wish: Node): Promise<MapNode | undefined> => {
  if (place.files.has(path)) return place.files.get(path);
  const file = await readComposeFile(path, place.scope, place.loading, 'base');
  if (file === undefined)
    place.loading.report('error', 'model/include-missing', { file: shownPath(place.loading.directory, path) }, wish.at);
  const [first, ...others] = file?.documents ?? [];
  const document = others.reduce<MapNode | undefined>((merged, next) => {
    const both = merged === undefined ? next : mergeNodes(merged, next);
    return both.type === 'map' ? both : merged;
  }, first);
  place.files.set(path, document);
  return document;
};
