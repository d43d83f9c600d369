import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { ComposeEdit, ComposeValue } from '../../contracts/change.ts';
import { canonicalJson } from '../../support/canonical-json.ts';
import { error } from '../errors.ts';
import { aliasesOutside, anchorsInside, holderOfAlias } from './anchors.ts';
import { layoutOf } from './lines.ts';
import { isList, isMapping } from './render.ts';
import { type Holder, type Properties, heldBy, insertItem, insertPair, removeEntry, replaceValue } from './replace.ts';
import {
  type Source,
  type YamlNode,
  mergedValue,
  nodeOf,
  ownPair,
  parseSource,
  resolveAlias,
  shownKeys,
  valueOf,
} from './source.ts';

/** An edit with the items that its indices meant when it was planned, as canonical JSON. */
interface Resolved {
  readonly edit: ComposeEdit;
  readonly items: ReadonlyMap<number, string>;
}

/** What an edit still has to do to a text. */
export type EditState = 'pending' | 'done' | 'drifted';

/**
 * Tells whether an edit is still to be made, is made already, or no longer fits the text.
 *
 * @throws `model/edit-impossible` where the text is not YAML
 */
export const composeEditState = (text: string, edit: ComposeEdit): EditState => stateIn(parseSource(text, edit), edit);

/**
 * Applies one edit to the text of a Compose file. Only the lines that it names differ afterwards.
 *
 * @throws `model/edit-drift` where the text does not say what the edit expects, `model/edit-impossible`
 */
export const applyComposeEdit = (text: string, edit: ComposeEdit): string => applyComposeEdits(text, [edit]);

/**
 * Applies the edits of one plan to the text of one file, in order. What they expect is compared with the text before
 * the first of them, because all of them were planned from it; an item of a list is found again by its value.
 *
 * @throws `model/edit-drift` where the text does not say what an edit expects, `model/edit-impossible`
 */
export const applyComposeEdits = (text: string, edits: readonly ComposeEdit[]): string => {
  const resolved: Resolved[] = [];
  for (const edit of edits) {
    const source = parseCached(text, edit);
    const state = stateIn(source, edit);
    if (state === 'drifted') throw error('model/edit-drift', { file: edit.file, path: shownKeys(edit.path) });
    if (state === 'pending') resolved.push({ edit, items: itemsNamed(source, edit) });
  }
  return resolved.reduce((current, each) => applyOne(current, each), text);
};

let last: { readonly text: string; readonly section: string; readonly source: Source } | undefined;

/** Parses, or gives what the last call has parsed: the edits of a plan begin with the same text. */
const parseCached = (text: string, edit: ComposeEdit): Source => {
  const section = JSON.stringify(edit.path.slice(0, 2));
  // Only a file of several documents depends on the section.
  const several = /^---/m.test(text.slice(3));
  if (last !== undefined && last.text === text && (!several || last.section === section)) return last.source;
  const source = parseSource(text, edit);
  last = { text, section, source };
  return source;
};

const stateIn = (source: Source, whole: ComposeEdit): EditState => {
  const { path, edit, expects } = whole;
  if (typeof path.at(-1) === 'number' && edit.op !== 'append' && expects.state === 'present')
    return stateOfItem(source, whole, expects.json);
  const found = lookUp(source, path);
  const json = found === undefined ? undefined : canonicalJson(found.value);
  if (edit.op === 'append') {
    const list = found?.value;
    if (list === undefined || list === null) return 'pending';
    if (!isList(list)) return canonicalJson(list) === canonicalJson(edit.value) ? 'done' : 'pending';
    const items = list.map(canonicalJson);
    if (items.includes(canonicalJson(edit.value))) return 'done';
    return expects.state === 'absent' || expects.json === json ? 'pending' : 'drifted';
  }
  if (edit.op === 'remove') {
    if (found === undefined) return 'done';
    return expects.state === 'present' && expects.json === json ? 'pending' : 'drifted';
  }
  if (
    found !== undefined &&
    json === canonicalJson(edit.value) &&
    found.tag === edit.tag &&
    (found.own || edit.tag === undefined)
  )
    return 'done';
  if (found === undefined) return expects.state === 'absent' ? 'pending' : 'drifted';
  if (expects.state === 'present' && expects.json === json) return 'pending';
  // What a merge key gives is not touched: the edit writes a key of its own.
  return found.own ? 'drifted' : 'pending';
};

/** An item of a list is known by its value: earlier removals may have moved it. */
const stateOfItem = (source: Source, { path, edit }: ComposeEdit, expected: string): EditState => {
  const list = lookUp(source, path.slice(0, -1))?.value;
  const items = list !== undefined && isList(list) ? list.map(canonicalJson) : [];
  if (items.includes(expected)) return 'pending';
  if (edit.op === 'remove') return 'done';
  return edit.op === 'set' && items.includes(canonicalJson(edit.value)) ? 'done' : 'drifted';
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

const itemsNamed = (source: Source, { path }: ComposeEdit): ReadonlyMap<number, string> =>
  new Map(
    path.flatMap((key, index): readonly [number, string][] => {
      if (typeof key !== 'number') return [];
      const found = lookUp(source, path.slice(0, index + 1));
      return found === undefined ? [] : [[index, canonicalJson(found.value)]];
    }),
  );

/** The most rewritings of shared parts that one edit may need before it can be made. */
const mostSteps = 64;

const applyOne = (text: string, resolved: Resolved): string => {
  const { edit } = resolved;
  let current = text;
  for (let step = 0; step < mostSteps; step += 1) {
    const source = parseCached(current, edit);
    const next = advance(source, resolved);
    current = next.text;
    if (next.finished) {
      parseCached(current, edit);
      return current;
    }
  }
  throw error('model/edit-impossible', {
    file: edit.file,
    path: shownKeys(edit.path),
    reason: 'its aliases are nested too deeply',
  });
};

interface Step {
  readonly text: string;
  readonly finished: boolean;
}

const finished = (text: string): Step => ({ text, finished: true });
const again = (text: string): Step => ({ text, finished: false });

/** Makes the edit, or the next rewriting that it needs: an alias or a merged key on the way becomes text of its own. */
const advance = (source: Source, resolved: Resolved): Step => {
  const { edit, items } = resolved;
  const { path } = edit;
  const { text, root } = source;
  const layout = layoutOf(text, root);
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
  const { text, root } = source;
  const { edit } = resolved.edit;
  const layout = layoutOf(text, root);
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
    if (parts !== undefined)
      return finished(parts.reduce((current, part) => applyOne(current, { edit: part, items: resolved.items }), text));
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
      return replaceValue(source.text, holder, valueOf(source, node), layoutOf(source.text, source.root), {
        anchor: name,
      });
  }
  return undefined;
};

/** Writes what a merge key brings as keys of the mapping itself and drops the merge key. */
const unfoldMerge = (source: Source, node: YamlNode, impossible: (reason: string) => Error): string => {
  const merge = ownPair(node, '<<');
  const { text } = source;
  if (!isMap(node) || merge === undefined) throw impossible('it comes from nowhere');
  const whole = valueOf(source, node);
  const layout = layoutOf(text, source.root);
  const own = new Set(node.items.map((pair) => (isScalar(pair.key) ? String(pair.key.value) : '')));
  const missing = Object.entries(isMapping(whole) ? whole : {}).filter(([key]) => !own.has(key));
  // The last one first: each insertion stands behind the last key, and offsets before it stay true.
  const added = missing
    .toReversed()
    .reduce((current, [key, value]) => insertPair(current, node, key, value, layout), text);
  return removeEntry(added, node, node.items.indexOf(merge));
};
