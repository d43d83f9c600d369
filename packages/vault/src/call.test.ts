import assert from 'node:assert/strict';
import test from 'node:test';
import { encodeBody, encodePath } from './call.ts';
import { isVaultError } from './errors.ts';
import { Secret } from './secret.ts';

test('encodes what would end the path or leave it', () => {
  assert.equal(encodePath('secret/data/a b?c#d%2f'), 'secret/data/a%20b%3Fc%23d%252f');
  for (const path of ['secret/../sys/seal', 'a//b', '/a', 'a/', 'a/./b', ''])
    assert.throws(
      () => encodePath(path),
      (error: unknown) => isVaultError(error, 'vault/invalid-request'),
    );
});

test('reveals secrets at every depth of a body and names each of them', () => {
  const { text, secrets } = encodeBody({ a: new Secret('one'), b: [{ c: new Secret('two') }, null, 3], d: 'plain' });
  assert.equal(text, '{"a":"one","b":[{"c":"two"},null,3],"d":"plain"}');
  assert.deepEqual(
    secrets.map((secret) => secret.reveal()),
    ['one', 'two'],
  );
});
