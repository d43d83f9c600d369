import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StartError } from '../errors.ts';
import { parseCommand } from './arguments.ts';

test('takes an account by its name and role, and a client by what it is for', () => {
  assert.deepEqual(parseCommand(['accounts', 'add', 'ada', '--role', 'admin', '--password-file', '/run/password']), {
    kind: 'add-account',
    name: 'ada',
    role: 'admin',
    passwordFile: '/run/password',
  });
  assert.deepEqual(parseCommand(['clients', 'add', 'web', '--redirect-uri', 'https://web.example/callback']), {
    kind: 'add-client',
    client: {
      id: 'web',
      redirectUris: ['https://web.example/callback'],
      grants: ['authorization_code', 'refresh_token'],
      authentication: 'client_secret_basic',
      introspects: false,
    },
  });
  assert.deepEqual(parseCommand(['clients', 'add', 'robot', '--role', 'user', '--scope', 'read', '--introspects']), {
    kind: 'add-client',
    client: {
      id: 'robot',
      redirectUris: [],
      grants: ['client_credentials'],
      authentication: 'client_secret_basic',
      introspects: true,
      scopes: ['read'],
      role: 'user',
    },
  });
});

test('rotates as planned unless a compromise is named', () => {
  assert.deepEqual(parseCommand(['keys', 'rotate']), { kind: 'rotate-keys', why: 'planned' });
  assert.deepEqual(parseCommand(['keys', 'rotate', '--compromised']), { kind: 'rotate-keys', why: 'compromised' });
});

for (const [what, words] of [
  ['nothing that is known', ['accounts']],
  ['another noun', ['toString', 'add']],
  ['a name too many, which may be a password', ['accounts', 'add', 'ada', 'canary', '--role', 'user']],
  ['a role that does not exist', ['accounts', 'add', 'ada', '--role', 'canary']],
  ['no role', ['accounts', 'add', 'ada']],
  ['a grant that does not exist', ['clients', 'add', 'web', '--grant', 'password']],
  ['a secret as an argument', ['clients', 'add', 'web', '--redirect-uri', 'https://a.example/', 'canary']],
  ['an option that does not exist', ['keys', 'rotate', '--now']],
] as const)
  test(`refuses ${what}, and repeats no value`, () => {
    assert.throws(
      () => parseCommand(words),
      (thrown: unknown) =>
        thrown instanceof StartError &&
        thrown.code === 'command/usage' &&
        thrown.exitCode === 2 &&
        !thrown.message.includes('canary'),
    );
  });
