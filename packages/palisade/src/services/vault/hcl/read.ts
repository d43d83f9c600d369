import type { Body, Entry, Position, Value } from './syntax.ts';

/** One block, whichever way it was written: `listener "tcp" { … }`, or as nested objects and lists of JSON. */
export interface Block {
  readonly labels: readonly string[];
  readonly body: Body;
  readonly at: Position;
}

/** The last entry of that name, which is the one that counts. */
export const entryOf = (body: Body, key: string): Entry | undefined => body.findLast((entry) => entry.key === key);

const objects = (value: Value, labels: readonly string[], at: Position): Block[] => {
  if (value.kind === 'object') return [{ labels, body: value.body, at }];
  return value.kind === 'list' ? value.items.flatMap((item) => objects(item, labels, item.at)) : [];
};

/**
 * The blocks of that name with as many labels: `listener "tcp" {}`, `{"listener": {"tcp": {}}}` and
 * `{"listener": [{"tcp": {}}]}` are the same block with one label.
 */
export const blocksOf = (body: Body, key: string, labelCount: number): readonly Block[] => {
  const labelled = (block: Block): Block[] =>
    block.labels.length >= labelCount
      ? [block]
      : block.body.flatMap((entry) =>
          objects(entry.value, [...block.labels, entry.key, ...entry.labels], entry.at).flatMap(labelled),
        );
  return body
    .filter((entry) => entry.key === key)
    .flatMap((entry) => objects(entry.value, entry.labels, entry.at))
    .flatMap(labelled);
};

const truths = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const falsehoods = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False', '']);

/** A boolean as the server takes it: `true`, `"true"`, `1` and `"1"` are the same; undefined where it is none of those. */
export const asBoolean = (value: Value): boolean | undefined => {
  if (value.kind === 'boolean') return value.boolean;
  const text = value.kind === 'number' ? String(value.number) : value.kind === 'string' ? value.text : undefined;
  if (text === undefined) return undefined;
  return truths.has(text) ? true : falsehoods.has(text) ? false : undefined;
};

/** The text of a string or number; undefined for anything else. */
export const asText = (value: Value): string | undefined =>
  value.kind === 'string' ? value.text : value.kind === 'number' ? String(value.number) : undefined;
