import { type Node, isAlias, isMap, isScalar, isSeq, parseDocument } from 'yaml';

import { type Body, type Entry, type Position, SyntaxFault, type Value } from './syntax.ts';
import { positions } from './tokens.ts';

/**
 * Reads a configuration in JSON into the same shape as HCL. Throws a `SyntaxFault` for what is not JSON.
 */
export const parseJson = (text: string): Body => {
  try {
    JSON.parse(text);
  } catch {
    // The engine's message may quote the text, and with it a secret.
    throw new SyntaxFault('the text is not JSON', { line: 1, column: 1 });
  }
  // JSON is YAML too, and that parser, unlike JSON.parse, knows where each value stands.
  const document = parseDocument(text, { schema: 'json', uniqueKeys: false, merge: false });
  const place = positions(text);
  const positionOf = (node: Node): Position => place(node.range?.[0] ?? 0);

  const convert = (node: unknown): Value => {
    if (isMap(node)) return { kind: 'object', body: body(node), at: positionOf(node) };
    if (isSeq(node)) return { kind: 'list', items: node.items.map(convert), at: positionOf(node) };
    if (!isScalar(node) || isAlias(node)) throw new SyntaxFault('unexpected content', { line: 1, column: 1 });
    const at = positionOf(node);
    if (typeof node.value === 'string') return { kind: 'string', text: node.value, at };
    if (typeof node.value === 'number') return { kind: 'number', number: node.value, at };
    if (typeof node.value === 'boolean') return { kind: 'boolean', boolean: node.value, at };
    throw new SyntaxFault('null is no value of a configuration', at);
  };
  const body = (node: unknown): Entry[] => {
    if (!isMap(node)) throw new SyntaxFault('the text is no JSON object', { line: 1, column: 1 });
    return node.items.map((pair): Entry => {
      if (!isScalar(pair.key)) throw new SyntaxFault('a key is no text', positionOf(node));
      return { key: String(pair.key.value), labels: [], value: convert(pair.value), at: positionOf(pair.key) };
    });
  };
  return body(document.contents);
};
