import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Kv2 } from '@palisade/vault';
import { Secret, VaultError } from '@palisade/vault';
import { memoryKeyStore } from '../testing/ground.ts';
import { openKeyRing } from './key-ring.ts';
import {
  freshKeySet,
  isRotationDue,
  publishedKeys,
  readKeySet,
  rotatedKeySet,
  signingKey,
  writeKeySet,
} from './key-set.ts';
import { vaultKeyStore } from './key-store.ts';

const times = { lead: 100, overlap: 1_000, rotateEvery: 10_000 };
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

test('a new key is published before it signs, and an old one until its tokens have expired', () => {
  const first = freshKeySet(0);
  const second = rotatedKeySet(first, 5_000, times);
  const [old, young] = second.keys;
  assert.ok(old !== undefined && young !== undefined);
  assert.equal(signingKey(second, 5_099), old);
  assert.equal(signingKey(second, 5_100), young);
  const published = (now: number) => publishedKeys(second, now, times.overlap);
  assert.deepEqual(published(5_000), [old, young]);
  assert.deepEqual(published(6_099), [old, young]);
  assert.deepEqual(published(6_100), [young]);
  assert.deepEqual(rotatedKeySet(second, 20_000, times).keys[0], young, 'keys that verify nothing are dropped');
  assert.equal(second.cookieSecrets[1], first.cookieSecrets[0], 'cookies of before are accepted');
});

test('a rotation is due at the age of the youngest key, and not again while the next one waits', () => {
  const set = freshKeySet(0);
  assert.equal(isRotationDue(set, 9_999, 10_000), false);
  assert.equal(isRotationDue(set, 10_000, 10_000), true);
  assert.equal(isRotationDue(rotatedKeySet(set, 10_000, times), 10_001, 10_000), false);
});

test('reads back what it writes, and nothing else', () => {
  const set = freshKeySet(0);
  assert.deepEqual(readKeySet(writeKeySet(set)), set);
  for (const text of ['', '{}', '{"keys":[],"cookieSecrets":["x"]}', 'null'])
    assert.equal(readKeySet(new Secret(text)), undefined);
});

test('of ten instances that start at the same time one makes the keys, and all use them', async () => {
  const store = memoryKeyStore();
  const open = () => openKeyRing(store, { now: () => 0, times, log: silent, changed: () => undefined });
  const rings = await Promise.all(Array.from({ length: 10 }, open));
  assert.equal(new Set(rings.map((ring) => ring.view().signing.id)).size, 1);
  assert.equal((await store.read())?.version, 1);
});

test('of ten instances whose key has come of age one rotates, and all follow', async () => {
  let now = 0;
  const store = memoryKeyStore();
  const open = () => openKeyRing(store, { now: () => now, times, log: silent, changed: () => undefined });
  const rings = await Promise.all(Array.from({ length: 10 }, open));
  const first = rings[0]?.view().signing.id;
  now = 10_000;
  await Promise.all(rings.map((ring) => ring.refresh()));
  assert.equal((await store.read())?.version, 2);
  for (const ring of rings) {
    assert.equal(ring.view().signing.id, first, 'nobody signs with a key that others may not know yet');
    assert.equal(ring.view().published.length, 2);
  }
  now = 10_100;
  await Promise.all(rings.map((ring) => ring.refresh()));
  const seconds = new Set(rings.map((ring) => ring.view().signing.id));
  assert.equal(seconds.size, 1);
  assert.ok(first !== undefined && !seconds.has(first));
});

test('keeps its keys while the store is away, and goes on by the clock', async () => {
  let now = 0;
  let away = false;
  const store = memoryKeyStore();
  const views: number[] = [];
  const ring = await openKeyRing(
    { ...store, read: () => (away ? Promise.reject(new Error('away')) : store.read()) },
    { now: () => now, times, log: silent, changed: ({ published }) => views.push(published.length) },
  );
  const first = ring.view().signing.id;
  await ring.rotate('planned');
  away = true;
  await ring.refresh();
  assert.equal(ring.view().signing.id, first);
  now = 100;
  await ring.refresh();
  assert.notEqual(ring.view().signing.id, first);
  now = 1_100;
  await ring.refresh();
  assert.deepEqual(views, [2, 2, 1]);
});

test('a rotation after a compromise leaves nothing of before', async () => {
  const ring = await openKeyRing(memoryKeyStore(), { now: () => 0, times, log: silent, changed: () => undefined });
  const before = ring.view();
  await ring.rotate('compromised');
  const ids = ring.view().published.map(({ id }) => id);
  assert.equal(ids.length, 1);
  assert.ok(!ids.includes(before.signing.id));
  assert.ok(!ring.view().cookieSecrets.some((secret) => before.cookieSecrets.includes(secret)));
});

test('refuses an entry that holds something else, without showing it', async () => {
  const store = memoryKeyStore();
  await store.write(new Secret('canary'), 0);
  await assert.rejects(
    openKeyRing(store, { now: () => 0, times, log: silent, changed: () => undefined }),
    (error) => error instanceof Error && /signing keys/.test(error.message) && !error.message.includes('canary'),
  );
});

test('writes to Vault with check-and-set, and takes a mismatch for somebody faster', async () => {
  const written: unknown[] = [];
  const kv: Pick<Kv2, 'read' | 'write'> = {
    read: async () => ({ version: 3, createdAt: 0, fields: new Map([['keys', new Secret('kept')]]) }),
    write: async (path, fields, options) => {
      written.push([path, Object.keys(fields), options?.checkAndSet]);
      if (options?.checkAndSet !== 3)
        throw new VaultError('vault/check-and-set-mismatch', { message: 'somebody was faster', status: 400 });
      return 4;
    },
  };
  const store = vaultKeyStore(kv, 'reference-api/signing-keys');
  assert.equal((await store.read())?.keys.reveal(), 'kept');
  assert.equal(await store.write(new Secret('next'), 3), true);
  assert.equal(await store.write(new Secret('next'), 2), false);
  assert.deepEqual(written[0], ['reference-api/signing-keys', ['keys'], 3]);
});
