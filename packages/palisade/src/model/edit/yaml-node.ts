import { type Alias, type Scalar, type YAMLMap, type YAMLSeq, isAlias, isMap, isScalar, isSeq } from 'yaml';

/** A parsed node of the edited file. */
export type YamlNode = Scalar | Alias | YAMLMap | YAMLSeq;

/** The node, where it is one. */
export const nodeOf = (value: unknown): YamlNode | undefined =>
  isScalar(value) || isAlias(value) || isMap(value) || isSeq(value) ? value : undefined;

/** Where a node's value begins; anchors and tags stand before it. */
export const startOf = (node: YamlNode): number => node.range?.[0] ?? 0;
