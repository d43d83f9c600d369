import assert from 'node:assert/strict';
import test from 'node:test';
import Fastify, { type FastifyInstance } from 'fastify';
import { application, roles, tokens } from '../../test/application.ts';
import { token } from '../../test/tokens.ts';
import { type GuardOptions, type RouteAccess, createGuard, formatRoutes, isGuardError } from '../index.ts';

const answer = async () => ({});
const boot = async (
  context: test.TestContext,
  options: GuardOptions,
  declare: (app: FastifyInstance) => unknown,
): Promise<void> => {
  await application(context, options, async (app) => {
    await declare(app);
  });
};

test('does not boot with a route that does not say who may call it, and names the route', async (context) => {
  await assert.rejects(
    boot(context, { tokens }, (app) => app.get('/forgotten/:id', answer)),
    (error) => isGuardError(error, 'guard/route-undeclared') && error.message.includes('route GET /forgotten/:id'),
  );
});

test('does not boot with an undeclared route inside another plug-in', async (context) => {
  await assert.rejects(
    boot(context, {}, (app) =>
      app.register(
        async (child) => {
          child.post('/inner', answer);
        },
        { prefix: '/api' },
      ),
    ),
    /route POST \/api\/inner does not say who may call it/,
  );
});

test('does not boot where a route was declared before the guard could see it', async (context) => {
  const guard = createGuard({});
  const app = Fastify({ ...guard.fastify });
  context.after(() => app.close());
  void app.register(guard.plugin);
  app.get('/early', { config: { guard: 'public' } }, answer);
  await assert.rejects(
    async () => app.ready(),
    (error) => isGuardError(error, 'guard/route-declared-early') && error.message.includes('early'),
  );
});

test('does not boot with a route of a plug-in that was made before the guard', async (context) => {
  const guard = createGuard({});
  const app = Fastify({ ...guard.fastify });
  context.after(() => app.close());
  let child: FastifyInstance | undefined;
  await app.register(async (made) => {
    child = made;
  });
  await app.register(guard.plugin);
  child?.get('/late', { config: { guard: 'public' } }, answer);
  await assert.rejects(
    async () => app.ready(),
    (error) => isGuardError(error, 'guard/route-declared-early') && error.message.includes('late'),
  );
});

test('keeps routes apart that differ in their constraints alone', async (context) => {
  const { app } = await application(context, { tokens, roles }, (app) => {
    app.get('/x', { config: { guard: { roles: ['admin'] } } }, answer);
    app.get('/x', { constraints: { version: '1.0.0' }, config: { guard: 'public' } }, answer);
    app.get('/y', { config: { guard: 'public' } }, answer);
    app.get('/y', { constraints: { host: 'inside' }, config: { guard: { roles: ['admin'] } } }, answer);
  });
  const status = async (url: string, headers: Record<string, string> = {}) =>
    (await app.inject({ url, headers })).statusCode;
  assert.deepEqual([await status('/x'), await status('/x', { 'accept-version': '1.0.0' })], [401, 200]);
  assert.deepEqual([await status('/y'), await status('/y', { host: 'inside' })], [200, 401]);
});

test('guards both addresses of the root of a plug-in with a prefix, and every method of a route by itself', async (context) => {
  const { app, guard } = await application(context, { tokens, roles }, async (app) => {
    await app.register(
      async (child) => {
        child.get('/', { config: { guard: 'authenticated' } }, answer);
        child.route({ method: ['POST', 'PUT'], url: '/both', config: { guard: 'authenticated' }, handler: answer });
        child.get('/only', { prefixTrailingSlash: 'slash', config: { guard: 'public' } }, answer);
      },
      { prefix: '/v1' },
    );
  });
  const ask = async (method: 'GET' | 'POST' | 'PUT', url: string) => {
    const bare = await app.inject({ method, url });
    const authorized = await app.inject({ method, url, headers: { authorization: `Bearer ${token()}` } });
    return [bare.statusCode, authorized.statusCode];
  };
  for (const [method, url] of [
    ['GET', '/v1'],
    ['GET', '/v1/'],
    ['POST', '/v1/both'],
    ['PUT', '/v1/both'],
  ] as const)
    assert.deepEqual(await ask(method, url), [401, 200], `${method} ${url}`);
  assert.deepEqual(new Set(guard.routes().map(({ url }) => url)), new Set(['/v1', '/v1/', '/v1/both', '/v1/only']));
});

test('guards a route with an optional parameter, with it and without', async (context) => {
  const { app } = await application(context, { tokens, roles }, (app) => {
    app.get('/page/:id?', { config: { guard: 'authenticated' } }, answer);
    app.get('/day/:id?/', { config: { guard: 'authenticated' } }, answer);
  });
  for (const url of ['/page', '/page/1', '/day/', '/day/1/']) {
    const authorized = await app.inject({ url, headers: { authorization: `Bearer ${token()}` } });
    assert.deepEqual([(await app.inject({ url })).statusCode, authorized.statusCode], [401, 200], url);
  }
});

const wrongPolicies: readonly (readonly [name: string, policy: RouteAccess, says: RegExp])[] = [
  ['that is empty', {}, /neither access nor roles, scopes or by/],
  ['that is public and wants a role', { access: 'public', roles: ['admin'] }, /public and demands/],
  [
    'that is public and limits by subject',
    { access: 'public', limits: [{ per: 'subject', rates: ['1/minute'] }] },
    /counts by subject/,
  ],
  ['of a role that does not exist', { roles: ['amdin'] }, /"amdin" is no role/],
  ['of no role at all', { roles: [] }, /roles must be a list of at least 1/],
  ['by a credential that nothing checks', { by: ['api-key'] }, /no authenticator of the options accepts api-key/],
  ['of a group that does not exist', { access: 'public', group: 'login' }, /"login" is no group/],
  ['that is audited without a sink', { access: 'authenticated', audit: 'user.delete' }, /no audit sink/],
];

for (const [name, policy, says] of wrongPolicies)
  test(`does not boot with a policy ${name}`, async (context) => {
    await assert.rejects(
      boot(context, { tokens, roles }, (app) => app.put('/x', { config: { guard: policy } }, answer)),
      (error) =>
        isGuardError(error, 'guard/route-policy-invalid') &&
        error.message.includes('route PUT /x') &&
        says.test(error.message),
    );
  });

test('does not boot with a misspelled word, which types let pass', async (context) => {
  await assert.rejects(
    boot(context, { tokens }, (app) => app.get('/x', { config: { guard: 'publik' } }, answer)),
    (error) => isGuardError(error, 'guard/route-policy-invalid') && error.message.includes('GET /x'),
  );
});

test('does not boot with a misspelled member of a policy', async (context) => {
  const policy: RouteAccess = Object.assign({ access: 'authenticated' } as const, { role: ['admin'] });
  await assert.rejects(
    boot(context, { tokens, roles }, (app) => app.put('/x', { config: { guard: policy } }, answer)),
    /guard has no option "role"/,
  );
});

test('does not boot where a route wants credentials that nothing checks', async (context) => {
  await assert.rejects(
    boot(context, {}, (app) => app.get('/x', { config: { guard: 'authenticated' } }, answer)),
    /the options have no authenticator/,
  );
});

test('takes declarations of routes that other plug-ins own, and refuses those that fit none', async (context) => {
  const routes = { 'GET /metrics': 'public' } as const;
  const { guard } = await application(context, { routes }, (app) => {
    app.get('/metrics', answer);
  });
  assert.deepEqual(
    guard.routes().map(({ method, access }) => [method, access]),
    [
      ['GET', 'public'],
      ['HEAD', 'public'],
    ],
  );
  await assert.rejects(
    boot(context, { routes }, () => undefined),
    (error) => isGuardError(error, 'guard/route-missing') && error.message.includes('GET /metrics'),
  );
  await assert.rejects(
    boot(context, { routes }, (app) => app.get('/metrics', { config: { guard: 'public' } }, answer)),
    /declared twice/,
  );
});

test('does not boot in an application whose server it has not bounded, unless that is said', async (context) => {
  for (const [server, boots] of [
    ['guarded', false],
    ['foreign', true],
  ] as const) {
    const guard = createGuard({ server });
    const app = Fastify();
    context.after(() => app.close());
    const booted = app.register(guard.plugin).ready();
    if (boots) await booted;
    else
      await assert.rejects(
        async () => booted,
        (error) => isGuardError(error, 'guard/server-foreign'),
      );
  }
});

test('gives the access table as plain data and as text', async (context) => {
  const { guard } = await application(
    context,
    {
      tokens,
      roles,
      limits: { everywhere: [{ per: 'address', rates: ['10/minute', '100/hour'] }] },
      audit: { sink: { append: async () => undefined } },
    },
    (app) => {
      app.delete('/api/user/:id', { config: { guard: { roles: ['admin'], audit: 'user.delete' } } }, answer);
      app.post('/login', { config: { guard: 'public' } }, answer);
      app.put('/notes', { config: { guard: { scopes: ['notes:write'], limits: 'none' } } }, answer);
    },
  );
  assert.deepEqual(guard.routes()[0], {
    method: 'DELETE',
    url: '/api/user/:id',
    access: 'authenticated',
    roles: ['admin'],
    scopes: [],
    by: ['jwt'],
    limits: ['10/60s per address', '100/3600s per address'],
    audit: 'user.delete',
  });
  assert.equal(
    formatRoutes(guard.routes()),
    [
      'METHOD  ROUTE          WHO MAY                           CREDENTIALS  LIMITS                                     AUDIT',
      'DELETE  /api/user/:id  admin                             jwt          10/60s per address; 100/3600s per address  user.delete',
      'POST    /login         everybody                         -            10/60s per address; 100/3600s per address  -',
      'PUT     /notes         any identity, scopes notes:write  jwt          -                                          -',
      '',
    ].join('\n'),
  );
});

test('describes access for OpenAPI by the same declarations', async (context) => {
  const { guard } = await application(context, { tokens, roles }, (app) => {
    app.delete('/api/user/:id(^\\d+$)', { config: { guard: { roles: ['admin'] } } }, answer);
    app.get('/health', { config: { guard: 'public' } }, answer);
  });
  const { components, paths } = guard.openapi();
  assert.deepEqual(Object.keys(components.securitySchemes), ['bearer']);
  assert.deepEqual(paths['/api/user/{id}']?.['delete']?.security, [{ bearer: ['admin'] }]);
  assert.deepEqual(Object.keys(paths['/api/user/{id}']?.['delete']?.responses ?? {}), ['400', '401', '403', '503']);
  assert.deepEqual(paths['/health']?.['get']?.security, []);
  assert.equal(paths['/health']?.['head'], undefined);
});
