import { dirname, isAbsolute, resolve } from 'node:path';
import { extendServices } from './extends.ts';
import { type Loading, type Scope, readComposeFile, scopeOf } from './loading.ts';
import { mergeNodes, withoutResets } from './merge.ts';
import { type Entry, type MapNode, type Node, child, entriesOf, itemsOf, plain, textOf } from './node.ts';
import { absoluteResources } from './paths.ts';
import { shownPath } from './relative.ts';
import { canonicalJson } from '../support/canonical-json.ts';
import type { Location } from '../contracts/location.ts';

/** Levels of include or extends that are followed. */
const deepest = 16;

/**
 * Loads files that form one project, each later one over those before it, with their extends and includes.
 * `missing` says what to do about a file that does not exist.
 */
export const loadFiles = async (
  paths: readonly string[],
  scope: Scope,
  loading: Loading,
  chain: readonly string[],
  missing: (path: string) => void,
): Promise<MapNode | undefined> => {
  let merged: MapNode | undefined;
  for (const path of paths) {
    const file = await readComposeFile(path, scope, loading);
    if (file === undefined) {
      missing(path);
      continue;
    }
    for (const document of file.documents) {
      const extended = await extendServices(document, path, scope, loading);
      merged = merged === undefined ? extended : asMap(mergeNodes(merged, extended), extended);
      merged = await include(merged, extended, path, scope, loading, [...chain, path]);
    }
  }
  return merged === undefined ? undefined : asMap(withoutResets(merged), merged);
};

const asMap = (node: Node, otherwise: MapNode): MapNode => (node.type === 'map' ? node : otherwise);

const sections = ['services', 'networks', 'volumes', 'secrets', 'configs'] as const;

/** Adds what the files of `include` define. */
const include = async (
  merged: MapNode,
  document: MapNode,
  path: string,
  scope: Scope,
  loading: Loading,
  chain: readonly string[],
): Promise<MapNode> => {
  let result = merged;
  for (const item of itemsOf(child(document, 'include'))) {
    const base = scope.directory;
    const files = pathsOf(item.type === 'map' ? child(item, 'path') : item, base);
    const first = files[0];
    if (first === undefined) continue;
    const again = files.find((file) => chain.includes(file));
    if (again !== undefined) {
      const shown = [...chain, again].map((file) => shownPath(loading.directory, file)).join(' → ');
      loading.report('error', 'model/include-cycle', { chain: shown }, item.at);
      continue;
    }
    if (chain.length > deepest) {
      loading.report('error', 'model/nesting-too-deep', { limit: deepest }, item.at);
      continue;
    }
    const named = textOf(child(item, 'project_directory'));
    const directory = named === undefined ? dirname(first) : resolve(base, named);
    const environmentFiles = pathsOf(child(item, 'env_file'), base);
    const inner = await scopeOf(
      directory,
      environmentFiles.length > 0 ? environmentFiles : [resolve(directory, '.env')],
      scope.lookup,
      loading,
    );
    const included = await loadFiles(files, inner, loading, chain, (file) =>
      loading.report('error', 'model/include-missing', { file: shownPath(loading.directory, file) }, item.at),
    );
    if (included !== undefined)
      result = addResources(result, absoluteResources(included, { directory, home: loading.home }), item.at, loading);
  }
  return result;
};

/** One path or a list of them, absolute. */
const pathsOf = (node: Node | undefined, base: string): readonly string[] =>
  (node?.type === 'sequence' ? node.items : node === undefined ? [] : [node]).flatMap((item) => {
    const path = textOf(item);
    return path === undefined ? [] : [isAbsolute(path) ? resolve(path) : resolve(base, path)];
  });

const addResources = (project: MapNode, included: MapNode, at: Location, loading: Loading): MapNode => {
  const entries = new Map(project.entries);
  for (const section of sections) {
    const added = entriesOf(child(included, section));
    if (added.length === 0) continue;
    const present = entries.get(section);
    const inside = new Map<string, Entry>(entriesOf(present?.value));
    for (const [name, entry] of added) {
      const other = inside.get(name);
      if (other === undefined) inside.set(name, entry);
      else if (canonicalJson(plain(other.value)) !== canonicalJson(plain(entry.value)))
        loading.report('error', 'model/include-conflict', { what: `${section}.${name}` }, other.keyAt);
    }
    const place = present?.keyAt ?? at;
    entries.set(section, { keyAt: place, value: { type: 'map', at: present?.value.at ?? at, entries: inside } });
  }
  return { ...project, entries };
};
