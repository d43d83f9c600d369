import assert from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { type TestContext, after, before, test } from 'node:test';
import { Secret } from '@palisade/vault/secret';
import { until } from '../testing/children.ts';
import { achieve, outsideOf } from '../testing/operator.ts';
import { type Api, type HardenedPlayground, openHardened } from '../testing/playground.ts';
import { type Reply, callerOf } from './testing/browser.ts';
import { basic, membersOf } from './testing/flow.ts';

let ground: HardenedPlayground;
before(async () => {
  ground = await openHardened();
});
after(() => ground.close());

const callTo = async (api: Api): Promise<(path: string, headers?: Record<string, string>) => Promise<Reply>> => {
  const call = callerOf(await outsideOf(ground, api, new Secret('nobody')));
  return (path, headers = {}) => call(path, { headers });
};

/** Keeps everybody from the tables of the authorization server, as an instance does that makes them slowly. */
const holdTables = async (context: TestContext): Promise<{ readonly release: () => Promise<void> }> => {
  const name = `holder-${crypto.randomUUID()}`;
  const held = ground.postgres.administer(
    `SET application_name = '${name}'; SELECT pg_advisory_lock(hashtext('reference-api oauth tables')); SELECT pg_sleep(60)`,
  );
  held.catch(() => undefined);
  const isHeld = async (): Promise<boolean> =>
    (await ground.postgres.administer(`SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted`)) !== '[]';
  await until(isHeld, () => 'nobody holds the lock');
  const release = async (): Promise<void> => {
    await ground.postgres.administer(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '${name}'`,
    );
    await until(
      async () => !(await isHeld()),
      () => 'the lock is still held',
    );
  };
  // A test that fails must not keep the next ones from the tables.
  context.after(release);
  return { release };
};

/** True where an instance waits for the tables. */
const isWaiting = async (): Promise<boolean> =>
  (await ground.postgres.administer(`SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`)) !== '[]';

test('does not listen before the tables of its authorization server are there', async (context) => {
  const { release } = await holdTables(context);
  let listening = false;
  const starting = ground.startApi().then((api) => {
    listening = true;
    return api;
  });
  await until(isWaiting, () => 'nobody waits');
  await wait(1_500);
  assert.equal(listening, false);
  await release();
  const api = await starting;
  assert.doesNotMatch(api.output(), /listening before/);
  const call = await callTo(api);
  assert.equal((await call('/ready')).status, 200);
  assert.equal((await call('/oauth/jwks')).status, 200);
  await api.stop();
});

test('waits for them a bounded time, says that it is not ready although its database answers, and recovers by itself', async (context) => {
  const { release } = await holdTables(context);
  const api = await ground.startApi();
  const call = await callTo(api);
  assert.equal((await call('/health')).status, 200);
  assert.equal((await call('/ready')).status, 503);
  assert.match(api.output(), /listening before the tables of the authorization server are there/);
  // What is logged comes through a pipe of its own, at times after the answer.
  await until(async () => api.output().includes('"dependency":"authorization server"'), api.output);
  assert.doesNotMatch(api.output(), /"dependency":"database"/);
  await release();
  await until(async () => (await call('/ready')).status === 200, api.output);
  await api.stop();
});

test('judges the first token after its database came up, whatever nobody has asked for before', async () => {
  const earlier = await ground.startApi();
  const robot = {
    id: 'robot',
    secret: new Secret((await achieve(earlier, ['clients', 'add', 'robot', '--role', 'user'])).trim()),
  };
  const { PORT: _port, AUDIT_DIRECTORY: _directory, ...common } = earlier.environment;
  const form = { grant_type: 'client_credentials', scope: 'read' };
  const outside = await outsideOf(ground, earlier, new Secret('nobody'));
  const token = membersOf(await callerOf(outside)('/oauth/token', { form, headers: basic(robot) })).access_token ?? '';
  await ground.postgres.stop();
  const api = await ground.startApi(common);
  const ask = callerOf({ ...outside, connection: { port: api.port, from: () => '127.0.0.1' } });
  const status = async (): Promise<number> =>
    (await ask('/api/users', { headers: { authorization: `Bearer ${token}` } })).status;
  assert.equal(await status(), 503, 'nobody can say whether it was revoked');
  await ground.postgres.start();
  assert.equal(await status(), 200);
  await Promise.all([api.stop(), earlier.stop()]);
});
