import assert from 'node:assert/strict';
import test from 'node:test';
import { application, tokens } from '../../test/application.ts';
import { audience, claims, header, issuer, keys, seconds, signed, token } from '../../test/tokens.ts';
import { createRevocationList, isGuardError } from '../index.ts';

const old = { id: 'p256', key: keys.p256.publicKey };
const fresh = { id: 'next', key: keys.ed25519.publicKey };
const options = (local: readonly (typeof old)[]) => ({
  issuers: [{ issuer, audience, algorithms: ['ES256', 'EdDSA'], keys: { local } }] as const,
});
const name = (tokenId: string) => ({ issuer, tokenId });
const guarded = (context: test.TestContext, given: Parameters<typeof application>[1]) =>
  application(context, given, (app) => {
    app.get('/me', { config: { guard: 'authenticated' } }, async () => ({}));
  });

test('rotates keys with both good in between, and forgets what it verified with the old one', async (context) => {
  const { app, guard } = await guarded(context, { tokens: options([old]) });
  const [before, after] = [
    token(),
    signed(header({ alg: 'EdDSA', kid: 'next' }), claims(), keys.ed25519.privateKey, 'EdDSA'),
  ];
  const ask = async (text: string) =>
    (await app.inject({ url: '/me', headers: { authorization: `Bearer ${text}` } })).statusCode;
  const statuses = () => Promise.all([ask(before), ask(after)]);
  assert.deepEqual(await statuses(), [200, 401]);
  guard.useKeys(issuer, [old, fresh]);
  assert.deepEqual(await statuses(), [200, 200]);
  guard.useKeys(issuer, [fresh]);
  assert.deepEqual(await statuses(), [401, 200]);
});

test('keeps the keys where new ones cannot be used', async (context) => {
  const { app, guard } = await guarded(context, { tokens: options([old]) });
  assert.throws(
    () => guard.useKeys(issuer, [{ id: 'x', key: 'nonsense' }]),
    (error) => isGuardError(error, 'guard/key-invalid'),
  );
  assert.throws(
    () => guard.useKeys('https://nobody', [old]),
    (error) => isGuardError(error, 'guard/issuer-unknown'),
  );
  const { statusCode } = await app.inject({ url: '/me', headers: { authorization: `Bearer ${token()}` } });
  assert.equal(statusCode, 200);
});

test('refuses a revoked token at once, also one that is remembered, by its id and not its text', async (context) => {
  const revocations = createRevocationList();
  const { app } = await guarded(context, { tokens: { ...options([old]), revocations } });
  const ask = async (text: string) =>
    (await app.inject({ url: '/me', headers: { authorization: `Bearer ${text}` } })).statusCode;
  const jti = 'one';
  const [first, sameId, other] = [token({ jti }), token({ jti, x: 1 }), token({ jti: 'two' })];
  assert.deepEqual([await ask(first), await ask(sameId), await ask(other)], [200, 200, 200]);
  await revocations.revoke({ issuer, tokenId: jti }, Date.now() + 60_000);
  assert.deepEqual([await ask(first), await ask(sameId), await ask(other)], [401, 401, 200]);
});

test('revokes a token of one issuer and not one of the same id of another', async (context) => {
  const other = 'https://other.example';
  const revocations = createRevocationList();
  const [first] = options([old]).issuers;
  const { app } = await guarded(context, { tokens: { issuers: [first, { ...first, issuer: other }], revocations } });
  const ask = async (iss: string) =>
    (await app.inject({ url: '/me', headers: { authorization: `Bearer ${token({ iss, jti: 'one' })}` } })).statusCode;
  await revocations.revoke(name('one'), Date.now() + 60_000);
  assert.deepEqual([await ask(issuer), await ask(other)], [401, 200]);
});

test('answers 503 where nobody knows whether a token was revoked', async (context) => {
  const silent = new Promise<boolean>(() => undefined);
  for (const isRevoked of [async () => Promise.reject(new Error('canary: redis://secret')), () => silent]) {
    const { app } = await guarded(context, { tokens: { ...options([old]), revocations: { isRevoked } } });
    const answer = await app.inject({ url: '/me', headers: { authorization: `Bearer ${token()}` } });
    assert.equal(answer.statusCode, 503);
    assert.equal(answer.json<{ code: string }>().code, 'revocation-unavailable');
    assert.equal(answer.headers['retry-after'], '5');
    assert.doesNotMatch(answer.body, /canary/);
  }
});

test('takes nothing but a no for a no where it asks about revocation', async (context) => {
  // As a store without types answers.
  for (const answer of ['null', '0', '""', '"no"', '{}']) {
    const { app } = await guarded(context, {
      tokens: { ...options([old]), revocations: { isRevoked: async () => JSON.parse(answer) } },
    });
    const { statusCode } = await app.inject({ url: '/me', headers: { authorization: `Bearer ${token()}` } });
    assert.equal(statusCode, 401, answer);
  }
});

test('needs an id in each token where tokens can be revoked, also where claims are made optional', async (context) => {
  const issuers = [{ issuer, audience, algorithms: ['ES256'] as const, keys: { local: [old] }, required: [] }];
  const plain = signed(header(), { iss: issuer, sub: 'a', aud: audience, exp: seconds() + 60 }, keys.p256.privateKey);
  const status = async (given: object) => {
    const { app } = await guarded(context, { tokens: { issuers, ...given } });
    return (await app.inject({ url: '/me', headers: { authorization: `Bearer ${plain}` } })).statusCode;
  };
  assert.equal(await status({}), 200);
  assert.equal(await status({ revocations: createRevocationList() }), 401);
});

test('forgets a remembered token when its time is over', async (context) => {
  let now = Date.now();
  const { app } = await guarded(context, { tokens, now: () => now });
  const text = token({ exp: seconds() + 20 });
  const ask = async () => app.inject({ url: '/me', headers: { authorization: `Bearer ${text}` } });
  assert.equal((await ask()).statusCode, 200);
  now += 30_000;
  const late = await ask();
  assert.deepEqual([late.statusCode, late.json<{ detail: string }>().detail], [401, 'Token expired']);
});

test('a list of revocations makes no room by forgetting one that still counts', async () => {
  let now = 1_000;
  const list = createRevocationList({ most: 2, now: () => now });
  await list.revoke(name('a'), 2_000);
  await list.revoke(name('b'), 5_000);
  await assert.rejects(list.revoke(name('c'), 5_000), (error) => isGuardError(error, 'guard/list-full'));
  assert.equal(await list.isRevoked(name('a')), true);
  now = 3_000;
  await list.revoke(name('c'), 5_000);
  assert.deepEqual(
    [await list.isRevoked(name('a')), await list.isRevoked(name('b')), await list.isRevoked(name('c'))],
    [false, true, true],
  );
});
