import assert from 'node:assert/strict';
import { Agent, get } from 'node:http';
import test from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { createClient } from '@redis/client';
import { Redis } from 'ioredis';
import { application, listen, tokens } from '../../test/application.ts';
import { startRedis } from '../../test/redis.ts';
import { token } from '../../test/tokens.ts';
import {
  type GuardEvent,
  type RedisCommands,
  type WhenStoreFails,
  createRedisReplayStore,
  createRedisRevocationList,
  createRedisStore,
} from '../index.ts';

const nodeRedis = async (context: test.TestContext, path: string): Promise<RedisCommands> => {
  const client = createClient({
    socket: { path, reconnectStrategy: 50 },
    disableOfflineQueue: true,
    commandOptions: { timeout: 1_000 },
  });
  client.on('error', () => undefined);
  await client.connect();
  context.after(() => client.destroy());
  return client;
};
const ioRedis = async (context: test.TestContext, path: string): Promise<RedisCommands> => {
  const client = new Redis({ path, lazyConnect: true, enableOfflineQueue: false, retryStrategy: () => 50 });
  client.on('error', () => undefined);
  await client.connect();
  context.after(() => client.disconnect());
  return { sendCommand: ([name = '', ...rest]) => client.call(name, ...rest) };
};

const instance = async (
  context: test.TestContext,
  redis: RedisCommands,
  whenStoreFails: WhenStoreFails = 'refuse',
  observe: (event: GuardEvent) => void = () => undefined,
) =>
  application(
    context,
    {
      tokens,
      observe,
      limits: {
        everywhere: [{ per: 'address', rates: ['10/minute'] }],
        store: createRedisStore(redis),
        whenStoreFails,
      },
    },
    (app) => {
      app.get('/x', { config: { guard: 'public' } }, async () => ({}));
      app.get('/health', { config: { guard: { access: 'public', limits: 'none' } } }, async () => ({}));
    },
  );

const statusOf = (url: string, agent: Agent): Promise<number> =>
  new Promise((resolve, reject) => {
    get(url, { agent }, (answer) => {
      answer.resume();
      answer.once('end', () => resolve(answer.statusCode ?? 0));
    }).once('error', reject);
  });

const clients = [
  ['@redis/client', nodeRedis],
  ['ioredis', ioRedis],
] as const;
for (const [name, connect] of clients)
  test(`of 500 requests over 50 sockets to two instances exactly 10 pass, with ${name}`, async (context) => {
    const server = await startRedis(context);
    const apps = await Promise.all([0, 1].map(async () => instance(context, await connect(context, server.socket))));
    const urls = await Promise.all(apps.map(async ({ app }) => `${await listen(app)}/x`));
    const agent = new Agent({ keepAlive: true, maxSockets: 25 });
    context.after(() => agent.destroy());
    const statuses = await Promise.all(
      Array.from({ length: 500 }, (_, index) => statusOf(urls[index % 2] ?? '', agent)),
    );
    const count = (status: number) => statuses.filter((one) => one === status).length;
    assert.deepEqual([count(200), count(429)], [10, 490]);
  });

test('while Redis is gone, refuses or counts alone with its part, as was said, and comes back', async (context) => {
  const server = await startRedis(context);
  const events: GuardEvent[] = [];
  const strict = await instance(context, await nodeRedis(context, server.socket), 'refuse', (event) =>
    events.push(event),
  );
  const alone = await instance(context, await ioRedis(context, server.socket), { instances: 5 });
  const ask = async ({ app }: typeof strict, url = '/x') => app.inject({ url });
  assert.equal((await ask(strict)).statusCode, 200);
  await server.kill();
  const refused = await ask(strict);
  assert.deepEqual([refused.statusCode, refused.json<{ code: string }>().code], [503, 'limits-unavailable']);
  assert.equal(refused.headers['retry-after'], '5');
  assert.equal((await ask(strict, '/health')).statusCode, 200);
  assert.deepEqual(
    [(await ask(alone)).statusCode, (await ask(alone)).statusCode, (await ask(alone)).statusCode],
    [200, 200, 429],
  );
  const stores = () => events.flatMap((event) => (event.type === 'limit-store' ? [event.answers] : []));
  assert.deepEqual(stores(), [false]);
  await server.start();
  let status = 0;
  for (let tries = 0; tries < 100 && status !== 200; tries++) {
    await wait(100);
    status = (await ask(strict)).statusCode;
  }
  assert.equal(status, 200);
  assert.deepEqual(stores(), [false, true]);
});

test('asks Redis no more about somebody who is blocked', async (context) => {
  const server = await startRedis(context);
  const redis = await nodeRedis(context, server.socket);
  let calls = 0;
  const { app } = await instance(context, {
    sendCommand: (command) => {
      calls += 1;
      return redis.sendCommand(command);
    },
  });
  for (let index = 0; index < 50; index++) await app.inject({ url: '/x' });
  // The first one brings the script.
  assert.equal(calls, 11);
});

test('asks Redis once for all limits of a request', async (context) => {
  const server = await startRedis(context);
  const redis = await nodeRedis(context, server.socket);
  const commands: string[] = [];
  const counting: RedisCommands = {
    sendCommand: (command) => {
      commands.push(command[0] ?? '');
      return redis.sendCommand(command);
    },
  };
  const everywhere = [
    { per: 'address', rates: ['10/minute', '100/hour'] },
    { per: 'everybody', rates: ['1000/minute'] },
  ] as const;
  const { app } = await application(
    context,
    { limits: { everywhere, store: createRedisStore(counting), whenStoreFails: 'refuse' } },
    (app) => {
      app.get('/x', { config: { guard: 'public' } }, async () => ({}));
    },
  );
  await app.inject({ url: '/x' });
  commands.length = 0;
  const { headers } = await app.inject({ url: '/x' });
  assert.match(String(headers['ratelimit']), /r=8;.*r=98;.*r=998;/);
  assert.deepEqual(commands, ['EVALSHA']);
});

const counter = (key: string, limit: number) => ({ key, name: key, limit, window: 60 });

test('counts a refused request for none of its counters in Redis either', async (context) => {
  const server = await startRedis(context);
  const store = createRedisStore(await nodeRedis(context, server.socket));
  const both = [counter('small', 1), counter('large', 5)];
  const answers = await Promise.all(Array.from({ length: 10 }, () => store.take(both)));
  assert.equal(answers.filter(({ allowed }) => allowed).length, 1);
  assert.equal((await store.take([counter('large', 5)])).counts[0]?.remaining, 3);
});

test('keeps no counter for longer than its window', async (context) => {
  const server = await startRedis(context);
  const redis = await nodeRedis(context, server.socket);
  const store = createRedisStore(redis);
  const counter = { key: 'k', name: 'k', limit: 2, window: 1 };
  const [first, second, third] = [
    await store.take([counter]),
    await store.take([counter]),
    await store.take([counter]),
  ];
  assert.deepEqual([first.allowed, second.allowed, third.allowed], [true, true, false]);
  const reset = third.counts[0]?.reset ?? 0;
  assert.ok(reset > 900 && reset <= 1_020, String(reset));
  await wait(reset + 30);
  assert.equal((await store.take([counter])).allowed, true);
  await wait(1_200);
  assert.deepEqual(await redis.sendCommand(['KEYS', '*']), []);
});

test('shares revocations and seen proofs between instances', async (context) => {
  const server = await startRedis(context);
  const [left, right] = [await nodeRedis(context, server.socket), await ioRedis(context, server.socket)];
  const name = { issuer: 'https://issuer.example', tokenId: 'x' };
  const list = createRedisRevocationList(right);
  assert.equal(await list.isRevoked(name), false);
  await createRedisRevocationList(left).revoke(name, Date.now() + 60_000);
  assert.equal(await list.isRevoked(name), true);
  assert.equal(await list.isRevoked({ ...name, issuer: 'https://other.example' }), false);
  assert.equal(await createRedisReplayStore(left).first('proof', 60_000), true);
  assert.equal(await createRedisReplayStore(right).first('proof', 60_000), false);
  const { app } = await application(context, { tokens: { ...tokens, revocations: list } }, (app) => {
    app.get('/me', { config: { guard: 'authenticated' } }, async () => ({}));
  });
  const ask = async () =>
    (await app.inject({ url: '/me', headers: { authorization: `Bearer ${token({ jti: 'x' })}` } })).statusCode;
  assert.equal(await ask(), 401);
  await server.kill();
  assert.equal(await ask(), 503);
});
