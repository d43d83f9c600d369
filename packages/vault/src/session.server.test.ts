import assert from 'node:assert/strict';
import test, { after, before } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { failsWith } from '../test/failures.ts';
import { startDevelopmentServer } from '../test/server.ts';
import { Secret } from './secret.ts';
import { type SessionEvent, createAppRoleSession } from './session.ts';

let server: Awaited<ReturnType<typeof startDevelopmentServer>>;
before(async () => {
  server = await startDevelopmentServer();
  await server.client.sys.enableAuth('approle', 'approle');
});
after(() => server.close());

const role = {
  policies: ['nothing'],
  noDefaultPolicy: true,
  tokenTtl: 60,
  tokenMaxTtl: 120,
  tokenBoundCidrs: ['127.0.0.1/32'],
  secretIdTtl: 600,
  secretIdUses: 0,
  secretIdBoundCidrs: ['127.0.0.1/32'],
} as const;

test('logs in once for everybody, renews, logs in again when the maximal life is near, and revokes at the end', async () => {
  const roles = server.client.approle();
  await server.client.sys.writePolicy(
    'renew',
    'path "auth/token/renew-self" { capabilities = ["update"] }\npath "auth/token/lookup-self" { capabilities = ["read"] }\npath "auth/token/revoke-self" { capabilities = ["update"] }',
  );
  await roles.writeRole('session', { ...role, policies: ['renew'], tokenTtl: 2, tokenMaxTtl: 4 });
  const roleId = (await roles.readRoleId('session')) ?? '';
  const { secretId } = await roles.createSecretId('session', {});
  const events: SessionEvent[] = [];
  const session = createAppRoleSession(server.client, {
    roleId,
    secretId: async () => secretId,
    observe: (event) => events.push(event),
  });
  let last: Secret | undefined;
  try {
    const [first, same] = await Promise.all([session.token(), session.token()]);
    assert.equal(first, same);
    const until = Date.now() + 10_000;
    while (events.filter((event) => event.type === 'logged-in').length < 2 && Date.now() < until) {
      const token = await session.token();
      assert.ok((await server.client.withToken(token).token.lookupSelf()).ttl >= 0);
      await wait(100);
    }
    const types = events.map((event) => event.type);
    assert.equal(types[0], 'logged-in');
    assert.ok(types.includes('renewed'), types.join());
    assert.ok(types.includes('renewal-ended'), JSON.stringify(events));
    assert.equal(types.filter((type) => type === 'logged-in').length, 2);
    last = await session.token();
  } finally {
    await session.close();
  }
  await failsWith(server.client.withToken(last).token.lookupSelf(), 'vault/permission-denied', last);
  await failsWith(session.token(), 'vault/session-closed');
});

test('repeats a failed login to callers instead of storming the server, and recovers', async () => {
  const roles = server.client.approle();
  await roles.writeRole('recovering', role);
  const roleId = (await roles.readRoleId('recovering')) ?? '';
  const good = (await roles.createSecretId('recovering', {})).secretId;
  let asked = 0;
  let current = new Secret('canary-wrong');
  const session = createAppRoleSession(server.client, {
    roleId,
    secretId: async () => {
      asked += 1;
      return current;
    },
    firstPause: 300,
    random: () => 0.99,
  });
  try {
    await failsWith(session.token(), 'vault/invalid-credentials', current);
    await failsWith(session.token(), 'vault/invalid-credentials');
    await failsWith(session.token(), 'vault/invalid-credentials');
    assert.equal(asked, 1);
    current = good;
    await wait(350);
    assert.notEqual((await session.token()).reveal(), '');
    assert.equal(asked, 2);
  } finally {
    await session.close();
  }
});
