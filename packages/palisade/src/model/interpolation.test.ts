import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import * as fc from 'fast-check';
import { type Lookup, interpolate } from './interpolation.ts';

const variables = new Map([
  ['A', 'a'],
  ['EMPTY', ''],
  ['DOLLAR', '$A'],
  ['_x1', 'under'],
]);
const lookup: Lookup = (name) => {
  const value = variables.get(name);
  return value === undefined ? undefined : { value, source: 'environment' };
};

const results: readonly (readonly [written: string, rendered: string])[] = [
  ['plain', 'plain'],
  ['$A', 'a'],
  ['${A}', 'a'],
  ['x$A.y', 'xa.y'],
  ['$_x1-', 'under-'],
  ['${UNSET}', ''],
  ['$UNSET!', '!'],
  ['${A:-d}', 'a'],
  ['${A-d}', 'a'],
  ['${UNSET:-d}', 'd'],
  ['${UNSET-d}', 'd'],
  ['${EMPTY:-d}', 'd'],
  ['${EMPTY-d}', ''],
  ['${A:+d}', 'd'],
  ['${A+d}', 'd'],
  ['${UNSET:+d}', ''],
  ['${UNSET+d}', ''],
  ['${EMPTY:+d}', ''],
  ['${EMPTY+d}', 'd'],
  ['${UNSET:-${A}}', 'a'],
  ['${UNSET:-${ALSO:-${EMPTY:-deep}}}', 'deep'],
  ['${UNSET:-a:-b}', 'a:-b'],
  ['${UNSET:-{"k": "v"}', '{"k": "v"'],
  ['${UNSET:-127.0.0.1:80}:80', '127.0.0.1:80:80'],
  ['${UNSET:-$$5}', '$5'],
  ['$$A', '$A'],
  ['$${A}', '${A}'],
  ['$$$A', '$a'],
  ['${DOLLAR}', '$A'],
  ['${A:?needed}', 'a'],
  ['${EMPTY?needed}', ''],
  ['${UNSET:-}', ''],
];

describe('interpolate', () => {
  for (const [written, rendered] of results)
    test(`renders ${written} as ${rendered || 'an empty text'}`, () => {
      const result = interpolate(written, lookup);
      assert.deepEqual([result.text, result.invalid, result.required], [rendered, false, []]);
    });

  for (const written of ['${UNSET:?say why}', '${UNSET?}', '${EMPTY:?}'])
    test(`names the variable that ${written} requires`, () => {
      const { required, text } = interpolate(written, lookup);
      assert.deepEqual(required, [/\w+/.exec(written)?.[0]]);
      assert.equal(text, '');
    });

  for (const written of ['$', '$1', 'a$', '${', '${}', '${A', '${A!x}', '${1A}', '${A:-${B}', '$ A', '${A b}'])
    test(`refuses ${written} and leaves it as it is`, () => {
      const result = interpolate(written, lookup);
      assert.deepEqual([result.invalid, result.text], [true, written]);
    });

  test('tells where each value came from', () => {
    const { interpolations } = interpolate('${A}${UNSET:-d}${EMPTY:-${A}}${X}${A:+y}', lookup);
    assert.deepEqual(
      interpolations.map(({ variable, operator, operand, source }) => [variable, operator, operand, source]),
      [
        ['A', '', undefined, 'environment'],
        ['UNSET', ':-', 'd', 'default'],
        ['EMPTY', ':-', '${A}', 'default'],
        ['A', '', undefined, 'environment'],
        ['X', '', undefined, 'unset'],
        ['A', ':+', 'y', 'environment'],
      ],
    );
  });

  test('gives up on nesting without end rather than on the stack', () => {
    assert.equal(interpolate('${A:-'.repeat(5000) + '}'.repeat(5000), () => undefined).invalid, true);
  });

  test('leaves any text that is escaped alone', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        assert.equal(interpolate(text.replaceAll('$', '$$$$'), lookup).text, text);
      }),
    );
  });

  test('never throws', () => {
    const piece = fc.constantFrom('$', '{', '}', 'A', ':-', '?', '+', '-', 'x', ' ', '$$');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        interpolate(pieces.join(''), lookup);
      }),
    );
  });
});
