import { type Alias, isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { Holder } from './replace.ts';
import type { Source } from './source.ts';
import { type YamlNode, nodeOf } from './yaml-node.ts';

const visit = (node: YamlNode | undefined, skip: YamlNode | undefined, see: (node: YamlNode) => void): void => {
  if (node === undefined || node === skip) return;
  see(node);
  if (isMap(node)) for (const pair of node.items) visit(nodeOf(pair.value), skip, see);
  if (isSeq(node)) for (const item of node.items) visit(nodeOf(item), skip, see);
};

/** The anchors that a value defines; its own one only where `itself`. */
export const anchorsInside = (
  value: YamlNode,
  itself: boolean,
): readonly { readonly name: string; readonly node: YamlNode }[] => {
  const found: { name: string; node: YamlNode }[] = [];
  visit(value, undefined, (node) => {
    if (isAlias(node) || node.anchor === undefined || (node === value && !itself)) return;
    found.push({ name: node.anchor, node });
  });
  return found;
};

/** The aliases of a document that stand outside of a value, in their order. */
export const aliasesOutside = (source: Source, value: YamlNode): readonly Alias[] => {
  const found: Alias[] = [];
  visit(source.root, value, (node) => {
    if (isAlias(node)) found.push(node);
  });
  return found;
};

/** The key or item that holds an alias. */
export const holderOfAlias = (root: YamlNode | undefined, alias: Alias): Holder | undefined => {
  let holder: Holder | undefined;
  visit(root, undefined, (node) => {
    if (isMap(node)) for (const pair of node.items) if (pair.value === alias) holder = { in: node, pair };
    if (isSeq(node)) {
      const index = node.items.indexOf(alias);
      if (index >= 0) holder = { in: node, index };
    }
  });
  return holder;
};

const isMerge = (key: unknown): boolean => isScalar(key) && key.value === '<<';

/** The mapping that takes over what a holder holds, by its merge key or by one of the items of that; undefined for other holders. */
export const mergingOf = (root: YamlNode | undefined, holder: Holder): YamlNode | undefined => {
  if ('pair' in holder) return isMerge(holder.pair.key) ? holder.in : undefined;
  let merging: YamlNode | undefined;
  visit(root, undefined, (node) => {
    if (isMap(node) && node.items.some(({ key, value }) => isMerge(key) && value === holder.in)) merging = node;
  });
  return merging;
};
