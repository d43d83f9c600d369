import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { type Api, type Playground, openDevelopment } from './testing/playground.ts';
import { type Reply, ask } from './testing/request.ts';

let ground: Playground;
let api: Api;
before(async () => {
  ground = await openDevelopment();
  api = await ground.startApi();
});
after(() => ground.close());

const json = { 'content-type': 'application/json' };
const add = (body: object): Promise<Reply> =>
  ask(api.port, '/api/user', { method: 'POST', headers: json, body: JSON.stringify(body) });

test('lists, adds, shows and deletes users without asking who calls', async () => {
  const added = await add({ name: 'Edsger Example', email: 'edsger@example.com' });
  assert.equal(added.status, 201);
  const path = added.headers.location ?? '';
  assert.equal((await ask(api.port, path)).status, 200);
  assert.match((await ask(api.port, '/api/users')).body, /edsger@example\.com/);
  assert.equal((await ask(api.port, path, { method: 'DELETE' })).status, 204);
  assert.equal((await ask(api.port, path)).status, 404);
  assert.equal((await ask(api.port, path, { method: 'DELETE' })).status, 404);
});

test('answers what does not fit with 400, and an address that is taken with 409', async () => {
  assert.equal((await add({ name: '', email: 'a@example.com' })).status, 400);
  assert.equal((await add({ name: 'A', email: 'nobody' })).status, 400);
  assert.equal((await add({ name: 'A', email: 'a@example.com', admin: true })).status, 400);
  assert.equal((await add({ name: 'A', email: 'ada@example.com' })).status, 409);
  assert.equal((await ask(api.port, "/api/user/1'%20OR%201=1")).status, 400);
});

test('shows its documentation and its inside to everybody', async () => {
  assert.match((await ask(api.port, '/openapi.json')).body, /"\/api\/user\/\{id\}":\{"get":/);
  assert.equal((await ask(api.port, '/docs')).status, 200);
  assert.equal((await ask(api.port, '/debug')).status, 200);
});

test('writes no password into its log', async () => {
  await ask(api.port, '/api/users');
  assert.doesNotMatch(api.output(), /devpassword/);
});

test('stays alive without its database, says that it is not ready, and recovers', async () => {
  await ground.postgres.stop();
  assert.equal((await ask(api.port, '/health')).status, 200);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  assert.equal((await ask(api.port, '/ready')).status, 503);
  const failed = await ask(api.port, '/api/users');
  assert.equal(failed.status, 503);
  assert.match(failed.body, /"stack"/);
  await ground.postgres.start();
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  assert.equal((await ask(api.port, '/ready')).status, 200);
});
