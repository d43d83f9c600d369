import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createAuthorizationServer } from './authorization-server.ts';
import { callerOf } from './testing/browser.ts';
import { type TestClient, addWebClient, basic, membersOf, obtainTokens } from './testing/flow.ts';
import { type Ground, memoryKeyStore, openGround } from './testing/ground.ts';

let ground: Ground;
let web: TestClient;
before(async () => {
  ground = await openGround();
  web = await addWebClient(ground, 'web');
});
after(() => ground.close());

const api = async (token: string): Promise<number> =>
  (await callerOf(ground)('/api/readonly', { headers: { authorization: `Bearer ${token}` } })).status;
const published = async (): Promise<number> => {
  const { keys }: { keys: unknown[] } = JSON.parse((await callerOf(ground)('/oauth/jwks')).body);
  return keys.length;
};

test('a planned rotation is noticed by nobody', async () => {
  const { access, refresh } = await obtainTokens(ground, web);
  await ground.server.rotateKeys();
  assert.equal(await published(), 2);
  assert.equal(await api(access), 200);
  const form = { grant_type: 'refresh_token', refresh_token: refresh };
  const next = membersOf(await callerOf(ground)('/oauth/token', { headers: basic(web), form }));
  assert.equal(await api(next.access_token ?? ''), 200);
});

test('after a compromise tokens of before are worth nothing, and new ones are good', async () => {
  const { access } = await obtainTokens(ground, web);
  await ground.server.rotateKeys('compromised');
  assert.equal(await published(), 1);
  assert.equal(await api(access), 401);
  assert.equal(await api((await obtainTokens(ground, web)).access), 200);
});

test('has no password form unless it is asked for, and warns where it is', async () => {
  const warnings: string[] = [];
  const make = (legacyPasswordGrant: boolean) =>
    createAuthorizationServer({
      issuer: ground.issuer,
      audience: ground.audience,
      database: ground.database,
      keys: memoryKeyStore(),
      legacyPasswordGrant,
      log: { info: () => undefined, error: () => undefined, warn: (_fields, message) => void warnings.push(message) },
    });
  (await make(false)).close();
  assert.deepEqual(warnings, []);
  (await make(true)).close();
  assert.match(warnings.join(), /legacyPasswordGrant/);
  const reply = await callerOf(ground)('/token', { form: { username: 'ada', password: ground.password.reveal() } });
  assert.equal(reply.status, 404);
});

for (const issuer of ['http://api.example', 'https://api.example/', 'https://api.example/path', 'api.example'])
  test(`refuses the issuer ${issuer}`, async () => {
    const { database, audience } = ground;
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
    await assert.rejects(
      createAuthorizationServer({ issuer, audience, database, keys: memoryKeyStore(), log }),
      /oauth|issuer|origin/,
    );
  });

test('answers 503 while the database is away, and serves when it is back', async () => {
  let away = true;
  const { database, audience } = ground;
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const server = await createAuthorizationServer({
    issuer: 'https://api.example',
    audience,
    database: { query: (...statement) => (away ? Promise.reject(new Error('away')) : database.query(...statement)) },
    keys: memoryKeyStore(),
    log,
  });
  const { default: Fastify } = await import('fastify');
  const { createGuard } = await import('@palisade/fastify-guard');
  const guard = createGuard({ audit: { sink: { append: async () => undefined } } });
  const app = Fastify({ ...guard.fastify });
  await app.register(guard.plugin);
  await app.register(server.plugin);
  const ask = async () => (await app.inject({ url: '/oauth/jwks' })).statusCode;
  assert.equal(await ask(), 503);
  away = false;
  assert.equal(await ask(), 200);
  await app.close();
  server.close();
});
