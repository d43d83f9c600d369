import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { ComposeEdit, ComposeValue } from '../../contracts/change.ts';
import { canonicalJson } from '../../support/canonical-json.ts';
import { error } from '../errors.ts';
import { aliasesOutside, anchorsInside, holderOfAlias, mergingOf } from './anchors.ts';
import { isList, isMapping } from './render.ts';
import { type Holder, type Properties, heldBy, insertItem, insertPair, removeEntry, replaceValue } from './replace.ts';
import { type Source, mergedValue, ownPair, shownKeys, valueOf } from './source.ts';
import { type YamlNode, nodeOf } from './yaml-node.ts';

/** An edit with the items that its indices meant when it was planned, as canonical JSON. */
export interface Resolved {
  readonly edit: ComposeEdit;
  readonly items: ReadonlyMap<number, string>;
}

/** What one step made of a text: the edit is there, more steps are needed, or these smaller edits make it. */
export type Step =
  | { readonly text: string; readonly finished: boolean }
  | { readonly text: string; readonly parts: readonly ComposeEdit[] };

const finished = (text: string): Step => ({ text, finished: true });

const again = (text: string): Step => ({ text, finished: false });

/** Makes the edit, or the next rewriting that it needs: an alias or a merged key on the way becomes text of its own. */
export const advance = (source: Source, resolved: Resolved): Step => {
  const { edit, items } = resolved;
  const { path } = edit;
  const { text, root } = source;
  const { layout } = source;
  const impossible = (reason: string): Error =>
    error('model/edit-impossible', { file: edit.file, path: shownKeys(path), reason });
  const wanted = wantedAt(edit);
  if (root === undefined || (isScalar(root) && valueOf(source, root) === null)) {
    if (edit.edit.op === 'remove') return finished(text);
    throw impossible('the file holds no mapping');
  }
  let node: YamlNode = root;
  let outer: Holder | undefined;
  for (const [depth, key] of path.entries()) {
    const isLast = depth === path.length - 1;
    let holder: Holder;
    const apart = freeOfOthers(source, node, impossible);
    if (apart !== undefined) return again(apart);
    if (isMap(node)) {
      const pair = ownPair(node, key);
      if (pair === undefined) {
        const merged = mergedValue(source, node, String(key));
        if (edit.edit.op === 'remove') {
          if (merged === undefined) return finished(text);
          if (isLast) return again(unfoldMerge(source, node, impossible));
        }
        if (merged !== undefined && (!isLast || edit.edit.op === 'append'))
          return again(insertPair(text, node, String(key), valueOf(source, merged), layout));
        const value = nested(path.slice(depth + 1), wanted, impossible);
        const inserted = insertPair(text, node, String(key), value, layout, isLast ? tagOf(edit) : {});
        return isLast ? finished(inserted) : parentsMade(edit, inserted);
      }
      holder = { in: node, pair };
    } else if (isSeq(node)) {
      const index = typeof key === 'number' ? indexOf(source, node, key, items.get(depth)) : undefined;
      if (typeof key === 'string') throw impossible(`${shownKeys(path.slice(0, depth))} is a list`);
      // The item has gone with an earlier edit of the same plan.
      if (index === undefined) return finished(text);
      holder = { in: node, index };
    } else throw impossible(`${shownKeys(path.slice(0, depth))} is a single value`);
    const held = heldBy(holder);
    if (isLast && edit.edit.op === 'remove' && isMap(node) && mergedValue(source, node, String(key)) !== undefined)
      return again(unfoldMerge(source, node, impossible));
    if (isLast && edit.edit.op === 'append' && held !== undefined) {
      const own = freeOfOthers(source, held, impossible);
      if (own !== undefined) return again(own);
    }
    if (isLast) return finish(source, resolved, holder, outer);
    if (held !== undefined && isAlias(held)) return again(replaceValue(text, holder, valueOf(source, held), layout));
    if (held === undefined || (isScalar(held) && valueOf(source, held) === null)) {
      if (edit.edit.op === 'remove') return finished(text);
      return parentsMade(edit, replaceValue(text, holder, nested(path.slice(depth + 1), wanted, impossible), layout));
    }
    outer = holder;
    node = held;
  }
  throw impossible('the path is empty');
};

/** A tag stands at the value itself, which the next step writes; without one everything is there. */
const parentsMade = ({ edit }: ComposeEdit, text: string): Step =>
  edit.op === 'set' && edit.tag !== undefined ? again(text) : finished(text);

const tagOf = ({ edit }: ComposeEdit): Properties =>
  edit.op === 'set' && edit.tag !== undefined ? { tag: edit.tag } : {};

const wantedAt = ({ edit }: ComposeEdit): ComposeValue =>
  edit.op === 'remove' ? null : edit.op === 'append' ? [edit.value] : edit.value;

/** The value inside of the mappings that the rest of a path names. */
const nested = (rest: ComposeEdit['path'], value: ComposeValue, impossible: (reason: string) => Error): ComposeValue =>
  rest.reduceRight<ComposeValue>((inner, key) => {
    if (typeof key === 'number') throw impossible('a list that it names does not exist');
    return { [key]: inner };
  }, value);

/** The index of the item that was meant: the same one, or the nearest with the same value. */
const indexOf = (source: Source, sequence: YamlNode, index: number, json: string | undefined): number | undefined => {
  if (!isSeq(sequence)) return undefined;
  const jsons = sequence.items.map((item) => canonicalJson(valueOf(source, nodeOf(item))));
  const equal = jsons.flatMap((each, position) => (each === json ? [position] : []));
  const [nearest] = equal.toSorted((a, b) => Math.abs(a - index) - Math.abs(b - index));
  return nearest ?? (index < jsons.length ? index : undefined);
};

/** Makes the edit at the place that the path names. */
const finish = (source: Source, resolved: Resolved, holder: Holder, outer: Holder | undefined): Step => {
  const { text } = source;
  const { edit } = resolved.edit;
  const { layout } = source;
  const held = heldBy(holder);
  if (edit.op === 'remove') {
    const rescued = rescueAnchors(source, held, true);
    if (rescued !== undefined) return again(rescued);
    const collection = holder.in;
    const index = 'pair' in holder ? holder.in.items.indexOf(holder.pair) : holder.index;
    if (collection.items.length === 1 && outer !== undefined)
      return finished(replaceValue(text, outer, 'pair' in holder ? {} : [], layout));
    return finished(removeEntry(text, collection, index));
  }
  const old = valueOf(source, held);
  if (edit.op === 'append') {
    if (held !== undefined && isAlias(held)) return again(replaceValue(text, holder, old, layout));
    if (isSeq(held) && (held.items.length > 0 || held.flow === true)) {
      if (isList(old) && old.some((item) => canonicalJson(item) === canonicalJson(edit.value))) return finished(text);
      // An empty list in brackets becomes a block list, as the rest of the file has it.
      if (held.items.length === 0 && holder.in.flow !== true)
        return finished(replaceValue(text, holder, [edit.value], layout));
      return finished(insertItem(text, held, edit.value, layout));
    }
    const list = old === null ? [edit.value] : isList(old) ? [...old, edit.value] : [old, edit.value];
    return finished(replaceValue(text, holder, list, layout));
  }
  if (edit.tag === undefined && held !== undefined && !isAlias(held)) {
    if (canonicalJson(old) === canonicalJson(edit.value) && held.tag !== '!reset') return finished(text);
    const parts = smallerEdits(resolved.edit, held, old, edit.value);
    if (parts !== undefined) return { text, parts };
  }
  const rescued = rescueAnchors(source, held, false);
  return rescued === undefined
    ? finished(replaceValue(text, holder, edit.value, layout, tagOf(resolved.edit)))
    : again(rescued);
};

/** The edits of parts that together make `before` into `after`; undefined where the whole has to be written anew. */
const smallerEdits = (
  edit: ComposeEdit,
  held: YamlNode,
  before: ComposeValue,
  after: ComposeValue,
): readonly ComposeEdit[] | undefined => {
  const at = (key: string | number, change: ComposeEdit['edit']): ComposeEdit => ({
    ...edit,
    path: [...edit.path, key],
    edit: change,
  });
  if (isMap(held) && isMapping(before) && isMapping(after)) {
    const own = held.items
      .map((pair) => pair.key)
      .filter(isScalar)
      .map((key) => String(key.value));
    const gone = Object.keys(before).filter((key) => !(key in after));
    const kept = Object.keys(before).some((key) => key in after);
    if (!kept || gone.some((key) => !own.includes(key))) return undefined;
    return [
      ...Object.entries(after).flatMap(([key, value]) =>
        key in before && canonicalJson(before[key]) === canonicalJson(value) ? [] : [at(key, { op: 'set', value })],
      ),
      ...gone.map((key) => at(key, { op: 'remove' })),
    ];
  }
  if (isSeq(held) && isList(before) && isList(after) && after.length > 0) {
    const jsons = after.map(canonicalJson);
    const stays = before.map(canonicalJson).map((json) => jsons.includes(json));
    const kept = before.filter((_, index) => stays[index] === true).map(canonicalJson);
    const isPrefix = kept.length > 0 && kept.every((json, index) => json === jsons[index]);
    if (isPrefix)
      return [
        ...before.flatMap((_, index) => (stays[index] === true ? [] : [at(index, { op: 'remove' })])).toReversed(),
        ...after.slice(kept.length).map((value): ComposeEdit => ({ ...edit, edit: { op: 'append', value } })),
      ];
    if (before.length === after.length)
      return after.flatMap((value, index) =>
        canonicalJson(before[index]) === canonicalJson(value) ? [] : [at(index, { op: 'set', value })],
      );
  }
  return undefined;
};

/**
 * Moves an anchor out of a value that is about to go to the first alias of it that stays; undefined where there is
 * none. `itself` says whether the value's own anchor goes too.
 */
const rescueAnchors = (source: Source, held: YamlNode | undefined, itself: boolean): string | undefined => {
  if (held === undefined || !source.text.includes('&')) return undefined;
  for (const { name, node } of anchorsInside(held, itself)) {
    const alias = aliasesOutside(source, held).find((each) => source.target(each) === node);
    const holder = alias === undefined ? undefined : holderOfAlias(source.root, alias);
    if (holder !== undefined)
      return replaceValue(source.text, holder, valueOf(source, node), source.layout, {
        anchor: name,
      });
  }
  return undefined;
};

/**
 * Gives the next one who shares what an anchor names a text of its own, because what is to be edited is meant for its own service
 * alone; undefined where nobody else has it.
 */
const freeOfOthers = (source: Source, node: YamlNode, impossible: (reason: string) => Error): string | undefined => {
  if (isAlias(node) || node.anchor === undefined) return undefined;
  const alias = aliasesOutside(source, node).findLast((each) => source.target(each) === node);
  const holder = alias === undefined ? undefined : holderOfAlias(source.root, alias);
  if (alias === undefined || holder === undefined) return undefined;
  const merging = mergingOf(source.root, holder);
  return merging === undefined
    ? replaceValue(source.text, holder, valueOf(source, alias), source.layout)
    : unfoldMerge(source, merging, impossible);
};

/** Writes what a merge key brings as keys of the mapping itself and drops the merge key. */
const unfoldMerge = (source: Source, node: YamlNode, impossible: (reason: string) => Error): string => {
  const merge = ownPair(node, '<<');
  const { text } = source;
  if (!isMap(node) || merge === undefined) throw impossible('it comes from nowhere');
  const whole = valueOf(source, node);
  const layout = source.layout;
  const own = new Set(node.items.map((pair) => (isScalar(pair.key) ? String(pair.key.value) : '')));
  const missing = Object.entries(isMapping(whole) ? whole : {}).filter(([key]) => !own.has(key));
  // The last one first: each insertion stands behind the last key, and offsets before it stay true.
  const added = missing
    .toReversed()
    .reduce((current, [key, value]) => insertPair(current, node, key, value, layout), text);
  return removeEntry(added, node, node.items.indexOf(merge));
};
