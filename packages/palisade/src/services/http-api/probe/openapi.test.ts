import assert from 'node:assert/strict';
import { test } from 'node:test';
import { routesOf } from './openapi.ts';

const document = (paths: object, rest: object = {}): string => JSON.stringify({ openapi: '3.1.0', paths, ...rest });

test('fills parameters in, and spoils the first one', () => {
  const [route] = routesOf(document({ '/users/{id}/orders/{order}': { get: {} } })) ?? [];
  assert.deepEqual(route, {
    method: 'GET',
    path: '/users/1/orders/1',
    badPath: '/users/%27x/orders/1',
    takesJson: false,
    access: 'undeclared',
  });
});

test('knows which routes take JSON', () => {
  const routes = routesOf(
    document({
      '/json': { post: { requestBody: { content: { 'application/json': {} } } } },
      '/form': { post: { requestBody: { content: { 'multipart/form-data': {} } } } },
      '/act': { post: {} },
    }),
  );
  assert.deepEqual(
    routes?.map(({ path, takesJson }) => [path, takesJson]),
    [
      ['/json', true],
      ['/form', false],
      ['/act', false],
    ],
  );
});

test('puts the base path of the server in front', () => {
  const paths = { '/users': { get: {} } };
  for (const rest of [
    { servers: [{ url: 'https://x.example/v1/' }] },
    { servers: [{ url: '/v1' }] },
    { basePath: '/v1' },
  ])
    assert.equal(routesOf(document(paths, rest))?.[0]?.path, '/v1/users');
});

test('knows who may call an operation, and takes silence for no permission', () => {
  const bearer = [{ bearer: [] }];
  const paths = {
    '/own': { get: { security: bearer } },
    '/open': { get: { security: [] } },
    '/either': { get: { security: [{}, { bearer: [] }] } },
    '/silent': { get: {} },
  };
  const accesses = (rest: object): unknown =>
    Object.fromEntries((routesOf(document(paths, rest)) ?? []).map(({ path, access }) => [path, access]));
  assert.deepEqual(accesses({}), {
    '/own': 'protected',
    '/open': 'public',
    '/either': 'public',
    '/silent': 'undeclared',
  });
  assert.deepEqual(accesses({ security: bearer }), {
    '/own': 'protected',
    '/open': 'public',
    '/either': 'public',
    '/silent': 'protected',
  });
});

test('is bounded, and refuses paths that would leave the service', () => {
  const many = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`/r${index}`, { get: {} }]));
  assert.equal(routesOf(document(many))?.length, 40);
  assert.deepEqual(routesOf(document({ '/a b': { get: {} }, '/a\r\nHost: x': { get: {} } })), []);
});

test('takes nothing else for a description', () => {
  for (const text of ['<!doctype html>', '{}', '[]', 'null', '{"paths":[]}']) assert.equal(routesOf(text), undefined);
});
