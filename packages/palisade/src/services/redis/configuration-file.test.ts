import assert from 'node:assert/strict';
import { it } from 'node:test';
import { parseConfigurationFile, quoteValue, splitLine } from './configuration-file.ts';
import { readCommand } from './posture.ts';

it('reads quotes and escapes as the server does', () => {
  assert.deepEqual(splitLine(String.raw`requirepass "a\x20b\"c" 'd e'`), ['requirepass', 'a b"c', 'd e']);
  assert.deepEqual(parseConfigurationFile('# port 1\n  Port 0\nslaveof primary 6379\n').directives, [
    { name: 'port', values: ['0'], line: 2 },
    { name: 'replicaof', values: ['primary', '6379'], line: 3 },
  ]);
});

it('says which lines the server refuses', () => {
  assert.deepEqual(parseConfigurationFile('port "6379\nappendonly\nrequirepass "a"b\ndir /data').invalid, [1, 2, 3]);
});

it('writes values that come back as they were', () => {
  for (const value of ['plain', 'two words', 'a"b\\c', 'line\nbreak', ''])
    assert.deepEqual(splitLine(`name ${quoteValue(value)}`), ['name', value]);
});

it('reads the command of a service, and knows what it cannot read', () => {
  assert.deepEqual(readCommand(['redis-server', '/etc/redis.conf', '--port', '0']), {
    file: '/etc/redis.conf',
    directives: [{ name: 'port', values: ['0'], line: 0 }],
  });
  assert.deepEqual(readCommand(['sh', '-c', 'exec redis-server --requirepass secret'])?.directives, [
    { name: 'requirepass', values: ['secret'], line: 0 },
  ]);
  assert.equal(readCommand(['sh', '-c', 'prepare && redis-server --port 0']), undefined);
  assert.equal(readCommand(['/start.sh']), undefined);
});
