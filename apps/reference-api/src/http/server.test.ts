import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import test, { type TestContext } from 'node:test';
import { developmentProfile, hardenedProfile } from '../profile.ts';
import { hardenedLimits } from './limits.ts';
import { problemType } from './problem.ts';
import type { Access, Route } from './route.ts';
import { type HttpServer, type Profile, createServer } from './server.ts';

const route = (
  access: Access,
  path: string,
  handle: Route['handle'] = async () => ({ status: 200, body: {} }),
): Route => ({
  method: 'GET',
  path,
  access,
  summary: '',
  handle,
});
const routes: readonly Route[] = [
  route('public', '/health'),
  route('authenticated', '/api/user'),
  { ...route('authenticated', '/api/user'), method: 'POST' },
  route('public', '/broken', async () => {
    throw new Error('canary: relation "users" does not exist');
  }),
];
const silent = { write: () => undefined };
const unused = { cert: '', key: '', ca: '' };
// The rules of the hardened posture over plain HTTP, so that a request can be injected.
const { tls: _, ...rules } = hardenedProfile({ logLevel: 'error' }, unused);
const hardened: Profile = { ...rules, logTo: silent };
const development: Profile = { ...developmentProfile({ logLevel: 'error' }), logTo: silent };

const serve = (context: TestContext, profile: Profile): HttpServer => {
  const server = createServer(profile, routes);
  context.after(() => server.app.close());
  return server;
};

/** Sends bytes as they are and gives all that comes back until the server hangs up. */
const exchange = async (server: HttpServer, bytes: string): Promise<string> => {
  await server.app.listen({ host: '127.0.0.1', port: 0 });
  const address = server.app.server.address();
  assert.ok(typeof address === 'object' && address !== null);
  const socket = connect(address.port, '127.0.0.1');
  let text = '';
  socket.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  socket.write(bytes);
  await once(socket, 'close');
  return text;
};

test('does not boot with a route whose access nobody decided', () => {
  const undecided = Object.assign(route('public', '/forgotten'), { access: undefined });
  assert.throws(() => createServer(development, [...routes, undecided]), /has no access/);
});

test('does not boot with a route that a plug-in adds without access', async (context) => {
  const { app } = serve(context, hardened);
  assert.throws(() => app.get('/late', async () => 'late'), /has no access/);
});

test('answers authenticated routes with 401 and a problem, before looking at the body', async (context) => {
  const { app } = serve(context, hardened);
  const answer = await app.inject({
    method: 'POST',
    url: '/api/user',
    payload: '{',
    headers: { 'content-type': 'application/json' },
  });
  assert.equal(answer.statusCode, 401);
  assert.equal(answer.headers['content-type'], problemType);
  assert.equal(answer.headers['www-authenticate'], 'Bearer');
  assert.deepEqual(Object.keys(answer.json()), ['type', 'title', 'status', 'detail']);
});

test('asks for credentials below /api whether or not the route exists', async (context) => {
  const { app } = serve(context, hardened);
  for (const url of ['/api/user', '/api/none', '/api/user/', '/api/../api/user', '/api/%75ser', '/API/user'])
    assert.notEqual((await app.inject(url)).statusCode, 200, url);
  assert.equal((await app.inject('/api/none')).statusCode, 401);
  assert.equal((await app.inject('/none')).statusCode, 404);
  assert.equal((await app.inject({ method: 'HEAD', url: '/api/user' })).statusCode, 401);
});

test('serves an authenticated route to a caller who has proven who it is', async (context) => {
  const { app } = serve(context, { ...hardened, authenticate: async () => true });
  assert.equal((await app.inject('/api/user')).statusCode, 200);
});

test('keeps what the server thought to itself when hardened, and tells it in development', async (context) => {
  const secretive = await serve(context, hardened).app.inject('/broken');
  assert.equal(secretive.statusCode, 500);
  assert.deepEqual(secretive.json(), { type: 'about:blank', title: 'Internal Server Error', status: 500 });
  const open = await serve(context, development).app.inject('/broken');
  assert.match(open.body, /canary.*server\.test\.ts/s);
});

test('puts the security headers on every answer, also where no hook runs', async (context) => {
  const { app } = serve(context, hardened);
  for (const url of ['/health', '/api/user', '/none', '/broken', '/%E0%A4%A']) {
    const { headers } = await app.inject(url);
    for (const [name, value] of Object.entries(hardened.headers)) assert.equal(headers[name], value, `${url} ${name}`);
  }
});

test('reflects any origin with credentials in development and none when hardened', async (context) => {
  const open = serve(context, development).app;
  const shut = serve(context, hardened).app;
  for (const origin of ['https://evil.example', 'null']) {
    const headers = { origin, 'access-control-request-method': 'GET' };
    for (const method of ['GET', 'OPTIONS'] as const) {
      const reflected = await open.inject({ method, url: '/api/user', headers });
      assert.equal(reflected.headers['access-control-allow-origin'], origin);
      assert.equal(reflected.headers['access-control-allow-credentials'], 'true');
      const refused = await shut.inject({ method, url: '/api/user', headers });
      assert.equal(refused.headers['access-control-allow-origin'], undefined);
    }
  }
});

test('refuses a body over the limit with 413', async (context) => {
  const { app } = serve(context, { ...hardened, authenticate: async () => true });
  const payload = JSON.stringify({ name: 'x'.repeat(hardenedLimits.bodyBytes) });
  const answer = await app.inject({
    method: 'POST',
    url: '/api/user',
    payload,
    headers: { 'content-type': 'application/json' },
  });
  assert.equal(answer.statusCode, 413);
  assert.equal(answer.headers['content-type'], problemType);
});

test('refuses a body that is not JSON with 415', async (context) => {
  const { app } = serve(context, { ...hardened, authenticate: async () => true });
  const answer = await app.inject({
    method: 'POST',
    url: '/api/user',
    payload: 'x',
    headers: { 'content-type': 'text/plain' },
  });
  assert.equal(answer.statusCode, 415);
});

test('hangs up on slow headers with 408, and says so in the usual shape', async (context) => {
  const limits = { ...hardenedLimits, headersTimeout: 200, requestTimeout: 400 };
  const text = await exchange(serve(context, { ...hardened, limits }), 'GET /health HTTP/1.1\r\nHost: x\r\n');
  assert.match(text, /^HTTP\/1\.1 408 /);
  assert.match(text, /x-content-type-options: nosniff/);
  assert.match(text, /application\/problem\+json/);
});

test('hangs up on a body that does not arrive with 408', async (context) => {
  const limits = { ...hardenedLimits, headersTimeout: 200, requestTimeout: 400 };
  const server = serve(context, { ...hardened, limits, authenticate: async () => true });
  const head = 'POST /api/user HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{';
  assert.match(await exchange(server, head), /^HTTP\/1\.1 408 /);
});

test('refuses a head over the limit with 431', async (context) => {
  const text = await exchange(
    serve(context, hardened),
    `GET /health HTTP/1.1\r\nHost: x\r\nA: ${'x'.repeat(9_000)}\r\n\r\n`,
  );
  assert.match(text, /^HTTP\/1\.1 431 /);
});

test('refuses two lengths, which a proxy could read otherwise, with 400', async (context) => {
  const smuggled =
    'POST /health HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n';
  assert.match(await exchange(serve(context, hardened), smuggled), /^HTTP\/1\.1 400 /);
});

test('keeps queries, headers and bodies out of the log', async (context) => {
  const lines: string[] = [];
  const { app } = createServer(
    { ...hardened, logLevel: 'info', logTo: { write: (line) => void lines.push(line) } },
    routes,
  );
  context.after(() => app.close());
  const headers = {
    authorization: 'Bearer canary-header',
    cookie: 'canary-cookie',
    'content-type': 'application/json',
  };
  await app.inject({
    method: 'POST',
    url: '/api/user?token=canary-query',
    headers,
    payload: '{"password":"canary-body"}',
  });
  await app.inject('/%E0%A4%A?token=canary-query');
  assert.ok(lines.length > 0);
  assert.doesNotMatch(lines.join(''), /canary/);
});
