import assert from 'node:assert/strict';
import test from 'node:test';
import { failsWith } from '../test/failures.ts';
import { startFake } from '../test/fake-server.ts';
import { Secret } from './secret.ts';

test('tries a read again after a server error and gives the answer that came', async () => {
  const { client, requests, close } = await startFake([
    { status: 500 },
    { status: 502 },
    { status: 200, body: { data: { keys: ['a'] } } },
  ]);
  try {
    assert.deepEqual(await client.kv2().list(''), ['a']);
    assert.equal(requests.length, 3);
  } finally {
    await close();
  }
});

test('gives up after the tries that it was given', async () => {
  const { client, requests, close } = await startFake([{ status: 500, body: { errors: ['boom'] } }]);
  try {
    const error = await failsWith(client.kv2().list(''), 'vault/server-error');
    assert.match(error.message, /LIST secret\/metadata: status 500 \(boom\)/);
    assert.equal(requests.length, 4);
  } finally {
    await close();
  }
});

test('never sends a write, an initialisation, a login or an unwrapping twice', async () => {
  const { client, requests, close } = await startFake([{ status: 500 }]);
  try {
    await failsWith(client.kv2().write('a', { b: 'c' }), 'vault/server-error');
    await failsWith(client.sys.init({ shares: 1, threshold: 1 }), 'vault/server-error');
    await failsWith(client.approle().login('role', new Secret('canary')), 'vault/server-error');
    await failsWith(client.sys.wrapping.unwrap(new Secret('canary')), 'vault/server-error');
    assert.equal(requests.length, 4);
  } finally {
    await close();
  }
});

test('tells the 429 of a rate limit from the 429 of a standby', async () => {
  const standby = await startFake([
    { status: 429, body: { initialized: true, sealed: false, standby: true, version: '1' } },
  ]);
  const limited = await startFake([{ status: 429, body: { errors: ['rate limit quota exceeded'] } }]);
  try {
    assert.equal((await standby.client.sys.health()).health, 'standby');
    await failsWith(limited.client.sys.health(), 'vault/rate-limited');
  } finally {
    await standby.close();
    await limited.close();
  }
});

test('knows every state that a health answer can have', async () => {
  const states = [
    [200, 'active'],
    [472, 'disaster-recovery-secondary'],
    [473, 'performance-standby'],
    [474, 'standby-without-active'],
    [501, 'uninitialized'],
    [503, 'sealed'],
    [530, 'removed'],
  ] as const;
  for (const [status, health] of states) {
    const { client, close } = await startFake([{ status, body: { initialized: true } }]);
    try {
      assert.equal((await client.sys.health()).health, health);
    } finally {
      await close();
    }
  }
});

test('does not take a page of a proxy for an answer', async () => {
  const { client, close } = await startFake([{ status: 200, body: 'sign in, please' }]);
  try {
    await failsWith(client.sys.sealStatus(), 'vault/unexpected-answer');
  } finally {
    await close();
  }
});

test('strikes out its secrets where the server echoes them', async () => {
  const { client, close } = await startFake([
    { status: 400, body: { errors: ['bad value canary-password for canary-token'] } },
  ]);
  try {
    const error = await failsWith(
      client.kv2().write('a', { password: new Secret('canary-password') }),
      'vault/invalid-request',
    );
    assert.match(error.message, /bad value ‹redacted› for ‹redacted›/);
  } finally {
    await close();
  }
});

test('refuses a token that no header can carry, without showing it', async () => {
  const { client, requests, close } = await startFake([{ status: 200, body: {} }]);
  try {
    await failsWith(client.withToken(new Secret('canary\n')).token.lookupSelf(), 'vault/invalid-request');
    assert.equal(requests.length, 0);
  } finally {
    await close();
  }
});

test('asks for its token at each request and sends none to calls that need none', async () => {
  const { client, requests, close } = await startFake([{ status: 200, body: { data: { keys: [] } } }]);
  let asked = 0;
  const current = client.withToken(async () => new Secret(`token-${++asked}`));
  try {
    await current.kv2().list('a');
    await current.kv2().list('a');
    await current.sys.sealStatus().catch(() => undefined);
    assert.deepEqual(
      requests.map((request) => request.token),
      ['token-1', 'token-2', undefined],
    );
  } finally {
    await close();
  }
});

/** A clock that only notes how long it was asked to wait. */
const noting = () => {
  const pauses: number[] = [];
  return { pauses, clock: { now: () => 0, sleep: async (milliseconds: number) => void pauses.push(milliseconds) } };
};

test('waits between tries for a drawn part of a pause that doubles', async () => {
  const { pauses, clock } = noting();
  const retry = { attempts: 5, firstPause: 100, longestPause: 300 };
  const { client, close } = await startFake([{ status: 500 }], { clock, random: () => 0.5, retry });
  try {
    await failsWith(client.kv2().list('a'), 'vault/server-error');
    assert.deepEqual(pauses, [50, 100, 150, 150]);
  } finally {
    await close();
  }
});

test('waits as long as a rate limit asks for, and gives up where that is too long', async () => {
  const { pauses, clock } = noting();
  const limited = { status: 429, body: { errors: ['quota'] } };
  const patient = await startFake(
    [
      { ...limited, headers: { 'retry-after': '1' } },
      { ...limited, headers: { 'retry-after': '3600' } },
    ],
    { clock, random: () => 0, retry: {} },
  );
  try {
    await failsWith(patient.client.kv2().list('a'), 'vault/rate-limited');
    assert.deepEqual(pauses, [1_005]);
    assert.equal(patient.requests.length, 2);
  } finally {
    await patient.close();
  }
});

test('names its namespace', async () => {
  const { client, requests, close } = await startFake([{ status: 200, body: { data: { keys: [] } } }], {
    namespace: 'team/a',
  });
  try {
    await client.kv2().list('a');
    assert.equal(requests[0]?.namespace, 'team/a');
  } finally {
    await close();
  }
});
