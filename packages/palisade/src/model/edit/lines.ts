import { type Pair, type YAMLMap, type YAMLSeq, isAlias, isMap, isScalar, isSeq } from 'yaml';
import { type Layout } from './render.ts';
import { type YamlNode, nodeOf, startOf } from './yaml-node.ts';

/** The offset behind the last character of a node's value, comments behind it left out. */
export const endOf = (node: YamlNode): number => {
  if ((isMap(node) || isSeq(node)) && node.flow !== true) {
    const last: unknown = node.items.at(-1);
    if (last === undefined) return startOf(node);
    return isMap(node) ? endOfPair(node.items.at(-1)) : endOf(nodeOf(last) ?? node);
  }
  return node.range?.[1] ?? startOf(node);
};

/** The same for a pair; a key without value ends behind its colon. */
export const endOfPair = (pair: Pair | undefined): number => {
  const value = nodeOf(pair?.value);
  const key = nodeOf(pair?.key);
  const valueEnd = value === undefined ? 0 : endOf(value);
  return Math.max(valueEnd, key?.range?.[1] ?? 0);
};

/** The offset of the first character of the line that holds `offset`. */
export const lineStart = (text: string, offset: number): number => text.lastIndexOf('\n', offset - 1) + 1;

/** The offset of the line break that ends the line of `offset`, or the end of the text; before a carriage return. */
export const lineEnd = (text: string, offset: number): number => {
  const found = text.indexOf('\n', offset);
  if (found < 0) return text.length;
  return text[found - 1] === '\r' && found - 1 >= offset ? found - 1 : found;
};

/** Where a line can be added behind a value that ends at `end`: a block scalar's end is the start of a line already. */
export const behindLine = (text: string, end: number): { readonly offset: number; readonly breakBefore: boolean } => {
  if (end > 0 && text[end - 1] === '\n') {
    // Blank lines that trail a block scalar stay behind what is added.
    let offset = end;
    for (;;) {
      const previous = lineStart(text, offset - 1);
      if (previous === offset || text.slice(previous, offset).trim() !== '') break;
      offset = previous;
    }
    return { offset, breakBefore: false };
  }
  const stop = text.indexOf('\n', end);
  return stop < 0 ? { offset: text.length, breakBefore: true } : { offset: stop + 1, breakBefore: false };
};

/** Spaces before the first character of a collection in block style, that is its column. */
export const columnOf = (text: string, offset: number): number => {
  const start = lineStart(text, offset);
  // A byte order mark takes no column.
  return offset - (start === 0 && text.startsWith('\uFEFF') ? 1 : start);
};

/** True where only white space stands before `offset` on its line. */
export const opensLine = (text: string, offset: number): boolean =>
  text.slice(lineStart(text, offset), offset).trim() === '';

/** How a file is laid out, told from its first nested mapping and its first sequence. */
export const layoutOf = (text: string, root: YamlNode | undefined): Layout => {
  const steps: number[] = [];
  const offsets: number[] = [];
  const visit = (node: YamlNode | undefined, column: number, depth: number): void => {
    if (node === undefined || isScalar(node) || isAlias(node) || node.flow === true || depth > 6) return;
    if (isSeq(node)) {
      for (const item of node.items) visit(nodeOf(item), column, depth + 1);
      return;
    }
    for (const pair of node.items) {
      const value = nodeOf(pair.value);
      if ((!isMap(value) && !isSeq(value)) || value.flow === true) continue;
      const inner = columnOf(text, startOf(value));
      if (isSeq(value)) offsets.push(inner - column);
      else if (inner > column) steps.push(inner - column);
      visit(value, inner, depth + 1);
    }
  };
  visit(root, 0, 0);
  const step = mostFrequent(steps) ?? 2;
  return {
    newline: text.includes('\r\n') ? '\r\n' : '\n',
    step,
    sequenceOffset: mostFrequent(offsets) ?? step,
  };
};

const mostFrequent = (numbers: readonly number[]): number | undefined => {
  const counts = new Map<number, number>();
  for (const number of numbers) counts.set(number, (counts.get(number) ?? 0) + 1);
  return [...counts].toSorted(([, a], [, b]) => b - a)[0]?.[0];
};

/** The offset of the `-` of an item of a block sequence. */
export const dashOf = (text: string, sequence: YAMLSeq, index: number): number => {
  const column = columnOf(text, startOf(sequence));
  if (index === 0) return startOf(sequence);
  const previous = nodeOf(sequence.items[index - 1]);
  let from = previous === undefined ? startOf(sequence) : endOf(previous);
  // The next line whose first character is a dash at the sequence's column.
  for (;;) {
    const stop = text[from - 1] === '\n' && columnOf(text, from) === 0 ? from : text.indexOf('\n', from) + 1;
    if (stop === 0) return startOf(sequence);
    const dash = stop + column;
    if (text[dash] === '-' && text.slice(stop, dash).trim() === '') return dash;
    from = Math.max(stop, from) + 1;
  }
};

/** The offset behind the colon of a pair. */
export const behindColon = (text: string, pair: Pair): number => {
  const key = nodeOf(pair.key);
  const colon = text.indexOf(':', key?.range?.[1] ?? 0);
  return colon + 1;
};

/** The column of a mapping's keys in block style. */
export const keyColumn = (text: string, mapping: YAMLMap): number => {
  const first = nodeOf(mapping.items[0]?.key);
  return columnOf(text, first === undefined ? startOf(mapping) : startOf(first));
};
