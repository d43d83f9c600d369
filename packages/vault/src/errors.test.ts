import assert from 'node:assert/strict';
import test from 'node:test';
import { type VaultErrorCode, codeOfAnswer, transportError } from './errors.ts';

const answers: readonly (readonly [number, string, string, VaultErrorCode])[] = [
  [400, 'check-and-set parameter did not match the current version', 'secret/data/a', 'vault/check-and-set-mismatch'],
  [400, 'invalid role or secret ID', 'auth/approle/login', 'vault/invalid-credentials'],
  [400, 'wrapping token is not valid or does not exist', 'sys/wrapping/unwrap', 'vault/wrapping-token-invalid'],
  [400, 'missing type', 'sys/mounts/a', 'vault/invalid-request'],
  [403, 'permission denied', 'secret/data/a', 'vault/permission-denied'],
  [404, '', 'secret/data/a', 'vault/not-found'],
  [404, 'no handler for route "nope/x"', 'nope/x', 'vault/unsupported'],
  [404, '1 error occurred: * unsupported path', 'sys/nope', 'vault/unsupported'],
  [405, 'unsupported operation', 'sys/generate-root/attempt', 'vault/unsupported'],
  [429, 'request path "…": rate limit quota exceeded', 'auth/approle/login', 'vault/rate-limited'],
  [307, '', 'secret/data/a', 'vault/standby'],
  [473, '', 'secret/data/a', 'vault/standby'],
  [500, 'internal error', 'secret/data/a', 'vault/server-error'],
  [501, '', 'secret/data/a', 'vault/uninitialized'],
  [502, 'bad gateway', 'secret/data/a', 'vault/server-error'],
  [503, 'Vault is sealed', 'secret/data/a', 'vault/sealed'],
  [503, 'overloaded', 'secret/data/a', 'vault/server-error'],
  [302, '', 'secret/data/a', 'vault/unexpected-answer'],
];

for (const [status, text, path, code] of answers)
  test(`takes ${status} ${JSON.stringify(text)} for ${code}`, () => {
    assert.equal(codeOfAnswer(status, text === '' ? [] : [text], path), code);
  });

const thrown = (code: string): Error => Object.assign(new Error('canary'), { code });

test('tells a certificate that is not trusted from a server that is not there', () => {
  assert.equal(transportError('GET x', 'https://a', thrown('SELF_SIGNED_CERT_IN_CHAIN')).code, 'vault/tls');
  assert.equal(transportError('GET x', 'https://a', thrown('ERR_TLS_CERT_ALTNAME_INVALID')).code, 'vault/tls');
  assert.equal(transportError('GET x', 'https://a', thrown('ECONNREFUSED')).code, 'vault/unreachable');
  const both = transportError('GET x', 'https://a', new AggregateError([thrown('ECONNREFUSED')], 'canary'));
  assert.equal(both.code, 'vault/unreachable');
  assert.match(both.message, /ECONNREFUSED/);
});

test('takes over neither message nor cause of what the HTTP library threw', () => {
  const error = transportError('GET x', 'https://a', new Error('x-vault-token: canary'));
  assert.equal(error.cause, undefined);
  assert.doesNotMatch(error.message, /canary/);
});
