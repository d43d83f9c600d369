import { type Pair, type YAMLMap, type YAMLSeq, isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { ComposeValue } from '../../contracts/change.ts';
import {
  behindColon,
  behindLine,
  columnOf,
  dashOf,
  endOf,
  endOfPair,
  keyColumn,
  lineEnd,
  lineStart,
  opensLine,
} from './lines.ts';
import {
  type Layout,
  type Quotes,
  isInline,
  isList,
  renderBlock,
  renderFlow,
  renderInline,
  renderKey,
  renderPair,
} from './render.ts';
import { type YamlNode, nodeOf, startOf } from './yaml-node.ts';

/** The place that holds a value: a key of a mapping or an item of a sequence. */
export type Holder = { readonly in: YAMLMap; readonly pair: Pair } | { readonly in: YAMLSeq; readonly index: number };

/** A tag that steers merging, or an anchor, in front of a written value. */
export interface Properties {
  readonly tag?: '!reset' | '!override';
  readonly anchor?: string;
}

/** The value that a holder holds. */
export const heldBy = (holder: Holder): YamlNode | undefined =>
  nodeOf('pair' in holder ? holder.pair.value : holder.in.items[holder.index]);

/** A text with a part replaced. */
export const splice = (text: string, start: number, end: number, insert: string): string =>
  text.slice(0, start) + insert + text.slice(end);

const quotesOf = (node: YamlNode | undefined): Quotes =>
  isScalar(node)
    ? node.type === 'QUOTE_SINGLE'
      ? 'single'
      : node.type === 'QUOTE_DOUBLE'
        ? 'double'
        : 'plain'
    : 'plain';

const isFlow = (collection: YAMLMap | YAMLSeq): boolean => collection.flow === true;

/** The end of a value that stands on its own, without the line breaks that a block scalar keeps. */
const tokenEnd = (text: string, node: YamlNode): number => {
  const end = endOf(node);
  return end - (/[\r\n\s]*$/.exec(text.slice(startOf(node), end))?.[0].length ?? 0);
};

const isBlock = (node: YamlNode | undefined): node is YAMLMap | YAMLSeq =>
  (isMap(node) || isSeq(node)) && node.flow !== true;

/** Writes a value in the place of another. Anchors in front of the old value stay, so that aliases of it hold. */
export const replaceValue = (
  text: string,
  holder: Holder,
  value: ComposeValue,
  layout: Layout,
  properties: Properties = {},
): string => {
  const old = heldBy(holder);
  const flow = isFlow(holder.in);
  const behind = 'pair' in holder ? behindColon(text, holder.pair) : dashOf(text, holder.in, holder.index) + 1;
  const isEmpty = old === undefined || (isScalar(old) && startOf(old) === (old.range?.[1] ?? 0));
  if (flow) return replaceInFlow(text, holder, isEmpty ? undefined : old, value);
  const anchor = properties.anchor ?? (old === undefined || isAlias(old) ? undefined : old.anchor);
  const props = `${anchor === undefined ? '' : ` &${anchor}`}${properties.tag === undefined ? '' : ` ${properties.tag}`}`;
  const start = old === undefined || isEmpty ? behind : startOf(old);
  const end = old === undefined || isEmpty ? behind : tokenEnd(text, old);
  const inFront = text.slice(behind, start);
  if (isInline(value)) {
    const rendered =
      value === null && 'pair' in holder && props === '' && isEmpty ? '' : renderInline(value, quotesOf(old));
    // The gap that the user left behind the key stays where nothing but it is in front.
    if (
      !isEmpty &&
      !isBlock(old) &&
      properties.tag === undefined &&
      !/[!\n]/.test(inFront) &&
      properties.anchor === undefined
    )
      return splice(text, start, end, rendered);
    const comment = isBlock(old) ? commentBehind(text, behind, startOf(old)) : '';
    const stop = isBlock(old) ? lineEnd(text, end) : end;
    return splice(text, behind, stop, `${props} ${rendered}${comment}`);
  }
  const comment = isBlock(old) ? commentBehind(text, behind, startOf(old)) : commentBehind(text, end, text.length);
  const stop = lineEnd(text, end);
  if ('index' in holder) {
    const column = columnOf(text, behind - 1) + 2;
    const [first = '', ...rest] = renderBlock(value, column, layout);
    const lines = [`${props} ${first.trimStart()}${comment}`, ...rest];
    return splice(text, behind, stop, lines.join(layout.newline));
  }
  const column = keyColumn(text, holder.in) + (isList(value) ? layout.sequenceOffset : layout.step);
  const lines = [`${props}${comment}`, ...renderBlock(value, column, layout)];
  return splice(text, behind, stop, lines.join(layout.newline));
};

/** A comment on the line of `offset`, with the space in front of it; none where it begins at `limit` or later. */
const commentBehind = (text: string, offset: number, limit: number): string => {
  const rest = text.slice(offset, Math.min(lineEnd(text, offset), limit));
  return /(?:^|\s)#/.test(rest) ? rest.slice(Math.max(rest.search(/\s*(?:^|\s)#/), 0)).trimEnd() : '';
};

const replaceInFlow = (text: string, holder: Holder, old: YamlNode | undefined, value: ComposeValue): string => {
  if (old !== undefined) return splice(text, startOf(old), tokenEnd(text, old), renderFlow(value, quotesOf(old)));
  const key = 'pair' in holder ? nodeOf(holder.pair.key) : undefined;
  const end = key?.range?.[1] ?? startOf(holder.in);
  const colon = /^\s*:/.exec(text.slice(end))?.[0].length ?? 0;
  return splice(text, end, end + colon, `: ${renderFlow(value)}`);
};

/** Adds a key behind the last one of a mapping that has at least one, or is in flow style. */
export const insertPair = (
  text: string,
  mapping: YAMLMap,
  key: string,
  value: ComposeValue,
  layout: Layout,
  properties: Properties = {},
): string => {
  if (isFlow(mapping)) return insertInFlow(text, mapping, `${renderKey(key, true)}: ${renderFlow(value)}`);
  const tag = properties.tag === undefined ? '' : ` ${properties.tag}`;
  const [first = '', ...rest] = renderPair(key, value, keyColumn(text, mapping), layout);
  const name = `${' '.repeat(keyColumn(text, mapping))}${renderKey(key)}:`;
  const line = `${name}${tag}${first.slice(name.length)}${value === null && tag !== '' ? ' null' : ''}`;
  return insertLines(text, endOfPair(mapping.items.at(-1)), [line, ...rest], layout);
};

/** Adds an item behind the last one of a sequence that has at least one, or is in flow style. */
export const insertItem = (text: string, sequence: YAMLSeq, value: ComposeValue, layout: Layout): string => {
  const last = nodeOf(sequence.items.at(-1));
  const quotes = quotesOf(last);
  if (isFlow(sequence)) return insertInFlow(text, sequence, renderFlow(value, quotes));
  const column = columnOf(text, startOf(sequence));
  const pad = ' '.repeat(column);
  const end = last === undefined ? startOf(sequence) + 1 : endOf(last);
  if (isInline(value)) return insertLines(text, end, [`${pad}- ${renderInline(value, quotes)}`], layout);
  const [first = '', ...rest] = renderBlock(value, column + 2, layout);
  return insertLines(text, end, [`${pad}- ${first.trimStart()}`, ...rest], layout);
};

const insertLines = (text: string, end: number, lines: readonly string[], { newline }: Layout): string => {
  const { offset, breakBefore } = behindLine(text, end);
  const block = lines.join(newline);
  return splice(text, offset, offset, breakBefore ? `${newline}${block}` : `${block}${newline}`);
};

const insertInFlow = (text: string, collection: YAMLMap | YAMLSeq, entry: string): string => {
  const close = (collection.range?.[1] ?? 1) - 1;
  const items: readonly unknown[] = collection.items;
  if (items.length === 0) {
    const padded = isMap(collection) ? ` ${entry} ` : entry;
    return splice(text, startOf(collection) + 1, close, padded);
  }
  const end = endOfFlowItem(collection, items.length - 1);
  const start = startOfFlowItem(collection, items.length - 1);
  const indent = text.slice(lineStart(text, start), start);
  // An entry on a line of its own gets a neighbour on the next line.
  const gap = indent.trim() === '' ? `${text.includes('\r\n') ? '\r\n' : '\n'}${indent}` : ' ';
  const comma = /^\s*,/.exec(text.slice(end, close))?.[0].length;
  return comma === undefined
    ? splice(text, end, end, `,${gap}${entry}`)
    : splice(text, end + comma, end + comma, `${gap}${entry}${gap === ' ' ? '' : ','}`);
};

const startOfFlowItem = (collection: YAMLMap | YAMLSeq, index: number): number => {
  const node = isMap(collection) ? nodeOf(collection.items[index]?.key) : nodeOf(collection.items[index]);
  return node === undefined ? startOf(collection) : startOf(node);
};

const endOfFlowItem = (collection: YAMLMap | YAMLSeq, index: number): number => {
  if (isMap(collection)) return endOfPair(collection.items[index]);
  const node = nodeOf(collection.items[index]);
  return node === undefined ? startOf(collection) : endOf(node);
};

/** Takes a key or an item out. The last one leaves an empty collection, which `replaceValue` of its holder writes. */
export const removeEntry = (text: string, collection: YAMLMap | YAMLSeq, index: number): string => {
  if (isFlow(collection)) return removeFromFlow(text, collection, index);
  const isMapping = isMap(collection);
  const key = isMapping ? nodeOf(collection.items[index]?.key) : undefined;
  const start = isMapping ? (key === undefined ? startOf(collection) : startOf(key)) : dashOf(text, collection, index);
  const held = isMapping ? undefined : nodeOf(collection.items[index]);
  const end = isMapping ? endOfPair(collection.items[index]) : held === undefined ? start + 1 : endOf(held);
  if (!opensLine(text, start)) {
    // The first entry stands behind a dash; the next one takes its place.
    const next = isMapping ? nodeOf(collection.items[index + 1]?.key) : undefined;
    const until = isMapping ? (next === undefined ? end : startOf(next)) : dashOf(text, collection, index + 1);
    return splice(text, start, until, '');
  }
  const { offset } = behindLine(text, end);
  const from = lineStart(text, start);
  // The last line of a file without final line break takes the break in front of it along.
  const before =
    offset === text.length && text[offset - 1] !== '\n' && from > 0 ? (text[from - 2] === '\r' ? 2 : 1) : 0;
  return splice(text, from - before, offset, '');
};

const removeFromFlow = (text: string, collection: YAMLMap | YAMLSeq, index: number): string => {
  const items: readonly unknown[] = collection.items;
  const start = startOfFlowItem(collection, index);
  const end = endOfFlowItem(collection, index);
  if (index + 1 < items.length) return splice(text, start, startOfFlowItem(collection, index + 1), '');
  if (index > 0) return splice(text, endOfFlowItem(collection, index - 1), end, '');
  return splice(text, startOf(collection) + 1, (collection.range?.[1] ?? 1) - 1, '');
};
