import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { matches } from './image.ts';
import { parseConnection, parseIni, parseList, parseUserList } from './ini.ts';
import { readReply } from './wire.ts';

const code = (value: number): Buffer => Buffer.from([0, 0, 0, value]);

describe('pgbouncer.ini', () => {
  it('has settings in any case, and databases under quoted names', () => {
    const ini = parseIni('; note\n[databases]\n"my db" = host=a\n* = host=b\n[pgbouncer]\nAuth_Type = any\n# note\n');
    assert.deepEqual(ini.settings, [{ name: 'auth_type', value: 'any', line: 6 }]);
    assert.deepEqual(
      ini.databases.map(({ name }) => name),
      ['my db', '*'],
    );
    assert.deepEqual(ini.invalid, []);
  });

  it('names lines that are none, settings outside of a section, and includes', () => {
    const ini = parseIni('early = 1\n[pgbouncer]\nno value\n%include other.ini\n');
    assert.deepEqual(ini.invalid, [{ line: 1 }, { line: 3 }]);
    assert.deepEqual(ini.includes, [{ line: 4 }]);
  });

  it('keeps settings of unknown sections out of its own', () => {
    assert.deepEqual(parseIni('[peers]\n1 = host=a\nauth_type = any\n').settings, []);
  });
});

it('reads connection strings with quotes, and refuses what is none', () => {
  assert.deepEqual(
    [...(parseConnection("host=db password='a''b c' port = 1") ?? [])],
    [
      ['host', 'db'],
      ['password', "a'b c"],
      ['port', '1'],
    ],
  );
  assert.equal(parseConnection("host=db password='open"), undefined);
  assert.equal(parseConnection('postgresql://db'), undefined);
});

it('reads lists of names', () => assert.deepEqual(parseList(' a, "b" ,,c'), ['a', 'b', 'c']));

it('tells how passwords are stored, and which lines are not understood', () => {
  const hash = `md5${'0'.repeat(32)}`;
  const { users, invalid } = parseUserList(
    `"a" "open"\n"b" "${hash}"\n"c" "SCRAM-SHA-256$4096:c2FsdA==$a2V5:a2V5"\n"d" ""\ne open\n"f" "SCRAM-SHA-256"\n`,
  );
  assert.deepEqual(
    users.map(({ user, stored }) => [user, stored]),
    [
      ['a', 'plaintext'],
      ['b', 'md5'],
      ['c', 'scram'],
      ['d', 'none'],
      ['f', 'plaintext'],
    ],
  );
  assert.deepEqual(invalid, [{ line: 5 }]);
});

it('recognises the pooler, not its companions', () => {
  const ports = [6432];
  for (const image of ['edoburu/pgbouncer', 'bitnami/pgbouncer', 'pgbouncer/pgbouncer'])
    assert.equal(matches({ name: 'x', image, ports: [] }), 2);
  assert.equal(matches({ name: 'x', build: 'pgbouncer', ports }), 1);
  assert.equal(matches({ name: 'pgbouncer', ports }), 1);
  assert.equal(matches({ name: 'pgbouncer-exporter', image: 'prometheuscommunity/pgbouncer-exporter', ports }), 0);
  assert.equal(matches({ name: 'pgbouncer', image: 'example/api', ports }), 0);
});

it('reads what a pooler asks for, and refuses other protocols', () => {
  assert.equal(readReply('a', 'R', code(0)).reply, 'trust');
  assert.equal(readReply('a', 'R', code(10)).reply, 'scram');
  assert.equal(readReply('a', 'R', code(7)).reply, 'other');
  assert.deepEqual(readReply('a', 'E', Buffer.from('SFATAL\0C08P01\0MSSL required\0\0')), {
    user: 'a',
    reply: 'refused',
    detail: 'SSL required',
  });
  assert.throws(() => readReply('a', 'H', code(0)), { code: 'pgbouncer/protocol' });
  assert.throws(() => readReply('a', 'R', Buffer.alloc(1)), { code: 'pgbouncer/protocol' });
});
