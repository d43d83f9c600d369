import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readEnvironmentFile, readRawEnvironmentFile } from './dotenv.ts';
import { collectDiagnostics } from './errors.ts';
import type { Lookup } from './interpolation.ts';
import { shownDiagnostics } from './testing.ts';

const lookup: Lookup = (name) => (name === 'HOST' ? { value: 'outer', source: 'environment' } : undefined);

const read = (text: string): { readonly values: readonly unknown[]; readonly faults: readonly string[] } => {
  const { report, all } = collectDiagnostics();
  const lines = readEnvironmentFile('.env', text, lookup, report);
  return {
    values: lines.map(({ name, value, at }) => [name, value, at.line]),
    faults: shownDiagnostics(all()),
  };
};

const results: readonly (readonly [written: string, value: string | undefined])[] = [
  ['A=b', 'b'],
  ['A = b ', 'b'],
  ['A: b', 'b'],
  ['export A=b', 'b'],
  ['A=', ''],
  ['A=b # comment', 'b'],
  ['A=b#c', 'b#c'],
  ['A=# comment', ''],
  ["A='b # c'", 'b # c'],
  ["A='$HOST'", '$HOST'],
  ['A="$HOST"', 'outer'],
  ['A="${HOST}x" # comment', 'outerx'],
  ['A=$HOST', 'outer'],
  ['A=${NO:-d}', 'd'],
  ['A="\\$HOST"', '$HOST'],
  ['A="a\\nb"', 'a\nb'],
  ["A='a\\nb'", 'a\\nb'],
  ['A="say \\"x\\""', 'say "x"'],
  ['A="two\nlines"', 'two\nlines'],
  ['A=b=c', 'b=c'],
  ['A={"k":"v"}', '{"k":"v"}'],
  ['A.b-C=d', 'd'],
  ['\uFEFFA=b', 'b'],
  ['HOST', 'outer'],
  ['NOTSET', undefined],
];

describe('readEnvironmentFile', () => {
  for (const [written, value] of results)
    test(`reads ${JSON.stringify(written)}`, () => {
      const { values, faults } = read(written);
      assert.deepEqual(
        values.map((each) => (Array.isArray(each) ? each[1] : each)),
        [value],
      );
      assert.deepEqual(faults, []);
    });

  test('counts lines over comments, blanks, carriage returns and quoted line breaks', () => {
    assert.deepEqual(read('# c\r\n\r\nA=1\r\nB="x\r\ny"\r\n  C=3\r\n').values, [
      ['A', '1', 3],
      ['B', 'x\ny', 4],
      ['C', '3', 6],
    ]);
  });

  test('lets a line see those before it, the last of equal names winning', () => {
    assert.deepEqual(read('A=1\nB=$A\nA=2\nC=$A$HOST\nHOST=inner\nD=$HOST').values, [
      ['A', '1', 1],
      ['B', '1', 2],
      ['A', '2', 3],
      ['C', '2outer', 4],
      ['HOST', 'inner', 5],
      ['D', 'inner', 6],
    ]);
  });

  test('reports a line that is none and reads the others', () => {
    const { values, faults } = read('A=1\n=x\nnot a name\nD="x" rest\nB="open\nC=3\n');
    assert.deepEqual(values, [
      ['A', '1', 1],
      ['D', 'x', 4],
      ['C', '3', 6],
    ]);
    assert.deepEqual(
      faults,
      [2, 3, 4, 5].map((line) => `error model/env-line-invalid .env:${line}`),
    );
  });

  test('takes format raw literally', () => {
    assert.deepEqual(
      readRawEnvironmentFile('.env', `# c\nA='b' # c\r\nB=$HOST\nnothing\n`).map(({ name, value }) => [name, value]),
      [
        ['A', `'b' # c`],
        ['B', '$HOST'],
      ],
    );
  });
});
