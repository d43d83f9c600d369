import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serve } from '../testing/serve.ts';
import { collect } from './collect.ts';

const never = new AbortController().signal;

test('does not take a page that answers every path for open routes', async (context) => {
  const { target } = await serve(context, (_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end('<!doctype html><div id="app"></div>');
  });
  const { routes, exposed } = await collect(target, never);
  assert.ok(routes.known);
  assert.deepEqual([routes.value.open, routes.value.guarded, routes.value.unanswered], [[], 0, 0]);
  assert.deepEqual(exposed, { known: false, why: 'the service answers every path alike' });
});

test('finds JSON behind a page that answers every path', async (context) => {
  const { target } = await serve(context, ({ url }, response) => {
    response.setHeader('content-type', url === '/api/users' ? 'application/json' : 'text/html');
    response.end(url === '/api/users' ? '[]' : '<!doctype html>');
  });
  const { routes } = await collect(target, never);
  assert.deepEqual(routes.known && routes.value.open, [{ method: 'GET', path: '/api/users', status: 200 }]);
});

test('counts a redirect to HTTPS not as plain HTTP', async (context) => {
  const { target } = await serve(context, (_request, response) => {
    response.writeHead(308, { location: 'https://api.example/' }).end();
  });
  await assert.rejects(collect(target, never), { code: 'http-api/no-answer' });
});

test('says unknown, not pass, of what is shed or fails', async (context) => {
  const { target } = await serve(context, ({ url }, response) => {
    response.writeHead(url === '/' ? 200 : 429).end();
  });
  const { routes, exposed } = await collect(target, never);
  assert.ok(routes.known && routes.value.unanswered > 0 && routes.value.open.length === 0);
  assert.equal(exposed.known, false);
});

test('finds origins that only begin or end like a trusted one', async (context) => {
  const { target } = await serve(context, ({ headers: { origin = '' } }, response) => {
    if (origin.endsWith('palisade-probe.example') && origin !== 'https://palisade-probe.example')
      response.setHeader('access-control-allow-origin', origin);
    response.end();
  });
  const { origins } = await collect(target, never);
  assert.deepEqual(origins, { known: true, value: [{ trick: 'suffix', credentials: false }] });
});

test('sends nothing that could change data, and at most four requests at once', async (context) => {
  const paths = {
    '/api/user': { get: {}, post: { requestBody: { content: { 'application/json': {} } } } },
    '/api/jobs/run': { post: {} },
    '/api/user/{id}': { get: {}, delete: {} },
  };
  const { target, asked, most } = await serve(context, ({ url }, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(url === '/openapi.json' ? JSON.stringify({ openapi: '3.1.0', paths }) : '[]');
  });
  await collect(target, never);
  const changing = asked.filter((line) => !/^(?:GET|OPTIONS) /.test(line)).toSorted();
  assert.deepEqual([...new Set(changing)], ['POST /api/user', 'POST /palisade-no-such-route']);
  assert.ok(most() <= 4, `${most()} at once`);
  assert.ok(asked.length < 200, `${asked.length} requests`);
});

test('reads no more than it is willing to of an endless answer', { timeout: 20_000 }, async (context) => {
  const { target } = await serve(context, (_request, response) => {
    const more = (): void => {
      while (response.write('x'.repeat(65_536)));
      response.once('drain', more);
    };
    more();
  });
  const { routes } = await collect(target, never);
  assert.equal(routes.known, true);
});

test('ends at once when it is cancelled', { timeout: 5_000 }, async (context) => {
  const controller = new AbortController();
  const { target } = await serve(context, () => controller.abort(new Error('enough')));
  await assert.rejects(collect(target, controller.signal), /enough/);
});

test('passes on no text of an answer', async (context) => {
  const { target } = await serve(context, (_request, response) => {
    response.writeHead(500, { 'x-canary': 'canary' });
    response.end('Traceback (most recent call last) canary postgresql://canary:canary@canary/canary');
  });
  assert.doesNotMatch(JSON.stringify(await collect(target, never)), /canary(?!@)/);
});
