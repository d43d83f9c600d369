import assert from 'node:assert/strict';
import test from 'node:test';
import { application, roles, tokens } from '../../test/application.ts';

const cases: readonly (readonly [
  method: 'GET' | 'POST' | 'PUT' | 'TRACE' | 'QUERY' | 'OPTIONS',
  url: string,
  status: number,
  allow: string | undefined,
])[] = [
  ['PUT', '/note', 405, 'GET, HEAD, POST'],
  ['TRACE', '/note', 405, 'GET, HEAD, POST'],
  ['QUERY', '/note', 405, 'GET, HEAD, POST'],
  ['OPTIONS', '/note?x=1', 405, 'GET, HEAD, POST'],
  ['PUT', '/n%6fte', 405, 'GET, HEAD, POST'],
  ['POST', '/user/7', 405, 'DELETE'],
  ['POST', '/user/any%20thing', 405, 'DELETE'],
  ['POST', '/files/a/b', 405, 'GET, HEAD'],
  ['POST', '/v1:read', 405, 'GET, HEAD'],
  // For this method there is a route; it is its pattern that does not fit.
  ['GET', '/numbers/seven', 404, undefined],
  ['PUT', '/Note', 404, undefined],
  ['PUT', '/note/', 404, undefined],
  ['PUT', '/user/7/x', 404, undefined],
  ['PUT', '/user', 404, undefined],
  ['PUT', '/note.x', 404, undefined],
];

const answer = async () => ({});
for (const [method, url, status, allow] of cases)
  test(`answers ${method} ${url} with ${status}${allow === undefined ? '' : ` and Allow: ${allow}`}`, async (context) => {
    const { app } = await application(context, { tokens, roles }, (made) => {
      made.get('/note', { config: { guard: 'public' } }, answer);
      made.post('/note', { config: { guard: { roles: ['admin'] } } }, answer);
      made.delete('/user/:id', { config: { guard: { roles: ['admin'] } } }, answer);
      made.get('/numbers/:id(^\\d+$)', { config: { guard: 'public' } }, answer);
      made.get('/files/*', { config: { guard: 'public' } }, answer);
      made.get('/v1::read', { config: { guard: 'public' } }, answer);
    });
    const reply = await app.inject({ method, url });
    assert.equal(reply.statusCode, status, reply.body);
    assert.equal(reply.headers['allow'], allow);
    assert.equal(reply.json<{ code: string }>().code, status === 405 ? 'method-not-allowed' : 'not-found');
  });

test('counts a method that is not taken, so that nobody asks without end', async (context) => {
  const { app } = await application(
    context,
    { limits: { everywhere: [{ per: 'address', rates: ['2/minute'] }] } },
    (made) => {
      made.get('/note', { config: { guard: 'public' } }, async () => ({}));
    },
  );
  const statuses = [];
  for (let time = 0; time < 3; time++) statuses.push((await app.inject({ method: 'PUT', url: '/note' })).statusCode);
  assert.deepEqual(statuses, [405, 405, 429]);
});
