import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { parseJsonObject } from './json-object.ts';

const parse = (text: string): unknown => parseJsonObject(Buffer.from(text));

for (const [name, text] of [
  ['a member that is named twice', '{"a":1,"a":1}'],
  ['a member that is named twice in two spellings', '{"a":1,"\\u0061":2}'],
  ['a member that is named twice further inside', '{"a":[{"b":{"c":1,"c":{"d":1}}}]}'],
  ['a member that is named twice, with another one inside of the first', '{"a":{"b":1},"a":{"b":1,"c":2}}'],
  ['a prototype', '{"__proto__":{"admin":true}}'],
  ['a prototype in another spelling', '{"a":{"\\u005f_proto__":1}}'],
  ['more levels than any token needs', '{"a":[[[[[[[[]]]]]]]]}'],
  ['an array', '[]'],
  ['a number', '1'],
  ['two objects', '{}{}'],
  ['a byte order mark', '\ufeff{}'],
] as const)
  test(`reads no object from ${name}`, () => assert.equal(parse(text), undefined));

test('reads no object from bytes that are no UTF-8', () => {
  assert.equal(parseJsonObject(Buffer.from('{"a":"\xff"}', 'latin1')), undefined);
});

test('reads every other object as JSON.parse does, whatever its strings hold', () => {
  const tree = fc.letrec<{ value: unknown; object: Record<string, unknown> }>((tie) => ({
    object: fc.dictionary(
      fc.string().filter((name) => name !== '__proto__'),
      tie('value'),
      { maxKeys: 4 },
    ),
    value: fc.oneof(
      { maxDepth: 5 },
      fc.oneof(fc.string(), fc.constantFrom('"', '\\', ':', '\\":', '{"a":1,"a":2}'), fc.double(), fc.boolean()),
      fc.array(tie('value'), { maxLength: 4 }),
      tie('object'),
    ),
  })).object;
  fc.assert(
    fc.property(tree, fc.constantFrom(undefined, 2, '\t'), (value, space) => {
      const text = JSON.stringify(value, undefined, space);
      assert.deepEqual(parse(text), JSON.parse(text));
    }),
  );
});
