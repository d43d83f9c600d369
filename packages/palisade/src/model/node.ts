import type { ComposeValue } from '../contracts/change.ts';
import type { Interpolation, Located, Location } from '../contracts/location.ts';

/** Tags that steer how Compose files are merged. Source: Compose specification, “Merge”. */
export type MergeTag = '!reset' | '!override';

/** A single value after interpolation. */
export interface ScalarNode {
  readonly type: 'scalar';
  readonly at: Location;
  readonly tag?: MergeTag;
  /** The value as Compose types it: only plain, uninterpolated scalars become numbers, booleans or null. */
  readonly value: string | number | boolean | null;
  /** The text after interpolation. */
  readonly text: string;
  /** The text before interpolation. */
  readonly raw: string;
  readonly interpolations: readonly Interpolation[];
}

/** A key of a mapping with its value. */
export interface Entry {
  readonly keyAt: Location;
  readonly value: Node;
  /** How the value got here where it is not written in the mapping itself. */
  readonly via?: 'alias' | 'merge';
}

/** A mapping after anchors and merge keys were resolved. */
export interface MapNode {
  readonly type: 'map';
  readonly at: Location;
  readonly tag?: MergeTag;
  readonly entries: ReadonlyMap<string, Entry>;
  /** What merge keys brought, also where an own key overrides it; absent where there are none. */
  readonly merged?: ReadonlyMap<string, Entry>;
}

/** A sequence. */
export interface SequenceNode {
  readonly type: 'sequence';
  readonly at: Location;
  readonly tag?: MergeTag;
  readonly items: readonly Node[];
}

/** A value of a Compose file with the place where the user wrote it. */
export type Node = ScalarNode | MapNode | SequenceNode;

/** The value of a key; undefined where the node is no mapping or lacks it. */
export const child = (node: Node | undefined, ...keys: readonly string[]): Node | undefined => {
  let current = node;
  for (const key of keys) current = current?.type === 'map' ? current.entries.get(key)?.value : undefined;
  return current;
};

/** The items of a sequence; empty for everything else. */
export const itemsOf = (node: Node | undefined): readonly Node[] => (node?.type === 'sequence' ? node.items : []);

/** The entries of a mapping; empty for everything else. */
export const entriesOf = (node: Node | undefined): readonly (readonly [string, Entry])[] =>
  node?.type === 'map' ? [...node.entries] : [];

/** True for a missing node and for null. */
export const isNothing = (node: Node | undefined): boolean =>
  node === undefined || (node.type === 'scalar' && node.value === null);

/** A scalar as text, as Compose prints it: `0440` is 288, `1.10` is 1.1, null is null. */
export const printed = (node: ScalarNode): string | null => {
  if (node.value === null) return null;
  return typeof node.value === 'string' ? node.text : String(node.value);
};

/** The text of a scalar; undefined for collections and null. */
export const textOf = (node: Node | undefined): string | undefined =>
  node?.type === 'scalar' ? (printed(node) ?? undefined) : undefined;

/** The variables that were substituted in a node and everything below it, in order. */
const interpolationsIn = (node: Node): readonly Interpolation[] => {
  if (node.type === 'scalar') return node.interpolations;
  const inner = node.type === 'sequence' ? node.items : [...node.entries.values()].map(({ value }) => value);
  return inner.flatMap(interpolationsIn);
};

/** A value with the place, text and variables of the node that it was read from. */
export const located = <T>(value: T, node: Node): Located<T> => {
  const interpolations = interpolationsIn(node);
  return {
    value,
    at: node.at,
    ...(node.type === 'scalar' ? { raw: node.raw } : {}),
    ...(interpolations.length > 0 ? { interpolations } : {}),
  };
};

/** The plain value of a node, as JSON would hold it. */
export const plain = (node: Node): ComposeValue => {
  if (node.type === 'scalar') return node.value;
  if (node.type === 'sequence') return node.items.map(plain);
  return Object.fromEntries([...node.entries].map(([key, { value }]) => [key, plain(value)]));
};

/** The plain value of a node as it is written, variables not substituted. */
export const written = (node: Node): ComposeValue => {
  if (node.type === 'scalar') return node.text === node.raw && node.interpolations.length === 0 ? node.value : node.raw;
  if (node.type === 'sequence') return node.items.map(written);
  return Object.fromEntries([...node.entries].map(([key, { value }]) => [key, written(value)]));
};

/**
 * A mapping, or the list syntax of one (`NAME=value`, `NAME`), as a mapping. `separators` are the characters that end
 * the name; a name without one has the value null.
 */
export const asMapping = (node: Node | undefined, separators = '='): MapNode | undefined => {
  if (node === undefined || node.type === 'map') return node;
  if (node.type === 'scalar') return undefined;
  const entries = new Map<string, Entry>();
  for (const item of node.items) {
    if (item.type !== 'scalar') continue;
    const whole = printed(item);
    if (whole === null) continue;
    const end = firstOf(whole, separators);
    const rawEnd = firstOf(item.raw, separators);
    const text = whole.slice(end + 1);
    entries.delete(whole.slice(0, end));
    entries.set(whole.slice(0, end), {
      keyAt: item.at,
      value:
        end === whole.length
          ? { ...item, value: null, text: '', raw: '' }
          : { ...item, value: text, text, raw: item.raw.slice(rawEnd + 1) },
    });
  }
  return { type: 'map', at: node.at, entries, ...(node.tag === undefined ? {} : { tag: node.tag }) };
};

const firstOf = (text: string, separators: string): number => {
  const found = separators
    .split('')
    .map((separator) => text.indexOf(separator))
    .filter((index) => index >= 0);
  return found.length === 0 ? text.length : Math.min(...found);
};
