import assert from 'node:assert/strict';
import { it } from 'node:test';
import { parseConfigurationFile } from './configuration-file.ts';

it('reads nested and dotted settings with their lines', () => {
  assert.deepEqual(
    parseConfigurationFile(
      '# mine\nnet:\n  port: 27018\n  bindIp: "a, b"\nsecurity.authorization: enabled\nnothing:\n',
    ),
    {
      state: 'known',
      entries: [
        { name: 'net.port', value: '27018', line: 3 },
        { name: 'net.bindIp', value: 'a, b', line: 4 },
        { name: 'security.authorization', value: 'enabled', line: 5 },
        { name: 'nothing', value: 'null', line: 6 },
      ],
    },
  );
});

it('knows settings by the names and values that they had before version 4.2', () => {
  assert.deepEqual(parseConfigurationFile('net: { ssl: { mode: requireSSL, PEMKeyFile: /pem } }'), {
    state: 'known',
    entries: [
      { name: 'net.tls.mode', value: 'requireTLS', line: 1 },
      { name: 'net.tls.certificateKeyFile', value: '/pem', line: 1 },
    ],
  });
});

it('takes an empty file for one that sets nothing', () => {
  assert.deepEqual(parseConfigurationFile('# nothing\n'), { state: 'known', entries: [] });
});

for (const [what, text, line] of [
  ['broken YAML', 'net:\n  port: [1\n', 3],
  ['a list', '- port\n', 1],
  ['the format of version 2.4', 'port = 27017\n', 1],
  ['settings that come from elsewhere', 'net:\n  tls:\n    certificateKeyFilePassword:\n      __exec: /bin/get\n', 4],
] as const)
  it(`says of ${what} where it stands, and reads none of it`, () => {
    const read = parseConfigurationFile(text);
    assert.equal(read.state, 'invalid');
    assert.equal(read.state === 'invalid' && read.line, line);
  });
