import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseBoolean, parseConfigurationFile, quoteSetting } from './configuration-file.ts';

const only = (text: string) => parseConfigurationFile(text).settings.map(({ name, value }) => [name, value]);

describe('postgresql.conf', () => {
  const lines: readonly (readonly [string, string, string])[] = [
    ['ssl = on', 'ssl', 'on'],
    ['ssl on', 'ssl', 'on'],
    ['  SSL\t=\ton  # why', 'ssl', 'on'],
    ["log_line_prefix = '%m # not a comment '", 'log_line_prefix', '%m # not a comment '],
    ["a = 'it''s'", 'a', "it's"],
    [String.raw`a = 'it\'s a \\ and \n\101'`, 'a', "it's a \\ and \nA"],
    ['work_mem=8MB#tight', 'work_mem', '8MB'],
    ["pgaudit.log = 'write, ddl'", 'pgaudit.log', 'write, ddl'],
    ['max_connections = -1', 'max_connections', '-1'],
  ];
  for (const [line, name, value] of lines) it(`reads ${line}`, () => assert.deepEqual(only(line), [[name, value]]));

  it('keeps every setting with its line, so that the last of a name can win', () => {
    const { settings } = parseConfigurationFile('ssl = off\r\n\r\n# comment\r\nssl = on\r\n');
    assert.deepEqual(
      settings.map(({ value, line }) => [value, line]),
      [
        ['off', 1],
        ['on', 4],
      ],
    );
  });

  it('notes includes, which may say anything', () => {
    const { includes, settings } = parseConfigurationFile(
      "include 'a.conf'\ninclude_if_exists = b.conf\nInclude_Dir 'd'\n",
    );
    assert.deepEqual(
      includes.map(({ directive, path }) => [directive, path]),
      [
        ['include', 'a.conf'],
        ['include_if_exists', 'b.conf'],
        ['include_dir', 'd'],
      ],
    );
    assert.deepEqual(settings, []);
  });

  for (const line of ["ssl = 'on", 'ssl', '= on', 'ssl = on off', "ssl = 'on' 'off'", 'ssl-mode = on'])
    it(`takes ${line} for a line that the server refuses`, () =>
      assert.deepEqual(parseConfigurationFile(`# first\n${line}\n`).invalid, [{ line: 2 }]));

  it('writes what it reads', () => {
    for (const value of ["it's", 'a\\b', '%m [%p] ', ''])
      assert.deepEqual(only(`a = ${quoteSetting(value)}`), [['a', value]]);
  });
});

describe('booleans', () => {
  const words: readonly (readonly [string, boolean | undefined])[] = [
    ['on', true],
    ['TRUE', true],
    ['t', true],
    ['y', true],
    ['1', true],
    ['off', false],
    ['of', false],
    ['f', false],
    ['no', false],
    ['0', false],
    // Not enough to tell on from off.
    ['o', undefined],
    ['', undefined],
    ['maybe', undefined],
  ];
  for (const [word, value] of words) it(`reads ${JSON.stringify(word)}`, () => assert.equal(parseBoolean(word), value));
});
