import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import test, { type TestContext } from 'node:test';
import type { RouteAccess } from '@palisade/fastify-guard';
import type { HttpServer } from './application.ts';
import { createDevelopmentServer } from './development.ts';
import { type HardenedServer, createHardenedServer } from './hardened.ts';
import type { Route } from './route.ts';

const route = (
  access: RouteAccess,
  path: string,
  handle: Route['handle'] = async () => ({ status: 200, body: {} }),
): Route => ({ method: 'GET', path, access, summary: '', answers: {}, handle });

const routes: readonly Route[] = [
  route('public', '/health'),
  route('authenticated', '/api/user'),
  { ...route({ roles: ['user'] }, '/api/note'), method: 'POST' },
  { ...route({ roles: ['admin'], audit: 'user.delete' }, '/api/user/:id'), method: 'DELETE' },
  route({ access: 'authenticated', limits: [{ per: 'address', rates: ['10/minute'] }] }, '/api/endpoint'),
  route('public', '/broken', async () => {
    throw new Error('canary: relation "users" does not exist');
  }),
];
const silent = { write: () => undefined };
const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const token = (roles: readonly string[], life = 60): string => {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: 'https://issuer.example',
    aud: 'https://api.example',
    sub: 'ada',
    client_id: 'shop',
    jti: crypto.randomUUID(),
    iat: Math.min(now, now + life) - 1,
    exp: now + life,
    roles,
  };
  const signed = `${part({ alg: 'ES256', typ: 'at+jwt', kid: 'one' })}.${part(claims)}`;
  const signature = sign('sha256', Buffer.from(signed), { key: keys.privateKey, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
};
const bearer = (roles: readonly string[], life?: number): { authorization: string } => ({
  authorization: `Bearer ${token(roles, life)}`,
});

interface Recorded {
  readonly operation: string;
  readonly outcome: string;
}

const serve = async (
  context: TestContext,
  table: readonly Route[] = routes,
  append: (event: Recorded) => Promise<void> = async () => undefined,
): Promise<HardenedServer> => {
  const server = await createHardenedServer(
    {
      logLevel: 'error',
      logTo: silent,
      proxies: [],
      audit: { append },
      issuer: {
        issuer: 'https://issuer.example',
        audience: 'https://api.example',
        algorithms: ['ES256'],
        keys: {
          local: [{ id: 'one', key: keys.publicKey.export({ type: 'spki', format: 'pem' }).toString() }],
        },
      },
    },
    table,
  );
  context.after(() => server.app.close());
  return server;
};
const open = (context: TestContext): HttpServer => {
  const server = createDevelopmentServer({ logLevel: 'error', logTo: silent }, routes);
  context.after(() => server.app.close());
  return server;
};

test('does not boot with a route whose access nobody decided', async (context) => {
  const undecided = Object.assign(route('public', '/forgotten'), { access: undefined });
  await assert.rejects(serve(context, [...routes, undecided]), /GET \/forgotten/);
});

test('lets nobody in without credentials, before looking at the body', async (context) => {
  const { app } = await serve(context);
  const headers = { 'content-type': 'application/json' };
  const answer = await app.inject({ method: 'POST', url: '/api/note', payload: '{', headers });
  assert.equal(answer.statusCode, 401);
  assert.equal(answer.headers['www-authenticate'], 'Bearer');
  assert.equal(answer.json().code, 'credentials-missing');
});

test('tells an expired token from any other that is not valid, and nothing else', async (context) => {
  const { app } = await serve(context);
  const expired = await app.inject({ url: '/api/user', headers: bearer(['user'], -60) });
  assert.deepEqual([expired.statusCode, expired.json().detail], [401, 'Token expired']);
  const forged = await app.inject({ url: '/api/user', headers: { authorization: `Bearer ${token(['user'])}AA` } });
  assert.deepEqual([forged.statusCode, forged.json().detail], [401, 'Invalid token']);
});

test('lets an administrator do what a user may, and a reader neither', async (context) => {
  const { app } = await serve(context);
  const add = (roles: readonly string[]) => app.inject({ method: 'POST', url: '/api/note', headers: bearer(roles) });
  assert.equal((await add(['user'])).statusCode, 200);
  assert.equal((await add(['admin'])).statusCode, 200);
  const refused = await add(['readonly']);
  assert.deepEqual([refused.statusCode, refused.json().detail], [403, 'Insufficient permissions']);
});

test('records who tried to delete a user, whether or not they may', async (context) => {
  const records: Recorded[] = [];
  const { app } = await serve(context, routes, async (event) => void records.push(event));
  const remove = (roles: readonly string[]) =>
    app.inject({ method: 'DELETE', url: '/api/user/7', headers: bearer(roles) });
  assert.equal((await remove(['user'])).statusCode, 403);
  assert.deepEqual(
    records.map(({ operation, outcome }) => [operation, outcome]),
    [['user.delete', 'failure']],
  );
  assert.equal((await remove(['admin'])).statusCode, 200);
  assert.deepEqual(
    records.slice(1).map(({ outcome }) => outcome),
    ['unknown', 'success'],
  );
});

test('refuses the operation where it cannot be recorded', async (context) => {
  let ran = false;
  const deleting: Route = {
    ...route({ roles: ['admin'], audit: 'user.delete' }, '/api/user/:id', async () => {
      ran = true;
      return { status: 204 };
    }),
    method: 'DELETE',
  };
  const { app } = await serve(context, [deleting], () => Promise.reject(new Error('disk full')));
  const answer = await app.inject({ method: 'DELETE', url: '/api/user/7', headers: bearer(['admin']) });
  assert.deepEqual([answer.statusCode, ran], [503, false]);
});

test('answers the eleventh request of a minute with 429, and counts those without credentials', async (context) => {
  const { app } = await serve(context);
  for (let count = 0; count < 5; count += 1) assert.equal((await app.inject('/api/endpoint')).statusCode, 401);
  const headers = bearer(['readonly']);
  for (let count = 0; count < 5; count += 1)
    assert.equal((await app.inject({ url: '/api/endpoint', headers })).statusCode, 200);
  const eleventh = await app.inject({ url: '/api/endpoint', headers });
  assert.equal(eleventh.statusCode, 429);
  assert.ok(Number(eleventh.headers['retry-after']) > 0);
});

test('keeps what the server thought to itself when hardened, and tells it in development', async (context) => {
  const secretive = await (await serve(context)).app.inject('/broken');
  assert.equal(secretive.statusCode, 500);
  assert.doesNotMatch(secretive.body, /canary/);
  assert.match((await open(context).app.inject('/broken')).body, /canary.*hardened\.test\.ts/s);
});

test('asks nobody in development', async (context) => {
  const { app } = open(context);
  assert.equal((await app.inject('/api/user')).statusCode, 200);
  assert.equal((await app.inject({ method: 'DELETE', url: '/api/user/7' })).statusCode, 200);
});

test('reflects any origin with credentials in development and none when hardened', async (context) => {
  const shut = (await serve(context)).app;
  const { app } = open(context);
  for (const origin of ['https://evil.example', 'null']) {
    const headers = { origin, 'access-control-request-method': 'GET' };
    for (const method of ['GET', 'OPTIONS'] as const) {
      const reflected = await app.inject({ method, url: '/api/user', headers });
      assert.equal(reflected.headers['access-control-allow-origin'], origin);
      assert.equal(reflected.headers['access-control-allow-credentials'], 'true');
      const refused = await shut.inject({ method, url: '/api/user', headers });
      assert.equal(refused.headers['access-control-allow-origin'], undefined);
    }
  }
});

test('refuses a body over the limit and one that is not JSON', async (context) => {
  const { app } = await serve(context);
  const send = (payload: string, type: string) =>
    app.inject({
      method: 'POST',
      url: '/api/note',
      payload,
      headers: { ...bearer(['user']), 'content-type': type },
    });
  assert.equal((await send(JSON.stringify({ text: 'x'.repeat(17_000) }), 'application/json')).statusCode, 413);
  assert.equal((await send('x', 'text/plain')).statusCode, 415);
});

test('puts the security headers on every answer, also where no hook runs', async (context) => {
  const { app } = await serve(context);
  for (const url of ['/health', '/api/user', '/none', '/broken', '/%E0%A4%A']) {
    const { headers } = await app.inject(url);
    assert.equal(headers['x-content-type-options'], 'nosniff', url);
    assert.match(String(headers['strict-transport-security']), /max-age=\d{8}/, url);
  }
});
