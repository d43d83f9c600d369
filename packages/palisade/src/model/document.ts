import { type Scalar, isAlias, isMap, isScalar, isSeq, parseAllDocuments } from 'yaml';
import type { Location } from '../contracts/location.ts';
import { type Lookup, interpolate } from './interpolation.ts';
import type { Entry, MapNode, MergeTag, Node } from './node.ts';
import type { Report } from './errors.ts';
import { yamlFault } from './yaml-fault.ts';

/** Values that one file may unfold to, aliases counted at every use. */
const mostNodes = 500_000;

/** Finds lines and columns in a text. */
export const positions = (file: string, text: string): ((offset: number) => Location) => {
  const starts = [0];
  for (let index = text.indexOf('\n'); index >= 0; index = text.indexOf('\n', index + 1)) starts.push(index + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { file, line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
};

/** What stands in for a scalar's type: the rules of the parser that Compose uses. Source: go-yaml v3, `resolve.go`. */
export const typedScalar = (source: string): string | number | boolean | null => {
  if (source === '' || source === '~' || /^(?:null|Null|NULL)$/.test(source)) return null;
  if (/^(?:true|True|TRUE)$/.test(source)) return true;
  if (/^(?:false|False|FALSE)$/.test(source)) return false;
  if (!/^[-+.0-9]/.test(source)) return source;
  const digits = source.replaceAll('_', '');
  const [, sign = '', body = ''] = /^([-+]?)(.*)$/.exec(digits) ?? [];
  const signed = (value: number): number => (sign === '-' ? -value : value);
  if (/^0x[0-9a-f]+$/i.test(body) || /^0b[01]+$/.test(body) || /^0o[0-7]+$/.test(body)) return signed(Number(body));
  if (/^0[0-7]+$/.test(body)) return signed(Number.parseInt(body, 8));
  // A number that a double cannot hold stays the text that it is.
  if (/^\d+$/.test(body)) return Number.isSafeInteger(Number(body)) ? signed(Number(body)) : source;
  if (/^(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/.test(body)) return signed(Number(body));
  if (/^\.(?:inf|Inf|INF)$/.test(body)) return signed(Infinity);
  if (/^\.(?:nan|NaN|NAN)$/.test(body)) return Number.NaN;
  return source;
};

interface Context {
  readonly file: string;
  readonly at: (offset: number) => Location;
  readonly lookup: Lookup;
  readonly report: Report;
  /** Anchored values by name, each last one before the point that is read. */
  readonly anchors: Map<string, unknown>;
  readonly done: Map<unknown, { readonly node: Node; readonly size: number }>;
  readonly underWay: Set<unknown>;
  readonly unset: Set<string>;
  size: number;
}

class TooManyNodes extends Error {}

/**
 * Reads the documents of one Compose file: anchors and merge keys are resolved, then variables substituted in values
 * (not in keys). Faults are reported with their place; a file that is not YAML gives no documents.
 */
export const readDocuments = (file: string, text: string, lookup: Lookup, report: Report): readonly MapNode[] => {
  const at = positions(file, text);
  const start = at(0);
  const unset = new Set<string>();
  try {
    const parsed = parseAllDocuments(text, { uniqueKeys: false, merge: false, prettyErrors: false, logLevel: 'error' });
    const documents = Array.isArray(parsed) ? parsed : [];
    const broken = documents.flatMap((document) => document.errors);
    for (const fault of broken.slice(0, 20))
      report('error', 'model/yaml-invalid', { file, reason: yamlFault(fault) }, at(fault.pos[0]));
    if (broken.length > 0) return [];
    return documents.flatMap((document) => {
      if (document.contents === null) return [];
      const context: Context = {
        file,
        at,
        lookup,
        report,
        anchors: new Map(),
        done: new Map(),
        underWay: new Set(),
        unset,
        size: 0,
      };
      const root = convert(document.contents, start, [], context);
      if (root?.type === 'map') return [root];
      if (root !== undefined && !(root.type === 'scalar' && root.value === null))
        report('error', 'model/not-a-mapping', { what: file }, root.at);
      return [];
    });
  } catch (thrown) {
    if (thrown instanceof TooManyNodes) report('error', 'model/too-many-nodes', { file, limit: mostNodes }, start);
    else if (thrown instanceof RangeError)
      report('error', 'model/yaml-invalid', { file, reason: 'it is nested too deeply' }, start);
    else throw thrown;
    return [];
  }
};

/** Converts one value; undefined where it cannot be used, which was reported. */
const convert = (source: unknown, keyAt: Location, path: readonly string[], context: Context): Node | undefined => {
  if (isAlias(source)) {
    const target = context.anchors.get(source.source);
    const here = context.at(source.range?.[0] ?? 0);
    if (target === undefined) {
      context.report('error', 'model/alias-unknown', { alias: source.source }, here);
      return undefined;
    }
    if (context.underWay.has(target)) {
      context.report('error', 'model/alias-cycle', { alias: source.source }, here);
      return undefined;
    }
    const known = context.done.get(target);
    grow(known?.size ?? 0, context);
    return known?.node;
  }
  const anchor = isScalar(source) || isMap(source) || isSeq(source) ? source.anchor : undefined;
  if (anchor === undefined) return convertOwn(source, keyAt, path, context);
  context.anchors.set(anchor, source);
  context.underWay.add(source);
  const before = context.size;
  const node = convertOwn(source, keyAt, path, context);
  context.underWay.delete(source);
  if (node !== undefined) context.done.set(source, { node, size: context.size - before });
  return node;
};

const grow = (by: number, context: Context): void => {
  context.size += by;
  if (context.size > mostNodes) throw new TooManyNodes();
};

const convertOwn = (source: unknown, keyAt: Location, path: readonly string[], context: Context): Node | undefined => {
  grow(1, context);
  if (isScalar(source)) return convertScalar(source, keyAt, path, context);
  if (isSeq(source)) {
    const at = context.at(source.range?.[0] ?? 0);
    const items = source.items.flatMap((item, index) => {
      const node = convert(item, at, [...path, String(index)], context);
      return node === undefined ? [] : [node];
    });
    return { type: 'sequence', at, items, ...mergeTag(source.tag) };
  }
  if (!isMap(source)) return { type: 'scalar', at: keyAt, value: null, text: '', raw: '', interpolations: [] };
  const at = context.at(source.range?.[0] ?? 0);
  const own = new Map<string, Entry>();
  const merged = new Map<string, Entry>();
  let mergeKeys = 0;
  for (const pair of source.items) {
    const keyNode: unknown = pair.key;
    const keyPlace = isScalar(keyNode) ? context.at(keyNode.range?.[0] ?? 0) : at;
    const key = isScalar(keyNode) ? keyText(keyNode) : undefined;
    if (key === undefined) {
      context.report(
        'error',
        'model/schema-violation',
        { key: path.join('.') || context.file, reason: 'has a key that is not a text' },
        keyPlace,
      );
      continue;
    }
    if (key === '<<') {
      mergeKeys += 1;
      if (mergeKeys > 1)
        context.report('error', 'model/merge-key-duplicate', { key: path.join('.') || context.file }, keyPlace);
      mergeInto(merged, convert(pair.value, keyPlace, path, context), keyPlace, path, context);
      continue;
    }
    if (own.has(key)) context.report('error', 'model/key-duplicate', { key: [...path, key].join('.') }, keyPlace);
    const value = convert(pair.value, keyPlace, [...path, key], context);
    if (value !== undefined)
      own.set(key, { keyAt: keyPlace, value, ...(isAlias(pair.value) ? { via: 'alias' as const } : {}) });
  }
  if (merged.size === 0) return { type: 'map', at, entries: own, ...mergeTag(source.tag) };
  grow(merged.size, context);
  const entries = new Map([...merged].filter(([key]) => !own.has(key)));
  for (const [key, entry] of own) entries.set(key, entry);
  return { type: 'map', at, entries, merged, ...mergeTag(source.tag) };
};

/** Adds what a merge key names. Of several mappings an earlier one wins. */
const mergeInto = (
  merged: Map<string, Entry>,
  named: Node | undefined,
  at: Location,
  path: readonly string[],
  context: Context,
): void => {
  if (named === undefined) return;
  const sources = named.type === 'sequence' ? named.items : [named];
  for (const source of sources) {
    if (source.type !== 'map') {
      context.report('error', 'model/merge-value-invalid', { key: path.join('.') || context.file }, at);
      continue;
    }
    for (const [key, entry] of source.entries) if (!merged.has(key)) merged.set(key, { ...entry, via: 'merge' });
  }
};

/** A key as text, as written where it is plain. */
export const keyText = (key: Scalar): string => {
  const source = key.type === 'PLAIN' ? key.source : undefined;
  return source ?? String(key.value);
};

const mergeTag = (tag: string | undefined): { readonly tag?: MergeTag } =>
  tag === '!reset' || tag === '!override' ? { tag } : {};

/** The text of a scalar and whether its type is to be guessed from it. */
export const scalarText = (source: Scalar): { readonly raw: string; readonly isPlain: boolean } => {
  const isPlain = source.type === 'PLAIN' && (source.tag === undefined || mergeTag(source.tag).tag !== undefined);
  const raw = isPlain || typeof source.value !== 'string' ? (source.source ?? '') : source.value;
  return { raw, isPlain };
};

const convertScalar = (source: Scalar, keyAt: Location, path: readonly string[], context: Context): Node => {
  const { raw, isPlain } = scalarText(source);
  const at = raw === '' && isPlain ? keyAt : context.at(source.range?.[0] ?? 0);
  const { text, interpolations, required, invalid } = interpolate(raw, context.lookup);
  const key = path.join('.');
  if (invalid) context.report('error', 'model/interpolation-invalid', { key }, at);
  for (const variable of required) context.report('warning', 'model/variable-required', { variable, key }, at);
  for (const { variable, operator, source: origin } of interpolations) {
    if (origin !== 'unset' || operator !== '' || context.unset.has(variable)) continue;
    context.unset.add(variable);
    context.report('warning', 'model/variable-unset', { variable }, at);
  }
  return {
    type: 'scalar',
    at,
    value: isPlain && interpolations.length === 0 && text === raw ? typedScalar(raw) : text,
    text,
    raw,
    interpolations,
    ...mergeTag(source.tag),
  };
};
