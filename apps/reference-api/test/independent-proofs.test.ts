import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { createGuard, requireIdentity } from '@palisade/fastify-guard';
import Fastify from 'fastify';
import * as oauth from 'oauth4webapi';
import { audience, issuer, keys, token } from '../../../packages/fastify-guard/test/tokens.ts';
import { freePort } from '../src/testing/children.ts';

/** A guarded service that takes bound tokens alone. */
const open = async (context: TestContext): Promise<string> => {
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const local = [{ id: 'p256', key: keys.p256.publicKey }];
  const guard = createGuard({
    tokens: {
      issuers: [{ issuer, audience, algorithms: ['ES256'], keys: { local }, bound: 'required' }],
      dpop: { origins: [origin], algorithms: ['ES256', 'Ed25519', 'PS256'] },
    },
  });
  const app = Fastify({ ...guard.fastify });
  context.after(() => app.close());
  await app.register(guard.plugin);
  app.route({
    method: ['GET', 'PUT'],
    url: '/me',
    config: { guard: 'authenticated' },
    handler: async (request) => ({ subject: requireIdentity(request).subject }),
  });
  await app.listen({ host: '127.0.0.1', port });
  return origin;
};

const plain = { [oauth.allowInsecureRequests]: true };

const refused = async (asked: Promise<Response>): Promise<void> => {
  const error: unknown = await asked.catch((thrown: unknown) => thrown);
  assert.ok(error instanceof oauth.WWWAuthenticateChallengeError);
  assert.equal(error.status, 401);
  assert.equal(error.cause[0]?.scheme, 'dpop');
};

for (const algorithm of ['ES256', 'Ed25519', 'PS256'])
  test(`takes the proofs that oauth4webapi makes by ${algorithm}, each for the token, method and address that it is for`, async (context) => {
    const origin = await open(context);
    const [pair, others] = [await oauth.generateKeyPair(algorithm), await oauth.generateKeyPair(algorithm)];
    const [DPoP, theirs] = [oauth.DPoP({}, pair), oauth.DPoP({}, others)];
    const bound = token({ cnf: { jkt: await DPoP.calculateThumbprint() } });
    const ask = (method: string, handle: oauth.DPoPHandle, text = bound): Promise<Response> =>
      oauth.protectedResourceRequest(text, method, new URL('/me?page=2', origin), undefined, undefined, {
        ...plain,
        DPoP: handle,
      });
    for (const method of ['GET', 'PUT', 'GET']) {
      const answer = await ask(method, DPoP);
      assert.deepEqual([answer.status, await answer.json()], [200, { subject: 'alice' }], method);
    }
    await refused(ask('GET', theirs));
    await refused(ask('GET', DPoP, token()));
    const bare = await fetch(`${origin}/me`, { headers: { authorization: `Bearer ${bound}` } });
    assert.equal(bare.status, 401);
  });
