import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Service } from '../../../contracts/stack.ts';
import { bundledService, serve } from '../testing/serve.ts';
import { documentedRoutes } from './document.ts';
import { judgeRoutes } from './routes.ts';

const never = new AbortController().signal;
const bearer = { security: [{ bearer: [] }] };
const json = { requestBody: { content: { 'application/json': {} } } };
const paths = {
  '/things': { get: bearer, post: { ...bearer, ...json } },
  '/things/{id}': { get: bearer, delete: bearer, put: { ...bearer, ...json } },
  '/run': { post: bearer },
  '/news': { get: { security: [] } },
};

/** The service, built from a directory with this document. */
const builtFrom = (context: TestContext, place: string, text: string): Service => {
  const directory = mkdtempSync(join(tmpdir(), 'palisade-document-'));
  context.after(() => rmSync(directory, { recursive: true }));
  mkdirSync(join(directory, place, '..'), { recursive: true });
  writeFileSync(join(directory, place), text);
  const service = bundledService();
  assert.ok(service.build);
  return { ...service, build: { ...service.build, value: { ...service.build.value, context: directory } } };
};

test('reads the document that lies with the sources, where the service shows none', async (context) => {
  const { origin } = await serve(context, (_request, response) => response.writeHead(401).end());
  for (const place of ['openapi.json', 'docs/openapi.json']) {
    const service = builtFrom(context, place, JSON.stringify({ paths }));
    assert.equal((await documentedRoutes(origin, service, never)).length, 7);
  }
  const broken = builtFrom(context, 'openapi.json', '{');
  assert.deepEqual(await documentedRoutes(origin, broken, never), []);
});

test('believes the service before its sources', async (context) => {
  const { origin } = await serve(context, (_request, response) => {
    response.end(JSON.stringify({ paths: { '/shown': { get: {} } } }));
  });
  const service = builtFrom(context, 'openapi.json', JSON.stringify({ paths }));
  const routes = await documentedRoutes(origin, service, never);
  assert.deepEqual(
    routes.map(({ path }) => path),
    ['/shown'],
  );
});

test('expects of each route what the document declares, and sends nothing that could change data', async (context) => {
  const { origin, asked } = await serve(context, (request, response) =>
    response.writeHead(request.url === '/news' ? 200 : 401).end(),
  );
  const documented = await documentedRoutes(
    origin,
    builtFrom(context, 'openapi.json', JSON.stringify({ paths })),
    never,
  );
  const { open, public: declared, untried, unanswered, locked } = await judgeRoutes(origin, documented, never);
  assert.deepEqual([open, declared, unanswered], [[], ['GET /news'], 0]);
  // DELETE and PUT of a thing, and the POST that takes nothing.
  assert.equal(untried, 3);
  assert.deepEqual(locked.slice(0, 2), ['/things', '/things/1']);
  assert.deepEqual([...new Set(asked.filter((line) => !line.startsWith('GET ')))], ['POST /things']);
});

test('finds a route that is declared protected and is not', async (context) => {
  const documented = await documentedRoutes(
    (await serve(context, (_request, response) => response.writeHead(404).end())).origin,
    builtFrom(context, 'openapi.json', JSON.stringify({ paths })),
    never,
  );
  const answering = async (answer: (method: string, url: string, authorization: string | undefined) => number) => {
    const { origin } = await serve(context, ({ method = '', url = '', headers }, response) =>
      response.writeHead(answer(method, url, headers.authorization)).end(),
    );
    return judgeRoutes(origin, documented, never);
  };
  const reading = await answering((method, url) => (method === 'GET' && url === '/things/1' ? 200 : 401));
  assert.deepEqual(reading.open, [{ method: 'GET', path: '/things/1', status: 200 }]);
  const writing = await answering((method) => (method === 'POST' ? 201 : 401));
  assert.deepEqual(writing.open, [{ method: 'POST', path: '/things', status: 201 }]);
  const believing = await answering((_method, url, given) => (given !== undefined && url === '/things' ? 200 : 401));
  assert.deepEqual(believing.open, [{ method: 'GET', path: '/things', status: 200, with: 'a malformed token' }]);
});

test('tells a declared route that is not there from one whose handler found nothing', async (context) => {
  const service = builtFrom(context, 'openapi.json', JSON.stringify({ paths }));
  for (const [words, expected] of [
    [(url: string) => `no route ${url}`, { guarded: 0, unanswered: 0, absent: 2 }],
    [(url: string) => (url === '/things/1' ? 'no thing' : 'no route'), { guarded: 0, unanswered: 1, absent: 1 }],
  ] as const) {
    const { origin } = await serve(context, ({ url = '' }, response) => response.writeHead(404).end(words(url)));
    const { open, guarded, unanswered, absent } = await judgeRoutes(
      origin,
      await documentedRoutes(origin, service, never),
      never,
    );
    assert.deepEqual([open, { guarded, unanswered, absent }], [[], expected]);
  }
});

test('takes a complaint about the body for no permission', async (context) => {
  const { origin } = await serve(context, ({ method }, response) =>
    response.writeHead(method === 'POST' ? 422 : 401).end(),
  );
  const documented = await documentedRoutes(
    origin,
    builtFrom(context, 'openapi.json', JSON.stringify({ paths })),
    never,
  );
  const { open, untried } = await judgeRoutes(origin, documented, never);
  assert.deepEqual([open, untried], [[], 4]);
});

test('reads a document of a size that real services have', async (context) => {
  const description = 'x'.repeat(300_000);
  const { origin } = await serve(context, (_request, response) => {
    response.end(JSON.stringify({ info: { description }, paths: { '/shown': { get: {} } } }));
  });
  assert.equal((await documentedRoutes(origin, bundledService(), never))[0]?.path, '/shown');
});
