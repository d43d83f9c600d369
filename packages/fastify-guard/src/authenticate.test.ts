import assert from 'node:assert/strict';
import test from 'node:test';
import type { FastifyInstance, InjectOptions } from 'fastify';
import { application, roles, tokens } from '../test/application.ts';
import { audience, claims, header, issuer, keys, seconds, signed, token } from '../test/tokens.ts';
import { identityKey, identityOf, requireIdentity } from './index.ts';

const guarded = (context: test.TestContext) =>
  application(context, { tokens, roles }, (app) => {
    app.get('/health', { config: { guard: 'public' } }, async (request) => ({ who: identityOf(request) ?? null }));
    app.get('/me', { config: { guard: 'authenticated' } }, async (request) => requireIdentity(request));
    app.get('/public-me', { config: { guard: 'public' } }, async (request) => requireIdentity(request));
    app.get('/api/user', { config: { guard: { roles: ['user'] } } }, async () => ({ ok: true }));
    app.delete('/api/user/:id', { config: { guard: { roles: ['admin'] } } }, async () => ({ ok: true }));
    app.get('/notes', { config: { guard: { scopes: ['notes:read'] } } }, async () => ({ ok: true }));
    app.put(
      '/notes',
      { config: { guard: { roles: ['user'], scopes: ['notes:read', 'notes:write'] } } },
      async () => ({}),
    );
  });

const ask = async (app: FastifyInstance, options: InjectOptions) => {
  const answer = await app.inject(options);
  const body: unknown = answer.body === '' ? undefined : answer.json();
  const code = typeof body === 'object' && body !== null && 'code' in body ? body.code : undefined;
  const detail = typeof body === 'object' && body !== null && 'detail' in body ? body.detail : undefined;
  return { status: answer.statusCode, body, code, detail, challenge: answer.headers['www-authenticate'] };
};
const bearer = (text: string) => ({ authorization: `Bearer ${text}` });

test('asks for credentials without an error code where none were sent', async (context) => {
  const { app } = await guarded(context);
  const { status, code, challenge } = await ask(app, { url: '/me' });
  assert.deepEqual([status, code, challenge], [401, 'credentials-missing', 'Bearer']);
});

test('says "Token expired" of a token that expired, and "Invalid token" of everything else', async (context) => {
  const { app } = await guarded(context);
  const expired = await ask(app, { url: '/me', headers: bearer(token({ exp: seconds() - 10, iat: seconds() - 20 })) });
  assert.deepEqual([expired.status, expired.detail], [401, 'Token expired']);
  const broken = await ask(app, { url: '/me', headers: bearer('x') });
  assert.deepEqual([broken.status, broken.detail], [401, 'Invalid token']);
});

test('an admin passes where a user may, and a user does not pass where only an admin may', async (context) => {
  const { app } = await guarded(context);
  const status = async (method: 'GET' | 'DELETE', url: string, granted: unknown) =>
    (await ask(app, { method, url, headers: bearer(token({ roles: granted })) })).status;
  assert.equal(await status('GET', '/api/user', ['admin']), 200);
  assert.equal(await status('GET', '/api/user', ['user']), 200);
  assert.equal(await status('GET', '/api/user', 'user'), 200);
  assert.equal(await status('DELETE', '/api/user/7', ['admin']), 200);
  for (const granted of [
    ['user'],
    ['readonly'],
    [],
    ['__proto__'],
    ['Admin'],
    ['admin2'],
    undefined,
    [['admin']],
    { admin: true },
  ])
    assert.equal(await status('DELETE', '/api/user/7', granted), 403, JSON.stringify(granted));
  const { detail, code } = await ask(app, { method: 'DELETE', url: '/api/user/7', headers: bearer(token()) });
  assert.deepEqual([detail, code], ['Insufficient permissions', 'permission-denied']);
});

test('wants every scope, and says which', async (context) => {
  const { app } = await guarded(context);
  const read = bearer(token({ scope: 'notes:read' }));
  assert.equal((await ask(app, { url: '/notes', headers: read })).status, 200);
  const refused = await ask(app, { method: 'PUT', url: '/notes', headers: read });
  assert.equal(refused.status, 403);
  assert.equal(refused.challenge, 'Bearer error="insufficient_scope", scope="notes:read notes:write"');
  assert.equal((await ask(app, { url: '/notes', headers: bearer(token({ scope: 'notes:reader' })) })).status, 403);
});

test('checks HEAD by the declaration of GET', async (context) => {
  const { app } = await guarded(context);
  assert.equal((await ask(app, { method: 'HEAD', url: '/me' })).status, 401);
});

test('tells who calls by issuer and subject together', async (context) => {
  const other = 'https://other.example';
  const second = { ...tokens.issuers[0], issuer: other, grants: ['readonly'] };
  const { app } = await application(context, { tokens: { issuers: [...tokens.issuers, second] }, roles }, (app) => {
    app.get('/me', { config: { guard: 'authenticated' } }, async (request) => ({
      key: identityKey(requireIdentity(request)),
    }));
    app.get('/admin', { config: { guard: { roles: ['admin'] } } }, async () => ({}));
  });
  const keyOf = async (iss: string) => (await ask(app, { url: '/me', headers: bearer(token({ iss })) })).body;
  assert.deepEqual(await keyOf(issuer), { key: JSON.stringify([issuer, 'alice']) });
  assert.deepEqual(await keyOf(other), { key: JSON.stringify([other, 'alice']) });
  // The other issuer may not make admins, whatever its tokens say.
  const admin = (iss: string) => ask(app, { url: '/admin', headers: bearer(token({ iss, roles: ['admin'] })) });
  assert.deepEqual([(await admin(issuer)).status, (await admin(other)).status], [200, 403]);
});

test('finds roles where another provider puts them', async (context) => {
  const issuers = [{ ...tokens.issuers[0], rolesClaim: 'realm_access.roles', scopesClaim: 'scp' }];
  const { app } = await application(context, { tokens: { issuers }, roles }, (app) => {
    app.get('/x', { config: { guard: { roles: ['user'], scopes: ['a', 'b'] } } }, async () => ({}));
  });
  const good = token({ realm_access: { roles: ['admin'] }, scp: ['a', 'b'] });
  assert.equal((await ask(app, { url: '/x', headers: bearer(good) })).status, 200);
  for (const realm of [null, 'admin.roles', { roles: { admin: 1 } }, []])
    assert.equal(
      (await ask(app, { url: '/x', headers: bearer(token({ realm_access: realm, scp: 'a b' })) })).status,
      403,
    );
});

test('takes a token from nowhere but the header', async (context) => {
  const { app } = await guarded(context);
  const query = await ask(app, { url: `/me?access_token=${token()}` });
  assert.deepEqual([query.status, query.code], [400, 'token-in-query']);
  assert.equal(query.challenge, 'Bearer error="invalid_request"');
  const both = await ask(app, { url: '/me?a=b&access_token=x', headers: bearer(token()) });
  assert.equal(both.status, 400);
  assert.equal((await ask(app, { url: '/me', headers: { cookie: `access_token=${token()}` } })).status, 401);
});

test('refuses other schemes and other spellings of the header', async (context) => {
  const { app } = await guarded(context);
  const good = token();
  for (const value of [
    good,
    `Basic ${good}`,
    `Bearer  ${good}`,
    `Bearer ${good} x`,
    `Bearer ${good} `,
    `Bearer ${good}  `,
    `Bearer,${good}`,
    'Bearer',
    'Bearer ',
    `Token ${good}`,
  ]) {
    const { status, code } = await ask(app, { url: '/me', headers: { authorization: value } });
    assert.deepEqual([status, code], [401, 'token-invalid'], value.replace(good, '‹token›'));
  }
  assert.equal((await ask(app, { url: '/me', headers: { authorization: `bearer ${good}` } })).status, 200);
});

test('checks a route however its address is spelled', async (context) => {
  const { app } = await guarded(context);
  for (const url of ['/%6de', '/%6D%65', '/me?', '/me#x', '/me?x=/health'])
    assert.deepEqual(
      [(await ask(app, { url })).status, (await ask(app, { url, headers: bearer(token()) })).status],
      [401, 200],
      url,
    );
  // The router knows one spelling of a slash and of a case, so these are nobody's.
  for (const url of ['/ME', '//me', '/me/', '/health/..%2fme', '/me%00', '/me%2f', '/me;x'])
    assert.equal((await ask(app, { url, headers: bearer(token()) })).status, 404, url);
});

test('does not look at credentials on public routes, and makes up no identity there', async (context) => {
  const { app } = await guarded(context);
  const { status, body } = await ask(app, { url: '/health', headers: bearer(token()) });
  assert.deepEqual([status, body], [200, { who: null }]);
  assert.equal((await ask(app, { url: '/public-me', headers: bearer(token()) })).status, 401);
});

test('answers an unknown route with 404, whatever was sent', async (context) => {
  const { app } = await guarded(context);
  for (const headers of [{}, bearer(token()), bearer('x')])
    assert.deepEqual((await ask(app, { url: '/nothing', headers })).code, 'not-found');
});

test('names no key only where one key is possible', async (context) => {
  const local = [
    { id: 'a', key: keys.p256.publicKey },
    { id: 'b', key: keys.p384.publicKey },
  ];
  const make = async (algorithms: readonly ('ES256' | 'ES384')[], list: typeof local) => {
    const issuers = [{ issuer, audience, algorithms, keys: { local: list } }];
    return application(context, { tokens: { issuers } }, (app) => {
      app.get('/me', { config: { guard: 'authenticated' } }, async () => ({}));
    });
  };
  const nameless = signed({ alg: 'ES256', typ: 'at+jwt' }, claims(), keys.p256.privateKey);
  const { app: single } = await make(['ES256', 'ES384'], local);
  assert.equal((await ask(single, { url: '/me', headers: bearer(nameless) })).status, 200);
  const twice = [...local, { id: 'c', key: keys.p256.publicKey }];
  const { app: several } = await make(['ES256', 'ES384'], twice);
  assert.equal((await ask(several, { url: '/me', headers: bearer(nameless) })).status, 401);
  assert.equal((await ask(several, { url: '/me', headers: bearer(token({}, { kid: 'c' })) })).status, 200);
});

test('wants the claims that its options name, also such as RFC 9068 leaves out', async (context) => {
  const issuers = [{ ...tokens.issuers[0], required: ['nbf', 'tenant'] }];
  const { app } = await application(context, { tokens: { issuers } }, (app) => {
    app.get('/me', { config: { guard: 'authenticated' } }, async () => ({}));
  });
  const status = async (changes: object) => (await ask(app, { url: '/me', headers: bearer(token(changes)) })).status;
  assert.equal(await status({ nbf: seconds(), tenant: 'a' }), 200);
  for (const changes of [
    { nbf: seconds() },
    { tenant: 'a' },
    { nbf: null, tenant: 'a' },
    { nbf: seconds(), tenant: null },
  ])
    assert.equal(await status(changes), 401, JSON.stringify(changes));
});

test('bounds the life of a token that does not say when it was issued', async (context) => {
  const issuers = [{ ...tokens.issuers[0], required: [], longestLife: 600 }];
  const { app } = await application(context, { tokens: { issuers } }, (app) => {
    app.get('/me', { config: { guard: 'authenticated' } }, async () => ({}));
  });
  const status = async (life: number) =>
    (await ask(app, { url: '/me', headers: bearer(token({ iat: undefined, exp: seconds() + life })) })).status;
  assert.deepEqual([await status(500), await status(700)], [200, 401]);
});

test('refuses a token of a shared key for which the header names the algorithm of another length', async (context) => {
  const secret = 'k'.repeat(64);
  const issuers = [
    { issuer, audience, algorithms: ['HS256'], keys: { local: [{ key: Buffer.from(secret) }] } },
  ] as const;
  const { app } = await application(context, { tokens: { issuers } }, (app) => {
    app.get('/me', { config: { guard: 'authenticated' } }, async () => ({}));
  });
  const make = (alg: string) => signed(header({ alg, kid: undefined }), claims(), secret, alg);
  assert.equal((await ask(app, { url: '/me', headers: bearer(make('HS256')) })).status, 200);
  assert.equal((await ask(app, { url: '/me', headers: bearer(make('HS512')) })).status, 401);
});
