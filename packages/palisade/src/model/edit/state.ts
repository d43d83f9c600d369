import { isAlias, isSeq } from 'yaml';
import type { ComposeEdit, ComposeValue } from '../../contracts/change.ts';
import { canonicalJson } from '../../support/canonical-json.ts';
import { valueDigest } from '../../support/value-digest.ts';
import { isList } from './render.ts';
import { type Source, mergedValue, ownPair, resolveAlias, valueOf } from './source.ts';
import { nodeOf } from './yaml-node.ts';

/** What an edit still has to do to a text. */
export type EditState = 'pending' | 'done' | 'drifted';

/** Tells what an edit still has to do to a parsed file. */
export const stateIn = (source: Source, whole: ComposeEdit): EditState => {
  const { path, edit, expects } = whole;
  if (typeof path.at(-1) === 'number' && edit.op !== 'append' && expects.state === 'present')
    return stateOfItem(source, whole, expects.digest);
  const found = lookUp(source, path);
  const json = found === undefined ? undefined : canonicalJson(found.value);
  const isExpected = found !== undefined && expects.state === 'present' && valueDigest(found.value) === expects.digest;
  if (edit.op === 'append') {
    const list = found?.value;
    if (list === undefined || list === null) return 'pending';
    if (!isList(list)) return canonicalJson(list) === canonicalJson(edit.value) ? 'done' : 'pending';
    const items = list.map(canonicalJson);
    if (items.includes(canonicalJson(edit.value))) return 'done';
    return expects.state === 'absent' || isExpected ? 'pending' : 'drifted';
  }
  if (edit.op === 'remove') {
    if (found === undefined) return 'done';
    return isExpected ? 'pending' : 'drifted';
  }
  if (
    found !== undefined &&
    json === canonicalJson(edit.value) &&
    found.tag === edit.tag &&
    (found.own || edit.tag === undefined)
  )
    return 'done';
  if (found === undefined) return expects.state === 'absent' ? 'pending' : 'drifted';
  if (isExpected) return 'pending';
  // What a merge key gives is not touched: the edit writes a key of its own.
  return found.own ? 'drifted' : 'pending';
};

/** An item of a list is known by the digest of its value: earlier removals may have moved it. */
const stateOfItem = (source: Source, { path, edit }: ComposeEdit, expected: string): EditState => {
  const list = lookUp(source, path.slice(0, -1))?.value;
  const items = list !== undefined && isList(list) ? list : [];
  if (items.some((item) => valueDigest(item) === expected)) return 'pending';
  if (edit.op === 'remove') return 'done';
  const wanted = edit.op === 'set' ? canonicalJson(edit.value) : undefined;
  return items.some((item) => canonicalJson(item) === wanted) ? 'done' : 'drifted';
};

interface Found {
  readonly value: ComposeValue;
  /** False where a merge key gives the last key of the path. */
  readonly own: boolean;
  readonly tag?: string;
}

/** The value at a path, through aliases and merge keys. */
const lookUp = (source: Source, path: ComposeEdit['path']): Found | undefined => {
  let node = source.root;
  let own = true;
  for (const key of path) {
    const real = node === undefined ? undefined : resolveAlias(source, node);
    if (isSeq(real)) {
      const item = typeof key === 'number' ? nodeOf(real.items[key]) : undefined;
      if (item === undefined) return undefined;
      [node, own] = [item, true];
      continue;
    }
    const pair = ownPair(real, key);
    const merged = pair === undefined ? mergedValue(source, real, String(key)) : undefined;
    if (pair === undefined && merged === undefined) return undefined;
    [node, own] = [pair === undefined ? merged : nodeOf(pair.value), pair !== undefined];
  }
  const tag = node === undefined || isAlias(node) ? undefined : node.tag;
  return { value: valueOf(source, node), own, ...(tag === '!reset' || tag === '!override' ? { tag } : {}) };
};

/** The items that the indices of an edit mean, by their depth in its path, as canonical JSON. */
export const itemsNamed = (source: Source, { path }: ComposeEdit): ReadonlyMap<number, string> =>
  new Map(
    path.flatMap((key, index): readonly [number, string][] => {
      if (typeof key !== 'number') return [];
      const found = lookUp(source, path.slice(0, index + 1));
      return found === undefined ? [] : [[index, canonicalJson(found.value)]];
    }),
  );
