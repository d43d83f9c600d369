import assert from 'node:assert/strict';
import test from 'node:test';
import { startFake } from '../test/fake-server.ts';
import { isVaultError } from './errors.ts';
import { decodeRootToken } from './generate-root.ts';
import { Secret } from './secret.ts';

test('makes a root token at a server that only has the older path, where the shares alone are asked for', async () => {
  const started = { started: true, nonce: 'n', progress: 0, required: 1 };
  const { client, requests, close } = await startFake([
    { status: 404, body: { errors: ['unsupported path'] } },
    { status: 200, body: { ...started, otp: 'password' } },
    { status: 404, body: { errors: ['unsupported path'] } },
    { status: 200, body: { ...started, progress: 1, encoded_token: 'AwAREBgdAQE' } },
  ]);
  try {
    const { nonce, oneTimePassword } = await client.sys.generateRoot.start();
    const { encodedToken } = await client.sys.generateRoot.provide(new Secret('canary-share'), nonce);
    assert.ok(encodedToken !== undefined);
    assert.equal(decodeRootToken(encodedToken, oneTimePassword).reveal(), 'sabcorse');
    assert.deepEqual(
      requests.map(({ method, url, token }) => [method, url, token]),
      [
        ['POST', '/v1/sys/generate-root-token/attempt', 'canary-token'],
        ['POST', '/v1/sys/generate-root/attempt', undefined],
        ['POST', '/v1/sys/generate-root-token/update', 'canary-token'],
        ['POST', '/v1/sys/generate-root/update', undefined],
      ],
    );
    assert.throws(
      () => decodeRootToken(new Secret('AAAA'), oneTimePassword),
      (error: unknown) => isVaultError(error, 'vault/unexpected-answer'),
    );
  } finally {
    await close();
  }
});
