import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import test from 'node:test';
import * as fc from 'fast-check';
import { application, roles, tokens } from '../../test/application.ts';
import { forged } from '../../test/forged.ts';
import { keys, signed, claims, header, token } from '../../test/tokens.ts';
import { problemType } from '../index.ts';

const guarded = (context: test.TestContext) =>
  application(context, { tokens, roles }, (app) => {
    app.get('/api/user', { config: { guard: { roles: ['user'] } } }, async () => ({ ok: true }));
  });

test('accepts a good token of each algorithm, so that refusals mean something', async (context) => {
  const { app } = await guarded(context);
  const good = [
    token(),
    signed(header({ alg: 'RS256', kid: 'rsa' }), claims(), keys.rsa.privateKey, 'RS256'),
    signed(header({ alg: 'EdDSA', kid: 'ed25519' }), claims(), keys.ed25519.privateKey, 'EdDSA'),
    token({ aud: ['https://other.example', 'https://api.example'] }),
    token({}, { typ: 'application/AT+JWT' }),
    token({ scope: undefined }),
  ];
  for (const text of good) {
    const answer = await app.inject({ url: '/api/user', headers: { authorization: `Bearer ${text}` } });
    assert.equal(answer.statusCode, 200, answer.body);
  }
});

test('has an attack corpus that nobody cut down', () => {
  assert.ok(forged.length >= 150, `${forged.length} tokens`);
  assert.equal(new Set(forged.map(({ name }) => name)).size, forged.length);
});

test('refuses each forged token with 401 and the right problem, and asks nobody', async (context) => {
  const { app } = await guarded(context);
  for (const { name, token: make, code = 'token-invalid' } of forged)
    // Twice, so that nothing that was refused is remembered as good.
    for (const text of Array.from({ length: 2 }, make)) {
      const answer = await app.inject({ url: '/api/user', headers: { authorization: `Bearer ${text}` } });
      const problem: unknown = answer.json();
      assert.equal(answer.statusCode, 401, `${name}: ${answer.body}`);
      assert.equal(answer.headers['content-type'], problemType, name);
      assert.deepEqual(
        problem,
        {
          type: 'about:blank',
          title: 'Unauthorized',
          status: 401,
          detail: code === 'token-expired' ? 'Token expired' : 'Invalid token',
          code,
        },
        name,
      );
      // The challenge tells no more than the body: what was wrong is for the log.
      const says = code === 'token-expired' ? 'Token expired' : 'Invalid token';
      assert.equal(
        answer.headers['www-authenticate'],
        `Bearer error="invalid_token", error_description="${says}"`,
        name,
      );
    }
});

test('accepts no token that differs from a good one anywhere, and never fails at one', async (context) => {
  const { app } = await guarded(context);
  const good = token();
  const anything = fc.oneof(
    fc.constantFrom('.', '=', '_', '-', '+', '/', '%', '"', '{', ' ', '\u00e9'),
    fc.string({ minLength: 1, maxLength: 3, unit: 'binary-ascii' }),
  );
  await fc.assert(
    fc.asyncProperty(fc.nat(good.length), fc.nat(3), anything, async (at, cut, put) => {
      const changed = good.slice(0, at) + put + good.slice(at + cut);
      fc.pre(changed !== good);
      const answer = await app.inject({ url: '/api/user', headers: { authorization: `Bearer ${changed}` } });
      assert.equal(answer.statusCode, 401, answer.body);
    }),
    { numRuns: 500 },
  );
});

test('fetches nothing that a token points at', async (context) => {
  let asked = 0;
  const trap = createServer((_request, response) => {
    asked += 1;
    response.end('{}');
  });
  await new Promise<void>((resolve) => {
    trap.listen(0, '127.0.0.1', resolve);
  });
  context.after(() => trap.close());
  const address = trap.address();
  assert.ok(typeof address === 'object' && address !== null);
  const url = `http://127.0.0.1:${address.port}/`;
  const { app } = await guarded(context);
  for (const name of ['jku', 'x5u', 'kid', 'iss'])
    await app.inject({
      url: '/api/user',
      headers: { authorization: `Bearer ${token(name === 'iss' ? { iss: url } : {}, { [name]: url })}` },
    });
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(asked, 0);
});
