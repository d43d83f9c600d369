import type { Report } from './errors.ts';
import type { Node, ScalarNode } from './node.ts';
import { decimal, truth } from './quantities.ts';
import { type ScalarType, type Shape, composeFile } from './shapes.ts';

/**
 * Compares one file with the Compose specification. A value that does not fit is an error; a key that is not known is a
 * warning, because it may come from a newer Compose.
 */
export const validate = (root: Node, report: Report): void => {
  // What an anchor holds is met once for each alias; it is reported once.
  const seen = new Set<string>();
  const once: Report = (severity, code, details, at) => {
    const place = `${at.line}:${at.column}`;
    if (seen.has(place)) return;
    seen.add(place);
    report(severity, code, details, at);
  };
  check(root, composeFile, '', once);
};

const check = (node: Node, shape: Shape, key: string, report: Report): void => {
  // A key without value means the same as no key, and `!reset` takes any.
  if (node.tag === '!reset' || (node.type === 'scalar' && node.value === null)) return;
  const fitting = shape.is === 'either' ? shape.shapes.find((each) => suits(node, each)) : shape;
  if (fitting === undefined || !suits(node, fitting)) {
    report(
      'error',
      'model/schema-violation',
      { key: key || 'the file', reason: `is not ${described(shape)}` },
      node.at,
    );
    return;
  }
  if (fitting.is === 'list' && node.type === 'sequence')
    for (const [index, item] of node.items.entries()) check(item, fitting.of, `${key}[${index}]`, report);
  if (node.type !== 'map') return;
  for (const [name, { keyAt, value }] of node.entries) {
    const inner = key === '' ? name : `${key}.${name}`;
    if (name.startsWith('x-')) continue;
    if (fitting.is === 'names') check(value, fitting.of, inner, report);
    if (fitting.is !== 'map') continue;
    const expected = Object.hasOwn(fitting.keys, name) ? fitting.keys[name] : undefined;
    if (expected === undefined) report('warning', 'model/key-unknown', { key: inner }, keyAt);
    else check(value, expected, inner, report);
  }
  const missing = fitting.is === 'map' ? fitting.required?.find((name) => !node.entries.has(name)) : undefined;
  if (missing !== undefined)
    report('error', 'model/schema-violation', { key: key || 'the file', reason: `lacks ${missing}` }, node.at);
};

/** True where the node is of the sort that a shape wants, whatever is inside of it. */
const suits = (node: Node, shape: Shape): boolean => {
  if (shape.is === 'any') return true;
  if (shape.is === 'list') return node.type === 'sequence';
  if (shape.is === 'map' || shape.is === 'names') return node.type === 'map';
  if (shape.is === 'either') return shape.shapes.some((each) => suits(node, each));
  if (node.type !== 'scalar') return false;
  if (node.value === null) return true;
  if (shape.words !== undefined && !shape.words.includes(node.text)) return false;
  return shape.types.some((type) => isOfType(node, type));
};

const isOfType = (node: ScalarNode, type: ScalarType): boolean => {
  if (type === 'text') return typeof node.value === 'string';
  // Compose casts texts where a number or truth value is wanted, an empty one included.
  if (type === 'number')
    return typeof node.value === 'number' || decimal(node.text) !== undefined || (node.text === '' && node.raw !== '');
  return typeof node.value === 'boolean' || truth(node.text) !== undefined || (node.text === '' && node.raw !== '');
};

const described = (shape: Shape): string => {
  if (shape.is === 'list') return 'a list';
  if (shape.is === 'map' || shape.is === 'names') return 'a mapping';
  if (shape.is === 'either') return [...new Set(shape.shapes.map(described))].join(' or ');
  if (shape.is === 'any') return 'a value';
  if (shape.words !== undefined) return `one of ${shape.words.join(', ')}`;
  return shape.types.map((type) => ({ text: 'a text', number: 'a number', truth: 'true or false' })[type]).join(' or ');
};
