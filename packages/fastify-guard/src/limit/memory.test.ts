import assert from 'node:assert/strict';
import test from 'node:test';
import * as fc from 'fast-check';
import { createMemoryStore } from './memory.ts';
import { readRate } from './rate.ts';

const counter = (key: string, limit = 3, window = 60) => ({ key, name: key, limit, window });

test('reads the notation of limits', () => {
  assert.deepEqual(readRate('10/minute', ''), { limit: 10, window: 60 });
  assert.deepEqual(readRate('100/hour', ''), { limit: 100, window: 3_600 });
  assert.deepEqual(readRate('5/10 seconds', ''), { limit: 5, window: 10 });
  for (const text of ['10', '/minute', '-1/minute', '1.5/minute', '10/fortnight', '10/0 seconds', ' 10/minute'])
    assert.throws(() => readRate(text, ''), /is no rate/, text);
});

test('lets never more than the limit pass in any window, wherever it begins', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 30_000 }), { minLength: 1, maxLength: 80 }),
      fc.integer({ min: 1, max: 5 }),
      async (gaps, limit) => {
        let now = 1_700_000_000_000;
        const store = createMemoryStore({ now: () => now });
        const passed: number[] = [];
        for (const gap of gaps) {
          now += gap;
          const { allowed, counts } = await store.take([counter('a', limit)]);
          if (allowed) passed.push(now);
          else {
            // What is said about coming back is true: then it works, and not a millisecond before.
            const reset = counts[0]?.reset ?? 0;
            assert.ok(reset > 0 && reset <= 61_000);
          }
        }
        for (const start of passed)
          assert.ok(passed.filter((time) => time >= start && time < start + 60_000).length <= limit);
      },
    ),
  );
});

test('says truly when a place is free', async () => {
  let now = 1_700_000_000_123;
  const store = createMemoryStore({ now: () => now });
  for (let index = 0; index < 3; index++) assert.equal((await store.take([counter('a')])).allowed, true);
  const { allowed, counts } = await store.take([counter('a')]);
  assert.equal(allowed, false);
  now += (counts[0]?.reset ?? 0) - 1;
  assert.equal((await store.take([counter('a')])).allowed, false);
  now += 1;
  assert.equal((await store.take([counter('a')])).allowed, true);
});

test('counts a refused request for none of its counters', async () => {
  const store = createMemoryStore();
  await store.take([counter('small', 1), counter('large', 5)]);
  for (let index = 0; index < 10; index++) await store.take([counter('small', 1), counter('large', 5)]);
  const { counts } = await store.take([counter('large', 5)]);
  assert.equal(counts[0]?.remaining, 3);
});

test('a flood of others sets nobody free who is blocked, and memory stays bounded', async () => {
  const store = createMemoryStore({ most: 100 });
  for (let index = 0; index < 4; index++) await store.take([counter('attacker')]);
  for (let index = 0; index < 10_000; index++) await store.take([counter(`other ${index}`)]);
  assert.equal((await store.take([counter('attacker')])).allowed, false);
});

test('refuses newcomers where all places are taken by those who are blocked', async () => {
  let now = 1_700_000_000_000;
  const store = createMemoryStore({ most: 10, now: () => now });
  for (let index = 0; index < 10; index++) await store.take([counter(`${index}`, 1)]);
  assert.equal((await store.take([counter('new', 1)])).allowed, false);
  now += 62_000;
  assert.equal((await store.take([counter('new', 1)])).allowed, true);
});

test('counts for all counters of a request, also where there is no room for all of them', async () => {
  const store = createMemoryStore({ most: 1 });
  for (let index = 0; index < 3; index++)
    assert.equal((await store.take([counter('a', 3), counter('b', 9)])).allowed, true);
  assert.equal((await store.take([counter('a', 3)])).allowed, false);
});

test('lets the one go that was silent the longest, in parts of the window', async () => {
  let now = 1_700_000_000_000;
  const store = createMemoryStore({ most: 2, now: () => now });
  const take = async (key: string) => (await store.take([counter(key, 9)])).counts[0]?.remaining;
  await take('a');
  now += 1_000;
  await take('b');
  now += 1_000;
  assert.equal(await take('a'), 7);
  assert.equal(await take('c'), 8);
  assert.equal(await take('a'), 6);
  assert.equal(await take('b'), 8);
});
