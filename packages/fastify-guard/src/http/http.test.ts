import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import test from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { application, listen, tokens } from '../../test/application.ts';
import { type Guard, type GuardOptions, ProblemError, problemType } from '../index.ts';

const guarded = (context: test.TestContext, options: GuardOptions = {}) =>
  application(context, { tokens, ...options }, (app) => {
    app.get('/x', { config: { guard: 'public' } }, async () => ({ ok: true }));
    app.get('/health', { config: { guard: { access: 'public', shed: false } } }, async () => ({ ok: true }));
    app.get('/broken', { config: { guard: 'public' } }, async () => {
      throw new Error('canary: relation "users" does not exist');
    });
    app.get('/gone', { config: { guard: 'public' } }, async () => {
      throw new ProblemError(410, 'note-gone', 'The note was deleted.');
    });
    app.get('/never', { config: { guard: 'public' } }, async () => new Promise(() => undefined));
    app.post('/never', { config: { guard: 'public' } }, async () => new Promise(() => undefined));
    app.get('/slow', { config: { guard: 'public' } }, async () => wait(300, { slow: true }));
    app.post(
      '/notes',
      {
        config: { guard: 'public' },
        schema: {
          body: {
            type: 'object',
            additionalProperties: false,
            required: ['text'],
            properties: { text: { type: 'string' } },
          },
        },
      },
      async () => ({ ok: true }),
    );
    app.get(
      '/narrow',
      {
        config: { guard: 'public' },
        schema: { response: { '4xx': { type: 'object', properties: { title: { type: 'string' } } } } },
      },
      async () => {
        throw new ProblemError(404, 'note-missing', 'There is no such note.');
      },
    );
  });

/** Sends bytes as they are and gives all that comes back until the server hangs up. */
const exchange = async (app: FastifyInstance, ...parts: readonly string[]): Promise<string> => {
  const socket = connect(Number(new URL(await listen(app)).port), '127.0.0.1');
  let text = '';
  socket.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  socket.on('error', () => undefined);
  for (const part of parts) socket.write(part);
  await once(socket, 'close');
  return text;
};
const expectProblem = (answer: string, status: number, code: string): void => {
  assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `), answer);
  assert.match(answer, /x-content-type-options: nosniff/);
  assert.match(answer, /application\/problem\+json/);
  assert.ok(answer.includes(`"code":"${code}"`), answer);
};

const errors = [
  ['an address that does not decode', { method: 'GET', url: '/%E0%A4%A' }, 400, 'request-invalid'],
  ['an address that does not exist', { method: 'GET', url: '/nothing' }, 404, 'not-found'],
  ['a method that the address does not take', { method: 'PATCH', url: '/notes' }, 405, 'method-not-allowed'],
  [
    'an unknown member',
    { method: 'POST', url: '/notes', payload: { text: 'a', role: 'admin' } },
    400,
    'request-invalid',
  ],
  [
    'a body that is no JSON',
    { method: 'POST', url: '/notes', payload: '{', headers: { 'content-type': 'application/json' } },
    400,
    'request-invalid',
  ],
  [
    '__proto__ in the body',
    {
      method: 'POST',
      url: '/notes',
      payload: '{"text":"a","__proto__":{"x":1}}',
      headers: { 'content-type': 'application/json' },
    },
    400,
    'request-invalid',
  ],
  [
    'a body that is too large',
    { method: 'POST', url: '/notes', payload: { text: 'a'.repeat(300_000) } },
    413,
    'body-too-large',
  ],
  [
    'a media type that nobody understands',
    { method: 'POST', url: '/notes', payload: 'a', headers: { 'content-type': 'text/xml' } },
    415,
    'media-type-unsupported',
  ],
  ['a failure of the handler', { method: 'GET', url: '/broken' }, 500, 'internal'],
  ['an error on purpose', { method: 'GET', url: '/gone' }, 410, 'note-gone'],
  ['a route whose schema would cut the problem', { method: 'GET', url: '/narrow' }, 404, 'note-missing'],
] as const;
for (const [name, request, status, code] of errors)
  test(`answers ${name} with a problem, headers and no secret`, async (context) => {
    const { app } = await guarded(context);
    const answer = await app.inject({ ...request });
    const body = answer.json<{ status: number; code: string; type: string; title: string; detail: string }>();
    assert.deepEqual([answer.statusCode, body.status, body.code], [status, status, code], answer.body);
    assert.ok(body.title !== '' && body.detail !== '' && body.type === 'about:blank');
    assert.equal(answer.headers['content-type'], problemType);
    assert.equal(answer.headers['x-content-type-options'], 'nosniff');
    assert.equal(answer.headers['strict-transport-security'], 'max-age=31536000; includeSubDomains');
    assert.doesNotMatch(answer.body, /canary|stack|users/);
  });

test('adds, changes and takes away headers as it is told', async (context) => {
  const { app } = await guarded(context, {
    headers: { 'X-Frame-Options': false, 'cache-control': 'private', 'x-own': '1' },
  });
  const { headers } = await app.inject({ url: '/x' });
  assert.deepEqual(
    [headers['x-frame-options'], headers['cache-control'], headers['x-own'], headers['referrer-policy']],
    [undefined, 'private', '1', 'no-referrer'],
  );
});

test('lets pages of listed origins read answers, and no others', async (context) => {
  const { app } = await guarded(context, {
    cors: { origins: ['https://app.example'], methods: ['GET', 'DELETE'], exposed: ['ratelimit'], credentials: true },
  });
  const evil = [
    'https://evil.example',
    'null',
    'https://app.example.evil.example',
    'https://evilapp.example',
    'http://app.example',
    'https://app.example:8443',
    'https://APP.example',
    'https://app.example/',
  ];
  for (const origin of evil) {
    const { headers } = await app.inject({ url: '/x', headers: { origin } });
    assert.deepEqual(
      [headers['access-control-allow-origin'], headers['access-control-allow-credentials'], headers['vary']],
      [undefined, undefined, 'Origin'],
      origin,
    );
    const preflight = await app.inject({
      method: 'OPTIONS',
      url: '/x',
      headers: { origin, 'access-control-request-method': 'GET' },
    });
    assert.equal(preflight.statusCode, 403);
    assert.equal(preflight.headers['access-control-allow-origin'], undefined, origin);
  }
  const good = { origin: 'https://app.example' };
  const read = await app.inject({ url: '/x', headers: good });
  assert.deepEqual(
    [
      read.headers['access-control-allow-origin'],
      read.headers['access-control-allow-credentials'],
      read.headers['access-control-expose-headers'],
    ],
    ['https://app.example', 'true', 'ratelimit'],
  );
  const preflight = await app.inject({
    method: 'OPTIONS',
    url: '/x',
    headers: { ...good, 'access-control-request-method': 'DELETE' },
  });
  assert.deepEqual(
    [
      preflight.statusCode,
      preflight.headers['access-control-allow-methods'],
      preflight.headers['access-control-allow-headers'],
    ],
    [204, 'GET, DELETE', 'authorization, content-type'],
  );
});

test('answers a head that never ends with 408, and one that is too large with 431', async (context) => {
  const { app } = await guarded(context, { bounds: { headersTimeout: 300, requestTimeout: 600, headerBytes: 4_096 } });
  expectProblem(await exchange(app, 'GET /x HTTP/1.1\r\nhost: a\r\n'), 408, 'request-timeout');
});

test('answers headers that are too large with 431', async (context) => {
  const { app } = await guarded(context, { bounds: { headerBytes: 4_096 } });
  expectProblem(
    await exchange(app, `GET /x HTTP/1.1\r\nhost: a\r\nx: ${'a'.repeat(8_000)}\r\n\r\n`),
    431,
    'headers-too-large',
  );
});

test('answers a body that never ends with 408', async (context) => {
  const { app } = await guarded(context, { bounds: { headersTimeout: 300, requestTimeout: 600 } });
  const head = 'POST /notes HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{';
  expectProblem(await exchange(app, head), 408, 'request-timeout');
});

test('answers what is no HTTP, and two lengths, with 400', async (context) => {
  const { app } = await guarded(context);
  expectProblem(await exchange(app, 'nonsense\r\n\r\n'), 400, 'request-invalid');
});

test('refuses a request that two servers would cut differently', async (context) => {
  const { app } = await guarded(context);
  const head = 'POST /notes HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n';
  expectProblem(await exchange(app, head), 400, 'request-invalid');
});

test('answers for a handler that never does', async (context) => {
  const { app } = await guarded(context, { bounds: { handlerTimeout: 200 } });
  const url = await listen(app);
  for (const method of ['GET', 'POST']) {
    const body = method === 'POST' ? { body: '{}', headers: { 'content-type': 'application/json' } } : {};
    const answer = await fetch(`${url}/never`, { method, ...body, signal: AbortSignal.timeout(5_000) });
    assert.equal(answer.status, 503, method);
    assert.match(await answer.text(), /"code":"handler-timeout"/);
  }
});

test('closes a silent connection, and more connections of one address than it may have', async (context) => {
  const { app } = await guarded(context, { bounds: { connectionTimeout: 300, connectionsPerAddress: 3 } });
  const port = Number(new URL(await listen(app)).port);
  const closed = await Promise.all(
    Array.from({ length: 5 }, async () => {
      const started = performance.now();
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined).resume();
      await once(socket, 'close');
      return performance.now() - started;
    }),
  );
  assert.equal(closed.filter((time) => time < 200).length, 2, closed.join());
  assert.equal(closed.filter((time) => time >= 250).length, 3, closed.join());
});

test('answers so many requests of one connection and no more', async (context) => {
  const { app } = await guarded(context, { bounds: { requestsPerConnection: 2 } });
  const request = 'GET /x HTTP/1.1\r\nhost: a\r\n\r\n';
  const answers = await exchange(app, request.repeat(4));
  assert.equal(answers.match(/HTTP\/1\.1 200 /g)?.length, 2, answers);
  assert.match(answers, /connection: close/i);
});

/** Requests that stay under way until they are given up. */
const occupy = async (guard: Guard, url: string, count: number): Promise<() => void> => {
  const giveUp = new AbortController();
  const all = Array.from({ length: count }, () => fetch(`${url}/never`, { signal: giveUp.signal }));
  for (const one of all) one.catch(() => undefined);
  while (guard.inFlight() < count) await wait(10);
  return () => giveUp.abort();
};

test('lets a connection that waits make room for a new one, and none that is answered', async (context) => {
  const { app, guard } = await guarded(context, { bounds: { connections: 4 } });
  const url = await listen(app);
  const giveUp = await occupy(guard, url, 2);
  const silent = Array.from({ length: 30 }, () => connect(Number(new URL(url).port), '127.0.0.1'));
  for (const socket of silent) socket.on('error', () => undefined).resume();
  await Promise.race(silent.map((socket) => once(socket, 'close')));
  assert.equal((await fetch(`${url}/x`)).status, 200);
  assert.equal(guard.inFlight(), 2);
  // The application waits at its end for what is under way, and for who is connected.
  giveUp();
  for (const socket of silent) socket.destroy();
});

test('spares a connection that is used, though silent ones came after it', async (context) => {
  const { app } = await guarded(context, { bounds: { connections: 4 } });
  const port = Number(new URL(await listen(app)).port);
  const used = connect(port, '127.0.0.1').setEncoding('utf8');
  const ask = async (): Promise<unknown> => {
    used.write('GET /x HTTP/1.1\r\nhost: localhost\r\n\r\n');
    const [answer] = await once(used, 'data', { signal: AbortSignal.timeout(2_000) });
    return answer;
  };
  const silent: Socket[] = [];
  const flood = async (): Promise<void> => {
    const one = connect(port, '127.0.0.1').on('error', () => undefined);
    silent.push(one);
    await once(one, 'connect');
    await wait(20);
  };
  assert.match(String(await ask()), /^HTTP\/1\.1 200 /);
  for (let round = 0; round < 5; round += 1) {
    for (let count = 0; count < 3; count += 1) await flood();
    assert.match(String(await ask()), /^HTTP\/1\.1 200 /);
  }
  assert.ok(silent.filter(({ readyState }) => readyState === 'open').length <= 3);
  for (const socket of [used, ...silent]) socket.destroy();
});

test('takes no connection more than it may have where each is answered', async (context) => {
  const { app, guard } = await guarded(context, { bounds: { connections: 2 } });
  const url = await listen(app);
  const giveUp = await occupy(guard, url, 2);
  await assert.rejects(fetch(`${url}/x`));
  giveUp();
  while (guard.inFlight() > 0) await wait(10);
  assert.equal((await fetch(`${url}/x`)).status, 200);
});

test('turns requests away when too many are under way, but no probe of health', async (context) => {
  const { app, guard } = await guarded(context, { overload: { inFlight: 3, retryAfter: 7 } });
  const url = await listen(app);
  const slow = Array.from({ length: 3 }, () => fetch(`${url}/slow`));
  while (guard.inFlight() < 3) await wait(10);
  const refused = await fetch(`${url}/x`);
  assert.deepEqual([refused.status, refused.headers.get('retry-after')], [503, '7']);
  assert.match(await refused.text(), /"code":"overloaded"/);
  assert.equal((await fetch(`${url}/health`)).status, 200);
  assert.deepEqual(
    (await Promise.all(slow)).map(({ status }) => status),
    [200, 200, 200],
  );
  await wait(50);
  assert.equal((await fetch(`${url}/x`)).status, 200);
  assert.equal(guard.inFlight(), 0);
});

const block = async (): Promise<void> => {
  const end = performance.now() + 1_200;
  while (performance.now() < end) {
    /* Busy. */
  }
  // The timer that measures comes due in this turn of the loop.
  await wait(1);
};

test('turns requests away while the event loop is late, and takes them again after', async (context) => {
  const { app } = await guarded(context, { overload: { eventLoopDelay: 100 } });
  assert.equal((await app.inject({ url: '/x' })).statusCode, 200);
  await block();
  assert.equal((await app.inject({ url: '/x' })).statusCode, 503);
  assert.equal((await app.inject({ url: '/health' })).statusCode, 200);
  await wait(1_200);
  assert.equal((await app.inject({ url: '/x' })).statusCode, 200);
});
