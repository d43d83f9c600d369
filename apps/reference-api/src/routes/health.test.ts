import assert from 'node:assert/strict';
import test from 'node:test';
import type { Answer } from '../http/route.ts';
import { healthRoutes } from './health.ts';

const ask = async (routes: ReturnType<typeof healthRoutes>, path: string): Promise<Answer> => {
  const route = routes.find((candidate) => candidate.path === path);
  assert.ok(route);
  return route.handle({ params: {}, body: undefined, caller: undefined });
};
const options = { details: false, draining: () => false };
const up = async (): Promise<void> => undefined;
const down = async (): Promise<never> => {
  throw new Error('connect ECONNREFUSED 10.0.0.5:5432');
};

test('is alive while its dependencies are not', async () => {
  assert.equal((await ask(healthRoutes({ database: down }, options), '/health')).status, 200);
});

test('is ready only where every dependency answers', async () => {
  assert.equal((await ask(healthRoutes({ database: up, vault: up }, options), '/ready')).status, 200);
  assert.equal((await ask(healthRoutes({ database: up, vault: down }, options), '/ready')).status, 503);
});

test('tells strangers neither which dependency failed nor why', async () => {
  const { body } = await ask(healthRoutes({ database: down }, options), '/ready');
  assert.deepEqual(body, { status: 'not ready' });
  const developer = await ask(healthRoutes({ database: down }, { ...options, details: true }), '/ready');
  assert.deepEqual(developer.body, { status: 'not ready', dependencies: { database: false } });
});

test('is not ready while it drains', async () => {
  assert.equal((await ask(healthRoutes({}, { ...options, draining: () => true }), '/ready')).status, 503);
});

test('does not wait for a dependency that never answers', { timeout: 5_000 }, async () => {
  const routes = healthRoutes({ database: () => new Promise(() => undefined) }, options);
  assert.equal((await ask(routes, '/ready')).status, 503);
});

test('asks the dependencies once a second, however often it is asked', async () => {
  let calls = 0;
  let now = 0;
  const routes = healthRoutes({ database: async () => void (calls += 1) }, { ...options, now: () => now });
  await Promise.all([ask(routes, '/ready'), ask(routes, '/ready'), ask(routes, '/ready')]);
  assert.equal(calls, 1);
  now = 1_000;
  await ask(routes, '/ready');
  assert.equal(calls, 2);
});

test('says once which dependency began to fail and why, and once that it answers again', async () => {
  let time = 0;
  let call: () => Promise<unknown> = down;
  const said: unknown[] = [];
  const routes = healthRoutes(
    { database: up, mongodb: () => call() },
    { ...options, now: () => time, observe: (...words) => said.push(words) },
  );
  const askLater = async (): Promise<void> => {
    time += 2_000;
    await ask(routes, '/ready');
  };
  await askLater();
  await askLater();
  assert.deepEqual(said, [['mongodb', new Error('connect ECONNREFUSED 10.0.0.5:5432')]]);
  call = up;
  await askLater();
  await askLater();
  assert.deepEqual(said.slice(1), [['mongodb']]);
});
