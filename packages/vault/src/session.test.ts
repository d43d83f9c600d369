import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import test from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { createVaultClient } from './client.ts';
import { isVaultError } from './errors.ts';
import { Secret } from './secret.ts';
import { type SessionEvent, createAppRoleSession, failurePause, renewalDelay } from './session.ts';

test('renews between 56 and 67 hundredths of the life of a token', () => {
  assert.equal(Math.round(renewalDelay(3600, 0)), 2_400_000);
  assert.equal(Math.round(renewalDelay(3600, 1)), 2_040_000);
  assert.ok(renewalDelay(3600, 0.5) < renewalDelay(3600, 0.2));
});

test('doubles the ceiling of the pause up to the longest, and never goes on without one', () => {
  assert.equal(failurePause(1, 500, 60_000, 1), 500);
  assert.equal(failurePause(4, 500, 60_000, 1), 4_000);
  assert.equal(failurePause(40, 500, 60_000, 1), 60_000);
  assert.equal(failurePause(3, 500, 60_000, 0), 50);
});

/** A clock that a test moves. */
const movable = () => {
  let now = 0;
  const sleepers = new Set<{ readonly at: number; readonly wake: () => void }>();
  return {
    clock: {
      now: () => now,
      sleep: (milliseconds: number, signal?: AbortSignal) =>
        new Promise<void>((resolve, reject) => {
          const sleeper = { at: now + milliseconds, wake: resolve };
          sleepers.add(sleeper);
          signal?.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
        }),
    },
    advance: (milliseconds: number): void => {
      now += milliseconds;
      for (const sleeper of [...sleepers].filter(({ at }) => at <= now)) {
        sleepers.delete(sleeper);
        sleeper.wake();
      }
    },
  };
};

const grant = (token: string) => ({
  auth: { client_token: token, accessor: 'a', lease_duration: 60, renewable: true, policies: [] },
});

const isSealed = (thrown: unknown): boolean => isVaultError(thrown, 'vault/sealed');

/** A fake of a server with AppRole, that can be sealed: a real one cannot be taken through an outage with a moved clock. */
const fakeServer = async () => {
  const state = { sealed: false, logins: 0, renewals: 0, revoked: 0 };
  const server = createServer((request, response) => {
    const answer = (status: number, body: unknown): void => {
      response.writeHead(status);
      request.resume().once('end', () => response.end(JSON.stringify(body)));
    };
    const { url = '' } = request;
    if (url.endsWith('/login')) state.logins += 1;
    if (url.endsWith('/renew-self')) state.renewals += 1;
    if (url.endsWith('/revoke-self')) state.revoked += 1;
    if (state.sealed) answer(503, { errors: ['Vault is sealed'] });
    else if (url.endsWith('/login')) answer(200, grant(`token-${state.logins}`));
    else answer(200, grant(String(request.headers['x-vault-token'])));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return { state, server, address: `http://127.0.0.1:${address.port}` };
};

test('keeps its token through an outage, repeats the failure after its end, and recovers', async () => {
  const { state, server, address } = await fakeServer();
  const { clock, advance } = movable();
  const events: SessionEvent[] = [];
  const client = createVaultClient({ address, plaintext: true });
  const session = createAppRoleSession(client, {
    roleId: 'role',
    secretId: async () => new Secret('secret-id'),
    observe: (event) => events.push(event),
    clock,
    random: () => 0.5,
    firstPause: 1_000,
    longestPause: 4_000,
  });
  const happens = async (type: SessionEvent['type'], count: number): Promise<void> => {
    for (let tries = 0; events.filter((event) => event.type === type).length < count; tries++) {
      assert.ok(tries < 400, `${type} did not happen: ${JSON.stringify(events)}`);
      await wait(5);
    }
    // The session goes to sleep again in the same turn or the next.
    await wait(5);
  };
  const token = async (): Promise<string> => (await session.token()).reveal();
  try {
    assert.equal(await token(), 'token-1');
    await wait(5);
    advance(38_000);
    await happens('renewed', 1);

    state.sealed = true;
    advance(38_000);
    await happens('failed', 1);
    assert.equal(await token(), 'token-1');
    assert.equal(state.logins, 1);

    state.sealed = false;
    advance(4_000);
    await happens('renewed', 2);
    assert.equal(await token(), 'token-1');

    state.sealed = true;
    advance(61_000);
    await happens('failed', 2);
    const tried = state.logins;
    await assert.rejects(session.token(), isSealed);
    await assert.rejects(session.token(), isSealed);
    await assert.rejects(session.token(), isSealed);
    assert.ok(state.logins - tried <= 1, `${state.logins - tried} logins for three demands`);

    state.sealed = false;
    advance(5_000);
    await happens('logged-in', 2);
    const fresh = await session.token();
    assert.notEqual(fresh.reveal(), 'token-1');
    session.discard(new Secret('another'));
    assert.equal(await session.token(), fresh);
    session.discard(fresh);
    assert.notEqual(await token(), fresh.reveal());
  } finally {
    await session.close();
    await client.close();
    server.close();
  }
  assert.equal(state.revoked, 1);
});

test('gives no token after it was closed, and revokes none that it never had', async () => {
  const { state, server, address } = await fakeServer();
  const client = createVaultClient({ address, plaintext: true });
  const session = createAppRoleSession(client, { roleId: 'role', secretId: async () => new Secret('secret-id') });
  try {
    await session.close();
    await session.close();
    await assert.rejects(session.token(), (thrown: unknown) => isVaultError(thrown, 'vault/session-closed'));
    assert.deepEqual(state, { sealed: false, logins: 0, renewals: 0, revoked: 0 });
  } finally {
    await client.close();
    server.close();
  }
});
