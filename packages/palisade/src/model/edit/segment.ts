import { type Alias, isAlias, isMap, isSeq, parseDocument } from 'yaml';
import type { ComposeEdit } from '../../contracts/change.ts';
import { anchorsInside } from './anchors.ts';
import { behindLine, endOfPair, lineStart, opensLine } from './lines.ts';
import { type Source, notYaml, ownPair } from './source.ts';
import { type YamlNode, nodeOf, startOf } from './yaml-node.ts';

/** The lines of one service of a file. */
export interface Segment {
  readonly start: number;
  readonly text: string;
  /** The file that it was cut from. */
  readonly whole: Source;
}

/** The lines of a service in block style that defines no anchors; undefined for any other. */
export const segmentOf = (whole: Source, service: string): Segment | undefined => {
  const services = nodeOf(ownPair(whole.root, 'services')?.value);
  const pair = ownPair(services, service);
  const [key, value] = [nodeOf(pair?.key), nodeOf(pair?.value)];
  if (!isMap(services) || services.flow === true || key === undefined || !isMap(value) || value.flow === true)
    return undefined;
  if (!opensLine(whole.text, startOf(key)) || anchorsInside(value, true).length > 0) return undefined;
  const start = lineStart(whole.text, startOf(key));
  const { offset } = behindLine(whole.text, endOfPair(pair));
  return { start, text: whole.text.slice(start, offset), whole };
};

/**
 * Parses the text of a segment; its aliases stand for what they stand for in the whole file.
 *
 * @throws `model/edit-impossible` where an edit has left what is not YAML
 */
export const parseSegment = (
  text: string,
  { start, whole }: Segment,
  edit: Pick<ComposeEdit, 'file' | 'path'>,
): Source => {
  const document = parseDocument(text, { uniqueKeys: false, merge: false, prettyErrors: false, logLevel: 'error' });
  if (document.errors.length > 0) throw notYaml(edit);
  const root = nodeOf(document.contents);
  const own = new WeakSet<Alias>();
  collectAliases(root, own);
  return {
    text,
    root,
    layout: whole.layout,
    target: (alias, before) => whole.target(alias, own.has(alias) ? start : before),
  };
};

const collectAliases = (node: YamlNode | undefined, aliases: WeakSet<Alias>): void => {
  if (isAlias(node)) aliases.add(node);
  if (isMap(node)) for (const pair of node.items) collectAliases(nodeOf(pair.value), aliases);
  if (isSeq(node)) for (const item of node.items) collectAliases(nodeOf(item), aliases);
};
