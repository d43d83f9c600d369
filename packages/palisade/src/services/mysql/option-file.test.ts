import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseOptionFile, quoteValue } from './option-file.ts';
import { readCommand } from './posture.ts';

const read = (text: string): readonly (readonly [string, string])[] =>
  parseOptionFile(`[mysqld]\n${text}`).options.map(({ name, value }) => [name, value]);

describe('reading an option file', () => {
  const cases: readonly (readonly [string, string, readonly (readonly [string, string])[]])[] = [
    ['a value', 'max_connections = 100', [['max_connections', '100']]],
    ['dashes for underscores', 'bind-address=::', [['bind_address', '::']]],
    ['a switch', 'skip-name-resolve', [['skip_name_resolve', 'ON']]],
    ['a switch that is turned off by its prefix', 'skip-ssl', [['ssl', 'OFF']]],
    ['the other prefix', 'disable-local-infile', [['local_infile', 'OFF']]],
    ['a loose option', 'loose-mysqlx = 0', [['mysqlx', '0']]],
    ['a comment behind a value', 'general_log = ON   # all of it', [['general_log', 'ON']]],
    ['a hash in quotes', 'init_connect = "SET @a = \'#1\'"', [['init_connect', "SET @a = '#1'"]]],
    ['an empty value', 'secure-file-priv =', [['secure_file_priv', '']]],
    ['an empty value in quotes', 'secure-file-priv = ""', [['secure_file_priv', '']]],
    ['escapes', 'ft_stopword_file = a\\sb\\\\c', [['ft_stopword_file', 'a b\\c']]],
    ['comment lines', '; one\n# two\n', []],
  ];
  for (const [name, text, options] of cases) it(`understands ${name}`, () => assert.deepEqual(read(text), options));

  it('tells groups, lines, includes and what the server refuses', () => {
    const parsed = parseOptionFile(
      'early=1\n[client]\nport=1\n!includedir /etc/mysql/conf.d/\n[mysqld]\n=broken\nport=2\n',
    );
    assert.deepEqual(
      parsed.options.map(({ group, name, value, line }) => [group, name, value, line]),
      [
        ['client', 'port', '1', 3],
        ['mysqld', 'port', '2', 7],
      ],
    );
    assert.deepEqual(parsed.includes, [{ directive: 'includedir', path: '/etc/mysql/conf.d/', line: 4 }]);
    assert.deepEqual(parsed.invalid, [1, 6]);
  });

  for (const value of ['a b', 'x#y', 'C:\\data', "it's", '', 'utf8mb4', 'a\nb'])
    it(`reads ${JSON.stringify(value)} back as it was written`, () =>
      assert.deepEqual(read(`name=${quoteValue(value)}`), [['name', value]]));
});

const options = (words: readonly string[]): unknown =>
  readCommand(words)?.options.map(({ name, value }) => [name, value]);

describe('reading a command', () => {
  it('takes options in all their spellings, with and without the program', () => {
    const wanted = [
      ['max_connections', '5'],
      ['skip_grant_tables', 'ON'],
      ['port', '3307'],
    ];
    const words = ['--max-connections=5', '--skip-grant-tables', '--port', '3307'];
    for (const start of [['mysqld'], [], ['/usr/sbin/mariadbd'], ['docker-entrypoint.sh', 'mysqld']])
      assert.deepEqual(options([...start, ...words]), wanted);
    assert.deepEqual(options(['sh', '-c', `exec mysqld ${words.join(' ')}`]), wanted);
  });

  it('knows which files are read', () => {
    const { only, extra, none } =
      readCommand(['mysqld', '--defaults-file=/a.cnf', '--defaults-extra-file=/b.cnf']) ?? {};
    assert.deepEqual([only, extra, none], ['/a.cnf', '/b.cnf', false]);
    assert.equal(readCommand(['mysqld', '--no-defaults'])?.none, true);
  });

  it('does not guess what a program of the user’s own does', () => {
    assert.equal(readCommand(['/start.sh', '--port=1']), undefined);
    assert.equal(readCommand(['sh', '-c', 'mysqld --port=1; echo']), undefined);
  });
});
