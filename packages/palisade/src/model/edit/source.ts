import { type Alias, type Pair, isAlias, isMap, isScalar, isSeq, parseAllDocuments } from 'yaml';
import type { ComposeValue, ComposeEdit } from '../../contracts/change.ts';
import { keyText, scalarText, typedScalar } from '../document.ts';
import { error } from '../errors.ts';
import { layoutOf } from './lines.ts';
import type { Layout } from './render.ts';
import { type YamlNode, nodeOf, startOf } from './yaml-node.ts';

/** A Compose file that is being edited. */
export interface Source {
  readonly text: string;
  readonly root: YamlNode | undefined;
  readonly layout: Layout;
  /** The node that an alias stands for: the last one of that name in front of it, or of `before`. */
  readonly target: (alias: Alias, before?: number) => YamlNode | undefined;
}

/**
 * Parses a file for editing. Of several documents, the last one that has the section and name of the path is meant.
 *
 * @throws `model/edit-impossible` where the text is not YAML
 */
export const parseSource = (text: string, edit: Pick<ComposeEdit, 'file' | 'path'>): Source => {
  const parsed = parseAllDocuments(text, { uniqueKeys: false, merge: false, prettyErrors: false, logLevel: 'error' });
  const documents = Array.isArray(parsed) ? parsed : [];
  if (documents.some(({ errors }) => errors.length > 0)) throw notYaml(edit);
  const document =
    documents.findLast(({ contents }) => hasKeys(nodeOf(contents), edit.path.slice(0, 2))) ??
    documents.findLast(({ contents }) => hasKeys(nodeOf(contents), edit.path.slice(0, 1))) ??
    documents.at(-1);
  const root = nodeOf(document?.contents);
  const anchors: { readonly name: string; readonly node: YamlNode }[] = [];
  if (text.includes('&')) collectAnchors(root, anchors);
  return {
    text,
    root,
    layout: layoutOf(text, root),
    target: (alias, before = startOf(alias)) =>
      anchors.findLast(({ name, node }) => name === alias.source && startOf(node) < before)?.node,
  };
};

/** Says that the file of an edit is no YAML. */
export const notYaml = ({ file, path }: Pick<ComposeEdit, 'file' | 'path'>): Error =>
  error('model/edit-impossible', { file, path: shownKeys(path), reason: 'it is not valid YAML' });

const hasKeys = (node: YamlNode | undefined, path: ComposeEdit['path']): boolean => {
  let current = node;
  for (const key of path) {
    const pair = ownPair(current, key);
    if (pair === undefined) return false;
    current = nodeOf(pair.value);
  }
  return true;
};

const collectAnchors = (node: YamlNode | undefined, anchors: { name: string; node: YamlNode }[]): void => {
  if (node === undefined || isAlias(node)) return;
  if (node.anchor !== undefined) anchors.push({ name: node.anchor, node });
  if (isMap(node)) for (const pair of node.items) collectAnchors(nodeOf(pair.value), anchors);
  if (isSeq(node)) for (const item of node.items) collectAnchors(nodeOf(item), anchors);
};

/** The pair that a mapping itself has for a key. */
export const ownPair = (node: YamlNode | undefined, key: string | number): Pair | undefined =>
  isMap(node) ? node.items.find((pair) => isScalar(pair.key) && keyText(pair.key) === String(key)) : undefined;

/** The value that merge keys of a mapping give to a key. */
export const mergedValue = (
  source: Source,
  node: YamlNode | undefined,
  key: string,
  depth = 0,
): YamlNode | undefined => {
  if (!isMap(node) || depth > 50) return undefined;
  const merge = nodeOf(ownPair(node, '<<')?.value);
  const named = merge === undefined ? undefined : resolveAlias(source, merge);
  for (const item of isSeq(named) ? named.items : [named]) {
    const found = nodeOf(item);
    const mapping = found === undefined ? undefined : resolveAlias(source, found);
    const value = nodeOf(ownPair(mapping, key)?.value) ?? mergedValue(source, mapping, key, depth + 1);
    if (value !== undefined) return value;
  }
  return undefined;
};

/** What an alias stands for, over chains; the node itself where it is none. */
export const resolveAlias = (source: Source, node: YamlNode): YamlNode | undefined => {
  let current: YamlNode | undefined = node;
  for (let depth = 0; isAlias(current) && depth < 50; depth += 1) current = source.target(current);
  return current;
};

/** The plain value of a node as it is written: aliases and merge keys resolved, variables not. */
export const valueOf = (source: Source, node: YamlNode | undefined, depth = 0): ComposeValue => {
  const real = node === undefined ? undefined : resolveAlias(source, node);
  if (real === undefined || isAlias(real) || depth > 100) return null;
  if (isScalar(real)) {
    const { raw, isPlain } = scalarText(real);
    return isPlain && !raw.includes('$') ? typedScalar(raw) : raw;
  }
  if (isSeq(real)) return real.items.map((item) => valueOf(source, nodeOf(item), depth + 1));
  const values = new Map<string, ComposeValue>();
  const merge = nodeOf(ownPair(real, '<<')?.value);
  const named = merge === undefined ? undefined : resolveAlias(source, merge);
  const bases = isSeq(named) ? named.items.toReversed() : [named];
  for (const base of bases) {
    const value = valueOf(source, nodeOf(base), depth + 1);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      for (const [key, inner] of Object.entries(value)) values.set(key, inner);
  }
  for (const pair of real.items) {
    const key = isScalar(pair.key) ? keyText(pair.key) : undefined;
    if (key !== undefined && key !== '<<') values.set(key, valueOf(source, nodeOf(pair.value), depth + 1));
  }
  return Object.fromEntries(values);
};

/** A path for people: `services.web.ports[0]`. */
export const shownKeys = (path: ComposeEdit['path']): string =>
  path.map((key, index) => (typeof key === 'number' ? `[${key}]` : index === 0 ? key : `.${key}`)).join('');
