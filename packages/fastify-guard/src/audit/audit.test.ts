import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import test from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { application, listen, roles, tokens } from '../../test/application.ts';
import { issuer, token } from '../../test/tokens.ts';
import type { GuardAuditEvent, GuardOptions } from '../index.ts';

const bearer = (granted: string) => ({ authorization: `Bearer ${token({ roles: [granted] })}` });

/** An application with a sink that keeps records, and a list of what happened in order. */
const guarded = async (
  context: test.TestContext,
  fails: (event: GuardAuditEvent) => boolean = () => false,
  options: GuardOptions = {},
) => {
  const records: GuardAuditEvent[] = [];
  const order: string[] = [];
  const append = async (event: GuardAuditEvent): Promise<void> => {
    await wait(5);
    if (fails(event)) throw new Error('canary: no space left on device');
    records.push(event);
    order.push(event.details.phase);
  };
  const { app } = await application(
    context,
    { tokens, roles, audit: { sink: { append }, timeout: 300 }, ...options },
    (app) => {
      app.delete<{ Params: { id: string } }>(
        '/api/user/:id',
        {
          config: {
            guard: {
              roles: ['admin'],
              audit: { action: 'user.delete', resource: ({ params }) => JSON.stringify(params) },
            },
          },
        },
        async (request, reply) => {
          order.push('handler');
          if (request.params.id === 'none') return reply.code(404).send({});
          if (request.params.id === 'broken') throw new Error('broken');
          return { deleted: request.params.id };
        },
      );
      app.get(
        '/secrets',
        { config: { guard: { roles: ['admin'], audit: 'secrets.read' } } },
        async (_request, reply) => {
          order.push('handler');
          return reply.header('etag', 'canary').send({ secret: 'canary' });
        },
      );
      app.get('/stream', { config: { guard: { roles: ['admin'], audit: 'secrets.read' } } }, async (_request, reply) =>
        reply.send(Readable.from(['canary'])),
      );
      app.post(
        '/hijack',
        { config: { guard: { roles: ['admin'], audit: 'socket.take' } } },
        async (_request, reply) => {
          reply.hijack();
          reply.raw.end('mine');
        },
      );
      app.put(
        '/never',
        { config: { guard: { roles: ['admin'], audit: 'never' } } },
        async () => new Promise(() => undefined),
      );
      app.put('/late', { config: { guard: { roles: ['admin'], audit: 'late' } } }, async () =>
        wait(240, { late: 'canary' }),
      );
      app.get('/quiet', { config: { guard: { roles: ['admin'] } } }, async () => ({}));
      app.addHook('onResponse', async () => {
        order.push('answered');
      });
    },
  );
  return { app, records, order };
};

test('records a refused deletion once, and a permitted one with its intent and its success', async (context) => {
  const { app, records, order } = await guarded(context);
  const url = '/api/user/7?secret=canary';
  assert.equal((await app.inject({ method: 'DELETE', url, headers: bearer('user') })).statusCode, 403);
  assert.deepEqual(
    records.map(({ outcome, details, reason, operation }) => [outcome, details.phase, reason, operation]),
    [['failure', 'refusal', 'permission-denied', 'user.delete']],
  );
  records.length = 0;
  order.length = 0;
  const headers = { ...bearer('admin'), 'user-agent': 'test' };
  assert.equal((await app.inject({ method: 'DELETE', url, headers })).statusCode, 200);
  assert.deepEqual(order, ['intent', 'handler', 'outcome', 'answered']);
  const { actor, request, ...rest } = records[1] ?? {};
  assert.deepEqual(rest, {
    class: 'api-activity',
    activity: 'delete',
    outcome: 'success',
    operation: 'user.delete',
    severity: 'informational',
    source: { ip: '127.0.0.1' },
    resource: { uid: '{"id":"7"}' },
    details: { phase: 'outcome' },
  });
  assert.deepEqual({ ...actor, session: 'x' }, { uid: 'alice', issuer, type: 'jwt', session: 'x' });
  assert.deepEqual(
    { ...request, uid: 'x' },
    { uid: 'x', method: 'DELETE', path: '/api/user/7', userAgent: 'test', status: 200 },
  );
  assert.deepEqual([records[0]?.outcome, records[0]?.details.phase], ['unknown', 'intent']);
  assert.doesNotMatch(JSON.stringify(records), /canary|Bearer|eyJ/);
});

test('records without an identity where nobody proved one', async (context) => {
  const { app, records } = await guarded(context);
  assert.equal(
    (await app.inject({ method: 'DELETE', url: '/api/user/7', headers: { authorization: 'Bearer x' } })).statusCode,
    401,
  );
  assert.deepEqual(
    records.map(({ actor, reason, request }) => [actor, reason, request.status]),
    [[undefined, 'token-invalid', 401]],
  );
});

test('records how an operation failed that ran', async (context) => {
  const { app, records } = await guarded(context);
  for (const [id, status] of [
    ['none', 404],
    ['broken', 500],
  ] as const) {
    records.length = 0;
    assert.equal(
      (await app.inject({ method: 'DELETE', url: `/api/user/${id}`, headers: bearer('admin') })).statusCode,
      status,
    );
    assert.deepEqual(
      records.map(({ outcome, details, request }) => [outcome, details.phase, request.status]),
      [
        ['unknown', 'intent', undefined],
        ['failure', 'outcome', status],
      ],
    );
  }
});

test('calls the end of an operation unknown whose time was over', async (context) => {
  const { app, records } = await guarded(context, undefined, { bounds: { handlerTimeout: 200 } });
  assert.equal((await app.inject({ method: 'PUT', url: '/never', headers: bearer('admin') })).statusCode, 503);
  assert.deepEqual(
    records.map(({ outcome, details, reason }) => [outcome, details.phase, reason]),
    [
      ['unknown', 'intent', undefined],
      ['unknown', 'outcome', 'handler-timeout'],
    ],
  );
});

test('gives one answer where the handler is done while the end of its time is recorded', async (context) => {
  const kept: unknown[] = [];
  const sink = {
    append: async (event: GuardAuditEvent) => {
      if (event.details.phase === 'outcome') await wait(150);
      kept.push([event.outcome, event.reason]);
    },
  };
  const { app } = await guarded(context, undefined, {
    bounds: { handlerTimeout: 200 },
    audit: { sink, timeout: 2_000 },
  });
  const url = await listen(app);
  const answer = await fetch(`${url}/late`, { method: 'PUT', headers: bearer('admin') });
  assert.equal(answer.status, 503);
  const text = await answer.text();
  assert.match(text, /"handler-timeout"/);
  assert.doesNotMatch(text, /canary/);
  assert.deepEqual(kept, [
    ['unknown', undefined],
    ['unknown', 'handler-timeout'],
  ]);
  assert.equal((await fetch(`${url}/quiet`, { headers: bearer('admin') })).status, 200);
});

test('gives the answer of a handler that was in time, however long its end takes to be recorded', async (context) => {
  const sink = { append: () => wait(250) };
  const { app } = await guarded(context, undefined, {
    bounds: { handlerTimeout: 400 },
    audit: { sink, timeout: 2_000 },
  });
  const url = await listen(app);
  const answer = await fetch(`${url}/secrets`, { headers: bearer('admin') });
  assert.deepEqual([answer.status, await answer.json()], [200, { secret: 'canary' }]);
  const changed = await fetch(`${url}/api/user/7`, { method: 'DELETE', headers: bearer('admin') });
  assert.deepEqual([changed.status, await changed.json()], [200, { deleted: '7' }]);
});

test('does not run an operation whose intent cannot be recorded', async (context) => {
  const silent = new Promise<never>(() => undefined);
  for (const options of [undefined, { audit: { sink: { append: () => silent }, timeout: 100 } }]) {
    const { app, order } = await guarded(context, () => true, options);
    const answer = await app.inject({ method: 'DELETE', url: '/api/user/7', headers: bearer('admin') });
    assert.deepEqual([answer.statusCode, answer.json<{ code: string }>().code], [503, 'audit-unavailable']);
    assert.equal(answer.headers['retry-after'], '5');
    assert.deepEqual(order, ['answered']);
    assert.doesNotMatch(answer.body, /canary/);
  }
});

test('says so where an operation ran and its end could not be recorded', async (context) => {
  const { app, order } = await guarded(context, ({ details }) => details.phase === 'outcome');
  const answer = await app.inject({ method: 'DELETE', url: '/api/user/7', headers: bearer('admin') });
  assert.deepEqual([answer.statusCode, answer.json<{ code: string }>().code], [500, 'audit-incomplete']);
  assert.deepEqual(order, ['intent', 'handler', 'answered']);
  assert.doesNotMatch(answer.body, /deleted/);
});

test('gives nothing away that was read without a record', async (context) => {
  const { app } = await guarded(context, () => true);
  for (const url of ['/secrets', '/stream']) {
    const answer = await app.inject({ url, headers: bearer('admin') });
    assert.deepEqual([answer.statusCode, answer.json<{ code: string }>().code], [503, 'audit-unavailable']);
    assert.equal(answer.headers['etag'], undefined);
    assert.doesNotMatch(answer.body, /canary/);
  }
});

test('keeps a refusal a refusal where it cannot be recorded', async (context) => {
  const { app } = await guarded(context, () => true);
  assert.equal((await app.inject({ method: 'DELETE', url: '/api/user/7', headers: bearer('user') })).statusCode, 403);
});

test('records that an answer went past the guard', async (context) => {
  const { app, records } = await guarded(context);
  const url = await listen(app);
  const answer = await fetch(`${url}/hijack`, { method: 'POST', headers: bearer('admin') });
  assert.equal(await answer.text(), 'mine');
  for (let tries = 0; tries < 100 && records.length < 2; tries++) await wait(10);
  assert.deepEqual(
    records.map(({ outcome, details }) => [outcome, details.phase]),
    [
      ['unknown', 'intent'],
      ['unknown', 'lost'],
    ],
  );
});

test('records nothing about other routes, and no flood', async (context) => {
  const { app, records } = await guarded(context, () => false, {
    limits: { everywhere: [{ per: 'address', rates: ['2/minute'] }] },
  });
  assert.equal((await app.inject({ url: '/quiet', headers: bearer('admin') })).statusCode, 200);
  for (let index = 0; index < 5; index++) await app.inject({ url: '/secrets', headers: bearer('admin') });
  assert.equal(records.length, 1);
});
