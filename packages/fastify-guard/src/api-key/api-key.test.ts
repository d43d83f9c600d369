import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import test from 'node:test';
import { application, roles, tokens } from '../../test/application.ts';
import { token } from '../../test/tokens.ts';
import { type ApiKeyRecord, createApiKey, createApiKeyList, requireIdentity, rotateApiKey } from '../index.ts';

const owner = { subject: 'billing', roles: ['user'], scopes: ['notes:read'] };
const day = 86_400_000;

const guarded = async (context: test.TestContext, records: readonly ApiKeyRecord[], now: () => number = Date.now) => {
  const keys = createApiKeyList(records);
  const { app } = await application(context, { tokens, roles, apiKeys: { keys }, now }, (app) => {
    app.get('/me', { config: { guard: 'authenticated' } }, async (request) => requireIdentity(request));
    app.get('/only-keys', { config: { guard: { by: ['api-key'] } } }, async () => ({}));
    app.get('/only-tokens', { config: { guard: { by: ['jwt'] } } }, async () => ({}));
    app.get('/admin', { config: { guard: { roles: ['admin'] } } }, async () => ({}));
  });
  const ask = async (key: string, url = '/me') => app.inject({ url, headers: { 'x-api-key': key } });
  return { ask, keys, app };
};

test('knows a caller by its key, whose record holds nothing that lets anybody in', async (context) => {
  const { key, record } = createApiKey(owner);
  const secret = key.reveal().split('_').at(-1) ?? '';
  assert.ok(!JSON.stringify(record).includes(secret) && !inspect(key).includes(secret));
  const { ask } = await guarded(context, [record]);
  const answer = await ask(key.reveal());
  assert.deepEqual(
    [answer.statusCode, answer.json<object>()],
    [
      200,
      {
        by: 'api-key',
        issuer: 'api-key',
        subject: 'billing',
        roles: ['user'],
        scopes: ['notes:read'],
        client: record.id,
      },
    ],
  );
  assert.equal((await ask(key.reveal(), '/admin')).statusCode, 403);
  assert.equal((await ask(record.hashes[0]?.sha256 ?? '')).statusCode, 401);
});

test('refuses keys that are not exactly right', async (context) => {
  const [mine, other] = [createApiKey(owner), createApiKey(owner)];
  const { ask } = await guarded(context, [mine.record, other.record]);
  const good = mine.key.reveal();
  const foreign = `pk_${mine.record.id}_${other.key.reveal().split('_').slice(2).join('_')}`;
  for (const key of [
    '',
    'x',
    good.slice(0, -1),
    `${good}x`,
    ` ${good}x`,
    good.toUpperCase(),
    foreign,
    `pk_${'0'.repeat(16)}_${'A'.repeat(43)}`,
    'pk___proto___',
    `pk_${mine.record.id}_${'A'.repeat(43)}`,
  ]) {
    const answer = await ask(key);
    assert.deepEqual([answer.statusCode, answer.json<{ code: string }>().code], [401, 'api-key-invalid'], key);
  }
});

test('while a key is replaced both are good, and the old one dies when its time is over', async (context) => {
  let now = Date.now();
  const first = createApiKey(owner);
  const second = rotateApiKey(first.record, day, now);
  const { ask, keys } = await guarded(context, [second.record], () => now);
  const statuses = async (...all: { readonly key: { reveal: () => string } }[]) =>
    Promise.all(all.map(async ({ key }) => (await ask(key.reveal())).statusCode));
  assert.deepEqual(await statuses(first, second), [200, 200]);
  now += day - 1;
  assert.deepEqual(await statuses(first, second), [200, 200]);
  now += 2;
  assert.deepEqual(await statuses(first, second), [401, 200]);

  const third = rotateApiKey(second.record, day, now);
  const fourth = rotateApiKey(third.record, day, now);
  keys.replace([fourth.record]);
  assert.equal(fourth.record.hashes.length, 2);
  assert.deepEqual(await statuses(second, third, fourth), [401, 200, 200]);
});

test('a third hash in a record lets nobody in', async (context) => {
  const all = [createApiKey(owner), createApiKey(owner), createApiKey(owner)];
  const [first] = all;
  assert.ok(first !== undefined);
  const record = { ...first.record, hashes: all.flatMap(({ record }) => record.hashes) };
  const { ask } = await guarded(context, [record]);
  const third = `pk_${record.id}_${all[2]?.key.reveal().slice(20) ?? ''}`;
  assert.deepEqual([(await ask(first.key.reveal())).statusCode, (await ask(third)).statusCode], [200, 401]);
});

test('accepts on a route only the credentials that it names', async (context) => {
  const { key, record } = createApiKey(owner);
  const { ask, app } = await guarded(context, [record]);
  assert.equal((await ask(key.reveal(), '/only-keys')).statusCode, 200);
  const refused = await ask(key.reveal(), '/only-tokens');
  assert.deepEqual([refused.statusCode, refused.headers['www-authenticate']], [401, 'Bearer']);
  const headers = { authorization: `Bearer ${token()}` };
  assert.equal((await app.inject({ url: '/only-keys', headers })).statusCode, 401);
  assert.equal((await app.inject({ url: '/only-tokens', headers })).statusCode, 200);
});

test('refuses two credentials, whichever of them is good', async (context) => {
  const { key, record } = createApiKey(owner);
  const { app } = await guarded(context, [record]);
  const headers = { authorization: `Bearer ${token()}`, 'x-api-key': key.reveal() };
  const answer = await app.inject({ url: '/me', headers });
  assert.deepEqual([answer.statusCode, answer.json<{ code: string }>().code], [400, 'credentials-ambiguous']);
});

test('answers 503 where nobody can find keys', async (context) => {
  const { key } = createApiKey(owner);
  const keys = { find: async () => Promise.reject(new Error('canary')) };
  const { app } = await application(context, { apiKeys: { keys } }, (app) => {
    app.get('/me', { config: { guard: 'authenticated' } }, async () => ({}));
  });
  const answer = await app.inject({ url: '/me', headers: { 'x-api-key': key.reveal() } });
  assert.deepEqual([answer.statusCode, answer.json<{ code: string }>().code], [503, 'api-keys-unavailable']);
});
