import assert from 'node:assert/strict';
import test from 'node:test';
import type { Route } from './http/route.ts';
import type { HttpServer } from './http/application.ts';
import { createDevelopmentServer } from './http/development.ts';
import { drain, listen } from './service.ts';
import { ask } from './testing/request.ts';

const slow = (milliseconds: number): Route => ({
  method: 'GET',
  path: '/slow',
  access: 'public',
  summary: '',
  answers: {},
  handle: async () => {
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    return { status: 200, body: 'done' };
  },
});
const serve = (milliseconds: number): HttpServer =>
  createDevelopmentServer({ logLevel: 'error', logTo: { write: () => undefined } }, [slow(milliseconds)]);
const arrived = async (http: HttpServer): Promise<void> => {
  while (http.underWay() === 0) await new Promise((resolve) => setTimeout(resolve, 5));
};

test('finishes a request under way before it closes what the request uses', async () => {
  const http = serve(200);
  const port = await listen(http, { host: '127.0.0.1', port: 0 });
  const order: string[] = [];
  const answer = ask(port, '/slow').then(({ status }) => order.push(`answered ${status}`));
  await arrived(http);
  await drain(http, async () => void order.push('closed'), 5_000);
  await answer;
  assert.deepEqual(order, ['answered 200', 'closed']);
});

test('cuts a request that is not done within the bound', async () => {
  const http = serve(10_000);
  const port = await listen(http, { host: '127.0.0.1', port: 0 });
  const answer = assert.rejects(ask(port, '/slow'));
  await arrived(http);
  const started = Date.now();
  await drain(http, async () => undefined, 100);
  await answer;
  assert.ok(Date.now() - started < 2_000);
});

test('ends although closing the rest fails or hangs', async () => {
  for (const rest of [() => Promise.reject(new Error('gone')), () => new Promise<void>(() => undefined)]) {
    const http = serve(0);
    await listen(http, { host: '127.0.0.1', port: 0 });
    await drain(http, rest, 100);
  }
});
