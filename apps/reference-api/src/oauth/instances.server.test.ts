import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Secret } from '@palisade/vault/secret';
import { startRedis } from '../../test/neighbours/redis.ts';
import type { NeighbourServer } from '../../test/neighbours/server.ts';
import { achieve, outsideOf, populate } from '../testing/operator.ts';
import { type Api, type HardenedPlayground, openHardened } from '../testing/playground.ts';
import { type Reply, type Sending, callerOf, createBrowser } from './testing/browser.ts';
import { type TestClient, authorizationOf, basic, membersOf } from './testing/flow.ts';
import type { Outside } from './testing/ground.ts';

/** Two instances of one service: the same origin, keys, database and Redis. */
let ground: HardenedPlayground;
let redis: NeighbourServer;
let instances: readonly [Api, Api];
let outside: Outside;
let web: TestClient;
const password = new Secret(crypto.randomUUID());

before(async () => {
  ground = await openHardened();
  // Vault lets the API read one login, so its account has one password at both servers.
  const shared = crypto.randomUUID();
  const login = { username: 'reference-api', password: shared, database: 'devdb', host: 'postgres', port: '5432' };
  await ground.postgres.administer(`ALTER ROLE "reference-api" PASSWORD '${shared}'`);
  await ground.vault.writeLogin(login);
  redis = await startRedis({
    directory: join(ground.directory, 'redis'),
    authority: ground.authority,
    account: { username: login.username, password: new Secret(shared) },
  });
  const common = {
    LEGACY_PASSWORD_GRANT: 'true',
    INSTANCES: '2',
    REDIS_VAULT_PATH: 'postgres/reference-api',
    REDIS_ADDRESS: `localhost:${redis.port}`,
  };
  const first = await ground.startApi(common);
  const { PUBLIC_ORIGIN = '' } = first.environment;
  instances = [first, await ground.startApi({ ...common, PUBLIC_ORIGIN })];
  outside = await outsideOf(ground, first, password);
  ({ web } = await populate(first, password));
});
after(async () => {
  await redis.stop();
  await ground.close();
});

let hosts = 1;
/** An address of this host that nobody has used yet. */
const freshAddress = (): string => {
  hosts += 1;
  return `127.0.${Math.floor(hosts / 200)}.${(hosts % 200) + 2}`;
};
/** The service by way of one of its instances, from an address. */
const at = (instance: number, from: string): Outside => ({
  ...outside,
  connection: { port: instances[instance % instances.length]?.port ?? 0, from: () => from },
});
const send = (instance: number, from: string, path: string, sending: Sending): Promise<Reply> =>
  callerOf(at(instance, from))(path, sending);

/** Statuses by how often each came. */
const tally = (replies: readonly Reply[]): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const { status } of replies) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
};
const guess = (name: string): Sending => ({ form: { username: name, password: 'a wrong password' } });
/** A guess at a name that nobody has tried before. */
const stranger = (): Sending => guess(`name-${crypto.randomUUID()}`);
const request = (): string => `/oauth/authorize?${new URLSearchParams(authorizationOf(web).parameters).toString()}`;

/** Gives one guess at an account by way of an instance. */
type Door = (instance: number, from: string, name: string) => Promise<Reply>;
const passwordForm: Door = (instance, from, name) => send(instance, from, '/token', guess(name));
const loginPage: Door = async (instance, from, name) => {
  const browser = createBrowser(at(instance, from));
  const { path } = await browser.follow(request());
  return browser.go(`${path}/login`, guess(name));
};

for (const [what, door] of [
  ['the password form', passwordForm],
  ['the login page', loginPage],
] as const)
  test(`${what} gives ten guesses at an account, at one instance and at two in turn, from however many addresses`, async () => {
    for (const spread of [0, 1]) {
      const name = `victim-${crypto.randomUUID()}`;
      const replies: Reply[] = [];
      for (let tries = 0; tries < 16; tries++) replies.push(await door(tries * spread, freshAddress(), name));
      assert.deepEqual(tally(replies), { 401: 10, 429: 6 }, spread === 0 ? 'at one' : 'in turn');
    }
  });

test('ten guesses are ten, also where two instances and both forms get them at the same time', async () => {
  const name = `victim-${crypto.randomUUID()}`;
  const replies = await Promise.all(
    Array.from({ length: 24 }, (_one, index) =>
      (index % 2 === 0 ? passwordForm : loginPage)(Math.floor(index / 2), freshAddress(), name),
    ),
  );
  assert.deepEqual(tally(replies), { 401: 10, 429: 14 });
});

for (const spread of [0, 1])
  test(`an address that tries many names gets ten guesses a minute ${spread === 0 ? 'at one instance' : 'at two in turn'}`, async () => {
    const from = freshAddress();
    const replies: Reply[] = [];
    for (let tries = 0; tries < 24; tries++) replies.push(await send(tries * spread, from, '/token', stranger()));
    assert.deepEqual(tally(replies), { 401: 10, 429: 14 });
  });

for (const spread of [0, 1])
  test(`an address that tries secrets of a client gets 300 a minute ${spread === 0 ? 'at one instance' : 'at two in turn'}`, async () => {
    const from = freshAddress();
    const wrong = {
      headers: basic({ id: web.id, secret: new Secret('wrong') }),
      form: { grant_type: 'refresh_token' },
    };
    const replies: Reply[] = [];
    for (let round = 0; round < 16; round++)
      replies.push(
        ...(await Promise.all(
          Array.from({ length: 20 }, (_one, index) => send(index * spread, from, '/oauth/token', wrong)),
        )),
      );
    assert.deepEqual(tally(replies), { 401: 300, 429: 20 });
  });

test('an account that was removed by a command is nobody at both instances, whichever gave out the token', async () => {
  const name = 'leaver';
  await achieve(instances[0], ['accounts', 'add', name, '--role', 'user'], password.reveal());
  const form = { username: name, password: password.reveal() };
  const tokens = await Promise.all(
    [0, 1].map(async (each) => membersOf(await send(each, freshAddress(), '/token', { form })).access_token ?? ''),
  );
  const statuses = (): Promise<readonly number[]> =>
    Promise.all(
      [0, 1].flatMap((each) =>
        tokens.map(async (token) => {
          const headers = { authorization: `Bearer ${token}` };
          return (await send(each, freshAddress(), '/api/users', { headers })).status;
        }),
      ),
    );
  assert.deepEqual(await statuses(), [200, 200, 200, 200]);
  await achieve(instances[0], ['accounts', 'remove', name]);
  assert.deepEqual(await statuses(), [401, 401, 401, 401]);
});

/** Lets connections through to Redis late, as a network does that wakes up. */
const slowWay = async (delay: number) => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    setTimeout(() => {
      const onward = connect(redis.port, '127.0.0.1');
      onward.on('error', () => socket.destroy());
      socket.on('close', () => onward.destroy());
      onward.on('close', () => socket.destroy());
      socket.pipe(onward).pipe(socket);
    }, delay);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a listening socket has a port');
  return { port: address.port, close: () => server.close() };
};

test('an instance that starts counts with the others from its first request on, also where its way to Redis is slow', async () => {
  const from = freshAddress();
  for (let tries = 0; tries < 12; tries++) await send(0, from, '/token', stranger());
  const way = await slowWay(2_500);
  try {
    const { PORT: _port, AUDIT_DIRECTORY: _directory, ...common } = instances[1].environment;
    const third = await ground.startApi({ ...common, REDIS_ADDRESS: `localhost:${way.port}` });
    const reply = await callerOf({ ...outside, connection: { port: third.port, from: () => from } })(
      '/token',
      stranger(),
    );
    assert.equal(reply.status, 429);
    await third.stop();
  } finally {
    way.close();
  }
});

// Redis forgets everything, so this one comes last.
test('while Redis is away, all instances together give no more guesses than before', async () => {
  await redis.stop();
  const name = `victim-${crypto.randomUUID()}`;
  const guesses = Array.from({ length: 16 }, (_one, index) => index);
  const one: Reply[] = [];
  for (const index of guesses) one.push(await send(index, freshAddress(), '/token', guess(name)));
  assert.deepEqual(tally(one), { 401: 10, 429: 6 }, 'at an account');
  const from = freshAddress();
  const many: Reply[] = [];
  for (const index of guesses) many.push(await send(index, from, '/token', stranger()));
  assert.deepEqual(tally(many), { 401: 10, 429: 6 }, 'from an address');
});
