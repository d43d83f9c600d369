import assert from 'node:assert/strict';
import test from 'node:test';
import { createVerifiedCache } from './verified.ts';

test('remembers so many and no more, and forgets what was not asked for the longest', () => {
  const cache = createVerifiedCache<number>(3, () => 0);
  for (let index = 0; index < 3; index++) cache.set(`token ${index}`, index, 10);
  assert.equal(cache.get('token 0'), 0);
  cache.set('token 3', 3, 10);
  assert.deepEqual(
    [0, 1, 2, 3].map((index) => cache.get(`token ${index}`)),
    [0, undefined, 2, 3],
  );
  for (let index = 0; index < 1_000; index++) cache.set(`other ${index}`, index, 10);
  assert.equal(cache.size(), 3);
});

test('forgets at the time that it was told, however often it is asked', () => {
  let now = 0;
  const cache = createVerifiedCache<string>(3, () => now);
  cache.set('token', 'value', 10);
  now = 9;
  assert.equal(cache.get('token'), 'value');
  now = 10;
  assert.equal(cache.get('token'), undefined);
  assert.equal(cache.size(), 0);
});

test('remembers nothing where it may not', () => {
  const cache = createVerifiedCache<string>(0, () => 0);
  cache.set('token', 'value', 10);
  assert.equal(cache.get('token'), undefined);
});
