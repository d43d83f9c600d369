import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { systemClock } from '../../support/clock.ts';
import { acquireLock } from './lock.ts';
import { identify } from './processes.ts';

const directoryFor = (context: TestContext): string => {
  const directory = mkdtempSync(join(tmpdir(), 'palisade-lock-'));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
};
const acquire = (directory: string) => acquireLock(join(directory, 'lock'), systemClock, Math.random);

test('is held by one at a time and given back', async (context) => {
  const directory = directoryFor(context);
  const release = await acquire(directory);
  await assert.rejects(acquire(directory), { code: 'runtime/busy', message: new RegExp(`process ${process.pid} `) });
  await release();
  await (
    await acquire(directory)
  )();
  assert.deepEqual(readdirSync(directory), []);
});

test('is never taken by two of many', async (context) => {
  const directory = directoryFor(context);
  for (let round = 0; round < 5; round++) {
    const results = await Promise.allSettled(Array.from({ length: 6 }, () => acquire(directory)));
    const holders = results.filter((result) => result.status === 'fulfilled');
    assert.ok(holders.length <= 1);
    for (const { value: release } of holders) await release();
  }
});

test('leaves the claims of others alone when it refuses', async (context) => {
  const directory = directoryFor(context);
  await acquire(directory);
  const before = readdirSync(directory);
  await assert.rejects(acquire(directory), { code: 'runtime/busy' });
  assert.deepEqual(readdirSync(directory), before);
});

const stale: readonly (readonly [string, string])[] = [
  ['started at another time', JSON.stringify({ ...identify(process.pid), startTicks: 1 })],
  ['ran before the last boot', JSON.stringify({ ...identify(process.pid), bootId: 'x' })],
  ['has ended', JSON.stringify({ pid: 2 ** 22 + 1, startTicks: 1, bootId: 'x' })],
  ['nobody can read', 'gibberish'],
  ['is empty', ''],
];
for (const [what, text] of stale)
  test(`replaces a holder that ${what}`, async (context) => {
    const directory = directoryFor(context);
    writeFileSync(join(directory, 'lock.0'), text);
    await acquire(directory);
    const left = readdirSync(directory);
    assert.equal(left.length, 1);
    assert.ok(!left.includes('lock.0'));
  });
