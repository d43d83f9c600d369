import assert from 'node:assert/strict';
import { it } from 'node:test';
import { readCommand } from './command.ts';

/** What the command says whose words these texts hold. */
const settings = (...texts: readonly string[]): Record<string, string> | undefined =>
  of(texts.flatMap((text) => text.split(' ')).filter((word) => word !== ''));

const of = (words: readonly string[]): Record<string, string> | undefined => {
  const command = readCommand(words);
  return command === undefined
    ? undefined
    : {
        ...Object.fromEntries(command.entries.map(({ name, value }) => [name, value])),
        ...(command.file === undefined ? {} : { file: command.file }),
      };
};

it('reads flags with values, joined or apart, switches, parameters and the file', () => {
  assert.deepEqual(
    settings(
      'mongod -f /etc/m.conf --port=27018 --bind_ip 127.0.0.1 --auth -vvv --noscripting --unknown value --replSet rs0',
      '--setParameter enableLocalhostAuthBypass=0 --sslMode requireSSL',
    ),
    {
      'net.port': '27018',
      'net.bindIp': '127.0.0.1',
      'security.authorization': 'enabled',
      'systemLog.verbosity': '3',
      'security.javascriptEnabled': 'false',
      'setParameter.enableLocalhostAuthBypass': '0',
      'replication.replSetName': 'rs0',
      'net.ssl.mode': 'requireSSL',
      file: '/etc/m.conf',
    },
  );
});

it('reads flags alone, and nothing at all, as the image hands them to mongod', () => {
  assert.deepEqual(settings('--quiet'), { 'systemLog.quiet': 'true' });
  assert.deepEqual(settings(), {});
});

it('reads a plain line of a shell, and no other', () => {
  assert.deepEqual(of(['sh', '-c', 'exec mongod --port "27019"']), { 'net.port': '27019' });
  for (const line of ['mongod --port 1; rm -rf /tmp/x', 'mongod --port $PORT', 'cat x | mongod', '/run.sh'])
    assert.equal(of(['bash', '-c', line]), undefined, line);
});

it('knows nothing of another program', () => {
  assert.equal(settings('/start.sh', '--port', '27018'), undefined);
});
